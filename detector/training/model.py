"""The classifier: from the base model's package to the shipped directory."""

from __future__ import annotations

import hashlib
import importlib.resources
from pathlib import Path
from typing import Any

from detector.errors import MissingExtraError, ModelError
from detector.records import NLI_LABELS
from detector.training.mix import Mix

POOLER_DEVIATION = 0.02  # as in every BERT


def file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def base_directory(mix: Mix) -> Path:
    """Where the base model's package keeps its files; the weights are checked by hash."""
    try:
        root = Path(str(importlib.resources.files(mix.base_package)))
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"package {mix.base_package} holds the base model: install it with pip") from error
    weights = sorted(root.rglob("model.safetensors"))
    if len(weights) != 1:
        raise ModelError(f"{len(weights)} model.safetensors found in package {mix.base_package}, expected one")
    digest = file_sha256(weights[0])
    if digest != mix.base_sha256:
        raise ModelError(f"{weights[0]} has sha256 {digest}, expected {mix.base_sha256}: install the pinned version")
    return weights[0].parent


def head_options() -> dict[str, Any]:
    """What every model trained here starts with: three labels by name, no dropout, fp32 weights."""
    import torch

    return {
        "num_labels": len(NLI_LABELS),
        "id2label": dict(enumerate(NLI_LABELS)),
        "label2id": {label: place for place, label in enumerate(NLI_LABELS)},
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "dtype": torch.float32,
    }


def new_classifier(base: Path, *, seed: int) -> Any:
    """The encoder in `base` with a fresh pooler and three labels; word embeddings frozen, no dropout."""
    import torch
    from transformers import BertForSequenceClassification

    torch.manual_seed(seed)
    model = BertForSequenceClassification.from_pretrained(
        base,
        attn_implementation="eager",  # in bf16 on CPU 1.6 times as fast to train as "sdpa"
        **head_options(),
    )
    torch.nn.init.normal_(model.bert.pooler.dense.weight, std=POOLER_DEVIATION)
    torch.nn.init.zeros_(model.bert.pooler.dense.bias)
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    return model.train()


def export_model(model: Any, base: Path, directory: Path, *, max_length: int) -> str:
    """Write weights in bf16, config and tokenizer; the sha256 of the weights."""
    import torch
    from transformers import AutoTokenizer

    directory.mkdir(parents=True, exist_ok=True)
    model.to(torch.bfloat16).save_pretrained(directory)
    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True)
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.model_max_length = max_length
    tokenizer.save_pretrained(directory)
    return file_sha256(directory / "model.safetensors")
