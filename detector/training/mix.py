"""Which pairs the model learns from, in which order: settings, reading, caps, and what every stage shows."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any, NamedTuple

from detector.errors import InputError, SettingsError
from detector.records import NLI_LABELS

SHIPPED_NEWS = Path(__file__).with_name("news")
NOT_ENTAILMENT = "not_entailment"  # rows of sets that do not tell neutral from contradiction
NOT_CONTRADICTION = "not_contradiction"  # rows of stories, which do not tell entailment from neutral
UNLABELLED = "unlabelled"  # pairs that only a teacher judges


class Pair(NamedTuple):
    premise: str
    hypothesis: str
    label: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file of public pairs; rows longer than `longest` characters, premise and hypothesis together, are left out."""

    file: str
    licence: str
    origin: str
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class TeacherStage:
    """One pass over `rows` of each file, None for all, and the hand-written pairs in `news`, by the model whose parts are in
    `packages`."""

    packages: tuple[str, ...]
    sha256: str
    news: tuple[str, ...]
    tokens: int
    learning_rate: float
    warmup: int
    rows: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class LearnerStage:
    """What the shipped model, the first `layers` layers of the teacher, learns: the hand-written pairs in both directions,
    `labelled` rows of files by their labels alone, `rows` of files that the teacher judges too, and pairs that only the
    teacher labels: two hypotheses of one premise, of the hand-written pairs and of the first `siblings` rows of each file,
    and `unlabelled` rows of DIR/unlabelled. Pairs of stories come `stories` times. The learning rate goes up and comes down
    to 0 once for each number in `epochs`, each cycle going on in the rows where the last one stopped."""

    layers: int
    epochs: tuple[float, ...]
    rows: Mapping[str, int | None]
    labelled: Mapping[str, int | None]
    siblings: Mapping[str, int]
    stories: int
    unlabelled: int
    tokens: int
    learning_rate: float
    warmup: int
    licence: str


@dataclass(frozen=True, slots=True)
class FurtherStage:
    """What the learner, or a finished model, learns last, by labels alone: rows of the hand-written files in `news`,
    `stories` pairs of annotated stories, `rows` of public files, `read` pairs of articles that readers read (DIR/read), and pairs of the
    files of question packs in `packs`, of which each question gives at most `excluding` that contradict and `compatible` of
    each of three sorts that do not."""

    news: Mapping[str, int | None]
    packs: Mapping[str, int | None]
    stories: int
    read: int
    excluding: int
    compatible: int
    rows: Mapping[str, int | None]
    tokens: int
    learning_rate: float
    warmup: int


@dataclass(frozen=True, slots=True)
class Mix:
    """The settings file `mix.toml`, checked."""

    seed: int
    max_length: int
    longest: int
    teacher: TeacherStage
    learner: LearnerStage
    further: FurtherStage
    again: FurtherStage
    sources: tuple[Source, ...]


def read_mix(path: Path) -> Mix:
    table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        mix = Mix(
            seed=table["seed"],
            max_length=table["mix"]["max_length"],
            longest=table["mix"]["longest"],
            teacher=teacher_stage(table["teacher"]),
            learner=learner_stage(table["learner"]),
            further=further_stage(table["further"]),
            again=further_stage(table["again"]),
            sources=tuple(Source(**row) for row in table["source"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"{path}: a setting is missing or unknown ({error}); compare with the shipped mix.toml"
        ) from error
    strange = sorted(set(table) - {"seed", "mix", "teacher", "learner", "further", "again", "source"})
    if strange:
        raise SettingsError(f"{path}: {', '.join(strange)} is no table of a mix; compare with the shipped mix.toml")
    names = [source.file for source in mix.sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingsError(f"{path}: listed twice: {', '.join(twice)}; keep one table per file")
    asked = {*mix.teacher.rows, *mix.learner.rows, *mix.learner.labelled, *mix.learner.siblings}
    asked |= {*mix.further.rows, *mix.again.rows}
    unknown = sorted(asked - set(names))
    if unknown:
        raise SettingsError(f"{path}: rows asked of {', '.join(unknown)}; add a [[source]] table for each")
    return mix


def learner_stage(table: dict[str, Any]) -> LearnerStage:
    layers, epochs = table["layers"], table["epochs"]
    if not isinstance(layers, int) or layers < 1 or not epochs or min(epochs) <= 0:
        raise ValueError(f"layers = {layers}, epochs = {epochs}; expected a whole number from 1 on and numbers above 0")
    counts = {name: row_counts(table[name]) for name in ("rows", "labelled")}
    return LearnerStage(**{**table, **counts, "epochs": tuple(table["epochs"])})


def teacher_stage(table: dict[str, Any]) -> TeacherStage:
    lists = {name: tuple(table[name]) for name in ("packages", "news")}
    return TeacherStage(**{**table, **lists, "rows": row_counts(table["rows"])})


def further_stage(table: dict[str, Any]) -> FurtherStage:
    numbers = {name: table[name] for name in ("stories", "read", "excluding", "compatible")}
    if not all(isinstance(count, int) and count >= 0 for count in numbers.values()):
        raise ValueError(f"{numbers} in [further] or [again]; expected whole numbers from 0 on")
    return FurtherStage(**{**table, **{name: row_counts(table[name]) for name in ("news", "packs", "rows")}})


def row_counts(table: dict[str, Any]) -> dict[str, int | None]:
    """Rows of a file are a number or "all"."""
    return {file: None if count == "all" else int(count) for file, count in table.items()}


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a .jsonl or .jsonl.gz file."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)
    else:
        with path.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines)


def read_pairs(path: Path) -> list[Pair]:
    if not path.exists():
        raise InputError(
            f"{path} is missing; --data needs train/*.jsonl.gz and dev/*.jsonl.gz as docs/nli.md lists them"
        )
    pairs = [Pair(row["premise"], row["hypothesis"], row["label"]) for row in read_rows(path)]
    known = {*NLI_LABELS, NOT_ENTAILMENT, NOT_CONTRADICTION, UNLABELLED}
    unknown = {pair.label for pair in pairs} - known
    if unknown:
        raise InputError(f"{path}: labels {sorted(unknown)} found, expected {', '.join(sorted(known))}")
    return pairs


def news_pairs(folder: Path) -> list[Pair]:
    """The hand-written pairs for training."""
    return [pair for path in sorted(folder.glob("train*.jsonl.gz")) for pair in read_pairs(path)]


def dev_files(data: Path) -> dict[str, Path]:
    """Every development set by name; the hand-written news pairs come first as `news`."""
    found = {"news": SHIPPED_NEWS / "dev.jsonl"}
    for path in sorted((data / "dev").glob("*.jsonl.gz")):
        found[path.name.removesuffix(".jsonl.gz")] = path
    return found


def pair_key(premise: str, hypothesis: str) -> frozenset[str]:
    """The same for both directions of a pair and for any spacing and case."""
    return frozenset(" ".join(text.lower().split()) for text in (premise, hypothesis))


def without_dev(pairs: Iterable[Pair], dev_keys: set[frozenset[str]]) -> list[Pair]:
    return [pair for pair in pairs if pair_key(pair.premise, pair.hypothesis) not in dev_keys]


def draw(pairs: list[Pair], *, cap: int | None, turn: int) -> list[Pair]:
    """`cap` rows behind those of `turn` draws as large, round and round; all of them where there are no more."""
    if cap is None or cap >= len(pairs):
        return pairs
    start = turn * cap
    return [pairs[(start + i) % len(pairs)] for i in range(cap)]


def read_files(data: Path, mix: Mix, dev_keys: set[frozenset[str]]) -> dict[str, list[Pair]]:
    """Every usable row of every file of the mix, in the file's shuffled order."""
    usable = {}
    for source in mix.sources:
        longest = source.longest or mix.longest
        rows = read_pairs(data / "train" / f"{source.file}.jsonl.gz")
        rows = [pair for pair in rows if len(pair.premise) + len(pair.hypothesis) <= longest]
        rows = without_dev(rows, dev_keys)
        random.Random(f"{mix.seed}/{source.file}").shuffle(rows)
        usable[source.file] = rows
    return usable


def teacher_presentations(usable: dict[str, list[Pair]], news: list[Pair], mix: Mix) -> list[Pair]:
    """One pass, the hand-written pairs among the others."""
    rows = [pair for file, cap in mix.teacher.rows.items() for pair in draw(usable[file], cap=cap, turn=0)] + news
    random.Random(f"{mix.seed}/teacher").shuffle(rows)
    return rows


def swapped(pairs: Iterable[Pair]) -> list[Pair]:
    """Neutral and contradiction hold in both directions often enough to learn from; entailment does not."""
    return [
        Pair(p.hypothesis, p.premise, p.label if p.label in ("neutral", "contradiction") else UNLABELLED) for p in pairs
    ]


def siblings(pairs: Sequence[Pair], *, seed: str) -> list[Pair]:
    """Every two hypotheses of one premise, in one direction each, unlabelled."""
    by_premise: dict[str, list[str]] = {}
    for pair in pairs:
        by_premise.setdefault(pair.premise, []).append(pair.hypothesis)
    drawn = random.Random(seed)
    found = []
    for hypotheses in by_premise.values():
        for left, right in combinations(dict.fromkeys(hypotheses), 2):
            first, second = drawn.sample((left, right), 2)
            found.append(Pair(first, second, UNLABELLED))
    return found


def story_pairs(folder: Path) -> list[Pair]:
    """Pairs of annotated stories, as `python -m detector.evaluation story-pairs` writes them; none without the file."""
    path = folder / "stories.jsonl.gz"
    return read_pairs(path) if path.exists() else []


def pack_pairs(folder: Path, stage: FurtherStage, *, seed: int) -> list[Pair]:
    """Pairs of the question packs (HOW-WRITTEN.md) that `stage` names, as many of each file as it takes.

    Statements on two sides of a question contradict each other; those of one side, and a statement beside what is merely
    near its question, the background of the event or its earlier questions, do not.
    """
    found: list[Pair] = []
    for file, cap in stage.packs.items():
        rows = read_rows(folder / f"{file}.jsonl.gz")
        pairs = [pair for event in rows for pair in event_pairs(event, stage, seed=seed)]
        found += pairs if cap is None or cap >= len(pairs) else random.Random(f"{seed}/{file}").sample(pairs, cap)
    return found


def event_pairs(event: Mapping[str, Any], stage: FurtherStage, *, seed: int) -> Iterator[Pair]:
    drawn = random.Random(f"{seed}/packs/{event['event']}")
    elsewhere = list(event["background"])
    for question in event["questions"]:
        sides: list[list[str]] = [side["statements"] for side in question["sides"]]
        stated = [text for side in sides for text in side]
        sorts = {
            "contradiction": [list(product(one, other)) for one, other in combinations(sides, 2)],
            NOT_CONTRADICTION: [
                [pair for side in sides for pair in combinations(side, 2)],
                list(product(stated, question["near"])),
                list(product(stated, elsewhere)),
            ],
        }
        for label, pools in sorts.items():
            most = stage.compatible
            if label == "contradiction":
                most = max(min(1, stage.excluding), stage.excluding // max(1, len(pools)))
            for pool in pools:
                for pair in drawn.sample(pool, min(most, len(pool))):
                    premise, hypothesis = drawn.sample(pair, 2)
                    yield Pair(premise, hypothesis, label)
        elsewhere += stated


def article_pairs(data: Path, folder: str, mix: Mix) -> list[Pair]:
    """Pairs of DIR/unlabelled, as `python -m detector.evaluation article-pairs` writes them, or of DIR/read, as `read-pairs`
    does, shuffled; none without the folder."""
    found = [pair for path in sorted((data / folder).glob("*.jsonl.gz")) for pair in read_pairs(path)]
    found = [pair for pair in found if len(pair.premise) + len(pair.hypothesis) <= mix.longest]
    random.Random(f"{mix.seed}/{folder}").shuffle(found)
    return found


def both_ways(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs whose label, if any, holds in both directions; they have none of their own."""
    return [*pairs, *(Pair(p.hypothesis, p.premise, p.label) for p in pairs)]


def labelled_rows(news: list[Pair], stories: list[Pair], usable: dict[str, list[Pair]], mix: Mix) -> list[Pair]:
    """Pairs whose label stands alone: the written ones in both directions, and those of files the teacher knows no better."""
    contradictions = [pair for pair in stories if pair.label == "contradiction"]
    turned = [pair for pair in swapped(news) if pair.label != UNLABELLED]
    files = [pair for file, cap in mix.learner.labelled.items() for pair in draw(usable[file], cap=cap, turn=1)]
    return [*news, *turned, *both_ways(contradictions), *files]


def judged_rows(
    news: list[Pair],
    stories: list[Pair],
    unlabelled: list[Pair],
    usable: dict[str, list[Pair]],
    mix: Mix,
    *,
    dev_keys: set[frozenset[str]],
) -> list[Pair]:
    """Pairs that the teacher judges: the files' own, those without a label, and those of stories and
    articles."""
    open_pairs = [pair for pair in stories if pair.label != "contradiction"]
    files = [pair for file, cap in mix.learner.rows.items() for pair in draw(usable[file], cap=cap, turn=1)]
    related = [pair for pair in swapped(news) if pair.label == UNLABELLED]
    related += siblings(news, seed=f"{mix.seed}/siblings")
    for file, count in mix.learner.siblings.items():
        related += siblings(usable[file], seed=f"{mix.seed}/siblings/{file}")[:count]
    return [*files, *without_dev(related, dev_keys), *open_pairs, *unlabelled]


def further_rows(
    news: Mapping[str, list[Pair]],
    stories: list[Pair],
    others: list[Pair],
    usable: dict[str, list[Pair]],
    stage: FurtherStage,
    *,
    seed: str,
    turn: int,
) -> list[Pair]:
    """One pass, each pair as it is; `news` is by file name, without its ending, and `others` are taken whole."""
    drawn = random.Random(seed)
    rows = drawn.sample(stories, min(stage.stories, len(stories)))
    for file, cap in stage.news.items():
        rows += drawn.sample(news[file], len(news[file]) if cap is None else min(cap, len(news[file])))
    rows += others + [pair for file, cap in stage.rows.items() for pair in draw(usable[file], cap=cap, turn=turn)]
    drawn.shuffle(rows)
    return [pair for pair in rows if pair.label != UNLABELLED]


@dataclass(frozen=True, slots=True)
class Shown:
    """The pairs of both models, and what they were drawn from.

    An epoch of the learner shows `labelled`, which people labelled, and `judged`, which the teacher judges; `further` is
    what it learns after that, and `again` last.
    """

    teacher: list[Pair]
    labelled: list[Pair]
    judged: list[Pair]
    further: list[Pair]
    again: list[Pair]
    usable: dict[str, int]
    news_pairs: int
    story_pairs: int
    pack_pairs: int
    unlabelled_pairs: int
    read_pairs: int


def presentations(data: Path, mix: Mix, *, written: Path = SHIPPED_NEWS) -> Shown:
    """`written` holds the pairs written for this project."""
    dev_keys = {pair_key(p.premise, p.hypothesis) for path in dev_files(data).values() for p in read_pairs(path)}
    usable = read_files(data, mix, dev_keys)
    news, stories = without_dev(news_pairs(written), dev_keys), story_pairs(written)
    unlabelled, read = (article_pairs(data, folder, mix) for folder in ("unlabelled", "read"))
    unlabelled = unlabelled[: mix.learner.unlabelled]
    taught = [pair for name in mix.teacher.news for pair in read_pairs(written / f"{name}.jsonl.gz")]
    files = {*mix.further.news, *mix.again.news}
    by_file = {name: without_dev(read_pairs(written / f"{name}.jsonl.gz"), dev_keys) for name in sorted(files)}
    packs, more_packs = (
        without_dev(pack_pairs(written, stage, seed=mix.seed), dev_keys) for stage in (mix.further, mix.again)
    )

    def last(stage: FurtherStage, packed: list[Pair], name: str, turn: int) -> list[Pair]:
        others = packed + read[: stage.read]
        return further_rows(by_file, stories, others, usable, stage, seed=f"{mix.seed}/{name}", turn=turn)

    return Shown(
        teacher=teacher_presentations(usable, without_dev(taught, dev_keys), mix),
        labelled=labelled_rows(news, stories * mix.learner.stories, usable, mix),
        judged=judged_rows(news, stories * mix.learner.stories, unlabelled, usable, mix, dev_keys=dev_keys),
        further=last(mix.further, packs, "further", 2),
        again=last(mix.again, more_packs, "again", 3),
        usable={name: len(rows) for name, rows in usable.items()},
        news_pairs=len(news),
        story_pairs=len(stories),
        pack_pairs=len({*packs, *more_packs}),
        unlabelled_pairs=len(unlabelled),
        read_pairs=len(read),
    )


def fingerprint(mix: Mix, shown: Shown, *, begun: str = "") -> str:
    """Changes with every setting, every row and the weights `begun` with, so that a checkpoint is continued only by the run
    that wrote it."""
    digest = hashlib.sha256(repr(mix).encode() + begun.encode())
    for pairs in (shown.teacher, shown.labelled, shown.judged, shown.further, shown.again):
        for pair in pairs:
            digest.update("\x1f".join(pair).encode() + b"\x1e")
    return digest.hexdigest()[:16]
