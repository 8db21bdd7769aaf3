"""Pairs of real articles that people judged, as numbers only: what the pair models learn from beside annotated stories.

The judgements (pair id and label) and the features made of them are kept; the articles' words are not, since they belong to
their publishers. Labels: C conflict, D they differ but something explains it, A they say the same, N anything else.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detector.conflicts.relations import FEATURES, pair_features
from detector.conflicts.signals import signals_of
from detector.corpus import read_paths
from detector.errors import InputError
from detector.evaluation.pair_weights import LabelledPairs, embedded
from detector.pipeline import Workbench, block, ingest
from detector.records import MUTUAL_RULE, Statement, pair_id_of
from detector.store import open_store

LABELS = ("C", "D", "A", "N")
JUDGED_WEIGHT = 0.1
"""Of a judged pair against a pair of a story: most were picked because an earlier version was sure of them, and wrongly so."""


def read_judgements(paths: Iterable[Path]) -> dict[str, str]:
    """Label by pair id from tab-separated lines of pair id, label and reason."""
    found: dict[str, str] = {}
    for path in paths:
        with path.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), start=1):
                if len(row) < 2 or row[1] not in LABELS:
                    raise InputError(f"{path}:{number}: expected a pair id, a tab and one of {', '.join(LABELS)}")
                found[row[0]] = row[1]
    return found


def judged_rows(
    articles: Path, judgements: dict[str, str], bench: Workbench, *, store_path: Path
) -> list[dict[str, Any]]:
    """One row of features for every judged pair of the articles in `articles`, sorted by pair id."""
    with open_store(store_path) as store:
        ingest(store, read_paths([articles], bench.settings.reading))
        claims, vectors, by_article = embedded(store, bench)
    blocked = block(claims, vectors, by_article, bench.settings, lambda _: None)
    mutual = {pair.pair_id for pair in blocked if pair.rule == MUTUAL_RULE}
    places = {one.statement_id: place for place, one in enumerate(claims)}
    pairs = _pairs_of(claims, judgements)
    scores = bench.nli.score(
        [(a.wording, b.wording) for left, right in pairs for a, b in ((left, right), (right, left))]
    )
    rows = []
    for number, (left, right) in enumerate(pairs):
        forward, backward = (bench.probs(line) for line in scores[2 * number : 2 * number + 2])
        similarity = float(vectors[places[left.statement_id]] @ vectors[places[right.statement_id]])
        told = by_article[left.article_id], by_article[right.article_id]
        signals = signals_of(left, right, *told, similarity=similarity)
        pair_id = pair_id_of(left.statement_id, right.statement_id)
        features = pair_features(
            left, right, signals, forward, backward, similarity=similarity, mutual=pair_id in mutual
        )
        rows.append({"pair": pair_id, "label": judgements[pair_id], "features": [round(one, 4) for one in features]})
    return sorted(rows, key=lambda row: str(row["pair"]))


def _pairs_of(claims: Sequence[Statement], judgements: dict[str, str]) -> list[tuple[Statement, Statement]]:
    ordered = sorted(claims, key=lambda one: one.statement_id)
    return [
        (left, right)
        for place, left in enumerate(ordered)
        for right in ordered[place + 1 :]
        if pair_id_of(left.statement_id, right.statement_id) in judgements
    ]


def write_judged(
    articles: Sequence[Path], judgements: dict[str, str], out: Path, *, bench: Workbench, workdir: Path
) -> int:
    """Features of all judged pairs found in `articles`, written to `out`; how many."""
    lines = [{"scorer": bench.scorer_id, "features": list(FEATURES)}]
    for path in articles:
        rows = judged_rows(path, judgements, bench, store_path=workdir / f"{path.stem}.db")
        lines += [{"source": path.stem, **row} for row in rows]
    out.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return len(lines) - 1


def read_judged(path: Path, *, scorer_id: str) -> list[LabelledPairs]:
    """Judged pairs by source; those that something explains (D) do differ, and their lane says so.

    Raises InputError: made with another model or other features.
    """
    header, *rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    if header["scorer"] != scorer_id or tuple(header["features"]) != FEATURES:
        raise InputError(
            f"{path} was made with {header['scorer']} and {len(header['features'])} features, now in use are {scorer_id} "
            f"and {len(FEATURES)}: make it again with `python -m detector.evaluation judged`"
        )
    found = []
    for source in sorted({row["source"] for row in rows}):
        own = [row for row in rows if row["source"] == source]
        labels, agreeing = (np.array([int(row["label"] in kind) for row in own]) for kind in ("CD", "A"))
        matrix = np.array([row["features"] for row in own], dtype=np.float64).reshape(-1, len(FEATURES))
        found.append(LabelledPairs(source, matrix, labels, agreeing, (), JUDGED_WEIGHT))
    return found
