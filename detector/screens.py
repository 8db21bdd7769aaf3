"""What the reading commands print: values in, lines of plain text or JSON out."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.records import Article, Conflict, Gate, Probs, Rejection, ScoreFactor, Statement
from detector.report.wording import (
    KIND_WORDS,
    LANE_WORDS,
    MODALITY_WORDS,
    count_words,
    listed,
    moment_words,
    one_line,
    quoted,
)

if TYPE_CHECKING:
    from detector.doctor import Check, Status
    from detector.evaluation import Evaluation
    from detector.pipeline import IngestResult
    from detector.queries import Answer, AskedStatement, ExplainedPair, Explanation
    from detector.records import Run
    from detector.report import Report
    from detector.sources import Gathered, RoundDone, SourcesState, WatchState
    from detector.store.pruning import Pruning

WIDTH = 80
_POSITIONS = ("contradicts", "agrees", "hedges", "silent")
_POSITION_WORDS = {
    "contradicts": "Contradict it",
    "agrees": "Agree with it",
    "hedges": "Hedge",
    "silent": "Silent on it",
}
_PAIRS_SHOWN = 5


def as_json(value: object) -> str:
    """Any value of the program as JSON; numbers without a bound become null."""
    return json.dumps(_plain(value), ensure_ascii=False, indent=1, allow_nan=False)


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Path) else value


def ingest_lines(result: IngestResult, *, most: int | None = None) -> list[str]:
    """The counts, the revised articles and every rejection (the first `most`) with its reason and remedy."""
    groups = (("accepted", result.accepted), ("unchanged", result.unchanged), ("revised", result.revised))
    counts = [f"{len(articles):,} {word}" for word, articles in groups] + [f"{len(result.rejected):,} rejected"]
    lines = ["Articles: " + ", ".join(counts)]
    for article in result.revised[:most]:
        lines.append(f"revised: {_where(article)} is now revision {article.revision}")
    for rejection in result.rejected[:most]:
        lines += rejection_lines(rejection)
    if most is not None and len(result.rejected) > most:
        lines.append(f"and {len(result.rejected) - most:,} more; `detector ingest` lists them all")
    return lines


def asked_lines(gathered: Gathered) -> list[str]:
    """What was asked of the web, in one line; and what is still being written."""
    asked, lines = gathered.asked, []
    if asked.lists or asked.pages or asked.failed:
        said = [
            f"{count_words(asked.lists, 'list')} ({asked.lists_unchanged:,} unchanged)" if asked.lists else "",
            f"{count_words(asked.pages, 'page')} ({asked.pages_unchanged:,} unchanged)" if asked.pages else "",
            f"{asked.failed:,} failed" if asked.failed else "",
            f"{asked.waiting:,} left for the next round (sources.max_articles)" if asked.waiting else "",
        ]
        lines += wrapped("Asked: " + ", ".join(part for part in said if part))
    if gathered.left:
        lines.append(f"{count_words(gathered.left, 'file')} still being written: left for the next time")
    return lines


def round_lines(done: RoundDone, *, most: int, every: str | None, now: datetime) -> list[str]:
    """A round of `watch`: what arrived, what was rejected, what the run found, what went wrong."""
    result = done.gathered.result
    groups = (("new", result.accepted), ("revised", result.revised), ("rejected", result.rejected))
    said = ", ".join(f"{len(articles):,} {word}" for word, articles in groups)
    if done.run is not None and done.fresh:
        counts = done.run.counts
        found = count_words(counts.get("entries", 0), "entry", "entries")
        said += (
            f"; {found} ({counts.get('conflicts', 0):,} in the conflict lane), {sum(done.run.seconds.values()):.1f} s"
        )
    elif not done.problem:
        said += "; nothing to compare"
    lines = [f"{now.astimezone():%Y-%m-%d %H:%M:%S}  {said}" + (f"; next in {every}" if every else "")]
    lines += [f"  {line}" for line in asked_lines(done.gathered)]
    for rejection in result.rejected[:most]:
        lines += rejection_lines(rejection)
    if len(result.rejected) > most:
        lines.append(f"and {len(result.rejected) - most:,} more rejected")
    if done.problem:
        lines += wrapped(f"went wrong: {one_line(done.problem)}", indent=2)
    return lines


def rejection_lines(rejection: Rejection) -> list[str]:
    return [
        f"rejected: {one_line(rejection.path)}",
        *wrapped(f"why: {one_line(rejection.reason)}", indent=2),
        *wrapped(f"do:  {one_line(rejection.remedy)}", indent=2),
    ]


def _where(article: Article) -> str:
    return one_line(article.path or article.url or article.title or article.article_id)


def diff_lines(report: Report, *, limit: int) -> list[str]:
    """What changed since the run that the report is compared with, `limit` questions of each sort."""
    from detector.report.plain import change_lines

    return change_lines(report, width=WIDTH, most=limit)


def diff_tree(report: Report) -> dict[str, object]:
    """The same as the report's JSON has it under `changes`."""
    from detector.report.json import changes_tree

    return changes_tree(report)


def answer_lines(answer: Answer, *, most: int = 3) -> list[str]:
    """Where each outlet stands, with its `most` most decisive statements; the silent ones by name."""
    lines = wrapped(f"Claim: {one_line(answer.claim)}")
    for position in _POSITIONS:
        stances = [stance for stance in answer.stances if stance.position == position]
        if not stances:
            continue
        lines += ["", f"{_POSITION_WORDS[position]} ({count_words(len(stances), 'outlet')})"]
        if position == "silent":
            lines += wrapped(listed(stance.outlet for stance in stances), indent=2)
            continue
        for stance in stances:
            lines.append(f"  {one_line(stance.outlet)}" + (f": {stance.stance}" if stance.stance else ""))
            for asked in stance.statements[:most]:
                lines += _asked_lines(asked)
    return lines


def _asked_lines(asked: AskedStatement) -> list[str]:
    said = MODALITY_WORDS[asked.statement.modality]
    speaker = f", speaker: {one_line(asked.statement.speaker)}" if asked.statement.speaker else ""
    facts = f"{moment_words(asked.article.published_at)}{speaker}{', ' + said if said else ''}"
    return [
        *wrapped(quoted(asked.statement.text), indent=4),
        *wrapped(f"— {facts} ({asked.stance or asked.position}, {_percent(asked.probability)})", indent=6),
        f"      {asked.statement.statement_id}",
    ]


def explanation_lines(explanation: Explanation, *, outlets: Mapping[str, str] | None = None) -> list[str]:
    """A conflict with its factors and pairs, a pair with its scores and gates, or a statement with its gate.

    `outlets` has the names of outlets by id, also of those on a side that no pair shows.
    """
    lines: list[str] = []
    if explanation.conflict:
        names = {article.outlet_id: article.outlet for pair in explanation.pairs for article in pair.articles}
        lines += _conflict_lines(explanation.conflict, {**(outlets or {}), **names})
    if explanation.statement and explanation.article:
        lines += [
            *_statement_lines("Statement", explanation.statement, explanation.article),
            *_gate_lines(explanation.gates),
        ]
    for pair in explanation.pairs[:_PAIRS_SHOWN]:
        lines += ["", *_pair_lines(pair)] if lines else _pair_lines(pair)
    if len(explanation.pairs) > _PAIRS_SHOWN:
        more = count_words(len(explanation.pairs) - _PAIRS_SHOWN, "more pair")
        lines += ["", f"and {more}; --json lists all"]
    return lines


def _conflict_lines(conflict: Conflict, names: Mapping[str, str]) -> list[str]:
    lines = [
        *wrapped(one_line(conflict.question)),
        f"Conflict {conflict.conflict_id}: {LANE_WORDS[conflict.lane]}, {KIND_WORDS[conflict.kind].lower()}",
        *(wrapped(f"Note: {one_line(conflict.note)}") if conflict.note else []),
        "",
        f"Score {conflict.score:.2f}, the sum of",
        *_factor_lines(conflict.factors),
        "",
    ]
    for letter, side in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", conflict.sides, strict=False):
        outlets = count_words(len(side.outlet_ids), "outlet")
        lines += wrapped(
            f"Side {letter} ({outlets}, {count_words(side.origin_count, 'origin')}): {one_line(side.position)}"
        )
        lines += wrapped(listed(names.get(one, one) for one in side.outlet_ids), indent=2)
    return lines


def _factor_lines(factors: Sequence[ScoreFactor]) -> list[str]:
    width = max((len(factor.name) for factor in factors), default=0)
    return [
        line
        for factor in factors
        for line in wrapped(
            f"{round(factor.contribution, 2) + 0.0:+.2f}  {factor.name:<{width}}  {factor.value:.2f} x {factor.weight:.2f}  {factor.reason}".rstrip(),
            indent=2,
            hanging=width + 9,
        )
    ]


def _pair_lines(explained: ExplainedPair) -> list[str]:
    finding = explained.finding
    pair, score = finding.pair, finding.score
    verdict = (
        f"{finding.relation}, {_percent(finding.probability)}"
        if finding.relation != "none"
        else "neither contradicts nor agrees"
    )
    return [
        f"Pair {pair.pair_id}: {verdict}",
        *_statement_lines("A", explained.left, explained.articles[0]),
        *_statement_lines("B", explained.right, explained.articles[1]),
        f"Similarity {pair.similarity:.2f}; blocking rule: {pair.rule}",
        f"Kind: {KIND_WORDS[finding.kind].lower()}; lane: {LANE_WORDS[finding.lane].lower()}",
        *(wrapped(f"Note: {explained.note}") if explained.note else []),
        "Raw scores      entailment  neutral  contradiction",
        _probs_line("A, then B", score.forward),
        _probs_line("B, then A", score.backward),
        *_gate_lines(finding.gates),
    ]


def _probs_line(name: str, probs: Probs) -> str:
    return f"  {name:<12}  {probs.entailment:>10.3f}  {probs.neutral:>7.3f}  {probs.contradiction:>13.3f}"


def _statement_lines(label: str, statement: Statement, article: Article) -> list[str]:
    speaker = f", speaker: {one_line(statement.speaker)}" if statement.speaker else ""
    lines = [
        *wrapped(f"{label}: {one_line(article.outlet)}, {moment_words(article.published_at)}{speaker}"),
        *wrapped(quoted(statement.text), indent=3),
    ]
    if one_line(statement.wording) != one_line(statement.text):
        lines += wrapped(f"compared as: {one_line(statement.wording)}", indent=3)
    where = one_line(article.url or article.path or "")
    return [*lines, f"   statement {statement.statement_id}" + (f" of {where}" if where else "")]


def _gate_lines(gates: Sequence[Gate]) -> list[str]:
    if not gates:
        return []
    lines = ["Gates"]
    for gate in gates:
        lines += wrapped(
            f"{'passed ' if gate.passed else 'stopped'} {gate.name}: {one_line(gate.reason)}", indent=2, hanging=8
        )
    return lines


def evaluation_figures(found: Evaluation) -> dict[str, object]:
    """All figures of an evaluation by story, then their mean and the figures of all stories counted as one."""
    return {
        "stories": {score.story: found.figures(score) for score in found.scores},
        "mean": found.mean(),
        "pooled": found.pooled(),
    }


def status_lines(status: Status) -> list[str]:
    """Where the store is, what it holds, the last run and what the next one would do."""
    counts = status.counts
    rows = [("Store", f"{status.store} ({_megabytes(status.bytes)})")]
    held = f"{count_words(counts['articles'], 'article')} of {count_words(counts['outlets'], 'outlet')}"
    rows.append(
        (
            "Holds",
            f"{held}, {count_words(counts['revisions'], 'revision')}, {count_words(counts['statements'], 'statement')}",
        )
    )
    rows.append(("Caches", f"{count_words(counts['vectors'], 'vector')}, {count_words(counts['scores'], 'score')}"))
    last = status.last_run
    if last is None:
        rows.append(("Last run", "none has succeeded yet"))
    else:
        seconds = sum(last.seconds.values())
        found = f"{count_words(last.counts.get('entries', 0), 'entry', 'entries')} ({last.counts.get('conflicts', 0):,} in the conflict lane)"
        rows.append(("Last run", f"{last.run_id}, {moment_words(last.started_at)}, {seconds:.1f} s: {found}"))
    if status.failure:
        rows.append(("Latest run", f"did not finish: {one_line(status.failure)}"))
    rows.append(("Pending", status.pending))
    rows += [*_watch_rows(status.watches), *_source_rows(status.sources)]
    rows += [(f"Model: {name}", model) for name, model in sorted(status.models.items())]
    width = max(len(name) for name, _ in rows)
    return [line for name, value in rows for line in wrapped(f"{name:<{width}}  {value}", hanging=width + 2)]


def _watch_rows(watches: Sequence[WatchState]) -> list[tuple[str, str]]:
    """One row a watching process; one that should be alive and is silent is said to be."""
    rows = []
    for watch in watches:
        ago, where = _ago(watch.seconds_ago), f"process {watch.pid} on {one_line(watch.host)}"
        rounds = count_words(watch.counts.get("rounds", 0), "round")
        arrived = f"{rounds}, {count_words(watch.counts.get('arrived', 0), 'article')} arrived"
        said = f"{one_line(watch.state)}, last sign of life {ago} ago; {arrived} ({where})"
        if watch.silent:
            said = (
                f"NO SIGN OF LIFE for {ago}: {where} was killed or hangs while {one_line(watch.state)}; "
                "start `detector watch` again"
            )
        elif watch.state == "stopped":
            said = f"stopped {ago} ago; {arrived}"
        rows.append((f"Watch: {one_line(watch.name)}", said))
    return rows


def _source_rows(sources: SourcesState | None) -> list[tuple[str, str]]:
    """What was fetched, and each list that fails with its last error."""
    if sources is None or not (sources.lists or sources.articles or sources.abandoned):
        return []
    said = f"{count_words(sources.lists, 'list')}, {count_words(sources.articles, 'page')} read"
    given_up = f", {sources.abandoned:,} given up" if sources.abandoned else ""
    failing = [
        ("Failing", f"{one_line(one.url)}: {count_words(one.failures, 'time')} in a row, {one_line(one.error)}")
        for one in sources.failing
    ]
    return [("Fetched", f"{said}{given_up}, {len(failing):,} failing"), *failing]


def _ago(seconds: float) -> str:
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return count_words(int(seconds // size), word)
    return count_words(max(0, int(seconds)), "second")


def check_lines(checks: Iterable[Check]) -> list[str]:
    """One line a check, and the remedy under each that failed."""
    lines = []
    for check in checks:
        lines += wrapped(f"{'ok   ' if check.passed else 'WRONG'}  {check.name}: {one_line(check.found)}", hanging=7)
        if not check.passed:
            lines += wrapped(f"do: {one_line(check.remedy)}", indent=7)
    return lines


def pruning_lines(pruning: Pruning) -> list[str]:
    """What goes or went, a line a kind, and the room that it gives back."""
    if not pruning.going:
        return [f"Nothing to let go of: all of {_room(pruning.before)} is in use or kept by [retention]."]
    verb = "Gone" if pruning.applied else "Would go"
    lines = [f"{verb}: {one.count:,} {one.what} (about {_room(one.bytes)})" for one in pruning.going]
    if pruning.applied:
        return [*lines, f"The store was {_room(pruning.before)}, now {_room(pruning.after)}."]
    return [*lines, f"Of {_room(pruning.before)}. Nothing was changed; `detector prune --apply` does it."]


def manifest_lines(run: Run) -> list[str]:
    """How a run was made, in the order of a reader's questions; the settings as one line a section."""
    ended = moment_words(run.finished_at) if run.finished_at else "not finished"
    blocks = [
        ("Run", {"id": run.run_id, "status": run.status, "began": moment_words(run.started_at), "ended": ended}),
        ("Error", {"what": one_line(run.error)} if run.error else {}),
        ("Models", run.models),
        ("Versions", run.versions),
        ("Counts", {name: f"{count:,}" for name, count in run.counts.items()}),
        ("Seconds", {name: f"{value:.1f}" for name, value in run.seconds.items()}),
        ("Settings", {name: json.dumps(value, ensure_ascii=True) for name, value in run.settings.items()}),
    ]
    lines: list[str] = []
    for title, rows in blocks:
        if rows:
            width = max(map(len, rows))
            lines += [title, *(f"  {name:<{width}}  {value}" for name, value in rows.items())]
    return lines


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _room(size: int) -> str:
    return f"{size / 1e3:.0f} kB" if size < 1e6 else _megabytes(size)


def _percent(probability: float) -> str:
    return f"{min(99, max(1, round(100 * probability)))} %"


def wrapped(text: str, *, indent: int = 0, hanging: int = 0) -> list[str]:
    """The text on lines of at most WIDTH columns; long words such as paths stay whole."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]
