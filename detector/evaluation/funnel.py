"""Where a gold conflict was lost: the last step of the pipeline that still held both of its sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from detector.evaluation.gold import GoldConflict
from detector.evaluation.metrics import StoryScore, overlaps, quotes, said
from detector.evaluation.stories import Table
from detector.records import Article, PairFinding, Statement

if TYPE_CHECKING:
    import pandas as pd

Step = Literal["read", "claim", "pair", "gate", "entry", "lane", "found"]
STEPS: tuple[Step, ...] = ("read", "claim", "pair", "gate", "entry", "lane", "found")
MEANING: dict[Step, str] = {
    "read": "no statement holds the words of one side",
    "claim": "the statements of one side took no part: no checkable claims",
    "pair": "no two statements of different sides were compared",
    "gate": "every compared pair was stopped by a gate",
    "entry": "a pair was judged a contradiction, but no entry has the sides apart",
    "lane": "only an entry of another lane has the sides apart",
    "found": "an entry of the conflict lane has the sides apart",
}


@dataclass(frozen=True, slots=True)
class Trace:
    """How far one gold conflict came. `probability` and `gates` are those of its most probable compared pair."""

    story: str
    conflict: GoldConflict
    step: Step
    probability: float | None = None
    gates: tuple[str, ...] = ()
    texts: tuple[str, str] | None = None


def trace_story(
    score: StoryScore,
    *,
    statements: Sequence[Statement],
    taking_part: Collection[str],
    findings: Sequence[PairFinding],
    articles: Mapping[str, Article],
) -> tuple[Trace, ...]:
    """The trace of every gold conflict to be flagged.

    `taking_part` are the ids of the statements that were compared with others, `findings` those of all compared pairs;
    `articles` is by id.
    """
    return tuple(
        _trace(score, conflict, statements=statements, taking_part=taking_part, findings=findings, articles=articles)
        for conflict in score.gold.flagged
    )


def _trace(
    score: StoryScore,
    conflict: GoldConflict,
    *,
    statements: Sequence[Statement],
    taking_part: Collection[str],
    findings: Sequence[PairFinding],
    articles: Mapping[str, Article],
) -> Trace:
    sides_of = {
        statement.statement_id: sides
        for statement in statements
        if (sides := _sides_of(statement, conflict, articles[statement.article_id]))
    }
    texts = {statement.statement_id: statement.text for statement in statements}
    compared = [finding for finding in findings if _part(sides_of, (finding.pair.left_id, finding.pair.right_id))]
    best = max(compared, key=lambda finding: (finding.relation == "contradicts", finding.probability), default=None)
    step = _step(score, conflict, sides_of, taking_part, best)
    if best is None:
        return Trace(score.story, conflict, step)
    return Trace(
        story=score.story,
        conflict=conflict,
        step=step,
        probability=best.probability,
        gates=tuple(gate.name for gate in best.gates if not gate.passed),
        texts=(texts[best.pair.left_id], texts[best.pair.right_id]),
    )


def _step(
    score: StoryScore,
    conflict: GoldConflict,
    sides_of: Mapping[str, frozenset[int]],
    taking_part: Collection[str],
    best: PairFinding | None,
) -> Step:
    if conflict.id in score.found:
        return "found"
    if conflict.id in score.elsewhere:
        return "lane"
    if best is not None:
        return "entry" if best.relation == "contradicts" else "gate"
    if not _part(sides_of, sides_of):
        return "read"
    return "pair" if _part(sides_of, taking_part) else "claim"


def _sides_of(statement: Statement, conflict: GoldConflict, article: Article) -> frozenset[int]:
    """The gold sides that the statement overlaps."""
    text = said(article.outlet, statement.text)
    return frozenset(
        number
        for number, side in enumerate(conflict.sides)
        if any(overlaps(text, quote) for quote in quotes(side.evidence))
    )


def _part(sides_of: Mapping[str, frozenset[int]], statement_ids: Iterable[str]) -> bool:
    """Whether two of the statements stand on two different gold sides."""
    met = [sides for one in statement_ids if (sides := sides_of.get(one))]
    return len(met) > 1 and len(frozenset.union(*met)) > 1


def funnel_table(traces: Sequence[Trace]) -> Table:
    """How many gold conflicts ended at each step."""
    counted = Counter(trace.step for trace in traces)
    rows = tuple((step, str(counted[step]), MEANING[step]) for step in STEPS if counted[step])
    return Table("Where gold conflicts ended", ("step", "conflicts", "meaning"), rows)


def funnel_frame(traces: Sequence[Trace]) -> pd.DataFrame:
    """One row a gold conflict, those that came least far first."""
    import pandas as pd

    rows = [
        {
            "story": trace.story,
            "id": trace.conflict.id,
            "kind": trace.conflict.kind,
            "difficulty": trace.conflict.difficulty,
            "step": trace.step,
            "probability": trace.probability,
            "stopped by": ", ".join(trace.gates),
            "question": trace.conflict.question,
        }
        for trace in sorted(traces, key=lambda trace: (STEPS.index(trace.step), trace.story, trace.conflict.id))
    ]
    return pd.DataFrame(rows)
