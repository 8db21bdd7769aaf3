"""Shared by the tests of statements: one spaCy pipeline, and an article read in one line."""

from __future__ import annotations

import functools
from typing import Any

from detector.records import Statement
from detector.settings import StatementSettings
from detector.statements import load_pipeline, split_articles
from detector.testing import make_article


@functools.cache
def pipeline() -> Any:
    return load_pipeline(StatementSettings())


def read(text: str, **about: Any) -> tuple[Statement, ...]:
    """The statements of a made-up article."""
    settings = about.pop("settings", StatementSettings())
    ((_, statements),) = split_articles([make_article(text, **about)], nlp=pipeline(), settings=settings)
    return statements


def only(text: str, **about: Any) -> Statement:
    (statement,) = read(text, **about)
    return statement
