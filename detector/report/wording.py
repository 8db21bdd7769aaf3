"""Plain words for the report, and article text made safe to show: shared by every writer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from detector.changes import ChangeState
from detector.records import Decision, Kind, Lane, Modality, RejectReason
from detector.report.values import (
    ChangedEvidence,
    Entry,
    ShownChange,
    ShownDecision,
    ShownSide,
    ShownStatement,
    ShownVote,
    Span,
)

KIND_WORDS: dict[Kind, str] = {
    "negation": "Yes or no",
    "number": "Different numbers",
    "date": "Different dates",
    "place": "Different places",
    "person": "Different people",
    "cause": "Different causes",
    "outcome": "Different outcomes",
    "attribution": "Different words or acts of one person",
    "antonym": "Opposite words",
    "implicit": "Cannot both be true",
}
LANE_WORDS: dict[Lane, str] = {
    "conflict": "Conflict",
    "update": "Update",
    "forecast": "Forecast and outcome",
    "dispute": "Dispute between speakers",
}
LANE_MEANING: dict[Lane, str] = {
    "conflict": "outlets differ about the same thing at the same time",
    "update": "a later report replaces an earlier one",
    "forecast": "one text expects what another reports",
    "dispute": "the people quoted contradict each other; the outlets only report it",
}
MODALITY_WORDS: dict[Modality, str] = {
    "asserted": "",
    "reported": "told as reported by others",
    "likely": "hedged: likely",
    "possible": "hedged: possible",
    "unlikely": "hedged: unlikely",
    "conditional": "hedged: under a condition",
    "planned": "told as a plan",
    "denied": "told as a denial",
    "uncertain": "hedged: uncertain",
}
CHANGE_WORDS: dict[ChangeState, str] = {
    "new": "New",
    "grown": "Grown",
    "shrunk": "Shrunk",
    "edited": "Text changed",
    "moved": "Moved",
    "settled": "Settled",
    "unchanged": "Unchanged",
}
DECISION_WORDS: dict[Decision, str] = {
    "confirmed": "confirmed",
    "rejected": "rejected",
    "unclear": "left unclear",
    "duplicate": "called a duplicate",
}
MARK_WORDS = {
    "open": "Not decided",
    "decided": "Decided",
    "stale": "Evidence changed since",
    "disputed": "Reviewers disagree",
    "confirmed": "Confirmed",
    "rejected": "Rejected",
    "unclear": "Unclear",
    "duplicate": "Duplicate",
}
REASON_WORDS: dict[RejectReason, str] = {
    "not-same-matter": "not the same matter",
    "update": "an update",
    "quote": "a quote",
    "numbers-compatible": "the numbers fit together",
    "model-error": "the program misread it",
    "other": "another reason",
}
# Characters that reorder what follows, control characters (tab and line feed may stay), halves of surrogate pairs.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSEEN = re.compile("[\u00ad\u200b\u2060-\u2064\ufeff]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def shown(text: str) -> str:
    """The text without what a reader cannot see, and with U+FFFD for every unsafe character."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _UNSAFE.sub("\ufffd", _UNSEEN.sub("", lines))


def one_line(text: str) -> str:
    """The shown text on one line."""
    return " ".join(shown(text).split())


def clipped(text: str, limit: int, *, from_end: bool = False) -> str:
    """At most `limit` characters of one line, cut between words, with an ellipsis where it was cut."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    if from_end:
        kept = line[-limit:]
        return "… " + (kept.split(" ", 1)[1] if " " in kept else kept)
    kept = line[:limit]
    return (kept.rsplit(" ", 1)[0] if " " in kept else kept).rstrip(",;:") + " …"


def web_link(url: str | None) -> str | None:
    """The address when it is a plain http(s) one that a page may link to, else None."""
    if not url or re.search(r"[\s\x00-\x1f\x7f\"'<>\\`]", url) or _UNSAFE.search(url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and host else None


def iso(moment: datetime | None) -> str | None:
    """UTC in ISO 8601 with a Z, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def day(moment: datetime | None) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}" if moment else "no date"


def moment_words(moment: datetime | None) -> str:
    """Day and time; midnight is taken as "only the day is known"."""
    if moment is None:
        return "no date"
    clock = "" if (moment.hour, moment.minute) == (0, 0) else f", {moment:%H:%M} UTC"
    return day(moment) + clock


def span_words(earliest: datetime | None, newest: datetime | None) -> str:
    """From when to when, without saying a month or year twice."""
    if earliest is None or newest is None:
        return "no dates known"
    if earliest.date() == newest.date():
        return day(newest)
    if (earliest.year, earliest.month) == (newest.year, newest.month):
        return f"{earliest.day}–{day(newest)}"
    if earliest.year == newest.year:
        return f"{earliest.day} {_MONTHS[earliest.month - 1]} – {day(newest)}"
    return f"{day(earliest)} – {day(newest)}"


def count_words(count: int, singular: str, plural: str | None = None) -> str:
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def listed(names: Iterable[str], *, most: int = 0) -> str:
    """ "A, B and C"; with `most`, the first ones and how many more there are."""
    parts = [one_line(name) for name in names]
    if most and len(parts) > most:
        parts = [*parts[:most], f"{len(parts) - most} more"]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def outlet_words(side: ShownSide) -> str:
    """ "7 outlets, 2 independent origins": copies of one text and outlets of one owner count once as origins."""
    outlets = count_words(len(side.outlets), "outlet")
    if side.origins >= len(side.outlets):
        return outlets if len(side.outlets) == 1 else f"{outlets}, each on its own"
    return f"{outlets}, {count_words(side.origins, 'independent origin')}"


def quote_marks(text: str) -> tuple[str, str]:
    """The quotation marks to put around a text: none where it brings its own."""
    line = one_line(text)
    inner = sum(mark in _QUOTES for mark in line)
    if line[:1] in _QUOTES:
        return "", "”" if inner == 1 else ""
    return "“", "" if inner == 1 and line[-1:] in _QUOTES else "”"


def quoted(text: str) -> str:
    """One line of text in quotation marks, which are not doubled."""
    before, after = quote_marks(text)
    return f"{before}{one_line(text)}{after}"


_QUOTES = frozenset('"“”„«»')


def scale_words(entry: Entry) -> str:
    """ "rejected (A) – unlikely (B and C)": the steps that outlets stand on; empty where no decision is at stake."""
    return " – ".join(f"{step} ({listed(names, most=4)})" for step, names in entry.scale if names)


def sureness(entry: Entry) -> str:
    """One line on how sure the program is that the sides exclude each other."""
    against = [pair for pair in entry.pairs if pair.relation == "contradicts"]
    if not against:
        return "How sure is not known: the comparisons of this entry were not kept."
    top = entry.probability
    phrase = next(words for floor, words in _SURENESS if top >= floor)
    percent = min(99, max(1, round(100 * top)))
    compared = "the one pair compared" if len(against) == 1 else f"the strongest of {len(against)} pairs compared"
    return f"{phrase} ({percent} % for {compared})."


_SURENESS = (
    (0.95, "Very likely the sides exclude each other"),
    (0.85, "Likely the sides exclude each other"),
    (0.70, "The sides probably exclude each other; read both"),
    (0.0, "The sides may exclude each other; check first"),
)


def repeats_statement(position: str, statements: Iterable[ShownStatement]) -> bool:
    """Whether the position only says most of one of the statements again, perhaps cut short."""
    said = _bare(position)
    return any(said in bare and len(said) >= min(60, 0.6 * len(bare)) for bare in map(_bare_text, statements))


def telling(statement: ShownStatement) -> tuple[str, ...]:
    """How the statement is told: headline, speaker, where it was taken from, and with what reserve."""
    modality = MODALITY_WORDS[statement.modality]
    sourced = statement.speaker or statement.via
    parts = (
        "headline" if statement.form == "headline" else "",
        f"said by {clipped(statement.speaker, 80)}" if statement.speaker else "",
        f"taken from {clipped(statement.via, 60)}" if statement.via else "",
        "" if sourced and statement.modality == "reported" else modality,
    )
    return tuple(part for part in parts if part)


def _bare_text(statement: ShownStatement) -> str:
    return _bare(statement.text)


def _bare(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def pieces(statement: ShownStatement) -> list[tuple[str, bool]]:
    """The statement's text cut into (shown text, carries the difference)."""
    return cut(statement.text, statement.highlights)


def cut(text: str, spans: Iterable[Span]) -> list[tuple[str, bool]]:
    """A text cut at the spans into (shown text, within a span)."""
    parts: list[tuple[str, bool]] = []
    reached = 0
    for start, end in spans:
        parts += [(text[reached:start], False), (text[start:end], True)]
        reached = end
    parts.append((text[reached:], False))
    return [(shown(part), marked) for part, marked in parts if part]


def change_words(change: ShownChange) -> str:
    """What became of an entry: the state, and in sentences who came, went or changed a text."""
    said = one_line(" ".join(change.says))
    return said if change.state == "edited" and said else f"{CHANGE_WORDS[change.state]}. {said}".rstrip()


def vote_words(vote: ShownVote) -> str:
    """ "rejected by Ana, 18 Mar 2025 (an update)"."""
    reason = f" ({REASON_WORDS[vote.reason]})" if vote.reason else ""
    return f"{DECISION_WORDS[vote.decision]} by {clipped(vote.reviewer, 60)}, {day(vote.at)}{reason}"


def decision_words(decision: ShownDecision) -> str:
    """The latest decision, and that others differ or that the evidence is not what it was."""
    said = vote_words(decision.latest)
    if decision.latest.decision == "duplicate" and decision.duplicate_rank:
        said = said.replace("a duplicate", f"a duplicate of question {decision.duplicate_rank}", 1)
    if decision.disputed:
        others = [vote_words(vote) for vote in decision.votes if vote.reviewer != decision.latest.reviewer]
        said += f"; reviewers disagree: {listed(others, most=4)}" if others else "; reviewers disagree"
    return said + ("; the evidence has changed since" if decision.status == "stale" else "")


def badge_words(decision: ShownDecision) -> str:
    """The decision in a few words: what, by whom, when."""
    if decision.disputed:
        return f"Reviewers disagree ({count_words(len(decision.votes), 'decision')})"
    said = {"duplicate": "duplicate", "unclear": "unclear"}.get(decision.latest.decision, decision.latest.decision)
    when = f"{said.capitalize()} by {clipped(decision.latest.reviewer, 40)}, {day(decision.latest.at)}"
    return f"{when}; evidence changed since" if decision.status == "stale" else when


def evidence_words(changed: ChangedEvidence) -> str:
    """One thing that is not as a reviewer saw it, in a sentence."""
    before, after = quoted(clipped(changed.before or "", 200)), quoted(clipped(changed.after or "", 200))
    outlet = one_line(changed.outlet)
    if changed.what == "reworded":
        return f"{outlet} changed {before} to {after}"
    if changed.what == "added":
        return f"New from {outlet}: {after}"
    if changed.what == "removed":
        return f"No longer from {outlet}: {before}"
    return f"On another side now, from {outlet}: {after}"
