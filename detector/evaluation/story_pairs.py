"""Pairs as the program meets them, from annotated stories and from articles, labelled or not, for training the NLI model.

The statements of a story in the wording in which they are compared. Two statements on two sides of one conflict contradict
each other; two that blocking would compare and that no annotation sets apart do not, which leaves open whether one
follows from the other. Pairs that an update or a dispute sets apart are left out. Pairs of articles have no label, and a teacher judges them, unless
readers read the articles.
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from detector.corpus import read_paths
from detector.evaluation.gold import find_stories, load_gold
from detector.evaluation.pair_weights import embedded, label_of
from detector.evaluation.questions import WANTED, Question
from detector.pipeline import Workbench, block, ingest
from detector.records import QUOTE_RULE
from detector.store import open_store
from detector.training.mix import NOT_CONTRADICTION, UNLABELLED, Pair

TELLING = 0.25
"""Cosine from which the wordings alone can tell that two statements contradict each other; below it only their articles can."""
UNLISTED = 0.2
"""Share of the compared pairs that no reader listed which are taken as compatible; the others are left out."""


def story_pairs(folder: Path, bench: Workbench, *, store_path: Path) -> Iterator[Pair]:
    """Every labelled pair of one story, each once, the earlier statement id first."""
    gold = load_gold(folder)
    with open_store(store_path) as store:
        ingest(store, read_paths([folder], bench.settings.reading))
        taking_part, vectors, articles = embedded(store, bench)
        compared = block(taking_part, vectors, articles, bench.settings, lambda _: None)
    vector_of = dict(zip([one.statement_id for one in taking_part], vectors, strict=True))
    claims = [one for one in taking_part if one.claim_gate is None]
    nearby = {(pair.left_id, pair.right_id) for pair in compared if pair.rule != QUOTE_RULE}
    for left, right in itertools.combinations(sorted(claims, key=lambda one: one.statement_id), 2):
        if left.outlet_id == right.outlet_id or left.text_hash == right.text_hash:
            continue
        label = label_of(left, right, articles, gold)
        if label == 1 and vector_of[left.statement_id] @ vector_of[right.statement_id] >= TELLING:
            yield Pair(left.wording, right.wording, "contradiction")
        elif label == 0 and (left.statement_id, right.statement_id) in nearby:
            yield Pair(left.wording, right.wording, NOT_CONTRADICTION)


def write_story_pairs(folder: Path, out: Path, *, bench: Workbench, workdir: Path) -> tuple[int, int]:
    """The pairs of every story below `folder`, written to `out` (.jsonl.gz); how many, and how many contradict."""
    rows = [
        {"story": story.name, **pair._asdict()}
        for story in find_stories(folder)
        for pair in story_pairs(story, bench, store_path=workdir / f"{story.name}.db")
    ]
    _write_rows(rows, out)
    return len(rows), sum(row["label"] == "contradiction" for row in rows)


def article_pairs(paths: Sequence[Path], bench: Workbench, *, store_path: Path) -> list[Pair]:
    """The pairs of claims that the program would compare in the articles, and a third as many that it would not, drawn evenly."""
    with open_store(store_path) as store:
        ingest(store, read_paths(paths, bench.settings.reading))
        taking_part, vectors, articles = embedded(store, bench)
        compared = block(taking_part, vectors, articles, bench.settings, lambda _: None)
    by_id = {one.statement_id: one for one in taking_part if one.claim_gate is None}
    nearby = [(pair.left_id, pair.right_id) for pair in compared if pair.rule != QUOTE_RULE]
    nearby = [pair for pair in nearby if pair[0] in by_id and pair[1] in by_id]
    known, drawn, ids = set(nearby), random.Random(len(nearby)), sorted(by_id)
    apart: dict[tuple[str, str], None] = {}
    for left, right in (sorted(drawn.sample(ids, 2)) for _ in range(2 * len(nearby) if len(ids) > 1 else 0)):
        if (
            3 * len(apart) < len(nearby)
            and by_id[left].outlet_id != by_id[right].outlet_id
            and (left, right) not in known
        ):
            apart[left, right] = None
    return [Pair(by_id[left].wording, by_id[right].wording, UNLABELLED) for left, right in (*nearby, *apart)]


def write_article_pairs(paths: Sequence[Path], out: Path, *, bench: Workbench, workdir: Path) -> int:
    """The pairs of the articles, each file or folder by itself, written to `out` (.jsonl.gz); how many."""
    pairs = [
        pair
        for number, path in enumerate(paths)
        for pair in article_pairs([path], bench, store_path=workdir / f"{number}.db")
    ]
    _write_rows([pair._asdict() for pair in pairs], out)
    return len(pairs)


def read_pairs(
    articles: Path, judgements: Mapping[str, str], questions: Sequence[Question], bench: Workbench, *, store_path: Path
) -> Iterator[Pair]:
    """Pairs that the program compares in articles that readers read: those that they judged or set apart differ, in both directions; those
    that they judged otherwise, put on one side or did not list (`UNLISTED` of these) do not, in one direction."""
    with open_store(store_path) as store:
        ingest(store, read_paths([articles], bench.settings.reading))
        taking_part, vectors, by_article = embedded(store, bench)
        compared = block(taking_part, vectors, by_article, bench.settings, lambda _: None)
    by_id = {one.statement_id: one for one in taking_part if one.claim_gate is None}
    wanted = [one for one in questions if one.label != "agreement" and one.interest >= WANTED]
    drawn = random.Random(len(compared))
    for pair in sorted(compared, key=lambda pair: pair.pair_id):
        if pair.rule == QUOTE_RULE or pair.left_id not in by_id or pair.right_id not in by_id:
            continue
        both = by_id[pair.left_id].wording, by_id[pair.right_id].wording
        judged = judgements.get(pair.pair_id)
        alike = any({pair.left_id, pair.right_id} <= side for question in questions for side in question.sides)
        parted = any(question.parts(pair.left_id, pair.right_id) for question in wanted)
        if judged in ("C", "D") or (judged is None and parted and not alike):
            yield Pair(*both, "contradiction")
            yield Pair(*both[::-1], "contradiction")
        elif judged is not None or alike or (not parted and drawn.random() < UNLISTED):
            premise, hypothesis = drawn.sample(both, 2)
            yield Pair(premise, hypothesis, NOT_CONTRADICTION)


def write_read_pairs(
    paths: Sequence[Path],
    judgements: Mapping[str, str],
    questions: Sequence[Question],
    out: Path,
    *,
    bench: Workbench,
    workdir: Path,
) -> tuple[int, int]:
    """The pairs of the articles in each file, written to `out` (.jsonl.gz); how many, and how many contradict."""
    pairs = [
        pair
        for number, path in enumerate(paths)
        for pair in read_pairs(path, judgements, questions, bench, store_path=workdir / f"{number}.db")
    ]
    _write_rows([pair._asdict() for pair in pairs], out)
    return len(pairs), sum(pair.label == "contradiction" for pair in pairs)


def _write_rows(rows: Sequence[dict[str, str]], out: Path) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    out.write_bytes(gzip.compress(text.encode(), mtime=0))
