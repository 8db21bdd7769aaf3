"""Probabilities of the pair models are counted against gold, each story judged by models that never saw it."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from detector.conflicts.relations import FEATURES
from detector.errors import InputError, MissingExtraError
from detector.evaluation.__main__ import main
from detector.evaluation.pair_weights import LabelledPairs, fit, probabilities
from detector.evaluation.reliability import (
    BINS,
    Curve,
    bins_of,
    calibration_error,
    check_plot,
    curve_table,
    curves_of,
    plot,
    reliability_of,
)
from detector.evaluation.stories import plain_text
from detector.pipeline import Workbench
from detector.settings import ConflictSettings, Settings
from detector.testing import HashingEncoder, LexicalNLI

CORPUS = Path(__file__).parent.parent / "corpus"


def curve(probabilities: list[float], truths: list[int], *, threshold: float = 0.3) -> Curve:
    return Curve("contradicts", threshold, np.array(probabilities), np.array(truths))


def labelled(name: str, *, seed: int, pairs: int = 60) -> LabelledPairs:
    """Pairs that contradict the surer the model is of it, and agree where they entail."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(pairs, len(FEATURES)))
    contradicts = (features[:, 0] + random.normal(size=pairs) > 1).astype(np.int64)
    agrees = ((features[:, 2] > 0.5) & (contradicts == 0)).astype(np.int64)
    return LabelledPairs(name, features, contradicts, agrees, ())


def test_a_pair_belongs_to_the_bin_of_its_probability_and_certainty_to_the_last() -> None:
    bins = bins_of(np.array([0.0, 0.1, 0.19, 1.0]), np.array([0, 1, 0, 1]))
    assert [one.count for one in bins] == [1, 2, 0, 0, 0, 0, 0, 0, 0, 1]
    assert [one.true for one in bins] == [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert (bins[1].low, bins[1].high, bins[1].mean, bins[1].share) == (0.1, 0.2, pytest.approx(0.145), 0.5)
    assert len(bins) == BINS


def test_probabilities_that_hold_have_no_calibration_error() -> None:
    assert calibration_error(np.array([0.25] * 4), np.array([1, 0, 0, 0])) == 0.0


def test_the_calibration_error_weighs_each_gap_by_its_pairs() -> None:
    figure = calibration_error(np.array([0.05, 0.05, 0.05, 0.95]), np.array([0, 0, 0, 0]))
    assert figure == pytest.approx(0.75 * 0.05 + 0.25 * 0.95)


def test_the_many_improbable_pairs_do_not_hide_that_the_shown_ones_promise_too_much() -> None:
    promised = curve([0.01] * 98 + [0.9] * 2, [0] * 100)
    assert promised.error < 0.03
    assert promised.error_shown == pytest.approx(0.9)


def test_no_pair_from_the_threshold_on_leaves_its_error_open() -> None:
    assert math.isnan(curve([0.1, 0.2], [0, 0]).error_shown)


def test_the_table_shows_what_is_promised_beside_what_holds() -> None:
    table = curve_table(curve([0.35, 0.35, 0.35, 0.35], [1, 0, 0, 0]))
    assert table.rows[3] == ("0.3 to 0.4", "4", "1", "0.350", "0.250", "+0.100")
    assert table.rows[0] == ("0.0 to 0.1", "0", "0", "-", "-", "-")
    assert "0.100 of all 4 pairs" in table.title
    assert "0.100 of the 4 from 0.30 on" in table.title
    assert plain_text(table)


def test_each_story_is_judged_by_models_fitted_on_the_others_and_on_judged_pairs() -> None:
    first, second, judged = (labelled(name, seed=seed) for seed, name in enumerate(("one", "two", "judged")))
    contradicts, agrees = curves_of([first, second], [judged], settings=ConflictSettings())
    for_first, for_second = fit([second, judged]), fit([first, judged])
    assert contradicts.probabilities == pytest.approx(
        np.concatenate(
            [
                probabilities(for_first.contradicts, first.features),
                probabilities(for_second.contradicts, second.features),
            ]
        )
    )
    assert agrees.truths.tolist() == [*first.agreeing, *second.agreeing]


def test_a_model_is_measured_from_the_threshold_of_its_own_setting() -> None:
    settings = ConflictSettings(contradiction=0.4, agreement=0.6)
    stories = [labelled(name, seed=seed) for seed, name in enumerate(("one", "two"))]
    assert [one.threshold for one in curves_of(stories, settings=settings)] == [0.4, 0.6]


def test_judged_pairs_are_fitted_on_and_not_counted() -> None:
    stories = [labelled(name, seed=seed) for seed, name in enumerate(("one", "two"))]
    (contradicts, _) = curves_of(stories, [labelled("judged", seed=5)], settings=ConflictSettings())
    assert len(contradicts.truths) == sum(len(story.labels) for story in stories)


def test_the_same_curves_give_the_same_picture_with_its_words_as_text(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    curves = [curve([0.05, 0.35, 0.4, 0.95], [0, 0, 1, 1]), curve([0.2], [0])]
    for name in ("one.svg", "two.svg"):
        plot(curves, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    words = "".join(ElementTree.parse(tmp_path / "one.svg").getroot().itertext())
    assert "mean probability" in words
    assert "contradicts: calibration error" in words


def test_a_picture_can_be_a_png(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    plot([curve([0.05, 0.35], [0, 1])], tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_drawn_is_refused_before_the_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["reliability", str(CORPUS), "--plot", "curve.pdf"]) == 2
    assert "expected .svg or .png" in capsys.readouterr().err
    with pytest.raises(InputError):
        check_plot(Path("curve"))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match="leave out --plot"):
        check_plot(Path("curve.svg"))


def test_every_story_is_read_once_and_one_alone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Workbench(Settings(), HashingEncoder(), LexicalNLI())
    read: list[str] = []

    def read_labelled(folder: Path, bench: Workbench, *, store_path: Path) -> LabelledPairs:
        read.append(store_path.name)
        return labelled(folder.name, seed=len(read))

    monkeypatch.setattr("detector.evaluation.reliability.label_story", read_labelled)
    stories = [CORPUS / name for name in ("brightmere-halden", "quillan-hepatitis")]
    reliability_of(stories, bench=bench, workdir=tmp_path)
    assert read == ["brightmere-halden.db", "quillan-hepatitis.db"]
    with pytest.raises(InputError, match="expected two or more"):
        reliability_of(stories[:1], bench=bench, workdir=tmp_path)
    with pytest.raises(InputError, match="each story once"):
        reliability_of([stories[0], stories[0]], bench=bench, workdir=tmp_path)


def test_stories_in_which_nothing_contradicts_are_too_little_to_fit_on() -> None:
    stories = [labelled(name, seed=seed) for seed, name in enumerate(("one", "two"))]
    nothing = replace(stories[1], labels=np.zeros_like(stories[1].labels))
    with pytest.raises(InputError, match="pairs to fit on, 0 of them true"):
        curves_of([stories[0], nothing], settings=ConflictSettings())
