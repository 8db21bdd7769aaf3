"""BERT in plain torch, for models of plain files (both embedded ones), and MPNet, which differs from it in one thing:
attention also depends on how far two tokens stand apart (Song et al. 2020).

Importing the model classes of transformers costs 4 seconds of processor time more than torch itself, more than a rerun
with one new article may take as a whole.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from detector.models.batches import FEWEST_ROWS
from detector.models.compact import unpack
from detector.models.naming import read_json
from detector.models.products import Activation, Linear, Parameters, attend, linear

if TYPE_CHECKING:
    import torch
    from torch import Tensor


POSITIONS = "embeddings.position_embeddings.weight"
MPNET_FIRST_POSITION = 2
"""Positions of an MPNet count from behind the id that fills up."""
MPNET_NAMES = {
    ".attn.q.": ".self.query.",
    ".attn.k.": ".self.key.",
    ".attn.v.": ".self.value.",
    ".attn.o.": ".output.dense.",
    "attention.LayerNorm": "attention.output.LayerNorm",
    "classifier.dense": "pooler.dense",
    "classifier.out_proj": "classifier",
}
MPNET_BUCKETS, FURTHEST = 32, 128
"""Of distances; from the furthest on all share one."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The parts of one layer in the order of their use."""

    query: Linear
    key_value: Linear
    attended: Linear
    attended_norm: Parameters
    wide: Linear
    narrow: Linear
    norm: Parameters


class Bert:
    """BERT's layers on unpadded batches; `tops` are linear layers above them, kept for the caller.

    In bfloat16 the matrix products alone are rounded; what is added up and normalised between them stays float32, which
    is as fast and halves the deviation from float32.
    """

    def __init__(self, directory: Path, *, dtype: str, device: str, tops: Sequence[str] = ()) -> None:
        import torch

        config = read_json(directory / "config.json")
        weights = {name: tensor.to(device) for name, tensor in read_weights(directory).items()}
        self.dtype: torch.dtype = getattr(torch, dtype)
        self.dimensions = int(config["hidden_size"])
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
        self._tables = [weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "token_type", "position")]
        self._first_norm = _parameters(weights, "embeddings.LayerNorm", dtype=torch.float32)
        by_distance = attention_by_distance(weights, longest=len(self._tables[2]))
        self._by_distance = None if by_distance is None else by_distance.to(self.dtype)
        count = int(config["num_hidden_layers"])
        self._layers = [_layer(weights, f"encoder.layer.{place}", dtype=self.dtype) for place in range(count)]
        self.tops = [_parameters(weights, name, dtype=self.dtype) for name in tops]

    def hidden(self, ids: Tensor, segments: Tensor, *, first_token_only: bool) -> Tensor:
        """Last hidden states (rows, length, dimensions), or (rows, 1, dimensions) of the first tokens.

        First tokens come in FEWEST_ROWS rows at least, the surplus being repeats.
        """
        from torch.nn import functional as F

        words, kinds, positions = self._tables
        shown = (
            F.embedding(ids, words).float() + F.embedding(segments, kinds).float() + positions[: ids.shape[1]].float()
        )
        shown = F.layer_norm(shown, (self.dimensions,), *self._first_norm, self._epsilon)
        bias = self._bias(ids.shape[1])
        for layer in self._layers[:-1]:
            shown = self._through(layer, shown, shown, bias)
        if not first_token_only:
            return self._through(self._layers[-1], shown, shown, bias)
        asking = _with_rows(shown[:, :1].contiguous(), FEWEST_ROWS)
        return self._through(self._layers[-1], asking, shown, None if bias is None else bias[:, :1])

    def _bias(self, length: int) -> Tensor | None:
        """What is added to attention (heads, length, length) for how far a token stands from another."""
        if self._by_distance is None:
            return None
        import torch

        places = torch.arange(length, device=self._by_distance.device)
        middle = self._by_distance.shape[1] // 2
        return self._by_distance[:, places[None] - places[:, None] + middle]

    def _through(self, layer: Layer, asking: Tensor, shown: Tensor, bias: Tensor | None) -> Tensor:
        """One layer, for the positions `asking`, which attend to all that is `shown`."""
        from torch.nn import functional as F

        size = (self.dimensions,)
        source = shown.to(self.dtype)
        query = layer.query(source if asking is shown else asking.to(self.dtype))
        key_value = layer.key_value(source).view(*source.shape[:2], 2, self._heads, -1)
        key, value = _with_rows(key_value, len(query)).permute(2, 0, 3, 1, 4)
        heads = query.view(*query.shape[:2], self._heads, -1).transpose(1, 2)
        attended = attend(heads, key, value, bias=bias).transpose(1, 2).reshape(query.shape)
        asking = F.layer_norm(asking + layer.attended(attended), size, *layer.attended_norm, self._epsilon)
        narrow = layer.narrow(layer.wide(asking.to(self.dtype)))
        return F.layer_norm(asking + narrow, size, *layer.norm, self._epsilon)


def read_weights(directory: Path) -> dict[str, Tensor]:
    """The weights of a BERT by the names of today, without the prefix that classifiers have; those of an MPNet by the same
    names, its positions from 0 on and its segments all alike."""
    from safetensors.torch import load_file

    raw = unpack(load_file(directory / "model.safetensors", device="cpu"))
    renamed = {re.sub(r"\.gamma$", ".weight", re.sub(r"\.beta$", ".bias", name)): raw[name] for name in raw}
    if not any(name.startswith("mpnet.") for name in renamed):
        return {name.removeprefix("bert."): tensor for name, tensor in renamed.items()}
    weights = {_as_bert(name.removeprefix("mpnet.")): tensor for name, tensor in renamed.items()}
    weights[POSITIONS] = weights[POSITIONS][MPNET_FIRST_POSITION:]
    weights["embeddings.token_type_embeddings.weight"] = weights[POSITIONS].new_zeros(2, weights[POSITIONS].shape[1])
    return weights


def longest_input(directory: Path) -> int:
    """Tokens that the model in the directory can take."""
    config = read_json(directory / "config.json")
    positions = int(config.get("max_position_embeddings", 512))
    return positions - MPNET_FIRST_POSITION if config.get("model_type") == "mpnet" else positions


def _as_bert(name: str) -> str:
    for mpnet, bert in MPNET_NAMES.items():
        name = name.replace(mpnet, bert)
    return name


def attention_by_distance(weights: Mapping[str, Tensor], *, longest: int) -> Tensor | None:
    """(heads, 2 longest - 1): what is added to the attention a token pays to another, by how far behind it that one stands
    (the middle: itself); None for a BERT. Distances share the buckets of T5 (Raffel et al. 2020)."""
    import torch

    by_bucket = weights.get("encoder.relative_attention_bias.weight")
    if by_bucket is None:
        return None
    distances = torch.arange(1 - longest, longest)
    half = len(by_bucket) // 2
    exact = half // 2
    far = distances.abs()
    logarithmic = torch.log(far.clamp(min=1).float() / exact) / math.log(FURTHEST / exact) * (half - exact)
    buckets = torch.where(far < exact, far, (exact + logarithmic.long()).clamp(max=half - 1))
    buckets = buckets + torch.where(distances > 0, half, 0)
    return by_bucket[buckets.to(by_bucket.device)].T.contiguous()


def _parameters(weights: Mapping[str, Tensor], *names: str, dtype: torch.dtype) -> Parameters:
    """Weight and bias of a layer, or of several linear layers put into one."""
    import torch

    weight, bias = (torch.cat([weights[f"{name}.{kind}"] for name in names]) for kind in ("weight", "bias"))
    return weight.to(dtype), bias.to(dtype)


def _layer(weights: Mapping[str, Tensor], name: str, *, dtype: torch.dtype) -> Layer:
    import torch

    def products(*names: str, activation: Activation = "none") -> Linear:
        weight, bias = _parameters(weights, *(f"{name}.{one}" for one in names), dtype=dtype)
        return linear(weight, bias, activation=activation)

    return Layer(
        query=products("attention.self.query"),
        key_value=products("attention.self.key", "attention.self.value"),
        attended=products("attention.output.dense"),
        attended_norm=_parameters(weights, f"{name}.attention.output.LayerNorm", dtype=torch.float32),
        wide=products("intermediate.dense", activation="gelu"),
        narrow=products("output.dense"),
        norm=_parameters(weights, f"{name}.output.LayerNorm", dtype=torch.float32),
    )


def _with_rows(values: Tensor, fewest: int) -> Tensor:
    """The values, their last row repeated where they are fewer."""
    import torch

    if len(values) >= fewest:
        return values
    return torch.cat([values, values[-1:].expand(fewest - len(values), *values.shape[1:])])


def is_plain_bert(directory: Path) -> bool:
    """Whether the directory holds a BERT or MPNet classifier that Bert computes as transformers does."""
    if not all((directory / name).is_file() for name in ("model.safetensors", "tokenizer.json", "config.json")):
        return False
    config = read_json(directory / "config.json")
    return (
        config.get("architectures") in (["BertForSequenceClassification"], ["MPNetForSequenceClassification"])
        and config.get("relative_attention_num_buckets", MPNET_BUCKETS) == MPNET_BUCKETS
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
    )
