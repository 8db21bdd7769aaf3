"""The quality gate: figures on the shipped gold must not fall below their pinned floors.

A floor is lowered only together with a line in CHANGELOG.md that says so and why.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from detector.errors import InputError
from detector.evaluation.nli import NLIFigures
from detector.evaluation.stories import Evaluation

FLOORS_PATH = Path(__file__).with_name("floors.toml")


class Limits(BaseModel):
    """Bounds by figure name: figures must be at least the one and at most the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_least: dict[str, float] = {}
    at_most: dict[str, float] = {}


class Floors(BaseModel):
    """Bounds on the pooled figures of stories each run alone, on those of one story, and on those of a set of pairs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stories: Limits = Limits()
    story: dict[str, Limits] = {}
    nli: dict[str, Limits] = {}


@dataclass(frozen=True, slots=True)
class Breach:
    """A figure on the wrong side of its bound."""

    where: str
    figure: str
    found: float
    bound: float
    is_floor: bool

    def __str__(self) -> str:
        expected = "at least" if self.is_floor else "at most"
        return f"{self.where}: {self.figure} is {self.found:.3f}, expected {expected} {self.bound:.3f}"


def load_floors(path: Path = FLOORS_PATH) -> Floors:
    """Raises InputError: the file is missing or not of the form."""
    try:
        return Floors.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise InputError(f"{path}: not a file of floors ({error}); see {FLOORS_PATH.name}") from error


def breaches(figures: Mapping[str, float], limits: Limits, *, where: str) -> tuple[Breach, ...]:
    """Every figure beyond its bound; NaN is beyond any.

    Raises InputError: a bound is set for a figure that is not measured.
    """
    unknown = sorted({*limits.at_least, *limits.at_most} - set(figures))
    if unknown:
        raise InputError(f"{where}: no figure {', '.join(unknown)}; expected one of {', '.join(figures)}")
    below = [
        Breach(where, name, figures[name], bound, is_floor=True)
        for name, bound in limits.at_least.items()
        if not figures[name] >= bound
    ]
    above = [
        Breach(where, name, figures[name], bound, is_floor=False)
        for name, bound in limits.at_most.items()
        if not figures[name] <= bound
    ]
    return (*below, *above)


def story_breaches(evaluation: Evaluation, floors: Floors) -> tuple[Breach, ...]:
    """What an evaluation of the sample corpus has below its floors.

    Raises InputError: a story with floors of its own was not evaluated.
    """
    scores = {score.story: score for score in evaluation.scores}
    found = list(breaches(evaluation.pooled(), floors.stories, where="all stories"))
    for story, limits in floors.story.items():
        if story not in scores:
            raise InputError(f"{story}: has floors and was not evaluated; expected one of {', '.join(scores)}")
        found += breaches(evaluation.figures(scores[story]), limits, where=story)
    return tuple(found)


def nli_breaches(figures: NLIFigures, floors: Floors) -> tuple[Breach, ...]:
    """What a model has below the floors of a set; nothing when the set has none."""
    measured = {
        "accuracy": figures.accuracy,
        "macro_f1": figures.macro_f1,
        "contradiction_ap": figures.contradiction_ap,
        "ece": figures.ece_after,
    }
    known = {name: float("nan") if value is None else value for name, value in measured.items()}
    return breaches(known, floors.nli.get(figures.set_name, Limits()), where=figures.set_name)
