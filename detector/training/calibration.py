"""One temperature that makes the model's probabilities honest."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detector.records import NLI_LABELS
from detector.training.figures import Probabilities, pair_logits, sample, softmax
from detector.training.mix import Pair, read_pairs

CALIBRATION_SETS = ("news", "snli_dev", "cad_nli_test", "infotabs_alpha1", "semiauto_wiki_test", "fever_symmetric_dev")
ROWS_PER_SET = 400  # beside all news pairs: the register the program reads outweighs any other set
BINS = 15


def calibration_error(probs: Probabilities, places: Sequence[int]) -> float:
    """Expected calibration error of the largest probability, over equal-width bins."""
    sure = probs.max(axis=1)
    right = probs.argmax(axis=1) == np.asarray(places)
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [abs(sure[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())]
    return float(sum(gaps))


def log_loss(logits: Probabilities, places: Sequence[int], temperature: float) -> float:
    probs = softmax(logits / temperature)
    return float(-np.log(np.maximum(probs[np.arange(len(places)), list(places)], 1e-12)).mean())


def fit_temperature(logits: Probabilities, places: Sequence[int]) -> float:
    """The temperature between 0.2 and 5 of least log loss, by golden section on its logarithm."""
    low, high = math.log(0.2), math.log(5.0)
    ratio = (math.sqrt(5) - 1) / 2
    while high - low > 1e-4:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if log_loss(logits, places, math.exp(left)) < log_loss(logits, places, math.exp(right)):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)


def is_fitted_on(pair: Pair) -> bool:
    """Half of all premises; pairs of one premise stay together."""
    return hashlib.sha256(pair.premise.encode()).digest()[0] % 2 == 0


def calibrate(directory: Path, files: Mapping[str, Path]) -> dict[str, Any]:
    """Fit on one half of the news and general development pairs, measure on the other half."""
    by_set = {name: read_pairs(files[name]) for name in CALIBRATION_SETS if name in files}
    chosen = {name: pairs if name == "news" else sample(pairs, ROWS_PER_SET) for name, pairs in by_set.items()}
    pairs = [pair for part in chosen.values() for pair in part]
    logits = pair_logits(directory, pairs)
    places = np.array([NLI_LABELS.index(pair.label) for pair in pairs])
    fitted = np.array([is_fitted_on(pair) for pair in pairs])
    news = np.arange(len(pairs)) < len(chosen["news"])
    temperature = round(fit_temperature(logits[fitted], places[fitted].tolist()), 4)

    def error(rows: Any, divisor: float) -> float:
        return round(calibration_error(softmax(logits[rows] / divisor), places[rows].tolist()), 4)

    return {
        "temperature": temperature,
        "method": "temperature scaling of the logits, least log loss",
        "fitted_on": {name: sum(map(is_fitted_on, part)) for name, part in chosen.items()},
        "measured_on": {name: len(part) - sum(map(is_fitted_on, part)) for name, part in chosen.items()},
        "ece_before": error(~fitted, 1.0),
        "ece_after": error(~fitted, temperature),
        "ece_news_before": error(~fitted & news, 1.0),
        "ece_news_after": error(~fitted & news, temperature),
    }


def write_calibration(directory: Path, calibration: Mapping[str, Any]) -> None:
    text = json.dumps(calibration, indent=2) + "\n"
    (directory / "calibration.json").write_text(text, encoding="utf-8")
