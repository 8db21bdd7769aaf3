"""Commands that answer questions: ask, explain, score, evaluate."""

from __future__ import annotations

import io
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.app import app
from detector.cli.opening import chosen_settings, opened_store
from detector.cli.options import EncoderOption, JsonOption, NLIOption, QuietOption, SettingsOption, StoreOption
from detector.cli.output import print_lines, say, shown_progress, write_whole
from detector.errors import InputError

if TYPE_CHECKING:
    from detector.cli.reviewing_desk import Desk
    from detector.store import Store


class PairsFormat(StrEnum):
    jsonl = "jsonl"
    csv = "csv"


@app.command()
def ask(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help='A sentence, such as "Putin accepted the ceasefire".')],
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
) -> None:
    """Show where every outlet stands on a claim.

    Each agrees, contradicts, hedges or is silent, and its sentences are shown. The claim need not be in any article.
    """
    from detector import queries, screens

    chosen = chosen_settings(settings, nli_model=nli_model, encoder=encoder)
    with opened_store(store, read_only=True) as opened:
        answer = queries.ask(opened, claim, settings=chosen)
    print_lines([screens.as_json(answer)] if json else screens.answer_lines(answer))


@app.command()
def explain(
    first: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="Rank of a conflict (3 or #3), or the beginning of the id of a conflict, pair or statement.",
        ),
    ],
    second: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="A second statement, to compare the two.")
    ] = None,
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
) -> None:
    """Show why statements are a conflict, or are not.

    One ID of a conflict, pair or statement, or the IDs of two statements, also of a pair never flagged. Prints the
    texts, similarity, blocking rule, probabilities both ways, gates and factors, and of a conflict what people recorded,
    with their corrections in it. Reports as JSON show the ids.
    """
    from detector import queries, screens

    chosen = chosen_settings(settings, nli_model=nli_model, encoder=encoder)
    with opened_store(store, read_only=True) as opened:
        desk = _desk(opened) if second is None else None
        named = desk.conflict(first).conflict_id if desk is not None and desk.is_rank(first) else first
        outcome = desk.reviewed.outcome if desk is not None else None
        explanation = queries.explain(opened, named, second, settings=chosen, outcome=outcome)
    if json:
        print_lines([screens.as_json(explanation)])
        return
    lines = screens.explanation_lines(explanation, outlets=desk.outlets if desk is not None else None)
    if desk is not None and explanation.conflict is not None:
        lines += _history(desk, explanation.conflict.conflict_id)
    print_lines(lines)


def _desk(store: Store) -> Desk | None:
    """None where no run has succeeded yet: statements and pairs may be there all the same."""
    from detector.cli.reviewing_desk import desk_of

    return desk_of(store) if store.last_run() is not None else None


def _history(desk: Desk, conflict_id: str) -> list[str]:
    """What people recorded of the conflict, nothing where they did not."""
    from detector.cli.reviewing_lines import history_lines

    state = desk.reviewed.states.get(conflict_id)
    left = [one for one in desk.reviewed.departures if conflict_id in (one.conflict.conflict_id, one.into)]
    reviews = state.reviews if state is not None else [one.review for one in left]
    if not reviews:
        return []
    told = history_lines(
        reviews,
        all_reviews=desk.reviewed.reviews,
        homes=None,
        departures=left,
        state=state,
        outlets=desk.outlets,
    )
    return ["", "What people recorded", *told]


@app.command()
def score(
    pairs: Annotated[Path, typer.Argument(metavar="PAIRS", help="A .jsonl or .csv file with premise and hypothesis.")],
    form: Annotated[
        PairsFormat | None,
        typer.Option("--format", metavar="jsonl|csv", help="Form of the output. [default: as PAIRS]"),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write to FILE, not to stdout.")] = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    quiet: QuietOption = False,
) -> None:
    """Give NLI probabilities for pairs in a file.

    Each row comes out with its columns and entailment, neutral and contradiction (calibrated), in the order given. A row
    that cannot be scored has an `error` instead.
    """
    from detector import models, scoring
    from detector.pipeline import Progress

    if out is not None and not out.parent.is_dir():
        raise InputError(f"--out {out}: there is no folder {out.parent}; make it first")
    rows = scoring.read_pairs(pairs)
    chosen = chosen_settings(settings, nli_model=nli_model).models
    with shown_progress(quiet=quiet) as on_progress:
        scored = scoring.score_rows(
            rows,
            models.load_nli(chosen),
            temperature=models.temperature_of(chosen),
            progress=lambda done: on_progress(Progress("score", done, len(rows))),
        )
    written = io.StringIO()
    scoring.write_rows(scored, (form or PairsFormat(pairs.suffix[1:].lower())).value, written)
    if out is None:
        print(written.getvalue(), end="")
    else:
        write_whole(out, written.getvalue())
    wrong = sum(row.error is not None for row in rows)
    if wrong and not quiet:
        say(f"{wrong:,} of {len(rows):,} rows could not be scored; `error` says why")


@app.command()
def evaluate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A story with a gold.json, or a folder of such.")
    ] = Path("corpus"),
    together: Annotated[bool, typer.Option("--together", help="All stories in one store, as in a newsroom.")] = False,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Score the pipeline on stories with gold.

    Precision and recall among the first 5, 10 and 20 entries, decoys flagged, updates in the wrong lane, agreements
    found, and what was found of each kind. Every story is run alone in a store of its own that is not kept.
    """
    from detector import evaluation, screens
    from detector.api import report_tree
    from detector.pipeline import Workbench

    bench = Workbench(chosen_settings(settings, nli_model=nli_model, encoder=encoder))

    def run_story(story: Path) -> Mapping[str, object]:
        with shown_progress(quiet=quiet) as on_progress:
            return report_tree(story, bench=bench, on_progress=on_progress)

    if together:
        found = evaluation.evaluate_together(folder, run_story=run_story)
    else:
        named = None if quiet else lambda story: say(f"Evaluating {story}")
        found = evaluation.evaluate_corpus(folder, run_story=run_story, progress=named)
    if json:
        print_lines([screens.as_json(screens.evaluation_figures(found))])
    elif not quiet:
        tables = (evaluation.story_table(found), evaluation.kind_table(found))
        print_lines(["\n\n".join(evaluation.plain_text(table) for table in tables)])
