"""The self-contained wording of a statement: what is embedded and scored in place of its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from detector.statements.entities import Mention, Names, Person, role_person
from detector.statements.memory import Memory
from detector.statements.spans import Sentence
from detector.statements.speakers import Attribution, is_clause
from detector.statements.words import PERSON_NOUNS, word_set

if TYPE_CHECKING:
    from spacy.tokens import Token

_HE = {"he": "subject", "she": "subject", "him": "object", "his": "owner", "her": "owner", "hers": "owner"}
_SHE = ("she", "her", "hers")
_IT = {"they": "subject", "their": "owner", "it": "subject", "its": "owner"}
_IRREGULAR = {"have": "has", "'ve": " has", "do": "does", "am": "is", "'m": " is", "go": "goes", "are": "is"}
_CONTRACTED = {"'ll": " will", "'d": " would", "'re": " are"}
_LOOSE = re.compile(
    r"^(?:[\s,;:.!?)\]–—-]+|(?:and|but|so|because|also|then|yet|however|meanwhile)\s*,?\s+(?=\S))+", re.IGNORECASE
)
_SUBJECTS = ("nsubj", "nsubjpass")
_ARGUMENTS = (*_SUBJECTS, "dobj", "pobj", "agent")
_SELF_REPORT = word_set("say announce tell state add confirm admit acknowledge insist")


@dataclass(slots=True)
class Wording:
    """A wording being made: replaced and dropped tokens, and the people who came in for pronouns."""

    replaced: dict[int, str] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)
    people: list[Person] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    spoke: bool = False


def compose(
    sentence: Sentence,
    attribution: Attribution | None,
    speaker: tuple[str | None, Person | None],
    mentions: list[Mention],
    names: Names,
    memory: Memory,
    *,
    max_words: int,
) -> tuple[str, Wording]:
    """The wording, with a trace of what was changed.

    A pronoun or definite noun is replaced only where one antecedent fits; otherwise it stays.
    """
    draft = Wording()
    if attribution is not None and attribution.drop and _leaves_content(sentence, attribution.drop):
        draft.dropped |= attribution.drop
        draft.dropped |= {t.i for t in sentence.span if _joins(t, draft.dropped)}
    quoted = _is_quoted(sentence, draft.dropped)
    if quoted and speaker[1] is not None:
        _first_person(sentence, speaker[1], draft)
    said = bool(draft.dropped) and not quoted
    told = speaker if said else (None, None)
    verb = attribution.verb.lemma_.lower() if attribution is not None and attribution.verb is not None else ""
    _third_person(sentence, told, mentions, memory, draft, verb=verb, exclude=speaker[1] if quoted else None)
    _definite(sentence, mentions, names, draft)
    text = _assemble(sentence, draft, whole_quote=quoted)
    text = _headed(sentence, text)
    return truncate(text, max_words), draft


def _is_quoted(sentence: Sentence, dropped: set[int]) -> bool:
    """Whether most of what is kept stood inside quotation marks."""
    kept = [token for token in sentence.span if token.i not in dropped and not token.is_punct]
    return sum(sentence.in_quote(token) for token in kept) > 0.6 * max(1, len(kept))


def _joins(token: Token, dropped: set[int]) -> bool:
    """The "that" which tied a clause to its attribution, and the "and that" of a second one."""
    if token.lower_ != "that" or token.dep_ != "mark" or token.i == 0:
        return False
    return token.i - 1 in dropped or token.nbor(-1).lower_ in ("and", "but")


def _leaves_content(sentence: Sentence, drop: frozenset[int]) -> bool:
    kept = [token for token in sentence.span if token.i not in drop and not token.is_punct]
    return len(kept) >= 2


def _assemble(sentence: Sentence, draft: Wording, *, whole_quote: bool) -> str:
    marks = sum(token.text == '"' for token in sentence.span if token.i not in draft.dropped)
    pieces: list[str] = []
    for token in sentence.span:
        if token.i in draft.dropped or (token.text == '"' and (whole_quote or marks % 2)):
            if pieces and not pieces[-1].endswith(" ") and token.whitespace_:
                pieces.append(" ")
            continue
        word = draft.replaced.get(token.i, token.text)
        if word.startswith(" ") and pieces:
            pieces[-1] = pieces[-1].rstrip()
        pieces.append(word + token.whitespace_)
    return tidy("".join(pieces), headline=sentence.block.kind in ("title", "heading"))


def tidy(text: str, *, headline: bool = False) -> str:
    """One line of prose: no loose marks at its ends, a capital first, a full stop last."""
    text = re.sub(r"\s+", " ", text).strip()
    text = _LOOSE.sub("", text)
    text = re.sub(r"\s+([,.;:!?])(?!\d)", r"\1", text)
    text = re.sub(r",(?:\s*,)+", ",", text)
    text = re.sub(r",\s*([.!?])", r"\1", text).strip(" ,;—–-")
    if not text:
        return text
    text = text[0].upper() + text[1:]
    if headline or text[-1] in ".!?)" or text[-2:-1] in (".", "!", "?"):
        return text
    return text.rstrip(" ,;:") + "."


def _headed(sentence: Sentence, text: str) -> str:
    """A bullet without a clause of its own is read under its heading."""
    heading = sentence.block.heading
    if sentence.block.kind != "bullet" or not heading:
        return text
    if any(is_clause(token) for token in sentence.span) and len(sentence.span) > 9:
        return text
    if heading == heading.upper():
        heading = heading.capitalize()
    return f"{heading}: {text}"


def truncate(text: str, max_words: int) -> str:
    """At most `max_words` words, cut at the last clause boundary that leaves more than half of them."""
    words = text.split()
    if len(words) <= max_words:
        return text
    head = " ".join(words[:max_words])
    cut = max(
        (m.start() for m in re.finditer(r"[,;:—–]\s|\s(?:and|but|which|who|while|because|after)\s", head)), default=0
    )
    if len(head[:cut].split()) * 2 > max_words:
        head = head[:cut]
    return head.rstrip(" ,;:—–-") + "."


def _first_person(sentence: Sentence, person: Person, draft: Wording) -> None:
    """ "I will not sign" -> "Orsk will not sign", where every "I" is a subject with a verb that can be inflected."""
    name = person.name
    changes: dict[int, str] = {}
    for token in sentence.span:
        if token.i in draft.dropped or not sentence.in_quote(token):
            continue
        word = token.lower_
        if token.text == "I" or word == "i":
            verb = token.head
            if token.dep_ not in _SUBJECTS:
                return
            helpers = sorted((c for c in verb.children if c.dep_ in ("aux", "auxpass")), key=lambda c: c.i)
            finite = helpers[0] if helpers else verb
            inflected = third_person(finite)
            if inflected is None:
                return
            changes[token.i] = name
            if inflected != finite.text:
                changes[finite.i] = inflected
        elif word in ("my", "mine"):
            changes[token.i] = f"{name}'s"
        elif word in ("me", "myself"):
            changes[token.i] = name
    draft.replaced.update(changes)
    draft.spoke = bool(changes)
    if changes:
        draft.people.append(person)


def third_person(verb: Token) -> str | None:
    """The verb form that goes with a name, for a verb that stood with "I"; None when it cannot be told."""
    word = str(verb.text)
    if verb.lower_ in _CONTRACTED and verb.lower_ != "'d":
        return _CONTRACTED[verb.lower_]
    if verb.lower_ == "'d":
        return " had" if verb.head.tag_ == "VBN" else " would"
    if verb.lower_ in _IRREGULAR:
        return _IRREGULAR[verb.lower_]
    if verb.tag_ in ("MD", "VBD", "VBZ"):
        return word
    if verb.tag_ in ("VBP", "VB") and verb.dep_ != "aux":
        if re.search(r"(?:s|x|z|ch|sh|o)$", word):
            return word + "es"
        if re.search(r"[^aeiou]y$", word):
            return word[:-1] + "ies"
        return word + "s"
    return None


def _third_person(
    sentence: Sentence,
    told: tuple[str | None, Person | None],
    mentions: list[Mention],
    memory: Memory,
    draft: Wording,
    *,
    verb: str,
    exclude: Person | None,
) -> None:
    """Replace the first "he", "she", "they", "it" of the sentence that has one clear antecedent.

    `told` is the speaker whose clause was cut off ("Orsk said he ..."); `exclude` is who speaks in a quotation and is
    not the "he" of it.
    """
    done: set[str] = set()
    for token in sentence.span:
        word = token.lower_
        if token.i in draft.dropped or token.i in draft.replaced or word in done:
            continue
        if word in _HE:
            done |= {other for other in _HE if (other in _SHE) == (word in _SHE)}
            person = _person_for(token, sentence, told, mentions, memory, draft)
            if person is not None and person != exclude and person not in draft.people:
                _put(token, person.name, draft)
                draft.people.append(person)
        elif word in _IT and (token.dep_ in _SUBJECTS or (told[0] and token.dep_ == "poss")):
            done |= {"they", "their", "it", "its"}
            phrase = _thing_for(token, sentence, told, verb, memory, draft)
            if phrase:
                _put(token, phrase, draft)
                draft.names.append(phrase)


def _person_for(
    token: Token,
    sentence: Sentence,
    told: tuple[str | None, Person | None],
    mentions: list[Mention],
    memory: Memory,
    draft: Wording,
) -> Person | None:
    gender = "female" if token.lower_ in _SHE else "male"
    if sentence.in_quote(token) or _local(token, gender, mentions, draft, sentence):
        return None
    if told[1] is not None and _fits(told[1], gender):
        return told[1]
    if told[0]:
        return None
    return memory.person(gender, sentence)


def _thing_for(
    token: Token, sentence: Sentence, told: tuple[str | None, Person | None], verb: str, memory: Memory, draft: Wording
) -> str | None:
    """What "it" or "they" stands for, when the sentence opens with it or the speaker is meant."""
    plural = token.lower_ in ("they", "their")
    before = [t for t in sentence.span if t.i < token.i and t.i not in draft.dropped]
    if _expletive(token) or any(t.pos_ in ("NOUN", "PROPN") and t.dep_ in (*_SUBJECTS, "dobj") for t in before):
        return None
    if told[0]:
        if told[0] in ("they", "it", "he", "she", "many", "some"):
            return None
        if token.lower_ in ("it", "its") and (verb not in _SELF_REPORT or token.dep_ == "nsubjpass"):
            return None
        fits = told[1] is None and memory.is_plural(told[0]) == plural and not memory.is_human_single(told[0])
        return told[0] if fits else None
    if token.dep_ not in _SUBJECTS or any(not t.is_punct and t.dep_ not in ("cc", "advmod", "mark") for t in before):
        return None
    return memory.thing(plural, sentence)


def _expletive(token: Token) -> bool:
    """ "It is likely that", "it was the map that", "it took years to"."""
    if token.dep_ == "expl":
        return True
    verb = token.head
    if token.lower_ != "it":
        return False
    passive = any(child.dep_ == "auxpass" for child in verb.children)
    if not passive and verb.lemma_.lower() in (
        "be",
        "seem",
        "appear",
        "take",
        "happen",
        "rain",
        "snow",
        "matter",
        "go",
        "feel",
        "look",
    ):
        return True
    return any(child.dep_ in ("csubj", "ccomp") and child.i > verb.i for child in verb.children)


def _fits(person: Person, gender: str) -> bool:
    return person.gender in ("", gender)


def _local(token: Token, gender: str, mentions: list[Mention], draft: Wording, sentence: Sentence) -> bool:
    """Whether somebody named or described earlier in what is kept of the sentence can be meant."""
    for mention in mentions:
        person = mention.entity.label == "PERSON" and (mention.person is None or _fits(mention.person, gender))
        singular = mention.entity.label == "NORP" and sentence.passage.doc[mention.last - 1].tag_ in ("NN", "NNP")
        governs = sentence.passage.doc[mention.last - 1].dep_ in _SUBJECTS
        if (person or singular) and (mention.last <= token.i or governs) and mention.first not in draft.dropped:
            return True
    return any(
        other.i < token.i
        and other.i not in draft.dropped
        and other.tag_ == "NN"
        and other.lemma_.lower() in PERSON_NOUNS
        for other in sentence.span
    )


def _put(token: Token, name: str, draft: Wording) -> None:
    kind = _HE.get(token.lower_) or _IT.get(token.lower_) or "subject"
    if token.lower_ == "her" and token.tag_ != "PRP$":
        kind = "object"
    starts = token.i == token.sent.start
    name = name[:1].upper() + name[1:] if starts else name
    draft.replaced[token.i] = (
        f"{name}'s" if kind == "owner" and not name.endswith("s") else f"{name}'" if kind == "owner" else name
    )
    following = token.nbor(1) if token.i + 1 < len(token.doc) else None
    if following is not None and following.text in ("'s", "'d", "'ll", "'re", "'ve"):
        expanded = {"'ll": " will", "'re": " are", "'ve": " have"}.get(following.text)
        if following.text == "'s":
            expanded = (
                " has"
                if following.lemma_ == "have" or (following.head.tag_ == "VBN" and following.dep_ == "aux")
                else " is"
            )
        elif following.text == "'d":
            expanded = " had" if following.head.tag_ == "VBN" else " would"
        if expanded:
            draft.replaced[following.i] = expanded


def _definite(sentence: Sentence, mentions: list[Mention], names: Names, draft: Wording) -> None:
    """ "the minister" -> "Lida Marosh", "the bridge" -> "the Sel bridge": bare phrases with one reading in the article."""
    named = {m.person.name for m in mentions if m.person is not None and not m.entity.text.startswith("the ")}
    for token in sentence.span:
        if token.pos_ not in ("NOUN", "PROPN", "ADJ") or token.i in draft.dropped or token.dep_ not in _ARGUMENTS:
            continue
        article = next((c for c in token.children if c.dep_ == "det" and c.lower_ == "the"), None)
        if article is None or article.i in draft.dropped:
            continue
        noun = token.lemma_.lower()
        bare = article.i == token.i - 1
        person = role_person(token, names) if token.dep_ in _SUBJECTS else None
        name = (
            person.name if person is not None else _lone_body(noun, names) if bare and token.dep_ in _SUBJECTS else None
        )
        if name is not None:
            if name not in named:
                draft.dropped |= set(range(article.i, token.i))
                draft.replaced[token.i] = name
                draft.names.append(name)
        elif token.tag_ == "NN" and bare and len(names.things.get(noun, ())) == 1 and _no_modifier(token, article):
            phrase = next(iter(names.things[noun]))
            draft.replaced[token.i] = phrase
            draft.names.append(phrase)


def _lone_body(noun: str, names: Names) -> str | None:
    """The organisation that "the company" means where the article knows only one."""
    bodies = names.roles.get(noun, frozenset()) if noun in ("company", "firm") else frozenset()
    return next(iter(bodies)) if len(bodies) == 1 else None


def _no_modifier(token: Token, article: Token) -> bool:
    return all(child.i == article.i or child.is_punct for child in token.children)


def lemmas_of(sentence: Sentence, draft: Wording, stop: frozenset[str]) -> tuple[str, ...]:
    """Content lemmas of the wording in order of first use, lower case."""
    found: dict[str, None] = {}
    for token in sentence.span:
        if token.i in draft.dropped and token.i not in draft.replaced:
            continue
        replacement: Any = draft.replaced.get(token.i)
        if replacement and token.pos_ in ("PRON", "NOUN", "PROPN"):
            for word in re.findall(r"[\w'-]+", replacement):
                word = re.sub(r"'s?$", "", word.lower())
                if len(word) > 1 and word not in stop and word not in ("the", "two", "of"):
                    found.setdefault(word)
            continue
        if token.is_stop or token.is_punct or token.is_space or token.pos_ in ("AUX", "DET", "PART"):
            continue
        lemma = token.lemma_.lower().strip("'\"")
        if lemma and lemma not in stop and any(char.isalnum() for char in lemma):
            found.setdefault(lemma)
    return tuple(found)
