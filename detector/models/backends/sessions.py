"""Graphs at work: ONNX Runtime and OpenVINO, each behind one function of arrays."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from detector.errors import MissingExtraError, ModelError
from detector.models.backends.cache import kept_graph
from detector.models.backends.graph import GRAPH_VERSION, Form, bert_graph
from detector.models.bert import POSITIONS, attention_by_distance, read_weights
from detector.models.naming import file_sha256, read_json
from detector.records import digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Runtime = Literal["onnx", "openvino"]
RunGraph = Callable[["NDArray[np.int64]", "NDArray[np.int64]"], "NDArray[np.float32]"]
"""Ids and segments (rows, length) to logits (rows, labels)."""
PACKAGES: dict[Runtime, tuple[str, ...]] = {"onnx": ("onnx", "onnxruntime"), "openvino": ("onnx", "openvino")}
"""What each runtime needs; the graph is written with the package onnx for both."""
SHAPES_KEPT = 64
"""Compiled shapes that OpenVINO keeps, 5,000 unless told: about every batch has a shape of its own."""


def installed(runtime: Runtime) -> bool:
    return all(find_spec(package) is not None for package in PACKAGES[runtime])


def require(runtime: Runtime) -> None:
    """Raises MissingExtraError: a package of the runtime is not installed."""
    missing = [package for package in PACKAGES[runtime] if find_spec(package) is None]
    if missing:
        raise MissingExtraError(
            f'models.backend = "{runtime}" needs the package {" and ".join(missing)}: '
            f"pip install 'claim-contradiction-detector[{runtime}]', or set backend = \"auto\""
        )


def open_graph(runtime: Runtime, directory: Path, *, form: Form, threads: int) -> RunGraph:
    """The plain BERT or MPNet of the directory, ready to compute; its graph comes from the cache or is made.

    Raises ModelError: the runtime cannot compute it.
    """
    graph = _graph_of(directory, form=form)
    try:
        run = (_in_onnxruntime if runtime == "onnx" else _in_openvino)(graph, form=form, threads=threads)
        _try_out(run)
    except Exception as error:  # both runtimes raise classes of their own that derive from nothing narrower
        reason = str(error).strip().partition("\n")[0][:200] or type(error).__name__
        raise ModelError(f'{runtime} cannot compute the model in {form} ({reason}); set backend = "torch"') from error
    return run


def _graph_of(directory: Path, *, form: Form) -> bytes:
    import onnx

    config = read_json(directory / "config.json")
    weights_hash = file_sha256(directory / "model.safetensors")
    key = digest(GRAPH_VERSION, form, onnx.__version__, weights_hash, sorted(config.items()))

    def made() -> bytes:
        try:
            read = read_weights(directory)
            weights = {name: tensor.float().numpy() for name, tensor in read.items()}
            by_distance = attention_by_distance(read, longest=len(read[POSITIONS]))
            bias = None if by_distance is None else by_distance.float().numpy()
            return bert_graph(weights, config, form=form, by_distance=bias)
        except KeyError as error:
            raise ModelError(f"{directory} holds no whole BERT or MPNet ({error}); fetch its files again") from error

    return kept_graph(f"nli-{form}-{key}", made)


def _try_out(run: RunGraph) -> None:
    """One batch, so that what a processor cannot compute is known before it matters."""
    import numpy as np

    run(np.ones((4, 8), np.int64), np.zeros((4, 8), np.int64))


def _in_onnxruntime(graph: bytes, *, form: Form, threads: int) -> RunGraph:
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # plans memory for one shape; here about every batch has its own
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(ids: NDArray[np.int64], segments: NDArray[np.int64]) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = session.run(["logits"], {"ids": ids, "segments": segments})[0]
        return logits

    return run


def _in_openvino(graph: bytes, *, form: Form, threads: int) -> RunGraph:
    openvino = _silent_openvino()
    core = openvino.Core()
    compiled = core.compile_model(
        core.read_model(graph, b""),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "f32",  # bfloat16 unless told, where the processor has it
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": "32" if form == "int8-weights" else "0",
            "CPU_RUNTIME_CACHE_CAPACITY": str(SHAPES_KEPT),
            "INFERENCE_NUM_THREADS": str(threads),
            "NUM_STREAMS": "1",
        },
    )
    request = compiled.create_infer_request()

    def run(ids: NDArray[np.int64], segments: NDArray[np.int64]) -> NDArray[np.float32]:
        request.infer({"ids": ids, "segments": segments})
        logits: NDArray[np.float32] = request.get_output_tensor().data.copy()
        return logits

    return run


def _silent_openvino() -> Any:
    """The package without its model converter, whose import alone reports usage to its makers over the network."""
    converter = "openvino.tools.ovc"
    before = sys.modules.get(converter)
    if "openvino" not in sys.modules:
        sys.modules[converter] = None  # type: ignore[assignment]  # an import of it fails, which the package allows for
    try:
        import openvino
    finally:
        if sys.modules.get(converter) is None:
            sys.modules.pop(converter, None)
        if before is not None:
            sys.modules[converter] = before
    return openvino
