"""What a reader has in mind while going through an article: who and what was spoken of last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from detector.statements.entities import Mention, Person
from detector.statements.spans import Sentence
from detector.statements.speakers import SUBJECTS, is_person_phrase, noun_phrase
from detector.statements.words import PERSON_NOUNS, word_set

_WINDOW = 3
_PLURAL_NOUNS = word_set("people police men women children officials sources")


@dataclass(frozen=True, slots=True)
class Heard:
    """What one sentence brought to mind."""

    index: int
    passage: int
    people: tuple[Person, ...]
    speakers: tuple[Person, ...]
    subject: Person | None
    thing: str
    plural: bool
    human: bool
    stranger: bool
    open: tuple[str, ...]
    voice: str


@dataclass(slots=True)
class Memory:
    """The last few sentences; grows as the article is read."""

    heard: list[Heard] = field(default_factory=list)

    def person(self, gender: str, sentence: Sentence, *, speaks: bool = False) -> Person | None:
        """The one person "he" or "she" can mean here; None when it is nobody or more than one.

        A person who only spoke in an earlier paragraph is meant again only by the "he" of "he said" (`speaks`).
        """
        for heard in reversed(self.heard[-_WINDOW:]):
            same = heard.passage == sentence.block.start
            if gender in heard.open or heard.stranger:
                return None
            people = heard.people + (heard.speakers if same or speaks else ())
            fitting = {person.key: person for person in people if person.gender in ("", gender)}
            known = {key: person for key, person in fitting.items() if person.gender == gender}
            choice = known or fitting
            if len(choice) == 1:
                return next(iter(choice.values()))
            if choice:
                subject = heard.subject
                return subject if subject is not None and subject.key in choice else None
        return None

    def somebody(self, sentence: Sentence) -> str | None:
        """The person without a name whom "he" or "she" means in "he chuckled": the last to speak in the paragraph."""
        for heard in reversed(self.heard[-_WINDOW:]):
            if heard.passage == sentence.block.start and heard.voice and not self.is_plural(heard.voice):
                return heard.voice
        return None

    def thing(self, plural: bool, sentence: Sentence) -> str | None:
        """The phrase "it" or "they" takes up from the sentence just before, in the same paragraph."""
        if not self.heard:
            return None
        last = self.heard[-1]
        if last.passage != sentence.block.start or last.index != sentence.index - 1:
            return None
        if not last.thing or last.plural != plural or (last.human and not plural):
            return None
        return last.thing

    def is_plural(self, phrase: str) -> bool:
        words = phrase.split()
        head = next(
            (w for w in words if w in ("of", "at", "for", "from", "with", "in", "close", "familiar", "briefed")), None
        )
        noun = words[words.index(head) - 1] if head and words.index(head) else words[-1]
        common = noun[0].islower() or noun.isupper()
        ends = noun.lower().endswith("s") and not noun.lower().endswith("ss")
        return " and " in phrase or noun.lower() in _PLURAL_NOUNS or (common and ends)

    def is_human_single(self, phrase: str) -> bool:
        return not self.is_plural(phrase) and is_person_phrase(phrase)

    def note(
        self,
        sentence: Sentence,
        mentions: list[Mention],
        resolved: list[Person],
        speaker: Person | None = None,
        voice: str | None = None,
    ) -> None:
        """Remember a sentence after it was read; `resolved` are the people its pronouns turned out to mean."""
        subject = next((child for child in sentence.span.root.children if child.dep_ in SUBJECTS), None)
        people = [m.person for m in mentions if m.person is not None and m.person != speaker] + resolved
        who = _subject_person(subject, mentions, resolved)
        thing, plural, human = "", False, False
        nothing = subject is not None and any(child.lower_ in ("no", "neither", "none") for child in subject.children)
        if subject is not None and who is None and not nothing and subject.pos_ in ("NOUN", "PROPN"):
            thing = noun_phrase(subject)
            plural = subject.tag_ in ("NNS", "NNPS")
            human = is_person_phrase(thing) or subject.ent_type_ == "NORP"
            thing = thing if len(thing.split()) <= 6 else ""
        self.heard.append(
            Heard(
                sentence.index,
                sentence.block.start,
                tuple(people),
                (speaker,) if speaker is not None else (),
                who or speaker,
                thing,
                plural,
                human,
                _has_stranger(sentence, mentions),
                _left_open(sentence, resolved, voice or "") if speaker is None else (),
                (voice or "") if speaker is None else "",
            )
        )


def _has_stranger(sentence: Sentence, mentions: list[Mention]) -> bool:
    """Whether the sentence speaks of one person without a name, whom a later "he" may mean: "the gunman"."""
    known = {i for mention in mentions for i in range(mention.first - 3, mention.last + 1)}
    for token in sentence.span:
        if token.i in known or sentence.in_quote(token):
            continue
        person = (
            token.tag_ == "NN"
            and token.lemma_.lower() in PERSON_NOUNS
            and token.dep_ not in ("compound", "appos", "attr")
        )
        if person or (token.ent_type_ == "NORP" and token.tag_ in ("NN", "NNP") and token.dep_ in SUBJECTS):
            return True
    return False


def _subject_person(subject: Any, mentions: list[Mention], resolved: list[Person]) -> Person | None:
    if subject is None:
        return None
    if subject.tag_ == "PRP":
        return resolved[0] if resolved else None
    return next((m.person for m in mentions if m.first <= subject.i < m.last and m.person is not None), None)


def _left_open(sentence: Sentence, resolved: list[Person], voice: str) -> tuple[str, ...]:
    """Genders of subject pronouns that found no antecedent: what follows cannot find one either."""
    if voice in ("he", "she"):
        return ("male",) if voice == "he" else ("female",)
    if resolved or sentence.quoted_share > 0.5:
        return ()
    words = {token.lower_ for token in sentence.span if token.dep_ in SUBJECTS}
    named = any(token.ent_type_ == "PERSON" for token in sentence.span)
    return () if named else tuple(gender for word, gender in (("he", "male"), ("she", "female")) if word in words)
