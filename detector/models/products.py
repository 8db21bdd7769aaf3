"""Linear layers and attention as this processor computes them fastest."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Parameters = tuple["Tensor", "Tensor"]
Activation = Literal["none", "gelu"]
Linear = Callable[["Tensor"], "Tensor"]
WIDTH = 16
"""Keys are filled up to a multiple of this: softmax over rows of any other length is about twice as slow."""


def linear(weight: Tensor, bias: Tensor, *, activation: Activation = "none") -> Linear:
    """A linear layer; on a processor its weights are laid out once, for oneDNN, instead of at every call.

    In float32 torch would take MKL, which reaches 96 GFLOPS on a core of an AMD EPYC (Zen 5) where oneDNN reaches 220.
    """
    import torch
    from torch.nn import functional as F

    packable = weight.dtype in (torch.bfloat16, torch.float32)
    if packable and weight.device.type == "cpu" and _can_pack(weight.dtype):
        packed = torch.ops.mkldnn._reorder_linear_weight(weight)
        multiply = torch.ops.mkldnn._linear_pointwise
        return lambda given: multiply(given, packed, bias, activation, [], "none")
    if activation == "gelu":
        return lambda given: F.gelu(F.linear(given, weight, bias))
    return lambda given: F.linear(given, weight, bias)


@lru_cache(maxsize=2)
def _can_pack(dtype: torch.dtype) -> bool:
    """Whether this torch has the operators of oneDNN that its own compiler uses, and they compute the same."""
    import torch
    from torch.nn import functional as F

    given, bias = torch.linspace(-2, 2, 8 * 32).view(8, 32).to(dtype), torch.linspace(-1, 1, 16).to(dtype)
    weight = torch.linspace(1, -1, 16 * 32).view(16, 32).to(dtype)
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight)
        found = torch.ops.mkldnn._linear_pointwise(given, packed, bias, "gelu", [], "none")
    except (AttributeError, RuntimeError, TypeError):
        return False
    return torch.allclose(found.float(), F.gelu(F.linear(given, weight, bias)).float(), rtol=0.02, atol=0.02)


def attend(query: Tensor, key: Tensor, value: Tensor, *, bias: Tensor | None = None) -> Tensor:
    """Attention of (rows, heads, length, size) each; query may be shorter than key and value. `bias` (heads, query length,
    key length) is added before the softmax."""
    import torch
    from torch.nn import functional as F

    if query.dtype != torch.bfloat16 or query.device.type != "cpu":
        return F.scaled_dot_product_attention(query, key, value, attn_mask=None if bias is None else bias[None])
    return _attend_in_products(query, key, value, bias)


def _attend_in_products(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
    """Two batched products: for texts of a sentence or two the fused kernel spends most of its time between heads."""
    import torch
    from torch.nn import functional as F

    length, size = key.shape[2:]
    missing = -length % WIDTH
    flat = [one.reshape(-1, one.shape[2], size) for one in (query, key, value)]
    queries, keys, values = flat[0], F.pad(flat[1], (0, 0, 0, missing)), F.pad(flat[2], (0, 0, 0, missing))
    shape = (len(queries), queries.shape[1], length + missing)
    unused: torch.Tensor = queries.new_empty(1).expand(shape)
    weights = torch.baddbmm(unused, queries, keys.transpose(1, 2), beta=0, alpha=1 / math.sqrt(size))
    if bias is not None:
        weights.view(*query.shape[:3], length + missing)[..., :length] += bias
    if missing:
        weights[:, :, length:] = -math.inf
    return torch.bmm(weights.softmax(dim=-1), values).view(query.shape)
