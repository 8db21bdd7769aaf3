"""BERT in plain torch, for models of plain files (both embedded ones).

Importing the model classes of transformers costs 4 seconds of processor time more than torch itself, more than a rerun
with one new article may take as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from detector.models.batches import FEWEST_ROWS
from detector.models.naming import read_json
from detector.models.products import Activation, Linear, Parameters, attend, linear

if TYPE_CHECKING:
    import torch
    from torch import Tensor


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
        for layer in self._layers[:-1]:
            shown = self._through(layer, shown, shown)
        asking = _with_rows(shown[:, :1].contiguous(), FEWEST_ROWS) if first_token_only else shown
        return self._through(self._layers[-1], asking, shown)

    def _through(self, layer: Layer, asking: Tensor, shown: Tensor) -> Tensor:
        """One layer, for the positions `asking`, which attend to all that is `shown`."""
        from torch.nn import functional as F

        size = (self.dimensions,)
        source = shown.to(self.dtype)
        query = layer.query(source if asking is shown else asking.to(self.dtype))
        key_value = layer.key_value(source).view(*source.shape[:2], 2, self._heads, -1)
        key, value = _with_rows(key_value, len(query)).permute(2, 0, 3, 1, 4)
        heads = query.view(*query.shape[:2], self._heads, -1).transpose(1, 2)
        attended = attend(heads, key, value).transpose(1, 2).reshape(query.shape)
        asking = F.layer_norm(asking + layer.attended(attended), size, *layer.attended_norm, self._epsilon)
        narrow = layer.narrow(layer.wide(asking.to(self.dtype)))
        return F.layer_norm(asking + narrow, size, *layer.norm, self._epsilon)


def read_weights(directory: Path) -> dict[str, Tensor]:
    """The weights of a BERT by the names of today, without the prefix that classifiers have."""
    from safetensors.torch import load_file

    raw = load_file(directory / "model.safetensors", device="cpu")
    renamed = {re.sub(r"\.gamma$", ".weight", re.sub(r"\.beta$", ".bias", name)): raw[name] for name in raw}
    return {name.removeprefix("bert."): tensor for name, tensor in renamed.items()}


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
    """Whether the directory holds a BERT classifier that Bert computes as transformers does."""
    if not all((directory / name).is_file() for name in ("model.safetensors", "tokenizer.json", "config.json")):
        return False
    config = read_json(directory / "config.json")
    return (
        config.get("architectures") == ["BertForSequenceClassification"]
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder", False)
    )
