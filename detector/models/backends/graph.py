"""Our own plain BERT or MPNet as an ONNX graph: what ONNX Runtime and OpenVINO compute. Written operator by operator, so that no
exporter stands between the weights and the graph, and the last layer asks for the first token alone, as in bert.py."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Form = Literal["float32", "int8", "int8-weights"]
"""How matrix products are written: plain; in whole numbers, inputs rounded row by row (ONNX Runtime); weights alone in whole
numbers, inputs being left to the runtime (OpenVINO)."""
GRAPH_VERSION = 2
"""Raised when the same weights give another graph: graphs in the cache are then made anew."""
OPSET, IR_VERSION = 20, 10
"""The first with Gelu, and the file format of its time, which every ONNX Runtime from 1.18 and OpenVINO from 2024.1 reads."""
INT8_PEAK = 127


@dataclass(slots=True)
class _Writer:
    """Nodes and constants of a graph in the making; `add` gives the name of a node's output."""

    form: Form
    nodes: list[Any] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)

    def add(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, domain=domain, **attributes))
        return name

    def constant(self, name: str, values: NDArray[Any]) -> str:
        self.constants[name] = values
        return name

    def numbers(self, name: str, *values: int) -> str:
        import numpy as np

        return self.constant(name, np.array(values, np.int64))

    def scalar(self, name: str, value: float) -> str:
        import numpy as np

        return self.constant(name, np.array(value, np.float32))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the configuration says."""

    dimensions: int
    heads: int
    layers: int
    epsilon: float

    @property
    def size(self) -> int:
        return self.dimensions // self.heads


def bert_graph(
    weights: Mapping[str, NDArray[np.float32]],
    config: Mapping[str, Any],
    *,
    form: Form,
    by_distance: NDArray[np.float32] | None = None,
) -> bytes:
    """An ONNX file of ids and segments (rows, length) to logits (rows, labels), the columns in the checkpoint's order.

    `by_distance` (heads, 2 longest - 1) is what an MPNet adds to attention (`bert.attention_by_distance`).

    Raises KeyError: a weight is missing.
    """
    shape = _Shape(
        int(config["hidden_size"]),
        int(config["num_attention_heads"]),
        int(config["num_hidden_layers"]),
        float(config["layer_norm_eps"]),
    )
    write = _Writer(form)
    shown = _embedded(write, weights, shape)
    if by_distance is not None:
        _write_bias(write, by_distance)
    for place in range(shape.layers):
        shown = _layer(write, weights, shape, place, shown, first_token_only=place == shape.layers - 1)
    pooled = write.add("Tanh", _product(write, weights, "pooler.dense", shown, rounded=False))
    write.nodes[-1].name = "pooled"
    logits = _product(write, weights, "classifier", pooled, rounded=False)
    write.add("Identity", logits)
    write.nodes[-1].output[0] = "logits"
    return _file(write, labels=len(weights["classifier.bias"]))


def _file(write: _Writer, *, labels: int) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    def given(name: str) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", "length"])

    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", labels])
    constants = [numpy_helper.from_array(values, name) for name, values in write.constants.items()]
    graph = helper.make_graph(write.nodes, "bert", [given("ids"), given("segments")], [logits], constants)
    domains = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    used = domains if any(node.domain for node in write.nodes) else domains[:1]
    made: bytes = helper.make_model(graph, opset_imports=used, ir_version=IR_VERSION).SerializeToString()
    return made


def _embedded(write: _Writer, weights: Mapping[str, NDArray[np.float32]], shape: _Shape) -> str:
    """Hidden states (rows * length, dimensions) before the first layer, and the constants that all layers use."""
    for name in ("word", "token_type", "position"):
        write.constant(name, weights[f"embeddings.{name}_embeddings.weight"])
    write.numbers("zero", 0)
    write.numbers("first", 0)
    write.numbers("flat", -1, shape.dimensions)
    write.numbers("heads", shape.heads, shape.size)
    write.numbers("one_position", -1, 1, shape.heads, shape.size)
    write.numbers("width", shape.dimensions)
    size = write.add("Shape", "ids")
    length = write.add("Shape", "ids", start=1, end=2)
    by_head = write.add("Concat", size, "heads", axis=0)
    by_position = write.add("Concat", size, "width", axis=0)
    for name, made in (("by_head", by_head), ("by_position", by_position)):
        write.nodes[[node.output[0] for node in write.nodes].index(made)].output[0] = name
    positions = write.add("Slice", "position", "zero", length)
    tokens = write.add("Add", write.add("Gather", "word", "ids"), write.add("Gather", "token_type", "segments"))
    flat = write.add("Reshape", write.add("Add", tokens, positions), "flat")
    return _normalised(write, weights, shape, "embeddings.LayerNorm", flat)


def _write_bias(write: _Writer, by_distance: NDArray[np.float32]) -> None:
    """`bias` (heads, length, length) for the length of the input, and `bias_of_first` (heads, 1, length)."""
    import numpy as np

    write.constant("by_distance", by_distance)
    write.numbers("middle_distance", by_distance.shape[1] // 2)
    write.numbers("axis_0", 0)
    write.numbers("axis_1", 1)
    for name, value in (("range_start", 0), ("range_step", 1)):
        write.constant(name, np.array(value, np.int64))
    length = write.add("Squeeze", write.add("Shape", "ids", start=1, end=2))
    places = write.add("Range", "range_start", length, "range_step")
    apart = write.add("Sub", write.add("Unsqueeze", places, "axis_0"), write.add("Unsqueeze", places, "axis_1"))
    write.add("Gather", "by_distance", write.add("Add", apart, "middle_distance"), axis=1)
    write.nodes[-1].output[0] = "bias"
    write.add("Gather", "bias", "first", axis=1)
    write.nodes[-1].output[0] = "bias_of_first"


def _layer(
    write: _Writer,
    weights: Mapping[str, NDArray[np.float32]],
    shape: _Shape,
    place: int,
    shown: str,
    *,
    first_token_only: bool,
) -> str:
    """Hidden states after one layer, (rows * length, dimensions), or (rows, dimensions) of the first tokens."""
    name = f"encoder.layer.{place}"
    asking = _first(write, shown) if first_token_only else shown
    query, key, value = (f"{name}.attention.self.{part}" for part in ("query", "key", "value"))
    scale = 1 / math.sqrt(shape.size)
    queries = _product(write, weights, query, asking, scale=scale)
    keys, values = _products(write, weights, (key, value), shown)
    bias = ("bias_of_first" if first_token_only else "bias") if "by_distance" in write.constants else None
    attended = _attended(write, queries, keys, values, bias, one_position=first_token_only)
    joined = write.add("Add", asking, _product(write, weights, f"{name}.attention.output.dense", attended))
    middle = _normalised(write, weights, shape, f"{name}.attention.output.LayerNorm", joined)
    wide = write.add("Gelu", _product(write, weights, f"{name}.intermediate.dense", middle))
    narrow = _product(write, weights, f"{name}.output.dense", wide)
    return _normalised(write, weights, shape, f"{name}.output.LayerNorm", write.add("Add", middle, narrow))


def _first(write: _Writer, shown: str) -> str:
    """The hidden states of the first tokens, (rows, dimensions)."""
    by_position = write.add("Reshape", shown, "by_position")
    return write.add("Reshape", write.add("Gather", by_position, "first", axis=1), "flat")


def _attended(write: _Writer, queries: str, keys: str, values: str, bias: str | None, *, one_position: bool) -> str:
    def split(given: str, form: str, order: Sequence[int]) -> str:
        return write.add("Transpose", write.add("Reshape", given, form), perm=list(order))

    asking = split(queries, "one_position" if one_position else "by_head", (0, 2, 1, 3))
    likeness = write.add("MatMul", asking, split(keys, "by_head", (0, 2, 3, 1)))
    if bias is not None:
        likeness = write.add("Add", likeness, bias)
    attended = write.add("MatMul", write.add("Softmax", likeness, axis=-1), split(values, "by_head", (0, 2, 1, 3)))
    return write.add("Reshape", write.add("Transpose", attended, perm=[0, 2, 1, 3]), "flat")


def _normalised(
    write: _Writer, weights: Mapping[str, NDArray[np.float32]], shape: _Shape, name: str, given: str
) -> str:
    parts = [write.constant(f"{name}.{kind}", weights[f"{name}.{kind}"]) for kind in ("weight", "bias")]
    return write.add("LayerNormalization", given, *parts, axis=-1, epsilon=shape.epsilon)


def _products(
    write: _Writer, weights: Mapping[str, NDArray[np.float32]], names: Sequence[str], given: str
) -> list[str]:
    """Linear layers of one input, which is rounded once for all of them."""
    if write.form != "int8":
        return [_product(write, weights, name, given) for name in names]
    rounded = _rounded_rows(write, given)
    return [_whole_product(write, weights, name, *rounded) for name in names]


def _product(
    write: _Writer,
    weights: Mapping[str, NDArray[np.float32]],
    name: str,
    given: str,
    *,
    scale: float = 1.0,
    rounded: bool = True,
) -> str:
    """A linear layer, its result times `scale`; `rounded=False` keeps it in full precision in every form."""
    if rounded and write.form == "int8":
        return _whole_product(write, weights, name, *_rounded_rows(write, given), scale=scale)
    matrix = weights[f"{name}.weight"].T.copy() * scale
    bias = write.constant(f"{name}.bias", weights[f"{name}.bias"] * scale)
    if rounded and write.form == "int8-weights":
        whole, scales = whole_columns(matrix)
        parts = (write.constant(f"{name}.whole", whole), write.constant(f"{name}.scales", scales))
        held = write.add("DequantizeLinear", *parts, axis=1)
    else:
        held = write.constant(f"{name}.weight", matrix)
    return write.add("Add", write.add("MatMul", given, held), bias)


def whole_columns(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix (inputs, outputs) as whole numbers from -127 to 127 and a scale for each output."""
    import numpy as np

    scales = np.maximum(np.abs(matrix).max(axis=0) / INT8_PEAK, np.finfo(np.float32).tiny).astype(np.float32)
    return np.rint(matrix / scales).astype(np.int8), scales


def _rounded_rows(write: _Writer, given: str) -> tuple[str, str]:
    """An input as whole numbers and a scale for each row. Dynamic quantisation as ONNX Runtime brings it has one scale for a
    whole batch: what a text gets would depend on the texts beside it."""
    import numpy as np

    write.numbers("last", -1)
    write.scalar("peak", INT8_PEAK)
    write.scalar("least", 1e-12)
    write.scalar("one", 1.0)
    write.constant("middle", np.array(INT8_PEAK + 1, np.uint8))
    peaks = write.add("ReduceMax", write.add("Abs", given), "last", keepdims=1)
    scale = write.add("Div", write.add("Max", peaks, "least"), "peak")
    return write.add("QuantizeLinear", write.add("Div", given, scale), "one", "middle"), scale


def _whole_product(
    write: _Writer,
    weights: Mapping[str, NDArray[np.float32]],
    name: str,
    rounded: str,
    scale_of_rows: str,
    *,
    scale: float = 1.0,
) -> str:
    whole, scales = whole_columns(weights[f"{name}.weight"].T * scale)
    matrix, columns = write.constant(f"{name}.whole", whole), write.constant(f"{name}.scales", scales)
    summed = write.add("MatMulIntegerToFloat", rounded, matrix, "one", columns, "middle", domain="com.microsoft")
    bias = write.constant(f"{name}.bias", weights[f"{name}.bias"] * scale)
    return write.add("Add", write.add("Mul", summed, scale_of_rows), bias)
