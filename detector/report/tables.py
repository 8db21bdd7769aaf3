"""The report as tables: one row a statement. DataFrames, CSV and Parquet."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from detector.report.values import Entry, Report, ShownStatement
from detector.report.wording import iso, web_link

if TYPE_CHECKING:
    import pandas as pd

Cell = str | int | float | bool | None
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
STATEMENT_COLUMNS = (
    "outlet",
    "published_at",
    "speaker",
    "modality",
    "text",
    "before",
    "after",
    "title",
    "url",
    "path",
    "statement_id",
    "article_id",
    "start",
    "end",
)
CONFLICT_COLUMNS = (
    "conflict_id",
    "rank",
    "score",
    "probability",
    "kind",
    "lane",
    "topic",
    "question",
    "side",
    "position",
    "side_outlets",
    "side_origins",
    *STATEMENT_COLUMNS,
    "change",
    "decision",
    "decision_status",
)
AGREEMENT_COLUMNS = ("agreement_id", "score", "position", "outlets", "origins", *STATEMENT_COLUMNS)


def to_frame(report: Report) -> pd.DataFrame:
    """One row for each statement of each side, in reading order; `published_at` is a UTC timestamp."""
    return _frame(conflict_rows(report), CONFLICT_COLUMNS)


def agreements_frame(report: Report) -> pd.DataFrame:
    """One row for each statement of each agreement, in reading order."""
    return _frame(agreement_rows(report), AGREEMENT_COLUMNS)


def conflict_rows(report: Report) -> list[dict[str, Cell]]:
    """The rows of `to_frame` without pandas; `published_at` in ISO 8601."""
    return [
        {
            "conflict_id": entry.conflict_id,
            "rank": entry.rank,
            "score": round(entry.score, 4) + 0.0,
            "probability": round(entry.probability, 4) + 0.0,
            "kind": entry.kind,
            "lane": entry.lane,
            "topic": entry.topic,
            "question": entry.question,
            "side": side.label,
            "position": side.position,
            "side_outlets": len(side.outlets),
            "side_origins": side.origins,
            **_statement_cells(statement),
            "change": entry.change.state if entry.change else None,
            "decision": entry.decision.latest.decision if entry.decision else None,
            "decision_status": _status(entry),
        }
        for entry in report.entries
        for side in entry.sides
        for statement in side.statements
    ]


def _status(entry: Entry) -> str | None:
    """ "decided", "stale" or "disputed"; None without a decision."""
    if entry.decision is None:
        return None
    return "disputed" if entry.decision.disputed else entry.decision.status


def agreement_rows(report: Report) -> list[dict[str, Cell]]:
    """The rows of `agreements_frame` without pandas; `published_at` in ISO 8601."""
    return [
        {
            "agreement_id": agreement.agreement_id,
            "score": round(agreement.score, 4) + 0.0,
            "position": agreement.position,
            "outlets": len(agreement.outlets),
            "origins": agreement.origins,
            **_statement_cells(statement),
        }
        for agreement in report.agreements
        for statement in agreement.statements
    ]


def to_csv(report: Report) -> str:
    """The rows of `to_frame` as CSV; a text that a spreadsheet would run as a formula gets a leading apostrophe."""
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, CONFLICT_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in conflict_rows(report):
        writer.writerow({name: _guarded(cell) for name, cell in row.items()})
    return sheet.getvalue()


def write_parquet(report: Report, path: Path) -> None:
    """The table of `to_frame` as a Parquet file."""
    to_frame(report).to_parquet(path, index=False, engine="pyarrow")


def _statement_cells(statement: ShownStatement) -> dict[str, Cell]:
    article = statement.article
    cells: dict[str, Cell] = {
        "outlet": statement.outlet,
        "published_at": iso(article.published_at),
        "speaker": statement.speaker,
        "modality": statement.modality,
        "text": statement.text,
        "before": statement.before,
        "after": statement.after,
        "title": article.title,
        "url": web_link(article.url),
        "path": article.path,
        "statement_id": statement.statement_id,
        "article_id": article.article_id,
        "start": statement.start,
        "end": statement.end,
    }
    return {name: _storable(cell) for name, cell in cells.items()}


def _storable(cell: Cell) -> Cell:
    """Half a surrogate pair cannot be written as UTF-8."""
    return cell.encode("utf-8", "replace").decode("utf-8") if isinstance(cell, str) else cell


def _guarded(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def _frame(rows: list[dict[str, Cell]], columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame.from_records(rows, columns=list(columns))
    frame["published_at"] = pd.to_datetime(frame["published_at"], utc=True, format="ISO8601")
    counted = {"rank", "side_outlets", "side_origins", "outlets", "origins", "start", "end"}
    measured = {"score", "probability"}
    kinds = {
        name: "int64" if name in counted else "float64" if name in measured else "string"
        for name in columns
        if name != "published_at"
    }
    return frame.astype(kinds)
