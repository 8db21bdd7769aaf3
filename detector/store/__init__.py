"""Everything the program remembers, in one file: open_store gives a Store with the domain's verbs."""

from __future__ import annotations

from detector.store.opening import open_store
from detector.store.store import Store

__all__ = ["Store", "open_store"]
