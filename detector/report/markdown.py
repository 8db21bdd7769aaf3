"""The report as Markdown, to be pasted where an editor works. Article text is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from detector.changes import SentenceChange
from detector.report.plain import LISTED, since_words, sum_words
from detector.report.values import (
    Entry,
    Report,
    Revision,
    Settled,
    ShownAgreement,
    ShownEdit,
    ShownSide,
    ShownStatement,
)
from detector.report.wording import (
    CHANGE_WORDS,
    KIND_WORDS,
    LANE_MEANING,
    LANE_WORDS,
    capital,
    change_words,
    clipped,
    count_words,
    cut,
    decision_words,
    evidence_words,
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
    yield from _changes(report)
    for entry in report.entries:
        if not entry.folded:
            yield from _entry(entry, since=since_words(report.changes) if report.changes else "")
    yield from _set_aside(report)
    if report.agreements:
        yield "## What outlets agree on"
        yield ""
        for agreement in report.agreements:
            yield from _agreement(agreement)
    yield from _matrix(report)


def _changes(report: Report) -> Iterator[str]:
    """The section on what changed since the run compared with."""
    changes = report.changes
    if changes is None:
        return
    yield f"## Changes since {since_words(changes)}"
    yield ""
    yield sum_words(changes)
    yield ""
    for caution in changes.cautions:
        yield f"- Note: {escaped(caution)}"
    for state in LISTED:
        for entry in report.changed(state):
            said = f" {_inline(' '.join(entry.change.says))}" if entry.change else ""
            yield f"- **{CHANGE_WORDS[state]}**: {entry.rank}. {_inline(entry.question)}{said}".rstrip()
            for edit in entry.change.edits if entry.change else ():
                yield from _edit(edit)
    for settled in changes.settled:
        yield from _settled(settled)
    if changes.added:
        outlets = dict.fromkeys(outlet for _, outlet in changes.added)
        yield f"- Articles added: {len(changes.added):,}, from {_inline(listed(outlets, most=12))}"
    yield ""
    if changes.revisions:
        yield "### Articles whose text was changed"
        yield ""
        yield "| Article | Before | After |"
        yield "| --- | --- | --- |"
        for revision in changes.revisions:
            yield from _revision(revision)
        yield ""


def _edit(edit: ShownEdit) -> Iterator[str]:
    before, after = _told(edit.sentence)
    yield f"  - {_inline(edit.outlet)} changed: {before or '(nothing)'} → {after or '(nothing)'}"


def _told(sentence: SentenceChange) -> tuple[str, str]:
    """Both wordings with the words that differ in bold, empty where there is none."""
    return (
        _bold(cut(sentence.before or "", sentence.before_spans)),
        _bold(cut(sentence.after or "", sentence.after_spans)),
    )


def _settled(settled: Settled) -> Iterator[str]:
    related = f" See question {settled.related_rank}." if settled.related_rank else ""
    said = _inline(" ".join(settled.says)) + related
    yield f"- **{CHANGE_WORDS['settled']}**: {_inline(settled.question)} (was question {settled.rank_before}) {said}"
    for edit in settled.edits:
        yield from _edit(edit)


def _revision(revision: Revision) -> Iterator[str]:
    article = revision.article
    read = f", read {moment_words(revision.read_at)}" if revision.read_at else ""
    name = f"{_inline(revision.outlet)}: {_inline(article.title or article.path or 'untitled')} (revision {article.revision}{read})"
    if not revision.sentences:
        yield f"| {name} | only the order or the spacing changed | |"
    for place, sentence in enumerate(revision.sentences):
        before, after = _told(sentence)
        yield f"| {'' if place else name} | {before} | {after} |"


def _set_aside(report: Report) -> Iterator[str]:
    folded = [entry for entry in report.entries if entry.folded]
    if not folded:
        return
    yield "## Set aside by reviewers"
    yield ""
    for entry in folded:
        yield f"- {entry.rank}. {_inline(entry.question)}: " + " ".join(_decision(entry))
    yield ""


def _decision(entry: Entry) -> Iterator[str]:
    """What reviewers decided and noted, in sentences."""
    if entry.decision:
        note = f" {_inline(quoted(entry.decision.latest.note))}" if entry.decision.latest.note else ""
        yield f"{_inline(capital(decision_words(entry.decision)))}.{note}"
        for changed in entry.decision.changed:
            yield f"{_inline(evidence_words(changed))}."
    for remark in entry.remarks:
        yield f"Note by {_inline(remark.reviewer)}: {_inline(quoted(remark.text))}."


def _found(report: Report) -> str:
    questions = count_words(len(report.entries), "question")
    agreements = count_words(len(report.agreements), "statement")
    return f"{questions} on which they differ, {agreements} on which they agree."


def _entry(entry: Entry, *, since: str = "") -> Iterator[str]:
    yield f"## {entry.rank}. {escaped(entry.question)}"
    yield ""
    topic = f" · {escaped(entry.topic)}" if entry.topic else ""
    lane = LANE_WORDS[entry.lane] + (f" ({LANE_MEANING[entry.lane]})" if entry.lane != "conflict" else "")
    yield f"{lane} · {KIND_WORDS[entry.kind].lower()}{topic} · rank score {entry.score:.2f}  "
    yield sureness(entry)
    yield ""
    if entry.change and entry.change.is_news:
        yield f"**Since {since}**: {_inline(change_words(entry.change))}"
        yield ""
    decided = list(_decision(entry))
    if decided:
        yield f"**Reviewed**: {' '.join(decided)}"
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
    """The statement with the words that differ in bold."""
    return _bold(pieces(statement), first=escaped)


def _bold(parts: Iterable[tuple[str, bool]], *, first: Callable[[str], str] | None = None) -> str:
    """Parts of a text, the marked ones in bold, which needs its spaces outside; `first` escapes what begins the line."""
    line = ""
    for text, marked in parts:
        folded = re.sub(r"\s+", " ", text)
        kept = _inline(folded) if line.strip() or first is None else first(folded)
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
