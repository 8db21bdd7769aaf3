"""A few new articles split in a process of their own, while this one loads the models.

A command that adds one article spends most of its time importing torch and spaCy; on two cores that is half the wait.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from detector import logs
from detector.records import Article, Statement
from detector.settings import StatementSettings

MOST_ARTICLES = 16
"""Of more articles the splitting itself takes longer than the start of a process, and is done where they are."""
_ANSWER = "import sys; sys.path[:] = sys.argv[1:]; from detector.statements.apart import answer; answer()"


@dataclass(frozen=True, slots=True)
class Apart:
    """A process that is at work, and what it was given."""

    process: subprocess.Popen[bytes]
    articles: tuple[Article, ...]
    settings: StatementSettings

    def statements(self) -> list[tuple[Statement, ...]] | None:
        """Of each article in turn; waits for the process. None when it failed: the articles are then to be split here."""
        given = pickle.dumps((self.articles, self.settings), pickle.HIGHEST_PROTOCOL)
        with self.process as process:
            try:
                told, _ = process.communicate(given)
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            logs.event("splitting apart failed", level=logging.DEBUG, exit_code=process.returncode)
            return None
        found: list[tuple[Statement, ...]] = pickle.loads(told)
        return found


def begin(articles: Sequence[Article], settings: StatementSettings) -> Apart | None:
    """Start the process. None where it would help nothing: too many articles, a single core, no interpreter to start."""
    alone = (os.cpu_count() or 1) == 1 or not sys.executable or hasattr(sys, "frozen")
    if alone or not 0 < len(articles) <= MOST_ARTICLES:
        return None
    command = [sys.executable, "-c", _ANSWER, *map(str, sys.path)]
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError as error:
        logs.event("splitting apart failed", level=logging.DEBUG, detail=str(error))
        return None
    return Apart(process, tuple(articles), settings)
