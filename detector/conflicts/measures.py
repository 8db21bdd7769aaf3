"""Whether two figures measure one thing: the same, clearly another, or not to be told, and why in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from detector.records import Measure, Quantity

Answer = Literal["same", "other", "unknown"]

PEOPLE = frozenset(
    "people person man woman child resident worker victim patient case infection soldier civilian passenger employee "
    "staff student migrant protester fighter individual other number total figure toll".split()
)
"""Nouns that say who or how many, not what befell them: two counts of these need more in common."""

UNLIKE_WORDING = 0.6
"""Cosine of two statements below which figures whose things are told in other words throughout are of other things: above it
"gas prices" and "pump prices" may be one."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Whether two figures measure the same thing, with the reason."""

    answer: Answer
    reason: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of two statements besides their figures: the words of each, how alike they are (None: not known)."""

    words: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    similarity: float | None = None


_NEEDY = frozenset("rate index price yield target cost ratio level average increase rise fall growth age".split())
"""Nouns of which an article holds many: alone they do not say what is measured."""

UNKNOWN = Likeness("unknown", "the sentences do not say what they measure")


def same_measure(left: Quantity, right: Quantity, setting: Setting = Setting()) -> Likeness:
    """Whether two quantities of one unit measure one thing; swapping them changes the order in the reason alone."""
    ours, theirs = left.measure, right.measure
    if ours is None or theirs is None:
        return UNKNOWN
    for difference in (_other_sort, _other_time, _other_length, _other_place, _other_part, _other_deed):
        if said := difference(ours, theirs, left.unit):
            return Likeness("other", said)
    return _same_thing(ours, theirs, setting)


SORTS: Mapping[str, str] = {
    "change": "how far something moved",
    "level": "where something stands",
    "share": "a share of something",
    "chance": "how likely something is",
    "count": "how many there are",
}
_CLASHING = ({"change", "level"}, {"change", "share"}, {"change", "chance"}, {"share", "chance"})


def _other_sort(left: Measure, right: Measure, unit: str) -> str:
    if {left.sort, right.sort} not in _CLASHING:
        return ""
    return f"one is {SORTS[left.sort]}, the other {SORTS[right.sort]}"


def _other_time(left: Measure, right: Measure, unit: str) -> str:
    """Years that differ, else months, else what the months are counted from, else now against the end of a year."""
    told: Sequence[tuple[Sequence[object], Sequence[object]]] = (
        (left.years, right.years),
        (left.months, right.months),
        (left.since, right.since),
    )
    for ours, theirs in told:
        if ours and theirs and not set(ours) & set(theirs):
            return f"one is of {_listed(ours)}, the other of {_listed(theirs)}"
    if left.moment and right.moment and left.moment != right.moment:
        return f"one is of {left.moment}, the other of {right.moment}"
    for near, dated in ((left, right), (right, left)):
        if near.moment and not near.years and dated.years and not dated.moment:
            return f"one is of {near.moment}, the other of {_listed(dated.years)}"
    return ""


def _listed(words: Sequence[object]) -> str:
    return " and ".join(str(word).capitalize() for word in words)


def _other_length(left: Measure, right: Measure, unit: str) -> str:
    """How far something moved in a month is not how far it moved in a year."""
    for ours, theirs in ((left, right), (right, left)):
        if ours.over == "year" and not theirs.over and theirs.since and "change" in (left.sort, right.sort):
            return f"one is over a year, the other since {_listed(theirs.since)}"
    if not left.over or not right.over or left.over == right.over:
        return ""
    if "change" not in (left.sort, right.sort) and "annual rate" not in (left.over, right.over):
        return ""
    return f"one is over {_article(left.over)}, the other over {_article(right.over)}"


def _article(length: str) -> str:
    if length == "annual rate":
        return "the quarter at an annual rate"
    return length if length[0].isdigit() else f"a {length}"


def _other_place(left: Measure, right: Measure, unit: str) -> str:
    """Countries that differ; of rates and shares any places, since a count in a town can be that in its country."""
    told = [(left.countries, right.countries)]
    if unit != "count":
        told.append((left.places, right.places))
    for ours, theirs in told:
        if ours and theirs and not set(ours) & set(theirs):
            return f"one is of {_titled(ours)}, the other of {_titled(theirs)}"
    return ""


def _titled(places: Sequence[str]) -> str:
    return " and ".join(place.title() for place in places)


def _other_part(left: Measure, right: Measure, unit: str) -> str:
    if left.part == right.part or left.thing == right.thing:
        return ""
    return "one counts only some of a larger number"


def _other_deed(left: Measure, right: Measure, unit: str) -> str:
    """ "The two states sued" names states and does not say how many have done something else."""
    if {left.sort, right.sort} != {"count"} or not (left.known or right.known):
        return ""
    if not left.act or not right.act or left.act == right.act or left.thing in PEOPLE:
        return ""
    return f"one is of those that {left.act}, the other of those that {right.act}"


def _same_thing(left: Measure, right: Measure, setting: Setting) -> Likeness:
    if not left.thing or not right.thing:
        return UNKNOWN
    ours, theirs = {left.thing, *left.kinds}, {right.thing, *right.kinds}
    named = _named(left), _named(right)
    if left.thing == right.thing and set(left.kinds) == set(right.kinds):
        return Likeness("same" if left.sort == right.sort else "unknown", f"both are of the {named[0]}")
    extra = [
        {word for word in own if not any(_alike(word, one) for one in other | said)}
        for own, other, said in ((ours, theirs, setting.words[1]), (theirs, ours, setting.words[0]))
    ]
    if not all(extra):
        return Likeness("unknown", f"{named[0]} and {named[1]} may be one thing")
    if left.thing != right.thing and "count" in (left.sort, right.sort):
        return Likeness("unknown", f"{named[0]} and {named[1]} may be one thing")
    if setting.similarity is not None and setting.similarity < UNLIKE_WORDING:
        return Likeness("other", f"one is of “{named[0]}”, the other of “{named[1]}”")
    return Likeness("unknown", f"{named[0]} and {named[1]} may be one thing in other words")


def _named(measure: Measure) -> str:
    return " ".join((*measure.kinds, measure.thing))


def _alike(left: str, right: str) -> bool:
    """Whether one word begins the other ("gas", "gasoline"), or they share all but an ending ("inject", "injection")."""
    short, long = sorted((left, right), key=len)
    shared = len(short) if len(short) < 5 else max(4, len(short) - 2)
    return len(short) >= 3 and long.startswith(short[:shared])


_UNITS: Mapping[str, tuple[str, float]] = {
    "basis point": ("percentage point", 0.01),
    "mile": ("metre", 1609.344),
    "kilometre": ("metre", 1000.0),
    "yard": ("metre", 0.9144),
    "foot": ("metre", 0.3048),
    "inch": ("metre", 0.0254),
    "tonne": ("kilogram", 1000.0),
    "minute": ("second", 60.0),
    "hour": ("second", 3600.0),
    "day": ("second", 86_400.0),
    "week": ("second", 604_800.0),
}
"""Units of one kind: the one that they are turned into, and how much of it they are."""


def in_one_unit(left: Quantity, right: Quantity) -> tuple[Quantity, Quantity] | None:
    """Both in a unit that they share, as they stand where it is one already; None where there is none."""
    if left.unit == right.unit:
        return left, right
    (ours, _), (theirs, _) = (_UNITS.get(one.unit, (one.unit, 1.0)) for one in (left, right))
    return (_turned(left), _turned(right)) if ours == theirs else None


def _turned(quantity: Quantity) -> Quantity:
    unit, size = _UNITS.get(quantity.unit, (quantity.unit, 1.0))
    return replace(quantity, low=quantity.low * size, high=quantity.high * size, unit=unit)


def says_which(left: Quantity, right: Quantity, setting: Setting) -> bool:
    """Whether two figures of one noun say enough to be compared by it: of a rate, a price or an age which one it is, in a word
    that the other has too, unless the statements are alike as a whole."""
    ours, theirs = left.measure, right.measure
    if left.noun != right.noun or left.noun not in _NEEDY or ours is None or theirs is None:
        return True
    if setting.similarity is None or setting.similarity >= UNLIKE_WORDING:
        return True
    own, other = ({one.thing, *one.kinds} - {left.noun} for one in (ours, theirs))
    return any(_alike(a, b) for a in own for b in other | setting.words[1]) or any(
        _alike(a, b) for a in other for b in setting.words[0]
    )


def surely_same(left: Quantity, right: Quantity) -> bool:
    """Whether the parse alone makes them one thing, whatever nouns stand beside them: thing, kind and sort agree, and so does
    the verb where nothing says which."""
    ours, theirs = left.measure, right.measure
    if ours is None or theirs is None or not ours.thing or not ours.sort:
        return False
    alike = (ours.thing, ours.sort) == (theirs.thing, theirs.sort) and set(ours.kinds) == set(theirs.kinds)
    return alike and (bool(ours.kinds) or ours.sort == "share" or bool(ours.act and ours.act == theirs.act))
