"""Measures the whole program against the naive way, and prints or writes the table.

python -m benchmarks.speed --articles FILE.jsonl
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from compileall import compile_dir
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.generated import write_articles
from benchmarks.gold_kept import GoldKept, measure_gold
from benchmarks.kept import Share, measure_kept
from benchmarks.naive import cross_outlet_pairs, sample_pairs
from benchmarks.parts import parts_of, start_and_read, told
from benchmarks.processes import Timed, timed
from detector.models.naming import EMBEDDED, embedded_encoder_directory, nli_directory
from detector.records import Run
from detector.settings import Settings, load_settings
from detector.store import open_store

_GENERATED_ARTICLES = 48
"""Articles of the generated corpus: enough for start-up not to be most of a run."""


@dataclass(frozen=True, slots=True)
class Naive:
    """The naive way: (wall, processor) seconds measured on `sampled` pairs, extrapolated to `pairs` by count."""

    pairs: int
    sampled: int
    load: tuple[float, float]
    encode: tuple[float, float]
    score: tuple[float, float]

    def seconds(self, *, directions: int = 1) -> float:
        return self._total(0, directions)

    def processor_seconds(self, *, directions: int = 1) -> float:
        return self._total(1, directions)

    def _total(self, clock: int, directions: int) -> float:
        scoring = self.score[clock] / self.sampled * self.pairs * directions
        return self.load[clock] + self.encode[clock] + scoring


@dataclass(frozen=True, slots=True)
class Round:
    """A run from a fresh store and the naive way right after it, so that both meet the same machine."""

    full: Timed
    run: Run
    naive: Naive

    def ratio(self, *, directions: int = 1) -> float:
        return self.naive.seconds(directions=directions) / self.full.seconds

    @property
    def processor_ratio(self) -> float:
        return self.naive.processor_seconds() / self.full.processor_seconds


@dataclass(frozen=True, slots=True)
class Added:
    """One article added: the whole command; what its stages took without start-up; and seconds of the run before and of this
    one in a process that stays, as `detector watch` does. The parts are seconds of the command and of the latter."""

    command: Timed
    stages: float
    resident: tuple[float, float]
    parts: Mapping[str, float] = field(default_factory=dict)
    resident_parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything measured. `busy` is the load of a core before the start: 1 is fully used, more is crowded."""

    rounds: tuple[Round, ...]
    rerun: tuple[Timed, ...]
    added: tuple[Added, ...]
    kept: tuple[Share, ...]
    gold: GoldKept | None
    busy: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured and how often."""

    articles: Path
    settings: Settings
    options: tuple[str, ...]
    naive_pairs: int
    kept_pairs: int
    stories: Path
    rounds: int


def measure(plan: Plan, *, folder: Path) -> Measured:
    """Run everything in `folder`, which holds the stores."""
    store = folder / "full.db"
    busy = _load()
    rounds = []
    for number in range(plan.rounds):
        _forget(store)
        full = _run(plan, plan.articles, store)
        run = _runs(store)[0]
        rounds.append(Round(full, run, _naive(plan, store, seed=number)))
    rerun = tuple(_run(plan, plan.articles, store) for _ in range(3))
    if len(_runs(store)) != 1:
        raise RuntimeError("a second run found something to do; did the program change meanwhile?")
    added = _add_one(plan, folder)
    with open_store(store, read_only=True) as opened:
        kept = measure_kept(opened, settings=plan.settings, count=plan.kept_pairs) if plan.kept_pairs else []
    gold = measure_gold(plan.stories, settings=plan.settings) if plan.kept_pairs else None
    return Measured(tuple(rounds), rerun, added, tuple(kept), gold, busy)


def _run(plan: Plan, articles: Path, store: Path, *, log: Path | None = None) -> Timed:
    logging = ["--log-format", "json", "--log-file", str(log)] if log else []
    return timed(["detector", *logging, "run", str(articles), "--store", str(store), "--quiet", *plan.options])


def _runs(store: Path) -> list[Run]:
    with open_store(store, read_only=True) as opened:
        return opened.runs()


def _naive(plan: Plan, store: Path, *, seed: int) -> Naive:
    with open_store(store, read_only=True) as opened:
        statements = opened.statements(plan.settings.fingerprint("statements"))
    outlets = [statement.outlet_id for statement in statements]
    sampled = sample_pairs(outlets, count=plan.naive_pairs, seed=seed)
    request = {
        "encoder": _encoder_of(plan.settings),
        "nli": str(nli_directory(plan.settings.models) or plan.settings.models.nli),
        "texts": [statement.text for statement in statements],
        "pairs": sampled,
    }
    answer = timed(["benchmarks.naive"], given=json.dumps(request))
    spent = json.loads(answer.printed.splitlines()[-1])
    return Naive(cross_outlet_pairs(outlets), len(sampled), **{name: tuple(pair) for name, pair in spent.items()})


def _encoder_of(settings: Settings) -> str:
    named = settings.models.encoder
    return str(embedded_encoder_directory()) if named == EMBEDDED else named


def _add_one(plan: Plan, folder: Path) -> tuple[Added, ...]:
    """Runs on all articles over stores that lack one each, an article of middle length; as many as there are rounds."""
    lines = [line for line in plan.articles.read_text(encoding="utf-8").splitlines() if line.strip()]
    by_length = sorted(range(len(lines)), key=lambda number: (len(lines[number]), number))
    without, store = folder / "without.jsonl", folder / "without.db"
    taken: list[Added] = []
    for number in by_length[len(lines) // 2 :]:
        if len(taken) == plan.rounds:
            break
        _forget(store)
        without.write_text("\n".join([*lines[:number], *lines[number + 1 :]]) + "\n", encoding="utf-8")
        _run(plan, without, store)
        log = folder / f"added-{number}.log"
        command = _run(plan, plan.articles, store, log=log)
        runs = _runs(store)
        if len(runs) == 2:  # one run: the line left out holds no article that is accepted
            start, read = start_and_read(log, begun=command.begun)
            parts = parts_of(runs[0].seconds, start=start, read=read, total=command.seconds)
            before, after = _resident(without, plan.articles, folder)
            seconds = sum(before.values()), sum(after.values())
            taken.append(Added(command, sum(runs[0].seconds.values()), seconds, parts, after))
    return tuple(taken)


def _resident(without: Path, articles: Path, folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds by part of a run without the article and of the one with it, in one process."""
    store = folder / "resident.db"
    _forget(store)
    answer = timed(["benchmarks.resident", str(store), str(without), str(articles)])
    full, added = json.loads(answer.printed.splitlines()[-1])
    return full, added


def _forget(store: Path) -> None:
    for path in store.parent.glob(f"{store.name}*"):
        path.unlink()


def _load() -> float:
    return os.getloadavg()[0] / (os.cpu_count() or 1)


def as_markdown(measured: Measured, *, command: str) -> str:
    """The page: how it was measured, the table, and what blocking kept."""
    counts = measured.rounds[-1].run.counts
    rows = _rows(measured)
    stages = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in measured.rounds[-1].run.seconds.items())
    return "\n".join(
        [
            "# Benchmarks",
            "",
            f"Measured with `{command}` on {counts['articles']} articles of {counts['outlets']} outlets",
            f"({counts['statements']:,} statements, {counts['claims']:,} of them claims), {_machine()}.",
            _crowding(measured.busy),
            "",
            "| what | measured | aim |",
            "|---|---|---|",
            *(f"| {name} | {figure} | {aim} |" for name, figure, aim in rows),
            "",
            f"Stages of the last whole run: {stages}.",
            "",
            *_added_section(measured.added),
            "The naive way encodes every statement and passes every cross-outlet pair once to `CrossEncoder.predict` in full",
            "precision, with its defaults, in a process of its own. It is timed on an even sample of the pairs right after each",
            "whole run and extrapolated by count.",
            "",
            *_kept_section(measured.kept),
            *_gold_section(measured.gold),
        ]
    )


def _rows(measured: Measured) -> list[tuple[str, str, str]]:
    rounds = measured.rounds
    scored, cross_pairs = rounds[-1].run.counts["pairs"], rounds[-1].naive.pairs
    full = median(one.full.seconds for one in rounds)
    naive = median(one.naive.seconds() for one in rounds)
    rerun = median(one.seconds for one in measured.rerun)
    added = median(one.command.seconds for one in measured.added)
    stages = median(one.stages for one in measured.added) / median(sum(one.run.seconds.values()) for one in rounds)
    stays = median(one.resident[1] for one in measured.added)
    stays_share = median(one.resident[1] / one.resident[0] for one in measured.added)
    each = ", ".join(f"{one.ratio():.0f}" for one in rounds)
    return [
        ("the whole run, fresh store, start-up included", f"{full:.1f} s", ""),
        (f"the naive way, extrapolated from {rounds[0].naive.sampled:,} pairs", f"{naive:,.0f} s", ""),
        (f"times faster (median of {each})", f"**{median(one.ratio() for one in rounds):.0f}**", "50 or more"),
        ("… counted in processor seconds", f"{median(one.processor_ratio for one in rounds):.0f}", ""),
        (
            "… when the naive way scores both directions too",
            f"{median(one.ratio(directions=2) for one in rounds):.0f}",
            "",
        ),
        (
            "most memory held by the run",
            f"**{max(one.full.peak_bytes for one in rounds) / 1e9:.2f} GB**",
            "2 GB or less",
        ),
        ("cross-outlet pairs of statements", f"{cross_pairs:,}", ""),
        ("pairs scored, both directions", f"{scored:,}", ""),
        ("share of cross-outlet pairs scored", f"**{scored / cross_pairs:.1%}**", "2 % or less"),
        ("a second run with nothing new, start-up included", f"**{rerun:.1f} s**", "under 3 s"),
        ("one article added, start-up included", f"{added:.1f} s", ""),
        ("one article added, of the whole run", f"**{added / full:.1%}**", "under 10 %"),
        ("… without start-up on either side", f"{stages:.1%}", ""),
        ("one article added to a process that stays, as `detector watch`", f"{stays:.1f} s", ""),
        ("… of the whole run in it", f"**{stays_share:.1%}**", "under 10 %"),
    ]


def _added_section(added: Sequence[Added]) -> list[str]:
    known = [one for one in added if one.parts and one.resident_parts]
    if not known:
        return []
    return [
        f"One article added, the command: {told([one.parts for one in known])};",
        f"{median(one.command.processor_seconds for one in known):.1f} s of processor time.",
        f"In a process that stays: {told([one.resident_parts for one in known])}.",
        "",
    ]


def _kept_section(kept: Sequence[Share]) -> list[str]:
    if not kept:
        return []
    rows = []
    for share in kept:
        low, high = share.bounds()
        figure = f"{share.share:.0%} ({low:.0%} to {high:.0%})" if share.strong else "none found"
        rows.append(f"| {share.name} | {share.sampled:,} | {share.strong:,} | {figure} |")
    return [
        "## What blocking kept",
        "",
        "Of pairs drawn evenly and scored in both directions: strong contradictions (mean probability from .90), and the",
        "share of them that is among the pairs the program scores (95 % bounds); the aim is 95 %. The model also calls",
        "statements on different matters contradictions, so the first row says little. The last row counts, strong or not,",
        "the pairs that the program itself, had it scored them, would have called a contradiction.",
        "",
        "| pairs | sampled | contradictions | kept |",
        "|---|---|---|---|",
        *rows,
        "",
    ]


def _gold_section(gold: GoldKept | None) -> list[str]:
    if gold is None:
        return []
    return [
        "Contradictions that people marked in the sample stories are few, but true. All stories in one store:",
        f"{gold.compared} of {gold.conflicts} conflicts whose sides are told by claims of different outlets had a pair "
        f"compared ({gold.compared / max(gold.conflicts, 1):.0%});",
        f"of the {gold.pairs} pairs of statements on different sides {gold.kept} were ({gold.kept / max(gold.pairs, 1):.0%}).",
        "",
    ]


def _machine() -> str:
    names = Path("/proc/cpuinfo")
    lines = names.read_text(encoding="utf-8").splitlines() if names.exists() else []
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "sentence-transformers"))
    return f"{os.cpu_count()} cores of {model}, {packages}, Python {platform.python_version()}"


def _crowding(busy: float) -> str:
    crowded = " The machine had other work: trust ratios, not seconds." if busy > 0.7 else ""
    return f"Load before the start: {busy:.1f} a core.{crowded}"


def _plan(arguments: argparse.Namespace, folder: Path) -> Plan:
    articles = arguments.articles
    if articles is None:
        articles = folder / "generated.jsonl"
        write_articles(articles, _GENERATED_ARTICLES)
    settings = load_settings(arguments.settings)
    options = ["--settings", str(arguments.settings)] if arguments.settings else []
    if arguments.nli_model:
        chosen = settings.models.model_copy(update={"nli": arguments.nli_model})
        settings = settings.model_copy(update={"models": chosen})
        options += ["--nli-model", arguments.nli_model]
    return Plan(
        articles, settings, tuple(options), arguments.pairs, arguments.kept, arguments.stories, arguments.rounds
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--articles", type=Path, metavar="FILE.jsonl", help="real articles; a generated corpus without")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="settings file (TOML)")
    parser.add_argument("--nli-model", metavar="NAME|DIR", help="NLI model instead of the settings' one")
    parser.add_argument("--pairs", type=int, default=2_000, metavar="N", help="pairs the naive way is timed on")
    parser.add_argument(
        "--kept", type=int, default=20_000, metavar="N", help="pairs sampled for what blocking kept; 0: not"
    )
    parser.add_argument("--stories", type=Path, default=Path("corpus"), metavar="DIR", help="stories with gold")
    parser.add_argument("--rounds", type=int, default=2, metavar="N", help="repetitions of what takes long")
    parser.add_argument("--write", type=Path, metavar="FILE.md", help="write the page here as well")
    given = parser.parse_args(arguments)
    compile_dir(Path(__file__).parent.parent / "detector", quiet=1)  # as pip does when it installs
    with tempfile.TemporaryDirectory(prefix="detector-benchmark-") as folder:
        measured = measure(_plan(given, Path(folder)), folder=Path(folder))
    command = "python -m benchmarks.speed" + (" --articles FILE.jsonl" if given.articles else "")
    page = as_markdown(measured, command=command)
    print(page)
    if given.write:
        given.write.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
