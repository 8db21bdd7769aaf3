"""Which pairs the model learns from, in which order: settings, reading, caps, and the two stages' presentations."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from detector.errors import InputError, SettingsError
from detector.records import NLI_LABELS

SHIPPED_NEWS = Path(__file__).with_name("news")
NOT_ENTAILMENT = "not_entailment"  # rows of sets that do not tell neutral from contradiction


class Pair(NamedTuple):
    premise: str
    hypothesis: str
    label: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the general mix; `cap` of None takes every row in every pass."""

    file: str
    licence: str
    origin: str
    cap: int | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class GeneralStage:
    """`steps` ends the stage before its learning rate has come down to 0; None goes on to the end."""

    passes: float
    learning_rate: float
    warmup: int
    steps: int | None = None


@dataclass(frozen=True, slots=True)
class NewsStage:
    epochs: int
    copies: int
    general_rows: int
    learning_rate: float
    warmup: int
    licence: str


@dataclass(frozen=True, slots=True)
class Mix:
    """The settings file `mix.toml`, checked."""

    seed: int
    base_package: str
    base_sha256: str
    batch_tokens: int
    max_length: int
    longest: int
    general: GeneralStage
    news: NewsStage
    sources: tuple[Source, ...]


def read_mix(path: Path) -> Mix:
    table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        mix = Mix(
            seed=table["seed"],
            base_package=table["base"]["package"],
            base_sha256=table["base"]["sha256"],
            batch_tokens=table["batch"]["tokens"],
            max_length=table["batch"]["max_length"],
            longest=table["mix"]["longest"],
            general=GeneralStage(**table["general"]),
            news=NewsStage(**table["news"]),
            sources=tuple(Source(**row) for row in table["source"]),
        )
    except (KeyError, TypeError) as error:
        raise SettingsError(
            f"{path}: a setting is missing or unknown ({error}); compare with the shipped mix.toml"
        ) from error
    names = [source.file for source in mix.sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingsError(f"{path}: listed twice: {', '.join(twice)}; keep one table per file")
    return mix


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
    unknown = {pair.label for pair in pairs} - {*NLI_LABELS, NOT_ENTAILMENT}
    if unknown:
        raise InputError(
            f"{path}: labels {sorted(unknown)} found, expected {', '.join(NLI_LABELS)} or {NOT_ENTAILMENT}"
        )
    return pairs


def news_file(data: Path, part: str) -> Path:
    """The hand-written pairs, `train` or `dev`: under `data` if it has them, else the shipped ones."""
    found = data / "news" / f"{part}.jsonl"
    return found if found.exists() else next(SHIPPED_NEWS.glob(f"{part}.jsonl*"))


def dev_files(data: Path) -> dict[str, Path]:
    """Every development set by name; the hand-written news pairs come first as `news`."""
    found = {"news": news_file(data, "dev")}
    for path in sorted((data / "dev").glob("*.jsonl.gz")):
        found[path.name.removesuffix(".jsonl.gz")] = path
    return found


def pair_key(premise: str, hypothesis: str) -> frozenset[str]:
    """The same for both directions of a pair and for any spacing and case."""
    return frozenset(" ".join(text.lower().split()) for text in (premise, hypothesis))


def without_dev(pairs: Iterable[Pair], dev_keys: set[frozenset[str]]) -> list[Pair]:
    return [pair for pair in pairs if pair_key(pair.premise, pair.hypothesis) not in dev_keys]


def draw(pairs: list[Pair], *, cap: int | None, turn: int) -> list[Pair]:
    """The rows of pass `turn`: `cap` rows going on where the last pass stopped, round and round."""
    if cap is None or cap >= len(pairs):
        return pairs
    start = turn * cap
    return [pairs[(start + i) % len(pairs)] for i in range(cap)]


def read_general(data: Path, mix: Mix, dev_keys: set[frozenset[str]]) -> dict[str, list[Pair]]:
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


def general_pass(usable: dict[str, list[Pair]], mix: Mix, *, turn: int) -> list[Pair]:
    """Pass `turn` over the general mix, shuffled."""
    rows = [pair for source in mix.sources for pair in draw(usable[source.file], cap=source.cap, turn=turn)]
    random.Random(f"{mix.seed}/general/{turn}").shuffle(rows)
    return rows


def general_presentations(usable: dict[str, list[Pair]], mix: Mix) -> list[Pair]:
    whole, part = divmod(mix.general.passes, 1)
    shown = [pair for turn in range(int(whole)) for pair in general_pass(usable, mix, turn=turn)]
    last = general_pass(usable, mix, turn=int(whole))
    return shown + last[: round(part * len(last))]


def news_presentations(news: list[Pair], usable: dict[str, list[Pair]], mix: Mix) -> list[Pair]:
    """All epochs of the news stage, one after the other.

    Neutral and contradiction hold in both directions often enough to learn from; entailment does not.
    """
    swapped = [Pair(p.hypothesis, p.premise, p.label) for p in news if p.label in ("neutral", "contradiction")]
    shown: list[Pair] = []
    for epoch in range(mix.news.epochs):
        turn = int(mix.general.passes) + 1 + epoch
        rows = news * mix.news.copies + swapped + general_pass(usable, mix, turn=turn)[: mix.news.general_rows]
        random.Random(f"{mix.seed}/news/{epoch}").shuffle(rows)
        shown += rows
    return shown


@dataclass(frozen=True, slots=True)
class Shown:
    """The pairs of both stages in the order in which they are shown, and what they were drawn from."""

    general: list[Pair]
    news: list[Pair]
    usable: dict[str, int]
    news_pairs: int


def presentations(data: Path, mix: Mix) -> Shown:
    dev_keys = {pair_key(p.premise, p.hypothesis) for path in dev_files(data).values() for p in read_pairs(path)}
    usable = read_general(data, mix, dev_keys)
    news = without_dev(read_pairs(news_file(data, "train")), dev_keys)
    return Shown(
        general=general_presentations(usable, mix),
        news=news_presentations(news, usable, mix),
        usable={name: len(rows) for name, rows in usable.items()},
        news_pairs=len(news),
    )


def fingerprint(mix: Mix, shown: Shown) -> str:
    """Changes with every setting and every row, so that a checkpoint is continued only by the run that wrote it."""
    digest = hashlib.sha256(repr(mix).encode())
    for pairs in (shown.general, shown.news):
        for pair in pairs:
            digest.update("\x1f".join(pair).encode() + b"\x1e")
    return digest.hexdigest()[:16]
