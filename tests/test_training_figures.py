"""Figures and the calibration of a trained model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import detector
from detector.errors import ModelError
from detector.training.calibration import calibration_error, fit_temperature
from detector.training.card import figures_table
from detector.training.figures import average_precision, evaluate_pairs, label_places, softmax

WEIGHTS = Path(detector.__file__).with_name("weights")


def test_average_precision_by_hand() -> None:
    positive = np.array([True, False, True, False])
    assert average_precision(np.array([0.9, 0.8, 0.7, 0.1]), positive) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(np.array([0.5, 0.5, 0.5, 0.5]), positive) == pytest.approx(0.5)
    assert average_precision(np.array([0.5]), np.array([False])) is None


def test_figures_of_a_three_way_set() -> None:
    probs = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.5, 0.1, 0.4], [0.1, 0.1, 0.8]])
    found = evaluate_pairs(probs, ["entailment", "neutral", "contradiction", "contradiction"])
    assert found["accuracy"] == 0.75
    assert found["contradiction_ap"] == pytest.approx(1.0)
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    assert "| talks | 4 | 75.0 | 77.8 | 1.000 (0.50) |" in figures_table({"talks": found})


def test_two_way_set_is_judged_as_entailment_or_not() -> None:
    probs = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2]])
    found = evaluate_pairs(probs, ["entailment", "not_entailment", "not_entailment", "not_entailment"])
    assert found["accuracy"] == 0.75
    assert found["contradiction_ap"] is None


def test_label_places_follow_the_model_and_unknown_labels_are_refused() -> None:
    assert label_places({0: "CONTRADICTION", 1: "entailment", 2: "neutral"}) == [1, 2, 0]
    with pytest.raises(ModelError, match="label_0"):
        label_places({0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"})


def test_temperature_undoes_overconfidence() -> None:
    numbers = np.random.default_rng(7)
    honest = numbers.normal(size=(20000, 3))
    drawn = (softmax(honest).cumsum(axis=1) > numbers.random((20000, 1))).argmax(axis=1).tolist()
    assert fit_temperature(2.5 * honest, drawn) == pytest.approx(2.5, rel=0.05)
    assert calibration_error(softmax(honest), drawn) < 0.02 < 0.15 < calibration_error(softmax(2.5 * honest), drawn)


@pytest.mark.models
def test_shipped_weights_are_those_of_their_card() -> None:
    from detector.models.naming import file_sha256

    assert file_sha256(WEIGHTS / "model.safetensors") in (WEIGHTS / "README.md").read_text(encoding="utf-8")
    config = json.loads((WEIGHTS / "config.json").read_text(encoding="utf-8"))
    assert label_places(config["id2label"]) == [0, 1, 2]
    calibration = json.loads((WEIGHTS / "calibration.json").read_text(encoding="utf-8"))
    assert calibration["ece_after"] < calibration["ece_before"]
