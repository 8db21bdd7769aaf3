"""Articles into statements: exact spans, and everything later stages need to know of them without a model of their own."""

from __future__ import annotations

from detector.statements.reading import load_pipeline, read_claim, split_articles

__all__ = ["load_pipeline", "read_claim", "split_articles"]
