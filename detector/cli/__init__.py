"""The command line: one command a function; everything heavy is imported inside the command that needs it."""

from __future__ import annotations

from detector.cli import changes, desk, operations, questions, reviewing, running, sources, upkeep
from detector.cli.app import app, main
from detector.cli.options import STORE_VARIABLE

__all__ = [
    "STORE_VARIABLE",
    "app",
    "changes",
    "desk",
    "main",
    "operations",
    "questions",
    "reviewing",
    "running",
    "sources",
    "upkeep",
]
