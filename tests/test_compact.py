from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from detector.models import loading
from detector.models.backends import Variant
from detector.models.backends.sessions import installed
from detector.models.bert import longest_input
from detector.models.compact import pack, plainly, unpack, write_plain
from detector.models.naming import read_json
from detector.models.products import attend
from detector.settings import ModelSettings

PAIRS = [
    ("The dam held.", "The dam broke."),
    (" ".join(["A tram left the rails."] * 10), "Nobody was hurt."),
    (
        "The bridge at Ostrau was closed on Monday after the flood, police said, and stays closed until May.",
        "It opened.",
    ),
    (
        "Nine people were hurt.",
        "Nine people were hurt when a tram left the rails near the market hall in the old town.",
    ),
]


def weights_of(rows: int, columns: int) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(5)) * 0.04


def test_packed_matrices_come_back_close_and_the_same_ever_after() -> None:
    given = {
        "encoder.layer.0.dense.weight": weights_of(64, 128),
        "embeddings.word_embeddings.weight": weights_of(700, 64),
        "embeddings.position_embeddings.weight": weights_of(16, 64),
        "encoder.layer.0.dense.bias": weights_of(1, 64)[0],
    }
    packed = pack(given)
    found = unpack(packed)
    assert set(found) == set(given)
    off = {name: float((found[name] - given[name]).norm() / given[name].norm()) for name in given}
    assert off["encoder.layer.0.dense.weight"] < 0.012
    assert off["embeddings.word_embeddings.weight"] < 0.1
    assert off["embeddings.position_embeddings.weight"] < 0.004 > off["encoder.layer.0.dense.bias"]
    again = unpack(pack(found))
    assert all(torch.equal(again[name], found[name]) for name in given if "word" not in name)
    bytes_of = [sum(tensor.nbytes for tensor in tensors.values()) for tensors in (packed, found)]
    assert bytes_of[0] < 0.45 * bytes_of[1]


def test_rows_of_zeros_and_rows_of_one_value_survive_packing() -> None:
    given = {"dense.weight": torch.zeros(4, 64), "word_embeddings.weight": torch.full((4, 64), 0.25)}
    found = unpack(pack(given))
    assert all(torch.equal(found[name].float(), given[name]) for name in given)


def test_eight_bit_matrices_are_exact_in_bfloat16() -> None:
    packed = pack({"dense.weight": weights_of(32, 64)})
    exact = packed["dense.weight"].double() * 2.0 ** packed["dense.weight.exponents"].double()
    assert torch.equal(unpack(packed)["dense.weight"].double(), exact)


def test_weights_that_were_never_packed_stay_as_they_are() -> None:
    given = {"dense.weight": weights_of(32, 64)}
    assert unpack(given)["dense.weight"] is given["dense.weight"]


@pytest.fixture(scope="module")
def mpnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small MPNet classifier with untrained weights, packed, with a tokenizer of its own."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import MPNetConfig, MPNetForSequenceClassification, PreTrainedTokenizerFast

    directory = tmp_path_factory.mktemp("models") / "mpnet"
    torch.manual_seed(11)
    config = MPNetConfig(
        vocab_size=300,
        hidden_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=302,
        id2label={0: "neutral", 1: "contradiction", 2: "entailment"},
        initializer_range=0.4,
    )
    model = MPNetForSequenceClassification(config)
    model.save_pretrained(directory)
    save_file(pack(model.state_dict()), directory / "model.safetensors", metadata={"format": "pt"})
    letters = {f"##{chr(code)}": code for code in range(33, 127)} | {chr(code): code + 100 for code in range(33, 127)}
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, **letters}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>").save_pretrained(directory)
    return directory


def expected_of(directory: Path) -> Any:
    from tokenizers import Tokenizer
    from transformers import AutoModelForSequenceClassification

    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    with plainly(directory) as plain:
        model = AutoModelForSequenceClassification.from_pretrained(plain, dtype=torch.float32).eval()
    with torch.inference_mode():
        rows = [model(input_ids=torch.tensor([tokenizer.encode(*pair).ids])).logits.softmax(-1)[0] for pair in PAIRS]
    return torch.stack(rows).numpy()[:, [2, 0, 1]]


def test_an_mpnet_gives_what_transformers_gives_in_our_order_of_labels(mpnet: Path) -> None:
    settings = ModelSettings(nli=str(mpnet), dtype="float32", max_length=256)
    found = loading.bert_variant(mpnet, settings, Variant("torch", "float32")).score(PAIRS)
    np.testing.assert_allclose(found, expected_of(mpnet), atol=1e-5)
    near = loading.bert_variant(mpnet, settings.model_copy(update={"dtype": "bfloat16"}), Variant("torch", "bfloat16"))
    np.testing.assert_allclose(near.score(PAIRS), found, atol=0.15)  # large random weights round badly


@pytest.mark.parametrize(("precision", "off"), [("float32", 1e-4), ("int8", 0.25)])
@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_an_mpnet_is_computed_by_the_other_runtimes_too(mpnet: Path, backend: Any, precision: str, off: float) -> None:
    if not installed(backend):
        pytest.skip(f"the extra {backend} is not installed (the dev extra brings it)")
    settings = ModelSettings(nli=str(mpnet), dtype="float32", max_length=256)
    found = loading.bert_variant(mpnet, settings, Variant(backend, precision)).score(PAIRS)
    np.testing.assert_allclose(found, expected_of(mpnet), atol=off)


@pytest.mark.parametrize("length", [1, 7, 16, 30])
@pytest.mark.parametrize("asking", [1, None])
def test_what_is_added_to_attention_counts_alike_in_both_precisions(length: int, asking: int | None) -> None:
    draw = torch.Generator().manual_seed(3)
    query, key, value = (torch.randn(5, 4, length, 16, generator=draw) for _ in range(3))
    bias = torch.randn(4, length, length, generator=draw)
    query, bias = query[:, :, :asking], bias[:, :asking]
    exact = attend(query, key, value, bias=bias)
    near = attend(query.bfloat16(), key.bfloat16(), value.bfloat16(), bias=bias.bfloat16())
    torch.testing.assert_close(near.float(), exact, rtol=0.05, atol=0.05)
    if length > 1:
        assert not torch.allclose(exact, attend(query, key, value), atol=0.05)


def test_a_pair_longer_than_an_mpnet_has_positions_is_cut(mpnet: Path) -> None:
    settings = ModelSettings(nli=str(mpnet), dtype="float32", max_length=512)
    assert longest_input(mpnet) == 300
    long = " ".join(["harbour"] * 400)
    rows = loading.bert_variant(mpnet, settings, Variant("torch", "float32")).score([(long, long)])
    assert np.isfinite(rows).all()


def test_the_unpacked_copy_is_read_as_it_is_and_a_plain_directory_is_not_copied(mpnet: Path, tmp_path: Path) -> None:
    plain = write_plain(mpnet, tmp_path / "plain")
    stored = load_file(plain / "model.safetensors")
    assert all(tensor.dtype == torch.bfloat16 for tensor in stored.values())
    assert read_json(plain / "config.json") == read_json(mpnet / "config.json")
    with plainly(plain) as same:
        assert same == plain
    with plainly(mpnet) as copy:
        assert copy != mpnet and (copy / "model.safetensors").is_file()
    assert not copy.exists()
