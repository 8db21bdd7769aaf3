"""Who speaks in each sentence of an article: attributions carried over to the quotations around them."""

from __future__ import annotations

from dataclasses import dataclass

from detector.statements.entities import Mention, Names, Person, person_named
from detector.statements.memory import Memory
from detector.statements.spans import Sentence
from detector.statements.speakers import Attribution, speaker_name

_PRONOUN_GENDER = {"he": "male", "she": "female"}


@dataclass(frozen=True, slots=True)
class Voice:
    """Speaker of a sentence (None for the outlet), the person behind the name, and the outlet it was taken from."""

    speaker: str | None = None
    person: Person | None = None
    via: str | None = None


def voices_of(
    sentences: list[Sentence],
    mentions: list[list[Mention]],
    found: list[Attribution | None],
    turns: dict[str, str | None],
    names: Names,
    memory: Memory,
) -> list[Voice]:
    """The voice of every sentence.

    Order of evidence for a quotation without its own attribution: a sentence that shares its quotation marks, the
    sentence before in the paragraph, one after it, the paragraph before; in a transcript, the turn.
    """
    own: list[Voice | None] = []
    for sentence, heard, attribution in zip(sentences, mentions, found, strict=True):
        voice = _own_voice(sentence, heard, attribution, names, memory)
        memory.note(sentence, heard, [], voice.person if voice else None, voice.speaker if voice else None)
        own.append(voice)
    voices = list(own)
    for place, sentence in enumerate(sentences):
        attribution = found[place]
        inner = sentence.quoted_share > 0.95 and not (attribution is not None and attribution.quoting)
        if sentence.quoted_share > 0.5 and (voices[place] is None or inner):
            voices[place] = _carried(place, sentences, own, voices, found, mentions) or voices[place]
    return [voice or _turn(sentence, turns, names) for voice, sentence in zip(voices, sentences, strict=True)]


def _own_voice(
    sentence: Sentence, mentions: list[Mention], attribution: Attribution | None, names: Names, memory: Memory
) -> Voice | None:
    if attribution is None:
        return None
    if attribution.own:
        return Voice()
    if not attribution.phrase:
        return Voice(None, None, attribution.via)
    word = attribution.phrase.lower()
    if word in _PRONOUN_GENDER:
        person = memory.person(_PRONOUN_GENDER[word], sentence, speaks=True)
        local = [
            m.person
            for m in mentions
            if m.person is not None and attribution.subject is not None and m.last <= attribution.subject.i
        ]
        if person is None and len({p.key for p in local}) == 1:
            person = local[0]
        name = person.name if person else memory.somebody(sentence) or word
        return Voice(name, person, attribution.via)
    if word in ("they", "it", "who", "i", "we", "you"):
        phrase = memory.thing(word == "they", sentence) if word in ("they", "it") else None
        return Voice(phrase or word, None, attribution.via)
    name, person = speaker_name(attribution.subject, attribution.phrase, mentions)
    if person is None and word.startswith("the "):
        roles = names.roles.get(word.removeprefix("the "), frozenset())
        if len(roles) == 1:
            name = next(iter(roles))
            person = person_named(name, names)
    if person is None:
        person = person_named(name, names) if name == name.title() else None
    return Voice(person.name if person else name, person, attribution.via)


def _carried(
    place: int,
    sentences: list[Sentence],
    own: list[Voice | None],
    voices: list[Voice | None],
    found: list[Attribution | None],
    mentions: list[list[Mention]],
) -> Voice | None:
    sentence = sentences[place]
    same = [i for i, other in enumerate(sentences) if other.passage is sentence.passage and i != place]
    shared = [
        i
        for i in same
        if own[i] is not None and sentences[i].quoted_share < 0.96 and set(sentences[i].quotes) & set(sentence.quotes)
    ]
    if shared:
        return own[min(shared, key=lambda i: abs(i - place))]
    before = [i for i in same if i < place and voices[i] is not None and (voices[i].speaker or voices[i].via)]  # type: ignore[union-attr]
    if before and before[-1] == place - 1:
        return voices[before[-1]]
    after = [i for i in same if i > place and own[i] is not None and sentences[i].quotes]
    if after:
        return own[after[0]]
    if place and place - 1 in same:
        return _subject_before(sentences[place - 1], mentions[place - 1])
    previous = [i for i in range(place) if sentences[i].passage is not sentence.passage]
    previous = [i for i in previous if sentences[i].block.kind == "paragraph"]
    if previous and not any(own[i] is not None for i in same):
        last = previous[-1]
        paragraph = [i for i in previous if sentences[i].passage is sentences[last].passage]
        spoken = [i for i in paragraph if voices[i] is not None and voices[i].speaker]  # type: ignore[union-attr]
        if spoken and (sentences[last].quotes or sentences[last].text.endswith(":") or found[spoken[-1]] is not None):
            return voices[spoken[-1]]
        return _subject_before(sentences[last], mentions[last])
    following = [i for i in range(place + 1, len(sentences)) if sentences[i].passage is not sentence.passage]
    if not previous and following and not any(own[i] is not None for i in same):
        return _subject_before(sentences[following[0]], mentions[following[0]])
    return None


def _subject_before(sentence: Sentence, mentions: list[Mention]) -> Voice | None:
    """The person who is the subject of the sentence that leads up to a quotation."""
    subject = next((child for child in sentence.span.root.children if child.dep_ == "nsubj"), None)
    if subject is None:
        return None
    mention = next((m for m in mentions if m.first <= subject.i < m.last and m.person is not None), None)
    return Voice(mention.person.name, mention.person) if mention and mention.person else None


def _turn(sentence: Sentence, turns: dict[str, str | None], names: Names) -> Voice:
    name = turns.get(sentence.block.label)
    return Voice(name, person_named(name, names) or Person(name.split()[-1].casefold(), name, "")) if name else Voice()
