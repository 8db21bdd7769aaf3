"""Weights in half the bytes of bfloat16: what `detector/weights` ships, unpacked to bfloat16 when it is read.

Matrices are whole numbers of eight bits times a power of two for each group of 64 in a row, which bfloat16 holds exactly; word
embeddings are of four bits between the least and the largest of each group of 32 (both ways: Dettmers et al., LLM.int8(),
2022, block-wise). Everything else stays as it is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import copy2
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

EIGHT_BIT_GROUP, FOUR_BIT_GROUP = 64, 32
ROWS_AT_ONCE = 512  # what a processor keeps at hand while unpacking
EXPONENTS, STEPS, LEASTS = ".exponents", ".steps", ".leasts"
"""What follows the name of a packed matrix in the names of its parts."""


def pack(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`weights` by name, matrices whose rows divide into groups packed, the others in bfloat16."""
    import torch

    packed: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if tensor.ndim == 2 and "word_embeddings" in name and tensor.shape[1] % FOUR_BIT_GROUP == 0:
            packed |= _in_four_bits(name, tensor.float())
        elif tensor.ndim == 2 and "embeddings" not in name and tensor.shape[1] % EIGHT_BIT_GROUP == 0:
            packed |= _in_eight_bits(name, tensor.float())
        else:
            packed[name] = tensor.to(torch.bfloat16 if tensor.is_floating_point() else tensor.dtype).contiguous()
    return packed


def unpack(raw: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What `pack` made, in bfloat16; weights that were never packed stay as they are."""
    found: dict[str, Tensor] = {}
    for name, tensor in raw.items():
        if name + EXPONENTS in raw:
            found[name] = _from_eight_bits(tensor, raw[name + EXPONENTS])
        elif name + STEPS in raw:
            found[name] = _from_four_bits(tensor, raw[name + STEPS], raw[name + LEASTS])
        elif not name.endswith((EXPONENTS, STEPS, LEASTS)):
            found[name] = tensor
    return found


def write_plain(directory: Path, plain: Path) -> Path:
    """A copy of the model in `directory` that transformers reads, its weights unpacked; `plain`."""
    from safetensors.torch import load_file, save_file

    plain.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.json"):
        copy2(path, plain / path.name)
    weights = unpack(load_file(directory / "model.safetensors"))
    save_file(weights, plain / "model.safetensors", metadata={"format": "pt"})
    return plain


@contextmanager
def plainly(directory: Path) -> Iterator[Path]:
    """A directory that transformers reads: `directory` itself, or for the time being a copy of it unpacked."""
    from safetensors import safe_open

    weights = directory / "model.safetensors"
    if not weights.is_file():
        yield directory
        return
    with safe_open(weights, framework="pt") as stored:
        packed = any(name.endswith((EXPONENTS, STEPS)) for name in stored.keys())  # noqa: SIM118 - no mapping
    if not packed:
        yield directory
        return
    with TemporaryDirectory() as temporary:
        yield write_plain(directory, Path(temporary) / directory.name)


def _in_eight_bits(name: str, matrix: Tensor) -> dict[str, Tensor]:
    import torch

    groups = matrix.reshape(len(matrix), -1, EIGHT_BIT_GROUP)
    peaks = groups.abs().amax(dim=-1).clamp(min=2.0**-60)
    exponents = torch.ceil(torch.log2(peaks / 127))
    whole = torch.round(groups * torch.exp2(-exponents)[..., None]).clamp(-127, 127)
    return {name: whole.to(torch.int8).reshape(matrix.shape), name + EXPONENTS: exponents.to(torch.int8)}


def _from_eight_bits(whole: Tensor, exponents: Tensor) -> Tensor:
    import torch

    groups = whole.reshape(len(whole), -1, EIGHT_BIT_GROUP).to(torch.bfloat16)
    return (groups * torch.exp2(exponents.float())[..., None].to(torch.bfloat16)).reshape(whole.shape)


def _in_four_bits(name: str, matrix: Tensor) -> dict[str, Tensor]:
    """Two numbers a byte: the first half of a row in the low bits, the second in the high ones."""
    import torch

    groups = matrix.reshape(len(matrix), -1, FOUR_BIT_GROUP)
    leasts = groups.amin(dim=-1).to(torch.float16)
    steps = ((groups.amax(dim=-1) - leasts.float()) / 15).to(torch.float16)
    divisors = steps.float().clamp(min=1e-8)
    whole = torch.round((groups - leasts.float()[..., None]) / divisors[..., None]).clamp(0, 15).to(torch.uint8)
    low, high = whole.reshape(matrix.shape).chunk(2, dim=1)
    return {name: low | (high << 4), name + STEPS: steps, name + LEASTS: leasts}


def _from_four_bits(halves: Tensor, steps: Tensor, leasts: Tensor) -> Tensor:
    import torch

    found = torch.empty(len(halves), 2 * halves.shape[1], dtype=torch.bfloat16)
    for start in range(0, len(halves), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        whole = torch.cat([halves[rows] & 15, halves[rows] >> 4], dim=1)
        groups = whole.reshape(len(whole), -1, FOUR_BIT_GROUP).float()
        values = groups.mul_(steps[rows].float()[..., None]).add_(leasts[rows].float()[..., None])
        found[rows] = values.reshape(whole.shape).to(torch.bfloat16)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m detector.models.compact", description=write_plain.__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("plain", type=Path)
    options = parser.parse_args()
    if not (options.directory / "model.safetensors").is_file() or options.plain.exists():
        print(
            f"error: expected model.safetensors in {options.directory}, and no {options.plain} yet: name a model and a new folder",
            file=sys.stderr,
        )
        return 2
    print(write_plain(options.directory, options.plain))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
