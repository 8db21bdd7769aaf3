"""Options that several commands have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

STORE_VARIABLE = "DETECTOR_STORE"


class Lanes(StrEnum):
    conflict = "conflict"
    update = "update"
    forecast = "forecast"
    dispute = "dispute"


class Reading(StrEnum):
    rejected = "rejected"


class Changed(StrEnum):
    new = "new"
    grown = "grown"
    shrunk = "shrunk"
    edited = "edited"
    settled = "settled"
    revised = "revised"


FailOnReport = StrEnum(
    "FailOnReport",
    ["conflict", "update", "forecast", "dispute", "new", "grown", "shrunk", "edited", "settled", "revised"],
)
FailOn = StrEnum(
    "FailOn",
    ["conflict", "update", "forecast", "dispute", "new", "grown", "shrunk", "edited", "settled", "revised", "rejected"],
)

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="FILE|URL",
        envvar=STORE_VARIABLE,
        help="Store: a file, or postgresql://USER@HOST/NAME. [default: detector.db in the user's data folder]",
    ),
]
SettingsOption = Annotated[
    Path | None, typer.Option("--settings", metavar="FILE", help="Settings file (TOML), see detector.example.toml.")
]
NLIOption = Annotated[
    str | None,
    typer.Option("--nli-model", metavar="NAME|DIR", help='NLI model: "embedded", a hub id or a directory.'),
]
EncoderOption = Annotated[
    str | None,
    typer.Option("--encoder", metavar="NAME|DIR", help='Embedding model: "embedded", a hub id or a directory.'),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors, and what --json asks for.")]
ReportOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--report", metavar="FILE", help="Write the report to FILE (.html .md .csv .json .jsonl .parquet); repeatable."
    ),
]
LimitOption = Annotated[
    int, typer.Option("--limit", min=0, metavar="N", help="Entries shown in the terminal; files hold all.")
]
FailOnOption = Annotated[
    list[FailOn] | None,
    typer.Option(
        "--fail-on",
        metavar="WHAT",
        help="Exit with code 1 when there is one: conflict, update, forecast, dispute, new, grown, shrunk, edited, settled, "
        "revised, rejected. Repeatable.",
    ),
]
FailOnReportOption = Annotated[
    list[FailOnReport] | None,
    typer.Option(
        "--fail-on",
        metavar="WHAT",
        help="Exit with code 1 when there is one: conflict, update, forecast, dispute, new, grown, shrunk, edited, settled, "
        "revised. Repeatable.",
    ),
]
FailOnChangeOption = Annotated[
    list[Changed] | None,
    typer.Option(
        "--fail-on",
        metavar="WHAT",
        help="Exit with code 1 when there is one: new, grown, shrunk, edited, settled, revised. Repeatable.",
    ),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="WHEN",
        help='Compare with the last run that had finished by then: "yesterday", "2 days ago", 2025-03-18, 08:00.',
    ),
]
FailOnReadingOption = Annotated[
    list[Reading] | None,
    typer.Option("--fail-on", metavar="WHAT", help="Exit with code 1 when there is one: rejected."),
]
SOURCES_HELP = (
    "Files and folders (.txt .md .html .json .jsonl .csv .parquet .opml), https addresses of articles, feeds, "
    "OPML lists and sitemaps, or - for JSON lines."
)
DropOption = Annotated[
    Path | None,
    typer.Option("--drop", metavar="DIR", help="Folder to empty: files read move to DIR/done, others to DIR/rejected."),
]
