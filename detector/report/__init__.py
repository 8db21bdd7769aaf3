"""Building a report and writing it. Importing this imports neither jinja2, pandas nor rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from detector.report.build import build_report
from detector.report.values import Report
from detector.report.write import FORMATS, write_report

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

__all__ = ["FORMATS", "Report", "agreements_frame", "build_report", "print_report", "to_frame", "write_report"]


def to_frame(report: Report) -> pd.DataFrame:
    """One row for each statement of each side, in reading order."""
    from detector.report.tables import to_frame as frame

    return frame(report)


def agreements_frame(report: Report) -> pd.DataFrame:
    """One row for each statement of each agreement, in reading order."""
    from detector.report.tables import agreements_frame as frame

    return frame(report)


def print_report(report: Report, console: Console, *, limit: int | None = None) -> None:
    """Print the first `limit` entries to a terminal, all without one."""
    from detector.report.terminal import print_report as print_to

    print_to(report, console, limit=limit)
