"""How many entries of a report on real articles ask what readers found in them.

`questions.jsonl` lists the questions on which the outlets differ, or which they answer alike, as six readers found them who
did not see what the program finds: our words for the question, how much an editor would want it (2 certainly, 1 perhaps, 0 trivial) and,
for each side, the ids of the statements that stand on it. The articles' words are their publishers' and are not kept.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.errors import InputError

QUESTIONS = Path(__file__).parent / "questions.jsonl"
WANTED = 1
"""Interest from which an entry counts as one that an editor would want to see."""
CERTAIN = 2


@dataclass(frozen=True, slots=True)
class Question:
    """`sides` hold statement ids; an agreement has one side. `articles` names the set that was read."""

    articles: str
    question: str
    label: str
    interest: int
    sides: tuple[frozenset[str], ...]

    def parts(self, left_id: str, right_id: str) -> bool:
        """Whether the two statements stand on different sides."""
        met = [{place for place, side in enumerate(self.sides) if one in side} for one in (left_id, right_id)]
        return bool(met[0]) and bool(met[1]) and met[0] != met[1]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a report with the listed questions that it asks, the most wanted one first. An entry that sets two statements apart
    may still put others on the wrong side: that is for its reader."""

    rank: int
    heading: str
    asks: tuple[Question, ...]

    @property
    def wanted(self) -> bool:
        return any(one.interest >= WANTED for one in self.asks)


@dataclass(frozen=True, slots=True)
class Found:
    """The entries of a report in order, and the questions of its articles that some pair of sides answers differently."""

    entries: tuple[Entry, ...]
    listed: tuple[Question, ...]

    def precision(self, count: int) -> float:
        """Share of the first `count` entries that ask a listed question of interest `WANTED` or more; one asked again counts again."""
        first = self.entries[:count]
        return sum(entry.wanted for entry in first) / len(first) if first else float("nan")

    def recall(self, count: int) -> tuple[int, int]:
        """Questions of interest CERTAIN that the first `count` entries ask, and how many there are."""
        certain = [one for one in self.listed if one.interest >= CERTAIN]
        asked = {one for entry in self.entries[:count] for one in entry.asks}
        return sum(one in asked for one in certain), len(certain)


def read_questions(path: Path = QUESTIONS) -> list[Question]:
    """Raises InputError: a line is no question."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            sides = tuple(frozenset(map(str, side)) for side in row["sides"])
            found.append(
                Question(str(row["articles"]), str(row["question"]), str(row["label"]), int(row["interest"]), sides)
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}:{number}: {error!r}; expected an object with question, label, interest and sides of statement ids"
            ) from error
    return found


def find_asked(report: Mapping[str, Any], questions: Sequence[Question]) -> Found:
    """Raises InputError: no listed statement is in the report, which then is on other articles."""
    set_of = {statement: question.articles for question in questions for side in question.sides for statement in side}
    differing = [question for question in questions if question.label != "agreement"]
    entries, shown = [], set[str]()
    for conflict in report["conflicts"]:
        sides = [[str(one["statement_id"]) for one in side["statements"]] for side in conflict["sides"]]
        shown.update(itertools.chain.from_iterable(sides))
        asked = sorted(_asked(sides, differing), key=lambda one: (-one.interest, one.question))
        entries.append(Entry(int(conflict["rank"]), str(conflict["question"]), tuple(asked)))
    if not (read := {set_of[statement] for statement in shown if statement in set_of}):
        raise InputError(
            "the report shows none of the statements that were read; expected one on recession.jsonl or events_dev.jsonl, "
            "whose articles are not shipped, split by this version"
        )
    return Found(tuple(entries), tuple(question for question in differing if question.articles in read))


def _asked(sides: Sequence[Sequence[str]], questions: Sequence[Question]) -> Iterable[Question]:
    pairs = [
        (left, right)
        for side, other in itertools.combinations(sides, 2)
        for left, right in itertools.product(side, other)
    ]
    return (question for question in questions if any(question.parts(*pair) for pair in pairs))
