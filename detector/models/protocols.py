"""What a model must be able to do; detector.testing holds the second implementations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OnProgress = Callable[[int], None]


class Encoder(Protocol):
    """Texts to vectors. `progress` is told how many of the texts are done so far."""

    encoder_id: str
    dimensions: int

    def encode(self, texts: Sequence[str], *, progress: OnProgress | None = None) -> NDArray[np.float32]:
        """One L2-normalised row a text, in the order given."""
        ...


class NLIModel(Protocol):
    """Pairs of premise and hypothesis to probabilities. `progress` is told how many of the pairs are done so far."""

    scorer_id: str

    def score(self, pairs: Sequence[tuple[str, str]], *, progress: OnProgress | None = None) -> NDArray[np.float32]:
        """One row a pair, in the order given; columns are NLI_LABELS and sum to 1."""
        ...
