"""The classifiers: from the base model to the shipped directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detector.errors import ModelError
from detector.models.compact import pack, plainly, unpack
from detector.models.naming import file_sha256
from detector.records import NLI_LABELS

MADE_FILES = ("config.json", "model.safetensors", "tokenizer.json")


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


def finished_model(directory: Path) -> Any:
    """A model made here, to be taught further: word embeddings frozen, no dropout, fp32 weights.

    Raises ModelError: files are missing, or another number or order of labels than `NLI_LABELS`.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    missing = [name for name in MADE_FILES if not (directory / name).is_file()]
    if missing:
        raise ModelError(f"{directory} has no {', '.join(missing)}: name the directory of a model made here")
    with plainly(directory) as plain:
        model = AutoModelForSequenceClassification.from_pretrained(
            plain,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            dtype=torch.float32,
            local_files_only=True,
        )
    labels = [model.config.id2label[place] for place in range(model.config.num_labels)]
    if labels != list(NLI_LABELS):
        raise ModelError(f"{directory} has the labels {labels}, expected {list(NLI_LABELS)}: name a model made here")
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
