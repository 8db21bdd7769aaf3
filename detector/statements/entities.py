"""Named things, with one key for all the names of one thing within an article."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from detector.records import Entity
from detector.statements.aliases import (
    COUNTRY_OF,
    FEMALE_TITLES,
    FULL_NAMES,
    MALE_TITLES,
    OFFICES,
    SAME,
    TITLES,
)
from detector.statements.spans import Passage, Sentence
from detector.statements.words import (
    COMPANY_WORDS,
    FEMALE_NAMES,
    FEMALE_NOUNS,
    MALE_NAMES,
    MALE_NOUNS,
    PERSON_NOUNS,
    word_set,
)

if TYPE_CHECKING:
    from spacy.tokens import Span

NAMED = word_set("PERSON NORP FAC ORG GPE LOC PRODUCT EVENT LAW WORK_OF_ART")
_DATED = ("DATE", "TIME")
Gender = Literal["female", "male", ""]
_ALSO_CALLED = {
    "representative": ("congressman", "congresswoman", "lawmaker"),
    "spokeswoman": ("spokesperson",),
    "spokesman": ("spokesperson",),
    "chairwoman": ("chair",),
    "chairman": ("chair",),
}
_FIRST_NAMES = FEMALE_NAMES | MALE_NAMES
_HEADLINES = ("title", "heading")
_ROLE_NOUNS = PERSON_NOUNS | frozenset(TITLES.values()) - {""}
_SITES = word_set(
    "bridge plant works factory site airport dam river valley hospital school stadium church mosque station port prison "
    "camp tower tunnel mine refinery reactor ship ferry plane train club hotel island village town lake creamery mill "
    "terminal pipeline railway road street palace museum university college farm mall market clinic centre center"
)
"""Places and works of which an article names one: other nouns with a name before them ("the Clinton campaign") are too
often followed by another of their kind."""
_BODIES = ("ORG", "FAC", "PRODUCT")
_SUFFIXES = word_set("jr sr ii iii iv")
_PLACE_WORDS = frozenset(
    "palazzo camp lake mount fort port route hotel university college hospital st saint cape villa castle san santa "
    "los las el la new north south east west upper lower".split()
)
_PLACE_ENDINGS = frozenset(
    "street road avenue lane square park bridge county city town river valley hospital university college school church "
    "center centre airport stadium house hall building foundation institute administration campaign act kitchen market".split()
)
_NOT_NAMES = word_set(
    "mr mrs ms dr monday tuesday wednesday thursday friday saturday sunday today yesterday january february march "
    "april june july august september october november december read photo image getty images via email page "
    "twitter facebook instagram youtube hepatitis"
)


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the article; `key` is the family name."""

    key: str
    name: str
    gender: Gender


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity in a sentence, at tokens `first:last` of the document."""

    entity: Entity
    first: int
    last: int
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """What an article calls its people, organisations and things."""

    people: dict[str, Person] = field(default_factory=dict)
    full: dict[str, Person] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    roles: dict[str, frozenset[str]] = field(default_factory=dict)
    things: dict[str, frozenset[str]] = field(default_factory=dict)


def plain_name(text: str) -> str:
    """A name without article, possessive and trailing marks."""
    name = re.sub(r"^(?:the|The|THE|a|A)\s+", "", text.strip(" \"'.,;:()[]-–—"))
    return re.sub(r"['’]s?$", "", name).strip(" \"',;:()[]")


def untitled(name: str) -> tuple[list[str], list[str]]:
    """(titles, name words) of a person's name."""
    words = name.split()
    titles = []
    while len(words) > 1 and words[0].rstrip(".").lower() in TITLES:
        titles.append(words.pop(0).rstrip(".").lower())
    return titles, words


def names_of(passages: Sequence[Passage]) -> Names:
    """The article's lexicon of names, from all its passages."""
    body = {token.text for passage in passages if passage.block.kind not in _HEADLINES for token in passage.doc}
    spans = [
        (passage, ent)
        for passage in passages
        for ent in passage.doc.ents
        if ent.label_ in NAMED and (not body or passage.block.kind not in _HEADLINES or ent.root.text in body)
    ]
    spans += [(passage, span) for passage in passages for span in _missed_people(passage)]
    votes: dict[str, Counter[str]] = {}
    for _, ent in spans:
        name = plain_name(ent.text)
        votes.setdefault(name, Counter())[ent.label_ or "PERSON"] += 1
    labels = {name: max(sorted(count), key=lambda label: count[label]) for name, count in votes.items()}
    labels |= {name: "PERSON" for name in labels if _first_name(name)}
    organisations = {name for name, label in labels.items() if label == "ORG" and len(name.split()) > 1}
    leading = {name.split()[0] for name in organisations if name.split()[-1].lower().rstrip(".") in COMPANY_WORDS}
    people, full = _people(spans, labels, leading)
    for name in list(labels):
        words = untitled(name)[1]
        if len(words) == 1 and words[0].casefold() in people:
            labels[name] = "PERSON"
        elif len(words) == 1 and words[0] in leading:
            labels[name] = "ORG"
    keys = _organisation_keys(labels)
    common = Counter(
        keys[name] for name, count in votes.items() if labels[name] in _BODIES for _ in range(count.total())
    )
    rivals = {key for key, count in common.items() if count > 1}
    return Names(people, full, keys, labels, _roles(spans, people, full, lone=len(rivals) <= 1), _things(passages))


def _first_name(name: str) -> bool:
    """A name that opens with a common first name or a title and does not end as organisations and places do."""
    titles, words = untitled(name)
    if not 2 <= len(words) <= 3 or words[-1].lower().rstrip(".") in COMPANY_WORDS | _PLACE_ENDINGS or "&" in words:
        return False
    return (bool(titles) or words[0].lower() in _FIRST_NAMES) and _is_name(words)


def _missed_people(passage: Passage) -> Iterator[Any]:
    """Names that the tagger passed over: a common first name and a capitalised word after it."""
    for token in passage.doc:
        if (
            token.lower_ not in _FIRST_NAMES
            or token.ent_type_
            or token.tag_ != "NNP"
            or token.i + 1 >= len(passage.doc)
        ):
            continue
        last = token.nbor(1)
        if last.tag_ == "NNP" and not last.ent_type_ and _first_name(f"{token.text} {last.text}"):
            yield passage.doc[token.i : token.i + 2]


def _people(
    spans: Iterable[tuple[Passage, Any]], labels: dict[str, str], leading: set[str]
) -> tuple[dict[str, Person], dict[str, Person]]:
    """People by family name and by full name; of two with one family name, the first named keeps the short one."""
    found: dict[str, set[str]] = {}
    for _, ent in spans:
        name = plain_name(ent.text)
        if labels.get(name) != "PERSON":
            continue
        titles, words = untitled(name)
        titles += _titles_before(ent)
        if words and words[-1].rstrip(".").lower() in _SUFFIXES:
            words = words[:-1]
        if not _is_name(words) or words[0] in leading or (len(words) == 1 and _has_article(ent)):
            continue
        full = " ".join(words)
        found.setdefault(full, set()).update(titles)
    by_last: dict[str, Person] = {}
    by_full: dict[str, Person] = {}
    for full, known_titles in sorted(found.items(), key=lambda pair: _name_rank(pair[0])):
        words = full.split()
        last = FULL_NAMES.get(full.casefold(), words[-1].casefold())
        last = SAME.get(last, last)
        gender = _gender(words, known_titles)
        known = by_last.get(last)
        if known and (len(words) == 1 or known.name == full):
            merged = Person(last, known.name, known.gender or gender)
            by_last[last] = by_full[known.name] = merged
            continue
        person = Person(last if known is None else full.casefold(), full, gender)
        by_full[full] = person
        by_last.setdefault(last, person)
    return by_last, by_full


def _has_article(ent: Span) -> bool:
    before = ent.doc[ent.start - 1] if ent.start else None
    return ent[0].lower_ in ("the", "a", "an") or (before is not None and before.lower_ in ("the", "a", "an"))


def _name_rank(name: str) -> int:
    """Names that open with a common first name come first, bare family names last."""
    words = name.split()
    return 2 if len(words) == 1 else 0 if words[0].lower() in _FIRST_NAMES else 1


def _is_name(words: list[str]) -> bool:
    if not words or len(words) > 4:
        return False
    lowered = [word.lower().strip(".") for word in words]
    if lowered[0] in _PLACE_WORDS or any(
        word in _NOT_NAMES or word in COUNTRY_OF or word in COMPANY_WORDS for word in lowered
    ):
        return False
    return all(re.fullmatch(r"[^\W\d_][\w.'-]*", word) for word in words) and words[-1][0].isupper()


def _titles_before(ent: Span) -> list[str]:
    doc = ent.doc
    titles = []
    place = ent.start - 1
    while place >= 0 and place >= ent.start - 3:
        word = doc[place].text.rstrip(".").lower()
        if word not in TITLES and word not in FEMALE_NOUNS and word not in MALE_NOUNS:
            break
        titles.append(word)
        place -= 1
    return titles


def _gender(words: list[str], titles: set[str]) -> Gender:
    if titles & (FEMALE_TITLES | FEMALE_NOUNS):
        return "female"
    if titles & (MALE_TITLES | MALE_NOUNS):
        return "male"
    first = words[0].lower()
    if len(words) > 1 and first in FEMALE_NAMES:
        return "female"
    if len(words) > 1 and first in MALE_NAMES:
        return "male"
    return ""


def _organisation_keys(labels: dict[str, str]) -> dict[str, str]:
    """Key of each name that is no person: shortest leading form in the article; acronyms take the spelled-out name."""
    keys: dict[str, str] = {}
    others = sorted((name for name, label in labels.items() if label != "PERSON"), key=lambda name: (len(name), name))
    acronyms = {"".join(word[0] for word in n.split() if word[0].isupper()): n for n in others if len(n.split()) > 1}
    for name in others:
        lower = name.casefold()
        if lower in SAME or lower in COUNTRY_OF:
            keys[name] = SAME.get(lower) or COUNTRY_OF[lower]
            continue
        spelled = acronyms.get(name.replace(".", "")) if name.isupper() and len(name) > 1 else None
        core = _core(spelled or name)
        if labels[name] == "ORG" and not spelled:
            short = next((o for o in others if labels[o] == "ORG" and _leads(o, name)), None)
            core = _core(short) if short else core
        keys[name] = SAME.get(core, core)
    return keys


def _core(name: str) -> str:
    words = name.casefold().split()
    while len(words) > 1 and words[-1].rstrip(".") in COMPANY_WORDS:
        words.pop()
    return " ".join(words)


def _leads(short: str, name: str) -> bool:
    ours, theirs = short.split(), name.split()
    return 0 < len(ours) < len(theirs) and theirs[: len(ours)] == ours and len(ours[0]) > 3


def _roles(
    spans: Iterable[tuple[Passage, Any]], people: dict[str, Person], full: dict[str, Person], *, lone: bool
) -> dict[str, frozenset[str]]:
    """Which names the article introduces by a common noun: "Chairman Julian Aske" makes Aske a chairman.

    "The company" has a reading only where one organisation alone (`lone`) comes up more than once.
    """
    roles: dict[str, set[str]] = {}
    told = Counter(plain_name(ent.text).split()[-1].casefold() for _, ent in spans if plain_name(ent.text))
    for _, ent in spans:
        titles, words = untitled(plain_name(ent.text))
        person = full.get(" ".join(words)) or (people.get(words[-1].casefold()) if words else None)
        last = plain_name(ent.text).split()[-1:]
        company = (
            lone and ent.label_ == "ORG" and person is None and last and last[0].lower().rstrip(".") in COMPANY_WORDS
        )
        if person is None and not company:
            continue
        name = person.name if person else _core_name(plain_name(ent.text))
        nouns = {TITLES.get(title, "") for title in titles} | set(_nouns_of(ent))
        nouns &= _ROLE_NOUNS
        nouns |= {other for noun in nouns for other in _ALSO_CALLED.get(noun, ())}
        if company:
            nouns |= {"company", "firm"}
        for noun in nouns if company or (person and _is_central(person, told)) else ():
            roles.setdefault(noun, set()).add(name)
    return {noun: frozenset(names) for noun, names in roles.items()}


def _is_central(person: Person, told: Counter[str]) -> bool:
    """Named at least a third as often as the person named most: "the president" is not one mentioned in passing."""
    return 3 * told[person.key] >= max(told.values(), default=0)


def _core_name(name: str) -> str:
    words = name.split()
    while len(words) > 1 and words[-1].lower().rstrip(".") in COMPANY_WORDS - {"foods", "dairies", "motors", "bank"}:
        words.pop()
    return " ".join(words)


def _nouns_of(ent: Span) -> list[str]:
    doc, root = ent.doc, ent.root
    nouns = []
    place = ent.start - 1
    while place >= 0 and place >= ent.start - 3 and doc[place].pos_ in ("NOUN", "PROPN"):
        word = doc[place].lemma_.lower().rstrip(".")
        nouns.append(TITLES.get(word) or word)
        place -= 1
    if root.dep_ == "appos" and root.head.pos_ == "NOUN":
        nouns.append(root.head.lemma_.lower())
    nouns += [child.lemma_.lower() for child in root.children if child.dep_ == "appos" and child.pos_ == "NOUN"]
    return nouns


def _things(passages: Sequence[Passage]) -> dict[str, frozenset[str]]:
    """Proper forms of common nouns: "the Sel bridge" makes "the bridge" the Sel bridge, if it is the only one named."""
    things: dict[str, set[str]] = {}
    for passage in passages:
        if passage.block.kind in _HEADLINES:
            continue
        for token in passage.doc:
            if token.tag_ != "NN" or token.lemma_.lower() not in _SITES:
                continue
            names = [
                c for c in token.children if c.dep_ == "compound" and c.tag_ == "NNP" and c.ent_type_ not in _DATED
            ]
            if names and names[-1].i == token.i - 1:
                phrase = passage.doc[names[0].i : token.i + 1].text
                things.setdefault(token.lemma_.lower(), set()).add(phrase)
    return {noun: frozenset(phrases) for noun, phrases in things.items()}


def mentions_in(sentence: Sentence, names: Names) -> list[Mention]:
    """Entities of a sentence in order, with names that the tagger missed here but knows elsewhere in the article."""
    mentions: list[Mention] = []
    taken: set[int] = set()
    for ent in sentence.span.ents:
        if ent.label_ not in NAMED:
            continue
        mention = _mention(plain_name(ent.text), ent.label_, ent.start, ent.end, names)
        if mention:
            mentions.append(mention)
            taken.update(range(ent.start, ent.end))
    for token in sentence.span:
        if token.i in taken or not token.text[:1].isupper():
            continue
        name = plain_name(token.text)
        known = names.people.get(name.casefold())
        if token.tag_ in ("NNP", "NNPS") or token.ent_type_ in NAMED or (known and token.tag_ in ("NN", "NNS")):
            if known or names.labels.get(name) in ("ORG", "GPE", "NORP"):
                mention = _mention(name, names.labels.get(name, "PERSON"), token.i, token.i + 1, names)
                if mention:
                    mentions.append(mention)
        elif token.text.lower() in COUNTRY_OF and token.i > sentence.span.start:
            key = COUNTRY_OF[token.text.lower()]
            mentions.append(Mention(Entity(token.text, "NORP", key), token.i, token.i + 1))
    mentions += _offices(sentence) + _called_by_role(sentence, names)
    return sorted(mentions, key=lambda mention: mention.first)


def role_person(token: Any, names: Names) -> Person | None:
    """The one person of the article whom a bare "the congressman" can mean; "the 61-year-old general" counts as bare."""
    if token.tag_ not in ("NN", "NNP", "JJ") or not any(c.dep_ == "det" and c.lower_ == "the" for c in token.children):
        return None
    people = names.roles.get(token.lemma_.lower(), frozenset())
    others = [c for c in token.children if c.dep_ not in ("det", "relcl", "appos", "punct")]
    aged = all(re.fullmatch(r"\d+-year-old", c.text) or "old" in c.text for c in others)
    return person_named(next(iter(people)), names) if len(people) == 1 and aged else None


def _called_by_role(sentence: Sentence, names: Names) -> list[Mention]:
    found = []
    for token in sentence.span:
        if (
            token.dep_ in ("nsubj", "nsubjpass", "dobj", "pobj", "dative", "agent", "poss")
            and token.lemma_.lower() in names.roles
        ):
            person = role_person(token, names)
            if person is not None:
                found.append(Mention(Entity(f"the {token.text}", "PERSON", person.key), token.i, token.i + 1, person))
    return found


def _mention(name: str, label: str, first: int, last: int, names: Names) -> Mention | None:
    if not name or name.lower() in _NOT_NAMES or not name[0].isalpha() or len(name) < 2:
        return None
    person = person_named(name, names)
    label = names.labels.get(name, label)
    if person and (label == "PERSON" or len(name.split()) == 1):
        return Mention(Entity(name, "PERSON", person.key), first, last, person)
    if label == "PERSON":
        words = untitled(name)[1]
        lower = words[-1].casefold()
        return Mention(Entity(name, label, SAME.get(lower, lower)), first, last)
    lower = name.casefold()
    key = names.keys.get(name) or SAME.get(lower) or COUNTRY_OF.get(lower) or _core(name)
    return Mention(Entity(name, label, key), first, last)


def person_named(name: str, names: Names) -> Person | None:
    """The person of the article whom a name means."""
    words = untitled(plain_name(name))[1]
    if words and words[-1].rstrip(".").lower() in _SUFFIXES:
        words = words[:-1]
    if not words:
        return None
    found = names.full.get(" ".join(words))
    if found or len(words) > 1:
        return found
    return names.people.get(words[0].casefold())


def _offices(sentence: Sentence) -> list[Mention]:
    """Offices that the alias table resolves: "the Russian president"."""
    lower = sentence.text.lower()
    found = []
    for phrase, (name, key) in OFFICES.items():
        at = lower.find(phrase)
        if at < 0:
            continue
        base = sentence.span.start_char
        span = sentence.passage.doc.char_span(base + at, base + at + len(phrase), alignment_mode="expand")
        if span is not None:
            found.append(Mention(Entity(span.text, "PERSON", key), span.start, span.end, Person(key, name, "")))
    return found
