"""What a reader has in mind while going through an article: who and what was spoken of last."""

from __future__ import annotations

from dataclasses import dataclass, field

from detector.statements.entities import Mention, Person
from detector.statements.spans import Sentence
from detector.statements.speakers import SUBJECTS, is_person_phrase, noun_phrase

_WINDOW = 3
_PLURAL_NOUNS = frozenset(["people", "police", "men", "women", "children", "officials", "sources"])


@dataclass(frozen=True, slots=True)
class Heard:
    """What one sentence brought to mind."""

    index: int
    passage: int
    people: tuple[Person, ...]
    subject: Person | None
    thing: str
    plural: bool
    human: bool


@dataclass(slots=True)
class Memory:
    """The last few sentences; grows as the article is read."""

    heard: list[Heard] = field(default_factory=list)

    def person(self, gender: str, sentence: Sentence) -> Person | None:
        """The one person "he" or "she" can mean here; None when it is nobody or more than one."""
        recent = [heard for heard in self.heard[-_WINDOW:] if sentence.index - heard.index <= _WINDOW]
        for heard in reversed(recent):
            fitting = {person.key: person for person in heard.people if person.gender in ("", gender)}
            known = {key: person for key, person in fitting.items() if person.gender == gender}
            choice = known or fitting
            if len(choice) == 1:
                return next(iter(choice.values()))
            if choice:
                subject = heard.subject
                return subject if subject is not None and subject.key in choice else None
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
        return (
            " and " in phrase
            or noun.lower() in _PLURAL_NOUNS
            or (noun.endswith("s") and not noun.endswith("ss") and noun[0].islower())
        )

    def is_human_single(self, phrase: str) -> bool:
        return not self.is_plural(phrase) and is_person_phrase(phrase)

    def note(self, sentence: Sentence, mentions: list[Mention], resolved: list[Person], speaker: Person | None) -> None:
        """Remember a sentence after it was read."""
        root = sentence.span.root
        subject = next((child for child in root.children if child.dep_ in SUBJECTS), None)
        people = [mention.person for mention in mentions if mention.person is not None]
        people += resolved + ([speaker] if speaker is not None else [])
        who: Person | None = None
        thing, plural, human = "", False, False
        if subject is not None:
            who = next((m.person for m in mentions if m.first <= subject.i < m.last and m.person is not None), None)
            if subject.tag_ == "PRP" and resolved:
                who = resolved[0]
            if who is None and subject.pos_ in ("NOUN", "PROPN"):
                thing = noun_phrase(subject)
                plural = subject.tag_ in ("NNS", "NNPS")
                human = is_person_phrase(thing)
                thing = thing if len(thing.split()) <= 6 else ""
        who = who or speaker
        self.heard.append(Heard(sentence.index, sentence.block.start, tuple(people), who, thing, plural, human))
