"""What two statements have in common and where they part, read off their records without a model."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from detector.conflicts.events import tell_of_one_event
from detector.conflicts.measures import PEOPLE, SORTS, Setting, in_one_unit, same_measure, says_which, surely_same
from detector.records import Article, Entity, Modality, Quantity, Statement, TimeMention

Comparison = Literal["differs", "fits", "apart", "none"]

HEDGED: frozenset[Modality] = frozenset({"likely", "possible", "unlikely", "conditional", "planned", "uncertain"})

ROUNDING = 0.04
"""Relative difference that plain rounding explains (about 310,000 and 300,000 are 3.3 % apart)."""
LOOSE_ROUNDING = 0.15
"""The same when one of the two says "about", "nearly", "some"."""

_TALLIED = frozenset(
    "death fatality dead killed injury violation breach signature complaint arrest vote donation ticket home house building "
    "aftershock fire attack strike claim report confirmed".split()
)
"""Other things whose count goes up while an event lasts."""
_ANOTHER_DAY = 0.4
"""Days between two publications from which a count can have grown."""

_FIGURES = {
    "profit": "net | gross | pretax | operating | underlying | adjusted",
    "scope": "core | headline",
    "measure": "consumer cpi | producer ppi | personal pce | wholesale | retail | gdp",
    "period": "annual annualized yearly | month monthly | week weekly | daily | quarter quarterly | half",
    "statistic": "average | median | total",
    "order": "first | second | third | fourth",
    "status": "confirmed | suspected",
    "sex": "male men | female women",
    "fate": "killed died dead deaths death fatalities | injured injuries wounded hurt | missing unaccounted | displaced | arrested arrests detained"
    " | infected infections positive | evacuated evacuations | rescued",
}
"""Words that say which of several like figures is meant, by what they tell apart; words between two bars mean the same."""
_TELLING_APART: Mapping[str, tuple[str, str]] = {
    word: (kind, words.split()[0])
    for kind, line in _FIGURES.items()
    for words in line.split("|")
    for word in words.split()
}
"""Each of these words with its kind and the word that stands for it. Two of one kind that differ make two figures."""

_PROGRESS = tuple(
    (frozenset(start.split()), frozenset(end.split()))
    for start, end in (
        ("wound injure hurt critical critically stable unconscious hospitalize", "die dead death kill"),
        ("hunt seek flee escape loose manhunt fugitive", "arrest catch capture custody detain surrender"),
        ("missing trap", "find rescue recover"),
        ("close shut", "reopen"),
    )
)
"""Lemmas of a state and of what it often leads to, chosen by hand; docs/ranking.md says how many pairs they move."""

_TIME_STEMS = frozenset("mont year week day days quar firs last sinc thro over duri peri".split())
"""When something was measured does not say what."""

_MOVING = re.compile(
    r"(?:up|down|rose|ris(?:e|es|en|ing)|fell|fall\w*|gr[eo]w\w*|slip\w*|jump\w*|drop\w*|declin\w*|gain\w*|climb\w*|surg\w*|increas\w*"
    r"|decreas\w*|lost|shed|higher|lower\w*|soar\w*|plung\w*|tumbl\w*|s[au]nk|hike\w*|rais\w*|accelerat\w*|retreat\w*|advanc\w*)\W*$",
    re.IGNORECASE,
)

_BASE = re.compile(
    r"\b(?:against|from|than|compared (?:with|to)|versus|vs\.?|after|as in)\s+(?:a|an|about|around|some|the|nearly|just)?\s*$",
    re.IGNORECASE,
)
"""What stands before the figure that the told one is compared with: "up from 18", "against 54 million a year earlier"."""

_WORD = re.compile(r"[^\W\d_]{3,}")

_OPPOSITES = """
accept agree approve back endorse recommend sign commit welcome support | reject refuse rebuff spurn veto oppose snub unlikely
rise grow climb jump surge gain increase soar higher up add improve | fall slip drop decline shrink lose sink tumble lower down plunge slide dip worsen
raise hike lift increase | cut lower reduce slash trim
open reopen | close shut shutter
stay remain keep | leave quit depart resign exit step
survive live alive | die kill dead death
free release return | detain hold jail arrest imprison bar
win | lose defeat
start begin resume launch proceed continue | stop end halt suspend cancel abandon postpone delay scrap
confirm admit acknowledge concede | deny dispute refute
clean negative clear innocent acquit exonerate | positive fail guilty convict contaminated
buy purchase acquire | sell offload
withdraw pull retreat remove | advance reinforce bring deploy arrive send
allow permit authorise authorize | ban bar block prohibit forbid outlaw
accidental accident | deliberate arson intentional sabotage
hold intact stand | collapse burst breach fail break
uphold | overturn quash strike reverse
hire appoint | fire dismiss sack oust
pass succeed | fail founder
strengthen tighten toughen | weaken loosen ease soften
before early earlier | after late later
north | south
east | west
full | empty
above more most majority | below less fewer fewest minority
attend present | absent miss skip
praise hail | criticise criticize condemn
true | false
legal lawful | illegal unlawful
safe | unsafe dangerous
public | private
temporary | permanent
voluntary voluntarily | forced forcibly
unanimous unanimously | divided split
"""
_CLASSES = tuple(tuple(frozenset(side.split()) for side in line.split("|")) for line in _OPPOSITES.strip().splitlines())
"""Verbs and adjectives that cannot both hold of one thing: any word of the left column with any of the right."""


_WAVERING = re.compile(
    r"\b(cautious|undecided|wavering|open to|considering|mulling|weighing|awaits?|waiting for|yet to decide|has not decided"
    r"|in doubt|remains? unclear|willing to|ready to discuss)\b",
    re.IGNORECASE,
)
_PRESCRIBING = re.compile(
    r"\b(must|should|ought to|needs? to|has to|have to|urged|called on|calls on)\b", re.IGNORECASE
)

_CLAUSE_END = re.compile(r"[,;:–—“”\"]|\b(?:but|while|although|if|as|because|after|that|who|which)\b")
_CLAUSE_WORDS = 3
"""A shorter beginning ("On Friday,") is no clause."""


def is_hedged(statement: Statement) -> bool:
    """Whether it stops short of a flat yes or no."""
    return statement.modality in HEDGED or _WAVERING.search(statement.wording) is not None


def is_prescription(statement: Statement) -> bool:
    """Whether its main clause says what somebody should do, which neither fits nor contradicts what was done."""
    clauses = _CLAUSE_END.split(statement.wording)
    main = next((clause for clause in clauses if len(clause.split()) >= _CLAUSE_WORDS), statement.wording)
    return _PRESCRIBING.search(main) is not None


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of a pair of statements besides its NLI scores.

    `linked`: the statements share a name, or the articles tell of one event, or one of them names whom the statement of the other
    names.
    `swapped_labels`: the sorts of names of which each has one that the other has not. `shared_words` counts shared lemmas that
    are no names, `places_apart` is how far apart the statements stand in their articles, from 0 to 1, `shorter_article` the
    length of the shorter article in characters, `days_apart` how far the nearest of their resolved times, `same_clock` two names of one time of day.
    """

    shared_names: frozenset[str]
    foreign_names: tuple[frozenset[str], frozenset[str]]
    linked: bool
    swapped_labels: frozenset[str]
    same_first_name: bool
    shared_lemmas: frozenset[str]
    shared_words: int
    lemma_overlap: float
    same_figures: int
    places_apart: float
    shorter_article: int
    numbers: Comparison
    numbers_reason: str
    grown: bool
    dates: Comparison
    dates_reason: str
    days_apart: float | None
    same_clock: tuple[str, str] | None
    negation_differs: bool
    opposites: tuple[str, str] | None
    same_speaker: bool
    speakers_differ: bool
    named_speakers: bool
    gap_days: float | None
    moved_on: bool
    hedged: tuple[bool, bool]


def signals_of(
    left: Statement,
    right: Statement,
    left_article: Article,
    right_article: Article,
    *,
    similarity: float | None = None,
) -> Signals:
    """All signals of a pair; symmetric but for the order inside the two-element fields. `similarity` is its cosine."""
    left_names = frozenset(entity.key for entity in left.entities)
    right_names = frozenset(entity.key for entity in right.entities)
    left_lemmas, right_lemmas = frozenset(left.lemmas), frozenset(right.lemmas)
    shared = left_lemmas & right_lemmas
    names = {word for one in (left, right) for entity in one.entities for word in _words_of(entity)}
    numbers, numbers_reason, clash = compare_numbers(left, right, similarity=similarity)
    moved = [_acts_of(one) if numbers == "apart" else frozenset() for one in (left, right)]
    dates, dates_reason = compare_dates(left, right)
    linked = (
        bool(left_names & right_names)
        or tell_of_one_event(left_article, right_article)
        or _is_named_in(left, right_article)
        or _is_named_in(right, left_article)
    )
    return Signals(
        shared_names=left_names & right_names,
        foreign_names=(left_names - right_names, right_names - left_names),
        linked=linked,
        swapped_labels=swapped_labels(left, right),
        same_first_name=bool(left.entities and right.entities) and left.entities[0].key == right.entities[0].key,
        shared_lemmas=shared,
        shared_words=sum(lemma.casefold() not in names for lemma in shared),
        lemma_overlap=len(shared) / max(1, min(len(left_lemmas), len(right_lemmas))),
        same_figures=len(_figures_of(left) & _figures_of(right)),
        places_apart=abs(left.start / len(left_article.text) - right.start / len(right_article.text)),
        shorter_article=min(len(left_article.text), len(right_article.text)),
        numbers=numbers,
        numbers_reason=numbers_reason,
        grown=clash is not None and has_grown(clash, left_article, right_article),
        dates=dates,
        dates_reason=dates_reason,
        days_apart=days_apart(left, right),
        same_clock=same_clock(left, right),
        negation_differs=left.negated != right.negated,
        opposites=opposites_in(left_lemmas - right_lemmas - moved[0], right_lemmas - left_lemmas - moved[1]),
        same_speaker=same_speaker(left.speaker, right.speaker),
        speakers_differ=bool(left.speaker and right.speaker) and not same_speaker(left.speaker, right.speaker),
        named_speakers=all(speaker and speaker.split()[-1][:1].isupper() for speaker in (left.speaker, right.speaker)),
        gap_days=gap_in_days(left_article, right_article),
        moved_on=has_moved_on(left, right, left_article, right_article),
        hedged=(is_hedged(left), is_hedged(right)),
    )


def _acts_of(statement: Statement) -> frozenset[str]:
    """The verbs that tell its figures: "rose" and "fell" of two different things are no opposites."""
    return frozenset(one.measure.act for one in statement.quantities if one.measure is not None and one.measure.act)


def _words_of(entity: Entity) -> list[str]:
    return f"{entity.key} {entity.text}".casefold().split()


def _is_named_in(statement: Statement, article: Article) -> bool:
    """Whether the article names anything that the statement names."""
    return any(entity.text in article.text for entity in statement.entities)


def swapped_labels(left: Statement, right: Statement) -> frozenset[str]:
    """Entity labels for which each side names something that the other does not."""
    left_keys, right_keys = ({entity.key for entity in statement.entities} for statement in (left, right))
    left_labels = {entity.label for entity in left.entities if entity.key not in right_keys}
    return frozenset(left_labels & {entity.label for entity in right.entities if entity.key not in left_keys})


def _figures_of(statement: Statement) -> frozenset[tuple[float, float, str]]:
    return frozenset((quantity.low, quantity.high, quantity.unit) for quantity in statement.quantities)


def opposites_in(left: frozenset[str], right: frozenset[str]) -> tuple[str, str] | None:
    """A pair of opposite words, one from each side, the alphabetically first if there are several."""
    found: list[tuple[str, str]] = []
    for first, second in _CLASSES:
        for ours, theirs in ((first, second), (second, first)):
            found += itertools.product(left & ours, right & theirs)
    found.sort()
    return found[0] if found else None


def same_speaker(left: str | None, right: str | None) -> bool:
    """Whether both name one speaker: the last word of a name decides ("Orsk", "Gen. Davit Orsk")."""
    if not left or not right:
        return False
    left_words, right_words = left.casefold().split(), right.casefold().split()
    return left_words == right_words or (
        left_words[-1] == right_words[-1] and left[:1].isupper() and right[:1].isupper()
    )


def gap_in_days(left: Article, right: Article) -> float | None:
    """Days between the publication of the two articles; None when either has no date."""
    if left.published_at is None or right.published_at is None:
        return None
    return abs((left.published_at - right.published_at).total_seconds()) / 86_400


def compatible(left: Quantity, right: Quantity) -> bool:
    """Whether both can be true of one thing: ranges that meet after rounding is allowed for."""
    tolerance = LOOSE_ROUNDING if left.approximate or right.approximate else ROUNDING
    if left.low == left.high and right.low == right.high and max(left.high, right.high) < 20:
        tolerance = LOOSE_ROUNDING if left.approximate or right.approximate else 0.0
    margin = tolerance * max(abs(_finite(left)), abs(_finite(right)))
    return left.low - margin <= right.high and right.low - margin <= left.high


def _finite(quantity: Quantity) -> float:
    return quantity.high if math.isfinite(quantity.high) else quantity.low


@dataclass(frozen=True, slots=True)
class _Beside:
    """Stems of the words beside a number, which of several like figures they make it, whether it is only compared with."""

    stems: frozenset[str]
    figures: Mapping[str, str]
    base: bool


def comparable(left: Quantity, right: Quantity, beside: tuple[_Beside, _Beside]) -> bool:
    """Whether they measure the same thing: one unit and one noun, where nouns that leave it open (people, nothing)
    need a word in common beside the number ("31 injured", "58 people had been injured")."""
    if left.unit != right.unit:
        return False
    ours, theirs = beside
    if _told_apart(ours, theirs):
        return False
    if surely_same(left, right) or _of_one_fate(left, ours, theirs):
        return True
    if left.noun == right.noun and left.noun and left.noun not in PEOPLE:
        return True
    shared = ours.stems & theirs.stems
    open_nouns = all(not noun or noun in PEOPLE for noun in (left.noun, right.noun))
    if left.unit == "count" and not open_nouns:
        return False
    fates = left.noun in PEOPLE and right.noun in PEOPLE
    return len(shared) >= (1 if open_nouns and fates else _ENOUGH)


def _of_one_fate(left: Quantity, ours: _Beside, theirs: _Beside) -> bool:
    """Whether two counts are of those whom one thing befell, whatever they are called ("41 tested positive", "67 infections")."""
    return left.unit == "count" and "fate" in ours.figures and ours.figures["fate"] == theirs.figures.get("fate")


_ENOUGH = 2
"""Words in common beside two numbers that make them figures of one thing where no noun does."""


def _words_beside(statement: Statement, quantity: Quantity) -> _Beside:
    """Content words within five words after and three before the quantity, without its own noun."""
    before, found, after = statement.wording.partition(quantity.text)
    if not found:
        return _Beside(frozenset(), {}, base=False)
    near = [word.casefold() for word in [*_WORD.findall(after)[:5], *reversed(_WORD.findall(before)[-3:])]]
    own = {_stem(quantity.noun)} if quantity.noun else set()
    lemmas = {_stem(lemma) for lemma in statement.lemmas}
    figures: dict[str, str] = {}
    for word in [*near, *(word.casefold() for word in reversed(_WORD.findall(before)[-8:]))]:
        if told := _TELLING_APART.get(word):
            figures.setdefault(*told)
    if quantity.unit in ("percent", "percentage point", "basis point"):
        figures["sort"] = "change" if _is_change(before, after) else "level"
    stems = frozenset(_stem(word) for word in near) & lemmas - own - _TIME_STEMS
    return _Beside(stems, figures, base=_BASE.search(before) is not None)


def _is_change(before: str, after: str) -> bool:
    """Whether a share is how much something moved ("rose 6 %", "a 6 % rise") and not where it stands ("rose to 6 %")."""
    lead = before.split()[-4:]
    if lead and lead[-1].casefold() in ("to", "at", "by"):
        return lead[-1].casefold() == "by"
    follow = after.split()[:2]
    return any(_MOVING.match(word) for word in lead) or any(_MOVING.match(word) for word in follow)


def _stem(word: str) -> str:
    return word.casefold()[:4]


Clash = tuple[Quantity, Quantity]


def compare_numbers(
    left: Statement, right: Statement, *, similarity: float | None = None
) -> tuple[Comparison, str, Clash | None]:
    """How the quantities of the same things compare, which ones, and the first two that cannot both be true.

    One with a compatible partner is at rest, and a figure that another is only compared with tells nothing. `similarity` is
    the cosine of the statements where it is known.
    """
    nothing: tuple[Comparison, str, None] = ("none", "no quantity of the same thing", None)
    if not any(in_one_unit(a, b) for a in left.quantities for b in right.quantities):
        return nothing
    left_near, right_near = ([_words_beside(one, quantity) for quantity in one.quantities] for one in (left, right))
    pairs = [
        (*both, near_a, near_b)
        for a, near_a in zip(left.quantities, left_near, strict=True)
        for b, near_b in zip(right.quantities, right_near, strict=True)
        if (both := in_one_unit(a, b))
    ]
    setting = Setting((frozenset(left.lemmas), frozenset(right.lemmas)), similarity)
    matches = [pair for pair in pairs if comparable(pair[0], pair[1], pair[2:])]
    matches = [pair for pair in matches if not (_is_label(pair[0], left) or _is_label(pair[1], right))]
    likeness = {(id(near_a), id(near_b)): same_measure(a, b, setting) for a, b, near_a, near_b in matches}
    one_thing = [
        (a, b, near_a, near_b)
        for a, b, near_a, near_b in matches
        if likeness[id(near_a), id(near_b)].answer != "other"
        and (len(near_a.stems & near_b.stems) >= _ENOUGH or says_which(a, b, setting))
    ]
    fitting = [pair for pair in one_thing if compatible(*pair[:2])]
    settled = {id(near) for pair in fitting for near in pair[2:]}
    for a, b, near_a, near_b in one_thing:
        told = not (near_a.base or near_b.base or id(near_a) in settled or id(near_b) in settled)
        if told and not compatible(a, b):
            return "differs", f"{a.text} against {b.text}", (a, b)
    if fitting:
        return "fits", f"{fitting[0][0].text} and {fitting[0][1].text} are compatible", None
    for a, b, near_a, near_b in pairs:
        alike = likeness.get((id(near_a), id(near_b)))
        if alike is not None and alike.answer == "other" and not compatible(a, b):
            return "apart", f"{a.text} and {b.text} are figures of different things: {alike.reason}", None
        if beside := _told_apart(near_a, near_b):
            alike = same_measure(a, b, setting)
            beside = alike.reason if alike.answer == "other" else beside
            return "apart", f"{a.text} and {b.text} are figures of different things: {beside}", None
    return nothing


_SPANS = frozenset("second minute hour day week month quarter year decade".split())


def _is_label(quantity: Quantity, statement: Statement) -> bool:
    """Whether a length of time only says which thing another figure measures ("a 30-year rate of 5 %")."""
    if quantity.unit not in _SPANS or quantity.measure is None or not quantity.measure.thing:
        return False
    return any(
        other.unit not in _SPANS and other.measure is not None and other.measure.thing == quantity.measure.thing
        for other in statement.quantities
    )


def _told_apart(ours: _Beside, theirs: _Beside) -> str:
    """How the words beside two numbers make them figures of different things; empty where they do not."""
    for kind in sorted(ours.figures.keys() & theirs.figures.keys()):
        first, second = ours.figures[kind], theirs.figures[kind]
        if first != second:
            said = SORTS if kind == "sort" else {}
            return f"one is {said.get(first, first)}, the other {said.get(second, second)}"
    return ""


def has_grown(clash: Clash, left: Article, right: Article) -> bool:
    """Whether a count of people or cases is higher in the article of a later day, as tolls are."""
    first, second = clash
    if first.unit != "count" or not {first.noun, second.noun} & (PEOPLE | _TALLIED):
        return False
    gap = gap_in_days(left, right)
    if gap is None or gap < _ANOTHER_DAY or left.published_at is None or right.published_at is None:
        return False
    earlier, later = (first, second) if left.published_at < right.published_at else (second, first)
    return later.low > earlier.low


def has_moved_on(left: Statement, right: Statement, left_article: Article, right_article: Article) -> bool:
    """Whether the article published later tells a state that the earlier one's leads to: "wounded", then "has died"."""
    if left_article.published_at is None or right_article.published_at is None:
        return False
    if left_article.published_at == right_article.published_at:
        return False
    earlier, later = (left, right) if left_article.published_at < right_article.published_at else (right, left)
    if later.negated or later.modality == "denied" or is_hedged(later):
        return False
    before, after = set(earlier.lemmas), set(later.lemmas)
    return any(before & start and not before & end and after & end for start, end in _PROGRESS)


def compare_dates(left: Statement, right: Statement) -> tuple[Comparison, str]:
    """How the resolved times compare: they fit when any of one overlaps any of the other, some hours allowed for zones.

    A time of day alone is compared with times of day, whatever the day.
    """
    for a, b in _times_of_both(left, right):
        if _overlaps(a, b):
            return "fits", f"{a.text} and {b.text} can be the same time"
    told = _times_of_both(left, right, told=True)
    if not told:
        return "none", "no time resolved on both"
    return "differs", f"{told[0][0].text} against {told[0][1].text}"


_COMPARED_WITH = re.compile(
    r"(?:\b(?:against|from|than|compared (?:with|to)|versus|vs\.?|as in|unlike|as (?:it|they|he|she) (?:did|does|do|was|were|had))\b[^,;.–—]{0,40}"
    r"|\bsince(?: (?:the|early|mid|late|at least))?)\W*$",
    re.IGNORECASE,
)
"""What stands before a time that the told one is only compared with, or that it has lasted from."""


def _told_times(statement: Statement) -> list[TimeMention]:
    """The resolved times at which a statement holds: not "a year ago" in "€44 million against €48 million a year ago"."""
    return [
        time
        for time in statement.times
        if time.earliest is not None and not _COMPARED_WITH.search(statement.wording.partition(time.text)[0])
    ]


def days_apart(left: Statement, right: Statement) -> float | None:
    """Days between the nearest resolved times of both; 0 where they overlap, None where there are none to compare."""
    if any(_gap(a, b) == 0.0 for a, b in _times_of_both(left, right)):
        return 0.0
    return min((_gap(a, b) for a, b in _times_of_both(left, right, told=True)), default=None)


def _times_of_both(left: Statement, right: Statement, *, told: bool = False) -> list[tuple[TimeMention, TimeMention]]:
    """The resolved times of one with those of the other, as far as they can be compared; `told`: those at which each holds."""
    ours, theirs = ([time for time in one.times if time.earliest is not None] for one in (left, right))
    if told:
        ours, theirs = _told_times(left), _told_times(right)
    return [(a, b) for a in ours for b in theirs if _comparable_times(a, b)]


def _gap(left: TimeMention, right: TimeMention) -> float:
    if left.clock_only or right.clock_only or left.earliest is None or right.earliest is None:
        return 0.0
    after = left.earliest - (right.latest or right.earliest)
    before = right.earliest - (left.latest or left.earliest)
    return max(after, before, timedelta(0)) / timedelta(days=1)


_A_MOMENT = timedelta(minutes=15)
_ROUND_HOUR = re.compile(r"\b(?:noon|midday|midnight)\b", re.IGNORECASE)
"""Hours that many things happen at."""


def same_clock(left: Statement, right: Statement) -> tuple[str, str] | None:
    """Two names of one time of day, one of each ("at 2:40 p.m.", "at 14:40"); None where there are none."""
    ours, theirs = ([time for time in one.times if _is_clock(time)] for one in (left, right))
    named = ((a.text, b.text) for a in ours for b in theirs if _hours_between(a, b) <= _A_MOMENT)
    return next(named, None)


def _is_clock(time: TimeMention) -> bool:
    moment = time.earliest is not None and time.earliest == time.latest and bool(_time_of_day(time.earliest))
    return moment and not _ROUND_HOUR.search(time.text)


_ZONES = timedelta(hours=3)
"""What two places may call one moment apart; publication times and texts seldom name their zone."""


_HALF_OF_DAY = re.compile(
    r"\b(?:[ap]\.?m|noon|midday|midnight|morning|afternoon|evening|night)\b|\d\s?[ap]\.?m\b|\b(?:1[3-9]|2[0-3])[:.]\d\d"
)
"""What tells nine in the morning from nine in the evening; "a few minutes before nine" may be either."""


def _comparable_times(left: TimeMention, right: TimeMention) -> bool:
    moments = left.earliest == left.latest and right.earliest == right.latest
    return moments or not (left.clock_only or right.clock_only)


def _overlaps(left: TimeMention, right: TimeMention) -> bool:
    end = datetime.max.replace(tzinfo=UTC) - _ZONES
    left_start, right_start = left.earliest, right.earliest
    if left_start is None or right_start is None:
        return False
    if left.clock_only or right.clock_only:
        return _hours_between(left, right) <= _ZONES
    left_end = min(left.latest or left_start, end)
    right_end = min(right.latest or right_start, end)
    return left_start <= right_end + _ZONES and right_start <= left_end + _ZONES


def _hours_between(left: TimeMention, right: TimeMention) -> timedelta:
    """Between two times of day, the shorter way round; in either half of the day where a text leaves that open."""
    told = _HALF_OF_DAY.search(left.text) and _HALF_OF_DAY.search(right.text)
    round_the_clock = timedelta(days=1 if told else 0.5)
    apart = abs(_time_of_day(left.earliest) - _time_of_day(right.earliest)) % round_the_clock
    return min(apart, round_the_clock - apart)


def _time_of_day(moment: datetime | None) -> timedelta:
    if moment is None:
        return timedelta(0)
    return timedelta(hours=moment.hour, minutes=moment.minute)
