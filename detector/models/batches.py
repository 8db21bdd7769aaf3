"""From texts to batches. A batch holds inputs of one token count: nothing is padded, and what a text gets does not depend
on the texts beside it, so that a store ends up the same in any order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.errors import ModelError
from detector.models.protocols import OnProgress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

FEWEST_TOKENS = 8
FEWEST_ROWS = 4
"""Matrix products of 1 to 3 rows take other kernels, which round differently (float32 on AVX-512, measured with batches
of 1 to 100 pairs of 3 to 160 tokens: equal to the last bit from 4 rows on). Smaller batches repeat a row."""
TOKENISED_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Tokens:
    """One input of a model: token ids, and 0 or 1 for the first and second text."""

    ids: NDArray[np.int32]
    segments: NDArray[np.int32]

    @property
    def key(self) -> bytes:
        return self.ids.tobytes() + b"/" + self.segments.tobytes()


Forward = Callable[["Tensor", "Tensor"], "Tensor"]
"""Ids and segments (rows, length) to one row of floats each."""


def batches_of(lengths: Sequence[int], *, batch_tokens: int) -> Iterator[list[int]]:
    """Places of inputs of one length, longest first, at most `batch_tokens` tokens a batch (one input at least)."""
    by_length: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        by_length.setdefault(length, []).append(place)
    for length in sorted(by_length, reverse=True):
        places = by_length[length]
        rows = max(1, batch_tokens // length)
        yield from (places[start : start + rows] for start in range(0, len(places), rows))


def run_batches(
    inputs: Sequence[Tokens],
    forward: Forward,
    *,
    columns: int,
    batch_tokens: int,
    device: str,
    fewest_rows: int = 1,
    progress: OnProgress | None = None,
) -> NDArray[np.float32]:
    """What `forward` makes of each input (inputs, columns), in the order given; equal inputs run once."""
    import numpy as np
    import torch

    places_of: dict[bytes, list[int]] = {}
    for place, tokens in enumerate(inputs):
        places_of.setdefault(tokens.key, []).append(place)
    groups = list(places_of.values())
    lengths = [len(inputs[places[0]].ids) for places in groups]
    outputs = np.empty((len(inputs), columns), np.float32)
    done = 0
    with torch.inference_mode():
        for batch in batches_of(lengths, batch_tokens=batch_tokens):
            rows = max(len(batch), fewest_rows, math.ceil(FEWEST_TOKENS / lengths[batch[0]]))
            filled = [inputs[groups[group][0]] for group in [*batch, *batch[:1] * (rows - len(batch))]]
            ids = torch.from_numpy(np.stack([tokens.ids for tokens in filled])).long().to(device)
            segments = torch.from_numpy(np.stack([tokens.segments for tokens in filled])).long().to(device)
            values = forward(ids, segments).float().cpu().numpy()
            for group, row in zip(batch, values[: len(batch)], strict=True):
                outputs[groups[group]] = row
                done += len(groups[group])
            if progress is not None:
                progress(done)
    return outputs


def encodable(text: str) -> str:
    """Half of a surrogate pair, as broken JSON brings it, has no UTF-8 and stops a tokeniser."""
    return text.encode("utf-8", "replace").decode("utf-8")


def in_parts(texts: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(texts), TOKENISED_AT_ONCE):
        part = texts[start : start + TOKENISED_AT_ONCE]
        yield [encodable(one) if isinstance(one, str) else (encodable(one[0]), encodable(one[1])) for one in part]


def bulk_tokeniser(path: Path, *, max_length: int) -> Callable[[Sequence[Any]], list[Tokens]]:
    """Of texts or pairs, from a tokenizer.json; a pair that is too long loses tokens of its longer text."""
    import numpy as np
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises nothing narrower
        raise ModelError(f"{path} is no tokeniser ({error}); expected the tokenizer.json of the model") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length, strategy="longest_first")

    def tokenise(texts: Sequence[Any]) -> list[Tokens]:
        return [
            Tokens(np.array(encoding.ids, np.int32), np.array(encoding.type_ids, np.int32))
            for part in in_parts(texts)
            for encoding in tokenizer.encode_batch_fast(part)
        ]

    return tokenise
