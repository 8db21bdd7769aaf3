"""Other runtimes for the NLI model: equal to torch, chosen by measurement, never mixed, refused in one line."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.nli import Way, as_markdown
from detector import models
from detector.errors import DetectorError, MissingExtraError, ModelError
from detector.models import loading, naming
from detector.models.backends import cache, choosing, graph, sessions
from detector.models.backends.choosing import PLAIN, SHARE, TOLERANCE, Choice, Measured, Variant, decide, probe
from detector.models.backends.probe_pairs import PROBE_PAIRS
from detector.settings import ModelSettings

RUNTIMES = ("onnx", "openvino")
TEXTS = [
    "The dam at Orsk held overnight, engineers said.",
    "Officials reported that the dam in Orsk burst on Tuesday.",
    "Rain.",
    "The council approved a budget of 4.2 million crowns after a debate that lasted until midnight and split both parties.",
    "At least 14 people were taken to hospital, three of them children, after the ferry struck the pier in Port Ellery.",
    "Das Ministerium bestätigte den Rücktritt am Montag.",
    "",
]
PAIRS = list(itertools.permutations(TEXTS, 2))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test, and nothing chosen yet in this process."""
    folder = tmp_path / "cache"
    for module in (cache, choosing):
        monkeypatch.setattr(module, "cache_folder", lambda: folder)
    monkeypatch.setattr(choosing, "_taken", {})
    return folder


@pytest.fixture
def no_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that does not compute in bfloat16."""
    monkeypatch.setattr(naming, "_processor_has_bfloat16", lambda: False)


@pytest.fixture
def extras(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Says which packages are installed, whatever is."""

    def only(*packages: str) -> None:
        monkeypatch.setattr(sessions, "find_spec", lambda name: object() if name in packages else None)

    return only


# The choice, with made-up rows and a made-up clock


class Clock:
    """Tells a time that only the scoring of variants moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def rows(*, off: float = 0.0, share: float = 1.0) -> np.ndarray[Any, Any]:
    """100 rows of probabilities, `share` of them moved by `off`."""
    made = np.full((100, 3), [0.2, 0.3, 0.5], np.float32)
    made[: round(100 * share)] += [off, 0, -off]
    return made


def scoring(clock: Clock, seconds: float, answer: np.ndarray[Any, Any]) -> Callable[[], Callable[[], Any]]:
    def score() -> np.ndarray[Any, Any]:
        clock.now += seconds
        return answer

    return lambda: score


def broken() -> Any:
    raise ModelError("onnx cannot compute it")


def chosen(*, may_stay: bool = True, **variants: tuple[float, np.ndarray[Any, Any]]) -> Choice:
    """What is chosen among variants that take so many seconds and answer so."""
    clock = Clock()
    named = {name.replace("_", "-"): scoring(clock, *one) for name, one in variants.items()}
    return decide(probe(named, clock=clock), may_stay=may_stay)


def test_the_fastest_variant_that_agrees_with_float32_is_chosen() -> None:
    found = chosen(float32=(4.0, rows()), onnx_float32=(2.0, rows(off=0.001)), openvino_float32=(3.0, rows()))
    assert found.name == "onnx-float32"
    assert found.explained() == "onnx-float32, 2.0 times as fast as float32 in torch, the fastest measured here"


def test_a_variant_that_deviates_is_no_candidate_however_fast_it_is() -> None:
    found = chosen(
        float32=(4.0, rows()), onnx_float32=(2.0, rows()), onnx_int8=(0.5, rows(off=2 * TOLERANCE, share=0.02))
    )
    assert found.name == "onnx-float32"
    assert "onnx-int8 left out: 98% of pairs within 0.01 of float32" in found.explained()


def test_one_pair_in_a_hundred_may_deviate() -> None:
    found = chosen(float32=(4.0, rows()), onnx_int8=(0.5, rows(off=2 * TOLERANCE, share=1 - SHARE)))
    assert found.name == "onnx-int8"


def test_torch_stays_where_nothing_is_faster() -> None:
    found = chosen(float32=(1.0, rows()), onnx_float32=(2.0, rows()))
    assert found.name == PLAIN.name and found.explained() == "float32, in torch, the fastest measured here"


def test_a_backend_that_the_settings_name_is_taken_though_torch_is_faster() -> None:
    assert chosen(may_stay=False, float32=(1.0, rows()), onnx_float32=(2.0, rows())).name == "onnx-float32"


def test_a_backend_without_any_right_variant_is_refused_in_one_line() -> None:
    with pytest.raises(ModelError, match=r"within 0.01 of float32 \(onnx-int8: 0% of pairs\); set backend"):
        chosen(may_stay=False, float32=(1.0, rows()), onnx_int8=(0.5, rows(off=0.2)))


def test_a_variant_that_cannot_run_here_is_named_and_left_out() -> None:
    clock = Clock()
    found = decide(probe({"float32": scoring(clock, 1.0, rows()), "onnx-int8": broken}, clock=clock), may_stay=True)
    assert found.name == "float32" and "onnx-int8 cannot run: onnx cannot compute it" in found.explained()


def test_the_probe_pairs_are_a_few_dozen_different_pairs() -> None:
    assert len(set(PROBE_PAIRS)) == len(PROBE_PAIRS) == 50
    assert all(premise and hypothesis for premise, hypothesis in PROBE_PAIRS)


# Which variant the settings lead to


def measured_as(monkeypatch: pytest.MonkeyPatch, *fastest: str) -> list[list[str]]:
    """Variants measured from now on are equally right, the named one the fastest; gives what was measured each time."""
    asked: list[list[str]] = []

    def load(settings: ModelSettings, directory: Path, variants: Sequence[Variant]) -> dict[str, Any]:
        asked.append([one.name for one in variants])
        return dict.fromkeys(asked[-1])

    def measure(named: dict[str, Any], *, clock: Any) -> tuple[Measured, ...]:
        return tuple(Measured(name=name, seconds=1.0 if name in fastest else 2.0, within=1.0) for name in named)

    monkeypatch.setattr(loading, "scoring_by_variant", load)
    monkeypatch.setattr(choosing, "probe", measure)
    return asked


@pytest.mark.usefixtures("no_bfloat16")
def test_what_was_measured_once_is_not_measured_again(
    extras: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    extras("onnx", "onnxruntime", "openvino")
    asked = measured_as(monkeypatch, "onnx-float32")
    first = models.scorer_id_of(ModelSettings())
    assert "NLI model: onnx-float32, 2.0 times as fast" in capsys.readouterr().err
    monkeypatch.setattr(choosing, "_taken", {})  # another process
    assert models.scorer_id_of(ModelSettings()) == first
    assert asked == [["float32", "onnx-float32", "onnx-int8", "openvino-float32", "openvino-int8"]]
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("no_bfloat16")
@pytest.mark.parametrize("change", ["weights", "version", "processor", "threads"])
def test_other_weights_versions_threads_or_processors_are_measured_anew(
    change: str, extras: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    extras("onnx", "onnxruntime")
    asked = measured_as(monkeypatch, "onnx-float32")
    models.scorer_id_of(ModelSettings())
    if change == "weights":
        monkeypatch.setattr(choosing, "file_sha256", lambda path: "other")
    elif change == "version":
        monkeypatch.setattr(choosing, "_versions", lambda: ("9.9",))
    elif change == "processor":
        monkeypatch.setattr(choosing, "_machine", lambda: "another")
    models.scorer_id_of(ModelSettings(threads=3 if change == "threads" else 0))
    assert len(asked) == 2


@pytest.mark.usefixtures("no_bfloat16")
@pytest.mark.parametrize("damage", [b"", b"{", b'{"name": "onnx-int8", "measured": []}', b"\xff\x00"])
def test_a_damaged_record_of_the_choice_is_measured_anew(
    damage: bytes, own_cache: Path, extras: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    extras("onnx", "onnxruntime")
    asked = measured_as(monkeypatch, "onnx-float32")
    models.scorer_id_of(ModelSettings())
    (kept,) = own_cache.glob("backend-*.json")
    kept.write_bytes(damage)
    monkeypatch.setattr(choosing, "_taken", {})
    assert models.scorer_id_of(ModelSettings()).endswith("/onnx-float32/160")
    assert len(asked) == 2 and json.loads(kept.read_bytes())["name"] == "onnx-float32"


@pytest.mark.usefixtures("no_bfloat16")
def test_a_cache_folder_that_cannot_be_written_costs_the_measuring_alone(
    own_cache: Path, extras: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own_cache.write_text("a file where the folder should be", encoding="utf-8")
    extras("onnx", "onnxruntime")
    measured_as(monkeypatch, "onnx-float32")
    assert models.scorer_id_of(ModelSettings()).endswith("/onnx-float32/160")
    assert "is measured again next time" in capsys.readouterr().err


def test_every_variant_is_another_scorer() -> None:
    candidates = [Variant(backend, precision) for backend in RUNTIMES for precision in ("float32", "int8")]
    names = {naming.scored_by(ModelSettings(), one.name) for one in (PLAIN, Variant("torch", "bfloat16"), *candidates)}
    assert len(names) == 6


def never_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "probe", lambda *_, **__: pytest.fail("it was measured"))


def test_a_processor_with_bfloat16_keeps_torch_and_its_ids(
    extras: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    extras("onnx", "onnxruntime", "openvino")
    never_measured(monkeypatch)
    monkeypatch.setattr(naming, "_processor_has_bfloat16", lambda: True)
    assert models.scorer_id_of(ModelSettings(nli="owner/nli")) == "owner/nli/bfloat16/160"
    assert models.scorer_id_of(ModelSettings()).endswith("/bfloat16/160")


@pytest.mark.usefixtures("no_bfloat16")
def test_without_extras_nothing_is_measured(extras: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    extras("onnx")
    never_measured(monkeypatch)
    assert models.scorer_id_of(ModelSettings()).endswith("/float32/160")


@pytest.mark.usefixtures("no_bfloat16")
@pytest.mark.parametrize("settings", [{"dtype": "float32"}, {"backend": "torch"}, {"nli": "owner/nli"}])
def test_settings_that_leave_no_choice_are_not_measured(
    settings: dict[str, Any], extras: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    extras("onnx", "onnxruntime", "openvino")
    never_measured(monkeypatch)
    assert models.scorer_id_of(ModelSettings(**settings)).endswith("/float32/160")


def test_a_named_backend_in_float32_is_not_measured(
    extras: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    extras("onnx", "onnxruntime")
    never_measured(monkeypatch)
    assert models.scorer_id_of(ModelSettings(backend="onnx", dtype="float32")).endswith("/onnx-float32/160")


@pytest.mark.parametrize("ask", [models.scorer_id_of, models.load_nli])
@pytest.mark.parametrize(("backend", "package"), [("onnx", "onnxruntime"), ("openvino", "openvino")])
def test_a_backend_whose_package_is_missing_names_the_extra(
    ask: Callable[[ModelSettings], object], backend: Any, package: str, extras: Callable[..., None]
) -> None:
    extras("onnx")
    with pytest.raises(
        MissingExtraError, match=rf"needs the package {package}: pip install '.*\[{backend}\]'"
    ) as caught:
        ask(ModelSettings(backend=backend))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"dtype": "bfloat16"}, 'float32 or int8, not bfloat16: set dtype = "auto"'),
        ({"device": "cuda"}, 'on the processor, not on cuda: set device = "cpu"'),
        ({"nli": "owner/nli"}, r"plain BERT and MPNet classifiers in a directory, which owner/nli is not: set backend"),
    ],
)
def test_a_backend_that_cannot_do_what_is_asked_says_what_to_set(
    settings: dict[str, Any], told: str, extras: Callable[..., None]
) -> None:
    extras("onnx", "onnxruntime")
    with pytest.raises(ModelError, match=told):
        models.scorer_id_of(ModelSettings(backend="onnx", **settings))


def test_naming_a_scorer_loads_no_runtime() -> None:
    code = (
        "import sys; from detector import models; from detector.settings import ModelSettings\n"
        "models.scorer_id_of(ModelSettings(dtype='float32'))\n"
        "print(sorted({'torch', 'onnx', 'onnxruntime', 'openvino'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_benchmark_tells_speed_and_nearness_of_each_way() -> None:
    naive = Way("CrossEncoder", (12.0, 10.0), (0.0, 0.0, 0.0, 0.0), 800_000_000, 1.0)
    fast = Way("onnx-int8", (2.5, 2.0), (0.001, 0.008, 0.015, 0.4), 650_000_000, 5.0)
    page = as_markdown([naive, fast], pairs=4, command="python -m benchmarks.nli")
    assert "| CrossEncoder | 11.0 s | 1.00 | 100.0% | 100.0% | 100.0% | 0.000 | 0.80 GB |" in page
    assert "| onnx-int8 | 2.2 s | 5.00 | 25.0% | 50.0% | 75.0% | 0.400 | 0.65 GB |" in page


# Graphs in the cache


def test_a_graph_is_made_once(own_cache: Path) -> None:
    made: list[bytes] = []

    def make() -> bytes:
        made.append(b"graph")
        return b"graph"

    assert cache.kept_graph("nli", make) == cache.kept_graph("nli", make) == b"graph"
    assert len(made) == 1 and not list(own_cache.glob(".*"))


@pytest.mark.parametrize("damaged", ["nli.onnx", "nli.sha256"])
@pytest.mark.parametrize("content", [b"", b"gra", b"grapH", b"\xff"])
def test_a_damaged_graph_is_made_again(damaged: str, content: bytes, own_cache: Path) -> None:
    cache.kept_graph("nli", lambda: b"graph")
    (own_cache / damaged).write_bytes(content)
    assert cache.kept_graph("nli", lambda: b"graph") == b"graph"
    assert cache.kept_graph("nli", lambda: pytest.fail("the repaired one is whole")) == b"graph"


def test_graphs_longest_unused_are_let_go(own_cache: Path) -> None:
    for number in range(cache.GRAPHS_KEPT + 2):
        cache.kept_graph(f"nli-{number}", lambda: b"graph")
        cache.kept_graph("nli-0", lambda: pytest.fail("the one in use stays"))
    assert len(list(own_cache.glob("*.onnx"))) == len(list(own_cache.glob("*.sha256"))) == cache.GRAPHS_KEPT
    assert (own_cache / "nli-0.onnx").exists()


# The runtimes themselves


def runtime_or_skip(backend: Any) -> None:
    if not sessions.installed(backend):
        pytest.skip(f"the extra {backend} is not installed (the dev extra brings it)")


def loaded(backend: Any, precision: str, *, directory: Path = naming.WEIGHTS, **settings: Any) -> models.NLIModel:
    variant = Variant(backend, precision)
    return loading.bert_variant(directory, ModelSettings(nli=str(directory), dtype="float32", **settings), variant)


@pytest.fixture(scope="session")
def shipped() -> Path:
    if not (naming.WEIGHTS / "model.safetensors").is_file():
        pytest.skip("the embedded weights are not in this checkout")
    return naming.WEIGHTS


@pytest.fixture(scope="session")
def expected(shipped: Path) -> np.ndarray[Any, Any]:
    return loaded("torch", "float32").score([*PAIRS, *PROBE_PAIRS])


@pytest.mark.models
@pytest.mark.parametrize("backend", RUNTIMES)
def test_a_runtime_in_float32_gives_what_torch_gives(backend: str, expected: np.ndarray[Any, Any]) -> None:
    runtime_or_skip(backend)
    np.testing.assert_allclose(loaded(backend, "float32").score([*PAIRS, *PROBE_PAIRS]), expected, atol=1e-5)


@pytest.mark.models
@pytest.mark.parametrize("backend", RUNTIMES)
def test_whole_numbers_stay_near_float32(backend: str, expected: np.ndarray[Any, Any]) -> None:
    runtime_or_skip(backend)
    found = loaded(backend, "int8").score([*PAIRS, *PROBE_PAIRS])
    off = np.abs(found - expected).max(axis=1)
    assert np.median(off) < 0.02 and off.max() < 0.15


@pytest.mark.models
@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("backend", RUNTIMES)
def test_a_score_does_not_depend_on_the_pairs_beside_it(backend: str, precision: str, shipped: Path) -> None:
    runtime_or_skip(backend)
    nli = loaded(backend, precision, threads=1)
    order = random.Random(3).sample(range(len(PAIRS)), len(PAIRS))
    together = nli.score(PAIRS)
    np.testing.assert_array_equal(together[order], nli.score([PAIRS[place] for place in order]))
    np.testing.assert_array_equal(together[:12], np.concatenate([nli.score([pair]) for pair in PAIRS[:12]]))


@pytest.mark.models
@pytest.mark.parametrize("backend", RUNTIMES)
def test_a_named_backend_is_what_scores(backend: Any, shipped: Path) -> None:
    runtime_or_skip(backend)
    nli = models.load_nli(ModelSettings(backend=backend, dtype="float32"))
    assert nli.scorer_id == models.scorer_id_of(ModelSettings(backend=backend, dtype="float32"))
    assert nli.scorer_id.endswith(f"/{backend}-float32/160")


@pytest.mark.models
@pytest.mark.usefixtures("no_bfloat16")
def test_the_probe_runs_and_its_choice_is_what_scores(shipped: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runtime_or_skip("onnx")
    nli = models.load_nli(ModelSettings(backend="onnx"))
    assert nli.scorer_id in {naming.scored_by(ModelSettings(), f"onnx-{kind}") for kind in ("float32", "int8")}
    assert "the fastest measured here" in capsys.readouterr().err
    assert "the fastest measured here" in choosing.explanation_of(ModelSettings(backend="onnx"))


@pytest.mark.models
@pytest.mark.parametrize("backend", RUNTIMES)
def test_weights_that_lack_a_part_stop_with_one_line(backend: Any, shipped: Path, tmp_path: Path) -> None:
    runtime_or_skip(backend)
    broken = tmp_path / "broken"
    shutil.copytree(shipped, broken)
    config = json.loads((broken / "config.json").read_text(encoding="utf-8"))
    (broken / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 7}), encoding="utf-8")
    with pytest.raises(DetectorError, match="holds no whole BERT") as caught:
        models.load_nli(ModelSettings(nli=str(broken), backend=backend, dtype="float32"))
    assert "\n" not in str(caught.value)


def test_openvino_is_imported_without_what_reports_its_use() -> None:
    runtime_or_skip("openvino")
    code = (
        "import sys; from detector.models.backends import sessions\n"
        "found = sessions._silent_openvino()\n"
        "print(found.Core().available_devices, [name for name in sys.modules if 'telemetry' in name or '.ovc' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['CPU'] []\n"


def test_a_column_of_zeros_has_whole_numbers_as_well() -> None:
    whole, scales = graph.whole_columns(np.array([[0.0, 1.0], [0.0, -2.0]], np.float32))
    assert whole.tolist() == [[0, 64], [0, -127]] and np.isfinite(scales).all()
