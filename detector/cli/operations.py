"""Commands that keep a store safe and small: backup, restore, prune, manifest."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector import logs
from detector.cli.app import app
from detector.cli.opening import chosen_settings, opened_store, store_target
from detector.cli.options import EncoderOption, JsonOption, NLIOption, SettingsOption, StoreOption
from detector.cli.output import print_lines
from detector.errors import InputError

if TYPE_CHECKING:
    from detector.store.backup import Copied


@app.command(name="backup")
def make_backup(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="The backup; a folder takes one named by the time, FOLDER/ is made."),
    ],
    store: StoreOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE when there is one.")] = False,
    json: JsonOption = False,
) -> None:
    """Copy the store to a file, also while a run is writing.

    The copy is read back and checked before it gets its name. `detector restore` puts it back.
    """
    from detector import screens
    from detector.store.backup import back_up

    source = store_target(store)
    made = back_up(source, _named_by_time(file), force=force)
    logs.event("backup made", file=str(made.path), bytes=made.bytes)
    print_lines([screens.as_json(made)] if json else [f"Backup: {made.path} ({_held(made)})"])


def _named_by_time(file: str) -> Path:
    """The file itself, or a new one in the folder that is named; a name that ends with a slash is a folder's."""
    path = Path(file)
    if file.endswith(("/", os.sep)):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{file}: the folder could not be made ({error.strerror}); name another") from error
    return path / f"detector-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db" if path.is_dir() else path


@app.command(name="restore")
def put_back(
    backup: Annotated[
        Path, typer.Argument(metavar="BACKUP", help="A file of `detector backup`; with --salvage, a damaged store.")
    ],
    store: StoreOption = None,
    salvage: Annotated[
        bool, typer.Option("--salvage", help="Add the reviews and articles that can still be read to the store.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Put a backup in the place of the store, or save what a damaged one still holds.

    The store that is replaced is kept beside it under the name FILE.before-restore-TIME. With --salvage nothing is
    replaced: reviews and articles are added that the store does not have, and `detector run` makes the rest again.
    """
    from detector import screens
    from detector.store.backup import restore

    if salvage:
        _salvage(backup, store, json=json)
        return
    done = restore(backup, store_target(store), now=datetime.now(UTC))
    logs.event("store restored", file=str(backup), store=str(done.path), kept=done.kept and str(done.kept))
    lines = [f"Restored: {done.path} ({_held(done)})"]
    if done.kept is not None:
        lines.append(f"The store that was there is now {done.kept}")
        if done.reviews_behind != 0:
            behind = "" if done.reviews_behind is None else f" ({done.reviews_behind:,})"
            lines.append(
                f"Reviews made since the backup are in it{behind}: detector restore --salvage {done.kept} --store {done.path}"
            )
    print_lines([screens.as_json(done)] if json else lines)


def _salvage(damaged: Path, store: str | None, *, json: bool) -> None:
    from detector import screens
    from detector.report.wording import count_words
    from detector.store.salvage import pour, salvage

    target = store_target(store)
    if Path(target).expanduser().resolve() == damaged.resolve():
        raise InputError(f"{damaged}: this is the store itself; give a new file with --store to save into")
    found = salvage(damaged)
    with opened_store(store) as opened:
        articles, reviews = pour(found, opened)
        where = opened.where
    logs.event("store salvaged", file=str(damaged), store=where, articles=articles, reviews=reviews, gaps=found.gaps)
    saved = {
        "store": where,
        "found": {"articles": len(found.articles), "reviews": len(found.reviews)},
        "added": {"articles": articles, "reviews": reviews},
        "lost": {"reviews": found.gaps, "unreadable_rows": found.spoilt},
    }
    lines = [
        f"Found: {count_words(len(found.reviews), 'review')}, {count_words(len(found.articles), 'article')} (all revisions)",
        f"Added to {where}: {count_words(reviews, 'review')}, {count_words(articles, 'article')}; "
        "`detector run` makes the rest again",
    ]
    if found.gaps or found.spoilt:
        gaps, spoilt = count_words(found.gaps, "review"), count_words(found.spoilt, "damaged row")
        lines.append(f"Lost: {gaps} between those found; {spoilt}")
    print_lines([screens.as_json(saved)] if json else lines)


@app.command(name="prune")
def take_out(
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without, only say what would go.")] = False,
    store: StoreOption = None,
    settings: SettingsOption = None,
    nli_model: NLIOption = None,
    encoder: EncoderOption = None,
    json: JsonOption = False,
) -> None:
    """Show what the store no longer needs, or take it out with --apply.

    The section [retention] of the settings says what may go. Reviews, what they rest on, and the last successful run
    always stay.
    """
    from detector import screens
    from detector.pipeline import Workbench
    from detector.store.pruning import InUse, prune

    chosen = chosen_settings(settings, nli_model=nli_model, encoder=encoder)
    bench = Workbench(chosen)
    fingerprints = frozenset({bench.statements_fingerprint, bench.embedding_fingerprint})
    in_use = InUse(bench.encoder_id, bench.scorer_id, fingerprints)
    with opened_store(store, read_only=True):
        pass  # there must be one: nothing is pruned by making an empty store
    with opened_store(store) as opened:
        done = prune(opened, chosen.retention, now=datetime.now(UTC), in_use=in_use, apply=apply)
    counts = {one.what: one.count for one in done.going}
    logs.event("pruned" if apply else "prune planned", counts=counts, before=done.before, after=done.after)
    print_lines([screens.as_json(done)] if json else screens.pruning_lines(done))


@app.command()
def manifest(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="Id of a run; its beginning will do. [default: the last]")
    ] = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Show how a run was made: models, versions, counts, what each gate stopped, seconds, settings."""
    from detector import screens

    with opened_store(store, read_only=True) as opened:
        runs = opened.runs()
        where = opened.where
    chosen = [one for one in runs if one.run_id.startswith(run)] if run else runs[:1]
    if not chosen:
        wanted = f"no run of id {run}" if run else "no run yet"
        raise InputError(f"{where}: {wanted}; `detector run` makes one, `detector status` names the last")
    if len(chosen) > 1:
        raise InputError(f"{run}: {len(chosen)} runs begin so; give more of the id")
    print_lines([screens.as_json(chosen[0])] if json else screens.manifest_lines(chosen[0]))


def _held(copy: Copied) -> str:
    from detector.report.wording import count_words

    counted = (count_words(copy.rows.get(f"{name}s", 0), name) for name in ("article", "review", "run"))
    return f"{copy.bytes / 1e6:.1f} MB, checked: {', '.join(counted)}"
