"""Numbers of named things: counts, shares, money and measures, with how exact they claim to be.

Written-out numbers are read by text2num. quantulum3 was measured and not used: it reads "€52m" as 52 "euro metre",
"May 17 at 2" as 17 ampere-turns, passes over "dozens", "$4.1 billion" in one word and one-sided bounds, and takes longer
than the whole spaCy pipeline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Any

from detector.records import Quantity
from detector.statements.measures import measure_of
from detector.statements.words import word_set

if TYPE_CHECKING:
    from datetime import datetime

    from spacy.tokens import Span, Token

_ONES = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    "eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "mn": 1e6,
    "m": 1e6,
    "mln": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "b": 1e9,
    "trillion": 1e12,
    "tn": 1e12,
    "trn": 1e12,
}
_WORDS = rf"(?:(?:{_ONES})(?:[\s-](?:{_ONES}|hundred|thousand|million|billion|dozen)|\s+and\s+(?:{_ONES})(?=[\s-](?:hundred|thousand|million|billion))|(?<=hundred) and (?:{_ONES}))*|an?\s+(?:hundred|thousand|million|billion|dozen))\b"
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+"
_SCALE = r"(?:\s?(?:million|billion|trillion|thousand|mln|bn|mn|tn|trn)\b|(?:m|k|b)\b|\s(?:hundred)\b)"
_MONEY = r"(?:US\$|C\$|A\$|HK\$|\$|£|€|¥)"
_VAGUE = (
    r"(?:tens|dozens|scores|hundreds|thousands|millions|billions|trillions)(?:\s+of\s+(?:thousands|millions|billions))?"
)
_FRACTION = (
    r"(?:one|two|three|four|five)[\s-](?:half|third|quarter|fifth|sixth|seventh|eighth|ninth|tenth)s?\b"
    r"|an?\s(?:half|third|quarter|fifth|sixth|seventh|eighth|ninth|tenth)\b(?=\s+(?:of|as|more|less|higher|lower|fewer|in|on|from|since)\b|[.,;:]|$)"
    r"|(?:one|two|three|four|five|six|seven|eight|nine|\d+)\s+(?:in|out\s+of)\s+(?:every\s+)?(?:two|three|four|five|six|seven|eight|nine|ten|\d+)(?=\s+[a-z])"
    r"|half(?=\s+(?:of|the|a|an|its|their|his|her|our|all)\b)|\d+/\d+(?=\s+(?:of|the)\b)"
)
_PERCENT = r"%|percent(?:age\s+points?)?\b|per\s+cent\b|pc\b|basis\s+points\b|(?:percentage\s+)?points\b"
_ONE = rf"(?:{_VAGUE}|(?:{_DIGITS}){_SCALE}?|{_WORDS}(?:\s+and\s+a\s+half)?(?:\s+(?:hundred|thousand|million|billion|trillion)\b)?)"
_NUMBER = re.compile(
    rf"(?<![\w.,:/#-])(?P<money>{_MONEY})?\s?(?:(?P<fraction>{_FRACTION})|(?P<first>{_ONE})"
    rf"(?:\s?(?P<mid>%|percent|per\s+cent)?\s?(?P<join>-|–|to|and|or)\s?(?P<money2>{_MONEY})?(?P<second>(?:{_DIGITS}){_SCALE}?|{_WORDS}(?:\s+(?:million|billion|trillion))?))?)"
    rf"(?:[\s-]?(?P<percent>{_PERCENT})|(?P<pence>p)\b)?(?![\d:]|\.\d)",
    re.IGNORECASE,
)
_CURRENCY = {
    "$": "USD",
    "us$": "USD",
    "c$": "CAD",
    "a$": "AUD",
    "hk$": "HKD",
    "£": "GBP",
    "€": "EUR",
    "¥": "JPY",
    "dollar": "USD",
    "pound": "GBP",
    "euro": "EUR",
    "yen": "JPY",
    "ruble": "RUB",
    "rouble": "RUB",
    "yuan": "CNY",
    "rupee": "INR",
    "cent": "USD/100",
    "pence": "GBP/100",
    "penny": "GBP/100",
    "quid": "GBP",
}
_UNITS = {
    **dict.fromkeys(
        ("mile", "kilometre", "kilometer", "metre", "meter", "foot", "yard", "inch", "acre", "hectare"), ""
    ),
    **dict.fromkeys(("tonne", "ton", "kilogram", "kilo", "pound", "ounce", "litre", "liter", "gallon", "barrel"), ""),
    **dict.fromkeys(("second", "minute", "hour", "day", "week", "month", "year", "decade", "century", "degree"), ""),
    "km": "kilometre",
    "kilometer": "kilometre",
    "meter": "metre",
    "feet": "foot",
    "liter": "litre",
    "ton": "tonne",
    "kg": "kilogram",
    "kilo": "kilogram",
    "mph": "mile per hour",
}
_AT_LEAST = re.compile(
    r"(?<!\bno )(?<!\bnot )\b(?:more than|over|at least|no fewer than|no less than|upwards? of|above|well over|greater than|in excess of|"
    r"a minimum of|exceeding|topped|exceeded|surpassed)\s+(?:a\s+)?$",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:less than|fewer than|under|below|at most|no more than|up to|a maximum of|not more than|as many as|as much as)"
    r"\s+(?:a\s+)?$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:about|around|some|roughly|nearly|almost|approximately|an estimated|estimated|close to|more or less|circa|"
    r"just over|just under|a little over|a little under|or so|approaching)\s+(?:a\s+)?(?:total\s+of\s+)?$",
    re.IGNORECASE,
)
_AFTER_LEAST = re.compile(r"\s*(?:[\w-]+\s+)?(?:or more|and counting|or higher|plus\b)", re.IGNORECASE)
_AFTER_MOST = re.compile(r"\s*(?:[\w-]+\s+)?(?:or less|or fewer|or lower)", re.IGNORECASE)
_NOT_A_COUNT = re.compile(
    r"(?:\b(?:No|Nos|no|number|Route|Highway|Flight|Channel|Action|Page|page|Room|Article|Section|Chapter|Title|Boeing|"
    r"Airbus|Apollo|Covid|COVID|Interstate|Psalm|Room|Grade|grade|Category|Class|Area|Type|Volume|Vol|Part|Phase|"
    r"Formula|Act|Amendment|Proposition|Prop|Day|Level|Pier|Gate|Studio)\.?\s*|\bI-|\bU-)$"
)
_HARM = word_set("kill injure wound die hurt hospitalize hospitalise arrest detain dead displace sicken infect")
_SIZES = {
    "tens": 10,
    "dozens": 12,
    "scores": 20,
    "hundreds": 1e2,
    "thousands": 1e3,
    "millions": 1e6,
    "billions": 1e9,
    "trillions": 1e12,
}
_PARTS = {
    "half": 2,
    "third": 3,
    "quarter": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
}
_DIGIT = re.compile(
    rf"\d|\b(?:{_ONES}|hundred|thousand|million|billion|dozen|half|quarter|third|fifth|scores|tens)s?\b", re.I
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A quantity and its characters in the sentence."""

    quantity: Quantity
    start: int
    end: int


def quantities_in(
    span: Span, skip: Sequence[tuple[int, int]] = (), *, published: datetime | None = None
) -> Iterator[Counted]:
    """Quantities of a sentence; `skip` are the character ranges (within the sentence) of its dates and times."""
    text = span.text
    if not _DIGIT.search(text):
        return
    before: Counted | None = None
    for match in _matches(text):
        start, end = match.span()
        while start < end and text[start] == " ":
            start += 1
        if any(start < stop and end > begin for begin, stop in skip) or _NOT_A_COUNT.search(text[:start]):
            continue
        if re.match(r"0\d", text[start:end]):
            continue
        counted = _counted(match, text, span, start, end, published)
        if counted is not None:
            counted = _like_before(counted, before, text)
            before = counted
            yield counted


def _like_before(counted: Counted, before: Counted | None, text: str) -> Counted:
    """ "41 people, up from 18", "61 million pounds, against 54 million": the second counts what the first does."""
    if before is None or counted.quantity.unit != "count":
        return counted
    lead = text[before.end : counted.start]
    money = before.quantity.unit.isupper() and re.search(r"(?:million|billion|trillion|bn|m)$", counted.quantity.text)
    up_from = re.search(r"\b(?:up|down|higher|lower|compared|rising|falling) (?:from|with|than)\s+(?:about\s+)?$", lead)
    if not (up_from or (money and re.search(r"\b(?:against|from|to|and|or|versus|than)\s+$", lead))):
        return counted
    unit = before.quantity.unit if up_from or money else "count"
    quantity = replace(counted.quantity, unit=unit, noun=before.quantity.noun, measure=before.quantity.measure)
    return Counted(quantity, counted.start, counted.end)


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Numbers in the text; "and" joins two of them to a range only after "between", "12 % to $5 million" is none."""
    position = 0
    while match := _NUMBER.search(text, position):
        joined = match.group("join")
        apart = joined == "and" and not re.search(r"\b[Bb]etween\s+$", text[: match.start("first")])
        if apart or (match.group("mid") and match.group("money2")):
            shorter = _NUMBER.match(text[: match.start("join")].rstrip(), match.start())
            match = shorter or match
        if match.group("fraction") or match.group("first"):
            yield match
        position = max(match.end(), position + 1)


def _counted(
    match: re.Match[str], text: str, span: Span, start: int, end: int, published: datetime | None
) -> Counted | None:
    bounds = _bounds(match)
    if bounds is None:
        return None
    low, high, vague = bounds
    if match.group("fraction"):
        low, high, unit = round(low * 100, 2), round(high * 100, 2), "percent"
    else:
        unit = _symbol_unit(match)
    anchor = _token_at(span, start, end)
    if anchor is None or (unit == "count" and not _is_count(match, anchor, text, start, end)):
        return None
    unit, noun, stop = _unit_and_noun(unit, anchor, span, end)
    if unit == "percent" and match.group("fraction") and text[stop:].startswith((" a mile", " an hour", " a dozen")):
        return None
    low, high = _scaled(low, unit), _scaled(high, unit)
    unit = unit.split("/")[0]
    low, high, begin, approximate = _hedged(text, start, stop, low, high)
    shown = text[begin:stop].strip()
    measure = measure_of(anchor, unit, noun=noun, after=text[stop : stop + 80], published=published)
    return Counted(Quantity(shown, low, high, unit, noun, approximate or vague, measure), start, stop)


def _scaled(value: float, unit: str) -> float:
    return value / 100 if unit.endswith("/100") and value != inf else value


def _bounds(match: re.Match[str]) -> tuple[float, float, bool] | None:
    """(low, high, vague)."""
    if match.group("fraction"):
        share = _fraction(match.group("fraction").lower())
        return None if share is None else (share, share, False)
    first = match.group("first").lower()
    if first.split()[0] in _SIZES:
        size = _SIZES[first.split()[0]]
        if " of " in first:
            size *= _SIZES[first.split()[-1]]
        return 2 * size, 10 * size, True
    low = _value(first)
    second = match.group("second")
    if low is None:
        return None
    if second is None:
        return low, low, False
    high = _value(second.lower())
    if high is None:
        return low, low, False
    scale = re.search(r"[a-z]+$", second.lower())
    if scale and not re.search(r"[a-z]", first) and low * _SCALES.get(scale.group(), 1) <= high:
        low *= _SCALES.get(scale.group(), 1)
    return (low, high, False) if low <= high else (low, low, False)


@lru_cache(maxsize=4096)
def _value(written: str) -> float | None:
    halved = re.fullmatch(r"(.+?) and a half(?: (hundred|thousand|million|billion|trillion))?", written)
    if halved:
        base = _value(halved.group(1))
        return None if base is None else (base + 0.5) * _SCALES.get(halved.group(2) or "", 1)
    match = re.fullmatch(rf"({_DIGITS})\s?([a-z]*)", written)
    if match:
        return round(float(match.group(1).replace(",", "")) * _SCALES.get(match.group(2), 1), 6)
    words = written.replace("-", " ").split()
    if words[0] in ("a", "an"):
        words[0] = "one"
    dozen = 12 if words[-1] == "dozen" else 1
    words = words[:-1] if dozen > 1 else words
    spelled = _spelled(" ".join(words))
    return None if spelled is None else spelled * dozen


def _spelled(words: str) -> float | None:
    from text_to_num import text2num

    try:
        return float(text2num(words, "en"))
    except ValueError:
        return None


def _fraction(written: str) -> float | None:
    if written == "half":
        return 0.5
    slash = re.fullmatch(r"(\d+)/(\d+)", written)
    if slash:
        return int(slash.group(1)) / int(slash.group(2)) if int(slash.group(2)) else None
    words = written.replace("-", " ").split()
    top = _value("one" if words[0] in ("a", "an") else words[0])
    part = _PARTS.get(words[-1].removesuffix("s")) or _PARTS.get(words[-1])
    bottom = float(part) if part else _value(words[-1])
    return top / bottom if top is not None and bottom and top <= bottom else None


def _symbol_unit(match: re.Match[str]) -> str:
    if match.group("percent") or match.group("mid"):
        word = (match.group("percent") or "%").lower()
        if "basis" in word:
            return "basis point"
        return "percentage point" if "point" in word else "percent"
    money = match.group("money") or match.group("money2")
    if money:
        return _CURRENCY[money.lower()]
    return "GBP/100" if match.group("pence") else "count"


def _token_at(span: Span, start: int, end: int) -> Any:
    """The last token of the number."""
    base = span.start_char
    found = None
    for token in span:
        if token.idx >= base + end:
            break
        if token.idx + len(token.text) > base + start and (token.like_num or any(c.isalnum() for c in token.text)):
            found = token
    return found


def _is_count(match: re.Match[str], anchor: Token, text: str, start: int, end: int) -> bool:
    """Whether a bare number counts something: not a year, a label, "one of them", part of a name."""
    first = match.group("first").lower()
    if first == "one" and (
        anchor.dep_ not in ("nummod",) or anchor.head.lemma_.lower() in ("day", "thing", "point", "way")
    ):
        return False
    if anchor.ent_type_ in ("PERSON", "ORG", "GPE", "FAC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LOC"):
        return False
    if re.fullmatch(r"(?:1[89]|20)\d\d", first) and not match.group("second") and anchor.dep_ != "nummod":
        return False
    if re.fullmatch(r"(?:1[89]|20)\d\d", first) and anchor.head.tag_ not in ("NNS", "NNPS"):
        return False
    following = text[end : end + 3]
    return not (following.startswith(("-", "/")) and following[1:2].isdigit())


def _unit_and_noun(unit: str, anchor: Token, span: Span, end: int) -> tuple[str, str, int]:
    """Unit, lemma of the thing counted, and where the quantity's words end in the sentence."""
    base = span.start_char
    after = next((t for t in span if t.idx >= base + end and not t.is_punct and t.text != "-"), None)
    stop = end
    adjacent = after is not None and after.idx - base - end <= 1
    if unit == "count" and adjacent and after is not None:
        word = after.lemma_.lower()
        if after.text.lower() in ("pence", "p"):
            word = "pence"
        if word in _CURRENCY and after.tag_ in ("NN", "NNS", "NNP", "NNPS") and word != "cent":
            return _CURRENCY[word], _governor(anchor, after), after.idx + len(after.text) - base
        square = word in ("square", "cubic")
        measure = after.nbor(1) if square and after.i + 1 < span.end else after
        word = measure.lemma_.lower()
        if word in _UNITS:
            unit = ("square " if square else "") + (_UNITS[word] or word)
            stop = measure.idx + len(measure.text) - base
            old = re.match(r"[\s-]olds?\b", span.text[stop:])
            if old:
                return unit, "age", stop + old.end()
            return unit, _measured(measure), stop
        if after.text.lower() in ("sq", "km", "kg", "mph"):
            return _UNITS.get(after.text.lower(), after.text.lower()), "", after.idx + len(after.text) - base
    if unit == "count" and (_is_age(anchor, after) or _is_said_age(anchor, after)):
        return "year", "age", stop
    if unit == "count":
        return _count(anchor, after, span, stop)
    return unit, _share_of(after, span) or _governor(anchor, after), stop


def _count(anchor: Token, after: Token | None, span: Span, stop: int) -> tuple[str, str, int]:
    head = anchor.head if anchor.dep_ in ("nummod", "amod", "quantmod", "compound", "det") else None
    if head is not None and head.dep_ in ("quantmod", "nummod", "compound") and head.like_num:
        head = head.head
    if head is not None and head.pos_ in ("NOUN", "PROPN") and span.start <= head.i < span.end:
        noun = head.lemma_.lower()
        if noun in ("percent", "percentage"):
            return "percent", "", stop
        if noun in _UNITS and noun not in ("degree", "second", "pound"):
            return _UNITS[noun] or noun, _measured(head), stop
        return "count", noun, stop
    noun = _share_of(after, span)
    if noun:
        return "count", noun, stop
    near = [anchor.head] + ([after] if after is not None else [])
    if any(token.lemma_.lower() in _HARM for token in near):
        return "count", "person", stop
    if anchor.dep_ == "conj" and anchor.head.like_num:
        return _count(anchor.head, None, span, stop)
    return "count", _governor(anchor, after), stop


def _is_age(anchor: Token, after: Token | None) -> bool:
    """ "Imre Pasco, 29, said": a number under 120 between commas after a name; "aged 29"."""
    if not anchor.text.isdigit() or int(anchor.text) >= 120 or anchor.i < 2:
        return False
    before, name = anchor.nbor(-1), anchor.nbor(-2)
    if before.lower_ in ("aged", "age"):
        return True
    closed = anchor.i + 1 >= len(anchor.doc) or anchor.nbor(1).text in (",", ".", ":", ";", ")")
    return before.text in (",", "(") and name.pos_ == "PROPN" and closed and name.ent_type_ in ("PERSON", "", "ORG")


def _is_said_age(anchor: Token, after: Token | None) -> bool:
    """ "She is 71."."""
    ends = after is None or (anchor.i + 1 < len(anchor.doc) and anchor.nbor(1).is_punct)
    if (
        not ends
        or anchor.dep_ != "attr"
        or anchor.head.lemma_ != "be"
        or not anchor.text.isdigit()
        or int(anchor.text) >= 120
    ):
        return False
    subject = next((child for child in anchor.head.children if child.dep_ == "nsubj"), None)
    return subject is not None and (subject.lower_ in ("he", "she", "i") or subject.ent_type_ == "PERSON")


def _share_of(after: Token | None, span: Span) -> str:
    """The noun of "80 percent of the regions"."""
    if after is None or after.lower_ != "of":
        return ""
    nouns = [child for child in after.children if child.dep_ == "pobj"]
    return nouns[0].lemma_.lower() if nouns and nouns[0].pos_ in ("NOUN", "PROPN") else ""


def _measured(measure: Token) -> str:
    """What a length of time or space belongs to: "a four-year contract", "36 hours of talks", "nine days of talks"."""
    for child in measure.children:
        if child.lower_ == "of":
            return next((noun.lemma_.lower() for noun in child.children if noun.dep_ == "pobj"), "")
    if measure.dep_ in ("compound", "nummod", "amod", "nmod", "npadvmod") and measure.head.pos_ in ("NOUN", "PROPN"):
        return str(measure.head.lemma_.lower())
    return ""


def _governor(anchor: Token, after: Token | None) -> str:
    """The noun a sum or share is said of: "the fee is €52m", "an offer of 415 pence", "revenue rose to 588 million"."""
    token = anchor
    for _ in range(6):
        head = token.head
        if head is token:
            break
        lemma = str(head.lemma_.lower())
        money = lemma in _CURRENCY or head.text in _CURRENCY or lemma in ("percent", "%", "cent")
        if head.pos_ in ("NOUN", "PROPN") and not head.like_num and not money:
            return _told(head)
        if head.pos_ in ("VERB", "AUX"):
            subject = next((c for c in head.children if c.dep_ in ("nsubj", "nsubjpass") and c.i != anchor.i), None)
            return _told(subject) if subject is not None and subject.pos_ in ("NOUN", "PROPN") else ""
        token = head
    return ""


def _told(noun: Token) -> str:
    """The lemma of a noun; of "the number of infections" it is the infection."""
    lemma = str(noun.lemma_.lower())
    if lemma in _SCALES or f"{lemma}s" in _SIZES:
        return ""
    if lemma in ("number", "count", "total", "tally", "figure", "amount", "rate"):
        return next(
            (c.lemma_.lower() for p in noun.children if p.lower_ == "of" for c in p.children if c.dep_ == "pobj"), lemma
        )
    return lemma


def _hedged(text: str, start: int, stop: int, low: float, high: float) -> tuple[float, float, int, bool]:
    """Bounds widened by "at least", "up to" and their like; "about" marks the number approximate."""
    before = text[:start]
    approximate = False
    begin = start
    about = _ABOUT.search(before)
    if about:
        approximate, begin = True, about.start()
        before = text[:begin]
    least, most = _AT_LEAST.search(before), _AT_MOST.search(before)
    if least and low == high:
        return low, inf, least.start(), approximate
    if most and low == high:
        return 0.0, high, most.start(), approximate
    if low == high and _AFTER_LEAST.match(text[stop:]):
        return low, inf, begin, approximate
    if low == high and _AFTER_MOST.match(text[stop:]):
        return 0.0, high, begin, approximate
    return low, high, begin, approximate
