"""The report in a terminal: a ranked table, then each entry with its sides. Readable without colour and when piped."""

from __future__ import annotations

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from detector.report.plain import change_lines
from detector.report.values import Entry, Report, ShownSide, ShownStatement
from detector.report.wording import (
    CHANGE_WORDS,
    KIND_WORDS,
    LANE_WORDS,
    change_words,
    clipped,
    count_words,
    decision_words,
    evidence_words,
    listed,
    moment_words,
    one_line,
    outlet_words,
    pieces,
    quote_marks,
    quoted,
    repeats_statement,
    scale_words,
    span_words,
    sureness,
    telling,
    web_link,
)

MOST_WORDINGS = 4
"""Statements of a side shown in full; the other formats show all."""
NAMES = 3
"""Outlets that head a side whose position only repeats a statement."""
_SIDE_STYLES = ("bold cyan", "bold yellow", "bold magenta", "bold green")
_CONTEXT = 160


def print_report(report: Report, console: Console, *, limit: int | None = None) -> None:
    """Print the first `limit` entries, all without one; no line that is piped ends in spaces."""
    if console.is_terminal:
        _print(report, console, limit=limit)
        return
    with console.capture() as captured:
        _print(report, console, limit=limit)
    console.out("\n".join(line.rstrip() for line in captured.get().splitlines()), highlight=False)


def _print(report: Report, console: Console, *, limit: int | None) -> None:
    listed_entries = tuple(entry for entry in report.entries if not entry.folded)
    shown = listed_entries if limit is None else listed_entries[: max(limit, 0)]
    _print_head(report, console)
    if report.changes:
        console.print()
        _print_changes(report, console)
        console.print()
    if shown:
        console.print(_ranking(shown))
        plain = not console.is_terminal
        if any(one.highlights for entry in shown for side in entry.sides for one in side.statements):
            mark = Text.assemble(("*these*", "") if plain else ("these", "bold underline"))
            console.print(
                Text.assemble(
                    "Words like ", mark, " carry the difference. The order says what to check first, not who is right."
                )
            )
    for entry in shown:
        console.print()
        console.print(_entry(entry, plain=not console.is_terminal))
    hidden = len(listed_entries) - len(shown)
    if hidden:
        console.print()
        console.print(
            Text(f"{count_words(hidden, 'more entry', 'more entries')} not shown; --report FILE.html writes all.")
        )
    if folded := [entry for entry in report.entries if entry.folded]:
        console.print()
        console.print(_set_aside(folded))
    if report.agreements:
        console.print()
        console.print(_agreements(report, most=10 if limit is None else max(limit, 0)))


def _print_head(report: Report, console: Console) -> None:
    articles, outlets = count_words(report.article_count, "article"), count_words(len(report.outlets), "outlet")
    console.print(Text("Where outlets differ", style="bold"))
    console.print(Text(f"{articles} of {outlets}, {span_words(report.earliest, report.newest)}"))
    for note in report.notes:
        console.print(Text(f"Note: {one_line(note)}"))
    if not report.entries:
        console.print(Text("No question was found on which these outlets differ."))


def _print_changes(report: Report, console: Console) -> None:
    lines = change_lines(report, width=min(console.width, 100))
    for line in lines:
        heading = line == lines[0] or (line and not line[0].isspace() and ":" not in line and len(line) < 40)
        console.print(Text(line, style="bold" if heading else ""))


def _set_aside(folded: list[Entry]) -> Group:
    """One line for each entry that reviewers rejected or called a duplicate."""
    lines: list[RenderableType] = [Rule(style="dim"), Text("Set aside by reviewers", style="bold")]
    for entry in folded:
        decision = entry.decision
        said = f": {decision_words(decision)}" if decision else ""
        lines.append(Padding(Text(f"{entry.rank}. {clipped(entry.question, 120)}{said}"), (0, 0, 0, 2)))
    return Group(*lines)


def _ranking(entries: tuple[Entry, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=False, pad_edge=False, show_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Question", ratio=1, overflow="fold")
    table.add_column("Kind", overflow="fold", max_width=18)
    table.add_column("Outlets", justify="right", no_wrap=True)
    table.add_column("Score", justify="right", no_wrap=True)
    for entry in entries:
        lane = "" if entry.lane == "conflict" else f"{LANE_WORDS[entry.lane]}: "
        table.add_row(
            Text(str(entry.rank)),
            Text(_badge(entry) + clipped(entry.question, 140)),
            Text(lane + KIND_WORDS[entry.kind].lower() if lane else KIND_WORDS[entry.kind]),
            Text(" : ".join(str(len(side.outlets)) for side in entry.sides)),
            Text(f"{entry.score:.2f}"),
        )
    return table


def _badge(entry: Entry) -> str:
    """What is to be seen at once in the list: news since the run compared with, and a decision."""
    words = [CHANGE_WORDS[entry.change.state]] if entry.change and entry.change.is_news else []
    if entry.decision:
        stale = " (stale)" if entry.decision.status == "stale" else ""
        words.append("disputed" if entry.decision.disputed else f"{entry.decision.latest.decision}{stale}")
    return f"[{', '.join(words)}] " if words else ""


def _history(entry: Entry) -> list[RenderableType]:
    """What became of the entry and what people decided and noted, a line each."""
    lines: list[RenderableType] = []
    if entry.change and entry.change.state != "unchanged":
        lines.append(Text(change_words(entry.change)))
    if entry.decision:
        note = f" {quoted(entry.decision.latest.note)}" if entry.decision.latest.note else ""
        lines.append(Text(f"Decision: {decision_words(entry.decision)}.{note}"))
        lines += [Padding(Text(evidence_words(one)), (0, 0, 0, 3)) for one in entry.decision.changed[:MOST_WORDINGS]]
        if len(entry.decision.changed) > MOST_WORDINGS:
            lines.append(Padding(Text(f"and {len(entry.decision.changed) - MOST_WORDINGS} more changes"), (0, 0, 0, 3)))
    return lines + [Text(f"Note by {one_line(one.reviewer)}: {quoted(one.text)}") for one in entry.remarks]


def _entry(entry: Entry, *, plain: bool) -> Group:
    topic = f" · {one_line(entry.topic)}" if entry.topic else ""
    lines: list[RenderableType] = [
        Rule(style="dim"),
        Text(f"{entry.rank}. {one_line(entry.question)}", style="bold"),
        Text(f"{LANE_WORDS[entry.lane]} · {KIND_WORDS[entry.kind].lower()}{topic}", style="dim"),
        Text(sureness(entry), style="dim"),
    ]
    if entry.scale:
        lines.append(Text(f"Scale: {scale_words(entry)}"))
    lines += _history(entry)
    lines += [Text(f"Note: {one_line(caution)}") for caution in (*entry.cautions, entry.note) if caution]
    for place, side in enumerate(entry.sides):
        lines += [Text(""), *_side(side, style=_SIDE_STYLES[place % len(_SIDE_STYLES)], plain=plain)]
    return Group(*lines)


def _side(side: ShownSide, *, style: str, plain: bool) -> list[RenderableType]:
    position = "" if repeats_statement(side.position, side.statements) else one_line(side.position)
    heading = Text.assemble((f"{side.label}  ", style), (position or listed(side.outlets, most=NAMES), "bold"))
    lines: list[RenderableType] = [heading]
    counted = outlet_words(side) + (f": {listed(side.outlets)}" if position or len(side.outlets) > NAMES else "")
    if position or len(side.outlets) > 1:
        lines.append(Padding(Text(counted, style="dim"), (0, 0, 0, 3)))
    wordings = side.wordings
    for copies in wordings[:MOST_WORDINGS]:
        lines.append(Padding(_statement(copies, plain=plain), (0, 0, 0, 3)))
    if len(wordings) > MOST_WORDINGS:
        more = count_words(len(wordings) - MOST_WORDINGS, "more statement")
        lines.append(Padding(Text(f"and {more} of this side", style="dim"), (0, 0, 0, 3)))
    return lines


def _statement(copies: tuple[ShownStatement, ...], *, plain: bool) -> Group:
    first = copies[0]
    before, after = clipped(first.before, _CONTEXT, from_end=True), clipped(first.after, _CONTEXT)
    opening, closing = quote_marks(first.text)
    quoted = Text(opening)
    for text, marked in pieces(first):
        folded = " ".join(text.replace("\n", " ").split(" "))
        quoted.append(f"*{folded}*" if marked and plain else folded, style="bold underline" if marked else "")
    quoted.append(closing)
    lines: list[RenderableType] = [Text(before, style="dim")] if before else []
    lines.append(quoted)
    if after:
        lines.append(Text(after, style="dim"))
    lines += [Text(f"— {_credit(copy)}") for copy in copies[:3]]
    if len(copies) > 3:
        lines.append(Text(f"— word for word also in {listed((copy.outlet for copy in copies[3:]), most=6)}"))
    return Group(*lines)


def _credit(statement: ShownStatement) -> str:
    article = statement.article
    parts = [
        one_line(statement.outlet) + (" (guessed)" if article.outlet_guessed else ""),
        moment_words(article.published_at),
    ]
    parts += telling(statement)
    where = web_link(article.url) or (one_line(article.path) if article.path else "")
    return ", ".join(parts) + (f"\n  {where}" if where else "")


def _agreements(report: Report, *, most: int) -> Group:
    lines: list[RenderableType] = [Rule(style="dim"), Text("What outlets agree on", style="bold")]
    for agreement in report.agreements[:most]:
        outlets = count_words(len(agreement.outlets), "outlet")
        lines.append(Text(f"- {one_line(agreement.position)} ({outlets}: {listed(agreement.outlets, most=4)})"))
    if len(report.agreements) > most:
        lines.append(Text(f"  and {len(report.agreements) - most} more"))
    return Group(*lines)
