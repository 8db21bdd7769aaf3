"""What each factor of the rank score is worth: the gold figures with the entries ordered without it.

python -m benchmarks.factors [CORPUS]
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detector.api import report_tree
from detector.conflicts.ranking import LANE_ORDER
from detector.evaluation import Evaluation, GoldStory, find_stories, load_gold, score_report
from detector.pipeline import Workbench
from detector.settings import Settings

Tree = Mapping[str, Any]
SHOWN = ("precision@5", "precision@10", "recall@5", "recall@10")
"""Each story has some ten entries: further down the order changes nothing."""


def reordered(tree: Tree, *, without: str | None) -> dict[str, Any]:
    """The report with its entries in the order of the sum of all factors but one, lanes in their order."""

    def place(entry: Tree) -> tuple[int, float, str]:
        kept = (factor["contribution"] for factor in entry["factors"] if factor["name"] != without)
        return LANE_ORDER.index(entry["lane"]), -round(sum(kept), 6), entry["conflict_id"]

    return {**tree, "conflicts": sorted(tree["conflicts"], key=place)}


def factor_rows(golds: Sequence[GoldStory], trees: Sequence[Tree]) -> list[tuple[str, dict[str, float]]]:
    """Pooled figures with all factors, then without each."""
    names = list(
        dict.fromkeys(factor["name"] for tree in trees for one in tree["conflicts"] for factor in one["factors"])
    )
    rows = []
    for without in (None, *names):
        scores = [score_report(gold, reordered(tree, without=without)) for gold, tree in zip(golds, trees, strict=True)]
        rows.append((f"without {without}" if without else "all factors", Evaluation(scores=tuple(scores)).pooled()))
    return rows


def as_markdown(rows: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    lines = [f"| order | {' | '.join(SHOWN)} |", "|---|" + "---|" * len(SHOWN)]
    lines += [f"| {name} | {' | '.join(f'{figures[shown]:.3f}' for shown in SHOWN)} |" for name, figures in rows]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    stories = find_stories(Path(arguments[0]) if arguments else Path("corpus"))
    bench = Workbench(Settings())
    trees = [report_tree(story, bench=bench) for story in stories]
    print(as_markdown(factor_rows([load_gold(story) for story in stories], trees)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
