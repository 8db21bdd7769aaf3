"""How many statements and pairs each gate stopped: the part of a run's account that says where things went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping


def gate_counts(statements: Iterable[Mapping[str, int]], pairs: Mapping[str, int]) -> dict[str, int]:
    """Counts by plain names, in their order. `statements` has the counts of each article, `pairs` those of all pairs."""
    stopped: Counter[str] = Counter()
    for counts in statements:
        stopped.update(counts)
    named = {f"statements stopped as {gate}": number for gate, number in sorted(stopped.items())}
    return named | {f"pairs stopped by {gate}": number for gate, number in sorted(pairs.items())}
