"""Scoring the whole pipeline on gold stories: each in a store of its own, or all in one."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.evaluation.gold import find_stories, load_gold, merge_gold
from detector.evaluation.metrics import KS, StoryScore, ratio, score_report

if TYPE_CHECKING:
    import pandas as pd

RunStory = Callable[[Path], Mapping[str, Any]]
"""Runs the pipeline on a folder's articles in a fresh store and returns the report in its JSON form."""

TOGETHER = "all in one store"
_UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows ready to print."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of reports against gold, one a story (or one for all stories in one store)."""

    scores: tuple[StoryScore, ...]
    ks: tuple[int, ...] = KS

    def figures(self, score: StoryScore) -> dict[str, float]:
        """The figures of one story; NaN where there is nothing to share out."""
        return {
            "entries": float(score.entries),
            **{f"precision@{k}": score.precision(k) for k in self.ks},
            **{f"recall@{k}": score.recall(k) for k in self.ks},
            "decoys": ratio(len(score.decoys), len(score.gold.decoys)),
            "wrong_lane": float(len(score.wrong_lane)),
            "agreements": ratio(len(score.agreements), len(score.gold.agreements)),
            "first_true": float("nan") if score.first_true is None else float(score.first_true),
        }

    def mean(self) -> dict[str, float]:
        """Mean over the stories that have the figure."""
        return {name: statistics.fmean(known) if known else float("nan") for name, known in self._columns().items()}

    def lowest(self) -> dict[str, float]:
        return {name: min(known, default=float("nan")) for name, known in self._columns().items()}

    def highest(self) -> dict[str, float]:
        return {name: max(known, default=float("nan")) for name, known in self._columns().items()}

    def deviation(self) -> dict[str, float]:
        """Standard deviation over the stories; NaN with fewer than two."""
        columns = self._columns().items()
        return {name: statistics.stdev(known) if len(known) > 1 else float("nan") for name, known in columns}

    def pooled(self) -> dict[str, float]:
        """The figures of all stories counted as one: sums above, sums below the line; no `first_true`."""
        scores = self.scores
        return {
            "entries": float(sum(score.entries for score in scores)),
            **{
                f"precision@{k}": ratio(
                    sum(score.true_within(k) for score in scores), sum(score.shown_within(k) for score in scores)
                )
                for k in self.ks
            },
            **{
                f"recall@{k}": ratio(
                    sum(len(score.found_within(k)) for score in scores),
                    sum(len(score.gold.flagged) for score in scores),
                )
                for k in self.ks
            },
            "decoys": ratio(
                sum(len(score.decoys) for score in scores), sum(len(score.gold.decoys) for score in scores)
            ),
            "wrong_lane": float(sum(len(score.wrong_lane) for score in scores)),
            "agreements": ratio(
                sum(len(score.agreements) for score in scores), sum(len(score.gold.agreements) for score in scores)
            ),
            "first_true": float("nan"),
        }

    def _columns(self) -> dict[str, list[float]]:
        rows = [self.figures(score) for score in self.scores]
        return {name: [row[name] for row in rows if row[name] == row[name]] for name in (rows[0] if rows else ())}

    def to_frame(self) -> pd.DataFrame:
        """One row a story and one column a figure, indexed by story."""
        import pandas as pd

        rows = [self.figures(score) for score in self.scores]
        return pd.DataFrame(rows, index=pd.Index([score.story for score in self.scores], name="story"))

    def findings_frame(self) -> pd.DataFrame:
        """One row a gold conflict: where it was found (NaN when it was not), for the study of what is missed."""
        import pandas as pd

        rows = [
            {
                "story": score.story,
                "id": conflict.id,
                "kind": conflict.kind,
                "difficulty": conflict.difficulty,
                "question": conflict.question,
                "place": score.found.get(conflict.id),
                "other_lane": score.elsewhere.get(conflict.id, ""),
            }
            for score in self.scores
            for conflict in score.gold.flagged
        ]
        return pd.DataFrame(rows).astype({"place": "float64"})

    def entries_frame(self) -> pd.DataFrame:
        """One row an entry of the conflict lane with what gold says of it."""
        import pandas as pd

        rows = [
            {
                "story": score.story,
                "place": verdict.place,
                "kind": verdict.kind,
                "question": verdict.question,
                "hits": " ".join(verdict.hits),
                "wrong_lane": " ".join(verdict.wrong_lane),
                "decoys": " | ".join(score.gold.decoys[number].why for number in verdict.decoys),
            }
            for score in self.scores
            for verdict in score.verdicts
        ]
        return pd.DataFrame(rows, columns=["story", "place", "kind", "question", "hits", "wrong_lane", "decoys"])


def evaluate_story(folder: Path, *, run_story: RunStory) -> StoryScore:
    """One gold story, run alone."""
    return score_report(load_gold(folder), run_story(folder))


def evaluate_corpus(
    folder: Path,
    *,
    run_story: RunStory,
    ks: Sequence[int] = KS,
    progress: Callable[[str], None] | None = None,
) -> Evaluation:
    """Every gold story of a folder, each run alone; `progress` gets each story's name before it is run.

    Raises InputError: there is no gold, or it is not of the form.
    """
    scores = []
    for story in find_stories(folder):
        if progress:
            progress(story.name)
        scores.append(evaluate_story(story, run_story=run_story))
    return Evaluation(scores=tuple(scores), ks=tuple(ks))


def evaluate_together(folder: Path, *, run_story: RunStory, ks: Sequence[int] = KS) -> Evaluation:
    """All gold stories of a folder in one store, as in a newsroom; k counts entries a story, so 10 is 60 of six."""
    golds = [load_gold(story) for story in find_stories(folder)]
    merged = merge_gold(golds, name=TOGETHER)
    return Evaluation(scores=(score_report(merged, run_story(folder), scale=len(golds)),), ks=tuple(ks))


def story_table(evaluation: Evaluation) -> Table:
    """Figures a story, then their mean, spread and pooled values."""
    rows = [_row(score.story, evaluation.figures(score), evaluation.ks) for score in evaluation.scores]
    if len(evaluation.scores) > 1:
        rows += [
            _row("mean", evaluation.mean(), evaluation.ks),
            _row("lowest", evaluation.lowest(), evaluation.ks),
            _row("highest", evaluation.highest(), evaluation.ks),
            _row("pooled", evaluation.pooled(), evaluation.ks),
        ]
    header = (
        "story",
        "entries",
        *(f"P@{k}" for k in evaluation.ks),
        *(f"R@{k}" for k in evaluation.ks),
        *("decoys", "lane", "agree", "first"),
    )
    return Table("Reports against gold", header, tuple(rows))


def kind_table(evaluation: Evaluation) -> Table:
    """Gold conflicts of each kind and of each difficulty, and how many of them the first k entries hit."""
    asked: Counter[str] = Counter()
    found: dict[int, Counter[str]] = {k: Counter() for k in evaluation.ks}
    for score in evaluation.scores:
        for conflict in score.gold.flagged:
            groups = (conflict.kind, f"difficulty {conflict.difficulty}")
            asked.update(groups)
            for k in evaluation.ks:
                if conflict.id in score.found_within(k):
                    found[k].update(groups)
    ordered = sorted(asked, key=lambda group: (group.startswith("difficulty"), group))
    rows = [(group, str(asked[group]), *(str(found[k][group]) for k in evaluation.ks)) for group in ordered]
    return Table("Gold conflicts found, per kind", ("kind", "gold", *(f"@{k}" for k in evaluation.ks)), tuple(rows))


def _row(name: str, figures: Mapping[str, float], ks: Sequence[int]) -> tuple[str, ...]:
    shares = [*(f"precision@{k}" for k in ks), *(f"recall@{k}" for k in ks), "decoys"]
    return (
        name,
        number(figures["entries"], ".0f"),
        *(number(figures[share], ".2f") for share in shares),
        number(figures["wrong_lane"], ".1f" if name == "mean" else ".0f"),
        number(figures["agreements"], ".2f"),
        number(figures["first_true"], ".1f" if name == "mean" else ".0f"),
    )


def number(figure: float, form: str) -> str:
    """The figure in a format, "-" for NaN."""
    return format(figure, form) if figure == figure else _UNKNOWN


def plain_text(table: Table) -> str:
    """The table as text in aligned columns; that of the stories fits 80."""
    lines = (table.header, *table.rows)
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.header))]
    aligned = [
        " ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([table.title, *aligned])


def markdown(table: Table) -> str:
    """The table in markdown, numbers to the right."""
    rule = ("---", *("---:" for _ in table.header[1:]))
    lines = (f"| {' | '.join(cells)} |" for cells in (table.header, rule, *table.rows))
    return "\n".join([f"**{table.title}**", "", *lines])
