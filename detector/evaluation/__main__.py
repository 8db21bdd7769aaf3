"""`python -m detector.evaluation`: score a report, check gold, compare NLI models, fit the pair model, make pairs."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.errors import DetectorError, InputError
from detector.evaluation.gold import check_story, find_stories, load_gold, merge_gold
from detector.evaluation.metrics import score_report
from detector.evaluation.nli import (
    compare_models,
    find_pair_files,
    load_pairs,
    nli_table,
    phenomenon_table,
    sample_evenly,
)
from detector.evaluation.stories import TOGETHER, Evaluation, kind_table, markdown, plain_text, story_table
from detector.settings import load_settings

if TYPE_CHECKING:
    from detector.models import NLIModel


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except DetectorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m detector.evaluation", description=__doc__)
    commands = parser.add_subparsers(required=True)
    report = commands.add_parser("report", help="score a report in its JSON form")
    report.add_argument("report", type=Path)
    report.add_argument("--gold", type=Path, required=True, help="a story, or a folder of stories reported together")
    report.set_defaults(command=_score)
    check = commands.add_parser("check", help="check that every quote of the gold stands in its article")
    check.add_argument("folder", type=Path)
    check.set_defaults(command=_check)
    nli = commands.add_parser("nli", help="figures of NLI models on labelled pairs")
    nli.add_argument("pairs", type=Path, nargs="+", help="folders or files of .jsonl or .jsonl.gz pairs")
    nli.add_argument("--model", action="append", default=[], help="hub id or directory; may be given several times")
    nli.add_argument("--limit", type=int, help="at most so many pairs of a set")
    nli.add_argument("--json", type=Path, help="also write the figures here")
    nli.add_argument("--settings", type=Path, help="settings file")
    nli.set_defaults(command=_nli)
    pairs = commands.add_parser("pairs", help="fit the pair model's weights on gold stories")
    pairs.add_argument("folders", type=Path, nargs="+")
    pairs.add_argument(
        "--out",
        type=Path,
        required=True,
        help="where to write them; the shipped ones are detector/conflicts/pair_weights.json",
    )
    pairs.add_argument("--judged", type=Path, help="features of judged pairs of real articles")
    pairs.add_argument("--settings", type=Path, help="settings file")
    pairs.set_defaults(command=_pairs)
    judged = commands.add_parser("judged", help="features of judged pairs of real articles, for fitting")
    judged.add_argument("articles", type=Path, nargs="+")
    judged.add_argument("--labels", type=Path, nargs="+", required=True, help="tab-separated pair ids and labels")
    judged.add_argument("--out", type=Path, required=True)
    judged.add_argument("--settings", type=Path, help="settings file")
    judged.set_defaults(command=_judged)
    held_out = commands.add_parser("held-out", help="score stories, each with pair weights fitted on the others")
    held_out.add_argument("folders", type=Path, nargs="+")
    held_out.add_argument("--judged", type=Path, help="features of judged pairs of real articles, to fit on besides")
    held_out.add_argument("--settings", type=Path, help="settings file")
    held_out.set_defaults(command=_held_out)
    ablation = commands.add_parser("ablation", help="score stories held out in turn, with each step of the program off")
    ablation.add_argument("folders", type=Path, nargs="+")
    ablation.add_argument("--judged", type=Path, help="features of judged pairs of real articles, to fit on besides")
    ablation.add_argument("--markdown", action="store_true", help="print the tables in markdown")
    ablation.add_argument("--settings", type=Path, help="settings file")
    ablation.set_defaults(command=_ablation)
    reliability = commands.add_parser("reliability", help="held-out probabilities of the pair models against gold")
    reliability.add_argument("folders", type=Path, nargs="+")
    reliability.add_argument("--judged", type=Path, help="features of judged pairs of real articles, to fit on besides")
    reliability.add_argument("--plot", type=Path, help="also draw the curves, into a .svg or .png file")
    reliability.add_argument("--markdown", action="store_true", help="print the tables in markdown")
    reliability.add_argument("--settings", type=Path, help="settings file")
    reliability.set_defaults(command=_reliability)
    story_pairs = commands.add_parser("story-pairs", help="pairs of annotated stories, to train an NLI model on")
    story_pairs.add_argument("folder", type=Path)
    story_pairs.add_argument("--out", type=Path, required=True, help="a .jsonl.gz file")
    story_pairs.add_argument("--settings", type=Path, help="settings file")
    story_pairs.set_defaults(command=_story_pairs)
    article_pairs = commands.add_parser(
        "article-pairs", help="pairs of articles for a teacher to judge, without a label"
    )
    article_pairs.add_argument("articles", type=Path, nargs="+", help="files or folders, each compared by itself")
    article_pairs.add_argument("--out", type=Path, required=True, help="a .jsonl.gz file, for DIR/unlabelled")
    article_pairs.add_argument("--settings", type=Path, help="settings file")
    article_pairs.set_defaults(command=_article_pairs)
    read_pairs = commands.add_parser(
        "read-pairs", help="pairs of articles that readers read, as they judged them, to train an NLI model on"
    )
    read_pairs.add_argument("articles", type=Path, nargs="+", help="files or folders, each compared by itself")
    read_pairs.add_argument("--labels", type=Path, nargs="+", required=True, help="tab-separated pair ids and labels")
    read_pairs.add_argument("--out", type=Path, required=True, help="a .jsonl.gz file, for DIR/read")
    read_pairs.add_argument("--settings", type=Path, help="settings file")
    read_pairs.set_defaults(command=_read_pairs)
    plain = commands.add_parser(
        "plain", help="how often pairs in nearly the same words conflict when the model says so"
    )
    plain.add_argument("pairs", type=Path, help="a .jsonl file of labelled pairs")
    plain.add_argument("--settings", type=Path, help="settings file")
    plain.set_defaults(command=_plain)
    topics = commands.add_parser("topics", help="whether topics gather the articles of one event")
    topics.add_argument("articles", type=Path, help="a .jsonl file whose rows name their event, or a folder of stories")
    topics.add_argument("--settings", type=Path, help="settings file")
    topics.set_defaults(command=_topics)
    questions = commands.add_parser(
        "questions", help="how many entries of a report on real articles ask what readers found in them"
    )
    questions.add_argument(
        "report", type=Path, help="a report in its JSON form, on recession.jsonl or events_dev.jsonl"
    )
    questions.add_argument("--first", type=int, default=20, help="entries shown")
    questions.add_argument("--json", action="store_true", help="print the figures and entries as JSON")
    questions.set_defaults(command=_questions)
    return parser


def _questions(options: argparse.Namespace) -> int:
    from detector.evaluation.questions import find_asked, read_questions

    found = find_asked(_read_report(options.report), read_questions())
    first = found.entries[: options.first]
    asked, certain = found.recall(options.first)
    if options.json:
        entries = [
            {"rank": one.rank, "heading": one.heading, "asks": [ask.question for ask in one.asks], "wanted": one.wanted}
            for one in first
        ]
        shares = {str(count): round(found.precision(count), 4) for count in (5, 10, 20)}
        print(json.dumps({"precision": shares, "asked": asked, "certain": certain, "entries": entries}, indent=1))
        return 0
    for one in first:
        asks = f"{one.asks[0].interest}  {one.asks[0].question}" if one.asks else "-"
        print(f"{one.rank:3}  {asks:<72.72}  {one.heading:.72}")
    print(
        f"\nOf the first 5, 10 and 20 entries ask a listed question that an editor would want: "
        f"{found.precision(5):.2f}, {found.precision(10):.2f}, {found.precision(20):.2f}; "
        f"of {certain} that one would certainly want, the first {len(first)} ask {asked}"
    )
    return 0


def _score(options: argparse.Namespace) -> int:
    golds = [load_gold(story) for story in find_stories(options.gold)]
    gold = golds[0] if len(golds) == 1 else merge_gold(golds, name=TOGETHER)
    _print_tables(Evaluation(scores=(score_report(gold, _read_report(options.report), scale=len(golds)),)))
    return 0


def _read_report(path: Path) -> Mapping[str, Any]:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as JSON ({error}); expected a report") from error
    if not isinstance(report, dict) or "conflicts" not in report:
        raise InputError(f"{path}: no report; expected one in its JSON form, with conflicts")
    return report


def _print_tables(evaluation: Evaluation) -> None:
    print(plain_text(story_table(evaluation)), plain_text(kind_table(evaluation)), sep="\n\n")


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _check(options: argparse.Namespace) -> int:
    problems = [problem for story in find_stories(options.folder) for problem in check_story(story)]
    print("\n".join(problems) if problems else "every quote stands in its article")
    return 1 if problems else 0


def _nli(options: argparse.Namespace) -> int:
    files = {name: file for path in options.pairs for name, file in find_pair_files(path).items()}
    sets = {name: load_pairs(file) for name, file in files.items()}
    if options.limit:
        sets = {name: sample_evenly(pairs, options.limit) for name, pairs in sets.items()}
    figures = compare_models(sets, _models(options), progress=_note)
    print(plain_text(nli_table(figures)))
    phenomena = phenomenon_table(figures)
    if phenomena.rows:
        print(plain_text(phenomena))
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in figures], indent=2) + "\n", encoding="utf-8")
    return 0


def _pairs(options: argparse.Namespace) -> int:
    from detector.evaluation.pair_weights import fit_corpus

    with tempfile.TemporaryDirectory(prefix="detector-") as workdir:
        fitted = fit_corpus(
            options.folders,
            settings=load_settings(options.settings),
            workdir=Path(workdir),
            out=options.out,
            judged=options.judged,
        )
    for model in ("same_question", "excludes"):
        fitted.pop(model)
    print(json.dumps(fitted, indent=1))
    return 0


def _judged(options: argparse.Namespace) -> int:
    from detector.evaluation.judged import read_judgements, write_judged
    from detector.pipeline import Workbench

    bench = Workbench(load_settings(options.settings))
    judgements = read_judgements(options.labels)
    with tempfile.TemporaryDirectory(prefix="detector-") as workdir:
        count = write_judged(options.articles, judgements, options.out, bench=bench, workdir=Path(workdir))
    print(f"{options.out}: {count} of {len(judgements)} judged pairs found")
    return 0


def _held_out(options: argparse.Namespace) -> int:
    from detector.evaluation.held_out import evaluate_held_out
    from detector.pipeline import Workbench

    bench = Workbench(load_settings(options.settings))
    with tempfile.TemporaryDirectory(prefix="detector-") as workdir:
        evaluation = evaluate_held_out(
            options.folders, bench=bench, workdir=Path(workdir), judged=options.judged, progress=_note
        )
    _print_tables(evaluation)
    return 0


def _ablation(options: argparse.Namespace) -> int:
    from detector.evaluation.ablation import change_table, evaluate_steps, step_table
    from detector.pipeline import Workbench

    bench = Workbench(load_settings(options.settings))
    with tempfile.TemporaryDirectory(prefix="detector-") as workdir:
        evaluations = evaluate_steps(
            options.folders, bench=bench, workdir=Path(workdir), judged=options.judged, progress=_note
        )
    written = markdown if options.markdown else plain_text
    print(written(step_table(evaluations)), written(change_table(evaluations)), sep="\n\n")
    return 0


def _reliability(options: argparse.Namespace) -> int:
    from detector.evaluation.reliability import check_plot, curve_table, plot, reliability_of
    from detector.pipeline import Workbench

    if options.plot:
        check_plot(options.plot)
    bench = Workbench(load_settings(options.settings))
    with tempfile.TemporaryDirectory(prefix="detector-") as workdir:
        curves = reliability_of(
            options.folders, bench=bench, workdir=Path(workdir), judged=options.judged, progress=_note
        )
    written = markdown if options.markdown else plain_text
    print(*(written(curve_table(curve)) for curve in curves), sep="\n\n")
    if options.plot:
        plot(curves, options.plot)
    return 0


def _story_pairs(options: argparse.Namespace) -> int:
    from detector.evaluation.story_pairs import write_story_pairs
    from detector.pipeline import Workbench

    bench = Workbench(load_settings(options.settings))
    with tempfile.TemporaryDirectory(prefix="detector-") as workdir:
        count, contradictions = write_story_pairs(options.folder, options.out, bench=bench, workdir=Path(workdir))
    print(f"{options.out}: {count} pairs, {contradictions} of them contradictions")
    return 0


def _article_pairs(options: argparse.Namespace) -> int:
    from detector.evaluation.story_pairs import write_article_pairs
    from detector.pipeline import Workbench

    bench = Workbench(load_settings(options.settings))
    with tempfile.TemporaryDirectory(prefix="detector-") as workdir:
        count = write_article_pairs(options.articles, options.out, bench=bench, workdir=Path(workdir))
    print(f"{options.out}: {count} pairs")
    return 0


def _read_pairs(options: argparse.Namespace) -> int:
    from detector.evaluation.judged import read_judgements
    from detector.evaluation.questions import read_questions
    from detector.evaluation.story_pairs import write_read_pairs
    from detector.pipeline import Workbench

    bench = Workbench(load_settings(options.settings))
    judgements, questions = read_judgements(options.labels), read_questions()
    with tempfile.TemporaryDirectory(prefix="detector-") as workdir:
        count, contradictions = write_read_pairs(
            options.articles, judgements, questions, options.out, bench=bench, workdir=Path(workdir)
        )
    print(f"{options.out}: {count} pairs, {contradictions} of them contradictions")
    return 0


def _plain(options: argparse.Namespace) -> int:
    from detector.evaluation.plain import measure_plain
    from detector.pipeline import Workbench

    found = measure_plain(options.pairs, bench=Workbench(load_settings(options.settings)))
    print(
        f"{found.contradictions} of {found.pairs} pairs are contradictions ({found.share:.0%}); "
        f"mean probability {found.mean_probability:.2f}"
    )
    return 0


def _topics(options: argparse.Namespace) -> int:
    from detector.evaluation.events import measure_topics
    from detector.pipeline import Workbench

    with tempfile.TemporaryDirectory(prefix="detector-") as workdir:
        found = measure_topics(
            options.articles, bench=Workbench(load_settings(options.settings)), workdir=Path(workdir)
        )
    print(
        f"{found.articles} articles of {found.events} events in {found.topics} topics: "
        f"purity {found.purity:.2f}, completeness {found.completeness:.2f}"
    )
    return 0


def _models(options: argparse.Namespace) -> Iterator[tuple[NLIModel, float]]:
    from detector.models import load_nli, temperature_of

    base = load_settings(options.settings).models
    for name in options.model or [base.nli]:
        chosen = base.model_copy(update={"nli": name})
        yield load_nli(chosen), temperature_of(chosen)


if __name__ == "__main__":
    sys.exit(main())
