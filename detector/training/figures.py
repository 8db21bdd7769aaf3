"""How good an NLI model is on labelled pairs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.errors import ModelError
from detector.records import NLI_LABELS
from detector.training.mix import NOT_ENTAILMENT, Pair, read_pairs

Probabilities = npt.NDArray[np.floating[Any]]


def average_precision(scores: npt.NDArray[np.floating[Any]], positive: npt.NDArray[np.bool_]) -> float | None:
    """Area under the precision-recall steps; ties share one step. None without positives."""
    if not positive.any():
        return None
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(positive[order])
    last_of_tie = np.append(np.diff(scores[order]) != 0, True)
    hits, seen = hits[last_of_tie], np.flatnonzero(last_of_tie) + 1
    gained = np.diff(hits, prepend=0) / hits[-1]
    return float((gained * hits / seen).sum())


def macro_f1(predicted: Sequence[str], labels: Sequence[str]) -> float:
    """Mean over the labels that occur in `labels`."""
    scores = []
    for label in sorted(set(labels)):
        both = sum(p == label == t for p, t in zip(predicted, labels, strict=True))
        scores.append(2 * both / (sum(p == label for p in predicted) + sum(t == label for t in labels)))
    return float(np.mean(scores))


def evaluate_pairs(probs: Probabilities, labels: list[str]) -> dict[str, float | int | None]:
    """Figures of one set; `probs` [n, 3] in the order entailment, neutral, contradiction.

    Where a label is `not_entailment` the whole set is judged as entailment or not. Otherwise the largest of all
    three probabilities decides, also in sets that lack a label.
    """
    predicted = [NLI_LABELS[place] for place in probs.argmax(axis=1)]
    if NOT_ENTAILMENT in labels:
        predicted = [label if label == "entailment" else NOT_ENTAILMENT for label in predicted]
        labels = [label if label == "entailment" else NOT_ENTAILMENT for label in labels]
    contradicting = np.array([label == "contradiction" for label in labels])
    return {
        "rows": len(labels),
        "accuracy": float(np.mean([p == t for p, t in zip(predicted, labels, strict=True)])),
        "macro_f1": macro_f1(predicted, labels),
        "contradiction_ap": average_precision(probs[:, 2], contradicting),
        "contradiction_rate": float(contradicting.mean()),
    }


def label_places(id2label: Mapping[Any, str]) -> list[int]:
    """Where a model puts entailment, neutral and contradiction."""
    by_name = {name.lower(): int(place) for place, name in id2label.items()}
    if sorted(by_name) != sorted(NLI_LABELS):
        raise ModelError(f"the model's labels are {sorted(by_name)}, expected {sorted(NLI_LABELS)} in its config.json")
    return [by_name[label] for label in NLI_LABELS]


def pair_logits(directory: Path, pairs: Sequence[Pair], *, tokens: int = 4096) -> npt.NDArray[np.float32]:
    """Logits [pairs, 3] of the model in `directory` in the order of NLI_LABELS, in the precision it is stored in."""
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForSequenceClassification

    from detector.models.compact import plainly
    from detector.training.batches import encode_pairs, pad, plan_batches
    from detector.training.fit import model_inputs

    with plainly(directory) as plain:
        model = AutoModelForSequenceClassification.from_pretrained(plain, dtype="auto", local_files_only=True).eval()
    places = label_places(model.config.id2label)
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    encoded = encode_pairs(pairs, tokenizer, max_length=longest_pair(directory))
    logits = np.zeros((len(pairs), 3), dtype=np.float32)
    with torch.inference_mode():
        for batch_places in plan_batches(encoded, tokens=tokens, seed="figures"):
            batch = pad([encoded[place] for place in batch_places], padding=model.config.pad_token_id)
            out = model(**model_inputs(model, batch)).logits
            logits[batch_places] = out.float().numpy()[:, places]
    return logits


def longest_pair(directory: Path) -> int:
    """Tokens of a pair in evaluation; a little more than in training, so that long evidence is not cut short."""
    from detector.models.bert import longest_input

    return min(160, longest_input(directory))


def softmax(logits: Probabilities) -> Probabilities:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def sample(pairs: list[Pair], limit: int) -> list[Pair]:
    """At most `limit` pairs, the same ones every time."""
    if len(pairs) <= limit:
        return pairs
    return random.Random(f"sample/{limit}").sample(pairs, limit)


def evaluate_model(
    directory: Path, files: Mapping[str, Path], *, limit: int = 1000
) -> dict[str, dict[str, float | int | None]]:
    """Figures of the model in `directory` on each file of pairs, on at most `limit` rows of each."""
    figures = {}
    for name, path in files.items():
        pairs = sample(read_pairs(path), limit)
        probs = softmax(pair_logits(directory, pairs))
        figures[name] = evaluate_pairs(probs, [pair.label for pair in pairs])
    return figures
