"""The classifiers: from the base model to the shipped directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detector.models.compact import pack, unpack
from detector.models.naming import file_sha256
from detector.records import NLI_LABELS


def new_teacher(base: Path, *, seed: int) -> Any:
    """The encoder in `base` under a fresh head of three labels by name; word embeddings frozen, no dropout, fp32 weights."""
    import torch
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(seed)
    model = AutoModelForSequenceClassification.from_pretrained(
        base,
        num_labels=len(NLI_LABELS),
        id2label=dict(enumerate(NLI_LABELS)),
        label2id={label: place for place, label in enumerate(NLI_LABELS)},
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        dtype=torch.float32,
    )
    model.base_model.embeddings.word_embeddings.weight.requires_grad_(False)
    return model.train()


def cut_to_first_layers(teacher: Any, count: int) -> None:
    """Leave of `teacher` its embeddings, its first `count` layers and its head. Its word embeddings, which learn no more, are
    rounded as they will be shipped, so that the layers learn to live with it."""
    import torch

    encoder = teacher.base_model.encoder
    encoder.layer = torch.nn.ModuleList(list(encoder.layer)[:count])
    teacher.config.num_hidden_layers = count
    words = teacher.base_model.embeddings.word_embeddings.weight
    name = "word_embeddings.weight"
    with torch.no_grad():
        words.copy_(unpack(pack({name: words.data}))[name])


def export_model(model: Any, base: Path, directory: Path, *, max_length: int, packed: bool) -> str:
    """Write weights, in bf16 or packed (`detector.models.compact`), config and tokenizer; the sha256 of the weights."""
    import torch
    from safetensors.torch import save_file
    from transformers import AutoTokenizer

    directory.mkdir(parents=True, exist_ok=True)
    weights = pack(model.state_dict()) if packed else {}
    model.to(torch.bfloat16).save_pretrained(directory)
    if packed:
        save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.model_max_length = max_length
    tokenizer.save_pretrained(directory)
    return file_sha256(directory / "model.safetensors")
