"""The report as Markdown, to be pasted where an editor works. Article text is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from detector.report.values import Entry, Report, ShownAgreement, ShownSide, ShownStatement
from detector.report.wording import (
    KIND_WORDS,
    LANE_MEANING,
    LANE_WORDS,
    clipped,
    count_words,
    listed,
    moment_words,
    one_line,
    outlet_words,
    pieces,
    quoted,
    repeats_statement,
    scale_words,
    span_words,
    sureness,
    telling,
    web_link,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!$])")
_LINE_START = re.compile(r"^(\s*)(\d+)?([-+=.)])")


def to_markdown(report: Report) -> str:
    """The whole report, in reading order."""
    return "\n".join(_lines(report)).rstrip() + "\n"


def escaped(text: str) -> str:
    """One line of article text that Markdown shows as it is."""
    return _LINE_START.sub(lambda start: f"{start[1]}{start[2] or ''}\\{start[3]}", _inline(text))


def _inline(text: str) -> str:
    """The same for a part that does not begin a line."""
    return _SPECIAL.sub(r"\\\1", one_line(text).replace("&", "&amp;"))


def _lines(report: Report) -> Iterator[str]:
    yield "# Where outlets differ"
    yield ""
    articles = count_words(report.article_count, "article")
    outlets = count_words(len(report.outlets), "outlet")
    yield f"{articles} of {outlets}, {span_words(report.earliest, report.newest)}. {_found(report)}"
    yield ""
    yield (
        "*Outlets differ on what follows. This list does not say who is right; it is made by a program that compares "
        "wording and can be wrong. **Bold** words carry the difference.*"
    )
    yield ""
    for note in report.notes:
        yield f"- {escaped(note)}"
    if report.notes:
        yield ""
    for entry in report.entries:
        yield from _entry(entry)
    if report.agreements:
        yield "## What outlets agree on"
        yield ""
        for agreement in report.agreements:
            yield from _agreement(agreement)
    yield from _matrix(report)


def _found(report: Report) -> str:
    questions = count_words(len(report.entries), "question")
    agreements = count_words(len(report.agreements), "statement")
    return f"{questions} on which they differ, {agreements} on which they agree."


def _entry(entry: Entry) -> Iterator[str]:
    yield f"## {entry.rank}. {escaped(entry.question)}"
    yield ""
    topic = f" · {escaped(entry.topic)}" if entry.topic else ""
    lane = LANE_WORDS[entry.lane] + (f" ({LANE_MEANING[entry.lane]})" if entry.lane != "conflict" else "")
    yield f"{lane} · {KIND_WORDS[entry.kind].lower()}{topic} · rank score {entry.score:.2f}  "
    yield sureness(entry)
    yield ""
    if entry.scale:
        yield f"Scale: {escaped(scale_words(entry))}"
        yield ""
    for caution in [*entry.cautions, *([entry.note] if entry.note else [])]:
        yield f"- Note: {escaped(caution)}"
    if entry.cautions or entry.note:
        yield ""
    for side in entry.sides:
        yield from _side(side)


def _side(side: ShownSide) -> Iterator[str]:
    named = repeats_statement(side.position, side.statements)
    yield f"### {side.label}. {escaped(listed(side.outlets, most=3) if named else side.position)}"
    yield ""
    yield outlet_words(side) + ("" if named and len(side.outlets) <= 3 else f": {escaped(listed(side.outlets))}")
    yield ""
    for copies in side.wordings:
        yield from _statement(copies)


def _statement(copies: tuple[ShownStatement, ...]) -> Iterator[str]:
    first = copies[0]
    yield f"> {_marked(first)}"
    for copy in copies:
        yield ">"
        yield f"> — {_credit(copy)}"
    before, after = clipped(first.before, 240, from_end=True), clipped(first.after, 240)
    if before or after:
        yield ">"
        yield f"> In context: {escaped(before)} \\[…\\] {escaped(after)}".rstrip()
    yield ""


def _marked(statement: ShownStatement) -> str:
    """The statement with the words that differ in bold; bold needs its spaces outside."""
    line = ""
    for text, marked in pieces(statement):
        folded = re.sub(r"\s+", " ", text)
        kept = _inline(folded) if line.strip() else escaped(folded)
        lead = " " if folded.startswith(" ") else ""
        tail = " " if folded.endswith(" ") and folded.strip() else ""
        line += f"{lead}**{kept}**{tail}" if marked and kept else f"{lead}{kept}{tail}"
    return line.strip()


def _credit(statement: ShownStatement) -> str:
    article = statement.article
    parts = [
        f"{escaped(statement.outlet)}{' (guessed)' if article.outlet_guessed else ''}",
        moment_words(article.published_at),
    ]
    parts += map(escaped, telling(statement))
    title = escaped(article.title) if article.title else ""
    link = web_link(article.url)
    if link:
        address = link.replace("(", "%28").replace(")", "%29")
        parts.append(f"[{title or 'article'}]({address})")
    elif title:
        parts.append(f"“{title}”")
    return ", ".join(parts)


def _agreement(agreement: ShownAgreement) -> Iterator[str]:
    yield f"- **{escaped(agreement.position)}** ({count_words(len(agreement.outlets), 'outlet')}: {escaped(listed(agreement.outlets))})"
    for statement in agreement.statements:
        yield f"  - {escaped(quoted(statement.text))} — {_credit(statement)}"
    yield ""


def _matrix(report: Report) -> Iterator[str]:
    if not report.outlet_pairs:
        return
    yield "## How often outlets differ and agree"
    yield ""
    yield "| Outlet | Outlet | Differ | Agree |"
    yield "| --- | --- | ---: | ---: |"
    for pair in report.outlet_pairs:
        yield f"| {escaped(pair.left)} | {escaped(pair.right)} | {pair.differ} | {pair.agree} |"
