"""What changed, as lines of plain text: shown by the terminal report and by `detector diff`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from detector.changes import ChangeState, SentenceChange
from detector.report.values import Entry, Report, Revision, Settled, ShownChanges, ShownEdit, Span
from detector.report.wording import CHANGE_WORDS, clipped, count_words, cut, listed, moment_words, one_line

LISTED: tuple[ChangeState, ...] = ("new", "grown", "shrunk", "edited", "moved")
"""The states of entries that the section lists; the unchanged ones are only counted."""
Told = set[tuple[str, SentenceChange]]
"""Article ids and changed sentences already shown: each is shown once."""
_SENTENCES = 4
"""Changed sentences shown of one article; the other formats show all."""


def change_lines(report: Report, *, width: int = 80, most: int = 20) -> list[str]:
    """The section on what changed, `most` entries of each state; empty when nothing was compared with."""
    changes = report.changes
    if changes is None:
        return []
    lines = [f"What changed since {since_words(changes)}", *_wrapped(sum_words(changes), width=width)]
    for caution in changes.cautions:
        lines += _wrapped(f"Note: {caution}", width=width)
    told: Told = set()
    for state in LISTED:
        entries = report.changed(state)
        if entries:
            lines += ["", CHANGE_WORDS[state]]
            lines += [line for entry in entries[:most] for line in _entry(entry, width, told)]
            lines += _more(len(entries) - most)
    if changes.settled:
        lines += ["", CHANGE_WORDS["settled"]]
        lines += [line for settled in changes.settled[:most] for line in _settled(settled, width, told)]
        lines += _more(len(changes.settled) - most)
    if changes.revisions:
        lines += ["", "Articles whose text was changed"]
        lines += [line for revision in changes.revisions[:most] for line in _revision(revision, width, told)]
        lines += _more(len(changes.revisions) - most)
    if changes.added:
        outlets = list(dict.fromkeys(outlet for _, outlet in changes.added))
        lines += ["", *_wrapped(f"Articles added: {len(changes.added):,}, from {listed(outlets, most=8)}", width=width)]
    return lines


def since_words(changes: ShownChanges) -> str:
    """When the run that is compared with was finished."""
    return moment_words(changes.since.finished_at or changes.since.started_at)


def sum_words(changes: ShownChanges) -> str:
    """ "2 new, 1 grown and 1 settled; 4 articles added, 1 revised", or that nothing changed."""
    counts = changes.counts
    words = {"edited": "with changed text"}
    questions = [f"{counts[state]:,} {words.get(state, state)}" for state in (*LISTED, "settled") if counts.get(state)]
    said = f"Questions: {listed(questions)}." if questions else "No question is new, changed or gone."
    if not changes.complete:
        return said
    if not counts["added"] and not counts["revised"]:
        return f"{said} No article was added or changed."
    return f"{said} Articles: {counts['added']:,} added, {counts['revised']:,} changed."


def _more(count: int) -> list[str]:
    return [f"  and {count:,} more; --json lists all"] if count > 0 else []


def _entry(entry: Entry, width: int, told: Told) -> list[str]:
    change = entry.change
    lines = _wrapped(one_line(entry.question), first=f"{entry.rank:>4}. ", rest=" " * 6, width=width)
    for said in change.says if change else ():
        lines += _wrapped(said, first=" " * 6, rest=" " * 6, width=width)
    return [*lines, *_edits(change.edits if change else (), width, told)]


def _settled(settled: Settled, width: int, told: Told) -> list[str]:
    lines = _wrapped(
        f"{one_line(settled.question)} (was question {settled.rank_before})", first="   -  ", rest=" " * 6, width=width
    )
    said = " ".join(settled.says)
    if settled.related_rank:
        said += f" See question {settled.related_rank}."
    lines += _wrapped(said, first=" " * 6, rest=" " * 6, width=width)
    return [*lines, *_edits(settled.edits, width, told)]


def _edits(edits: Sequence[ShownEdit], width: int, told: Told) -> list[str]:
    """The sentences that were not told before."""
    fresh = [edit for edit in edits if (edit.article.article_id, edit.sentence) not in told]
    told |= {(edit.article.article_id, edit.sentence) for edit in fresh[:_SENTENCES]}
    lines = [line for edit in fresh[:_SENTENCES] for line in _sentence(edit.sentence, width, outlet=edit.outlet)]
    return lines + _hidden(len(fresh) - _SENTENCES)


def _revision(revision: Revision, width: int, told: Told) -> list[str]:
    article = revision.article
    title = f": {clipped(article.title, 100)}" if article.title else ""
    read = f", read {moment_words(revision.read_at)}" if revision.read_at else ""
    head = f"{one_line(revision.outlet)}{title} (revision {article.revision}{read})"
    lines = _wrapped(head, first="   -  ", rest=" " * 6, width=width)
    fresh = [sentence for sentence in revision.sentences if (article.article_id, sentence) not in told]
    for sentence in fresh[:_SENTENCES]:
        lines += _sentence(sentence, width)
    if not revision.sentences:
        lines.append("      Only the order or the spacing of its sentences changed.")
    elif len(fresh) < len(revision.sentences):
        above = count_words(len(revision.sentences) - len(fresh), "changed sentence")
        lines.append(f"      {above} {'is' if above.startswith('1 ') else 'are'} shown above.")
    return lines + _hidden(len(fresh) - _SENTENCES)


def _hidden(count: int) -> list[str]:
    return [f"      and {count_words(count, 'more sentence')}"] if count > 0 else []


def _sentence(sentence: SentenceChange, width: int, *, outlet: str = "") -> list[str]:
    """The old sentence after a minus, the new one after a plus; *stars* around the words that differ."""
    by = f"{one_line(outlet)}: " if outlet else ""
    lines = []
    for sign, text, spans in (
        ("-", sentence.before, sentence.before_spans),
        ("+", sentence.after, sentence.after_spans),
    ):
        if text is not None:
            lines += _wrapped(by + _starred(text, spans), first=f"      {sign} ", rest=" " * 8, width=width)
    return lines


def _starred(text: str, spans: Iterable[Span]) -> str:
    return clipped("".join(f"*{part}*" if marked else part for part, marked in cut(text, spans)), 400)


def _wrapped(text: str, *, first: str = "", rest: str = "", width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=True
    ) or [first.rstrip()]
