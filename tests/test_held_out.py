"""Stories are scored with weights that never saw them. Runs the pipeline on the shipped fakes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from detector.conflicts import PairWeights
from detector.errors import InputError
from detector.evaluation import held_out
from detector.evaluation.pair_weights import LabelledPairs
from detector.pipeline import Workbench
from detector.settings import Settings
from detector.testing import HashingEncoder, LexicalNLI

CORPUS = Path(__file__).parent.parent / "corpus"


def bench() -> Workbench:
    return Workbench(Settings(), HashingEncoder(), LexicalNLI())


def test_the_weights_of_a_story_are_fitted_on_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("brightmere-halden", "quillan-hepatitis"):
        shutil.copytree(CORPUS / name, tmp_path / "corpus" / name)
    fitted_on: list[list[str]] = []
    fit = held_out.fit

    def recorded(stories: Sequence[LabelledPairs]) -> PairWeights:
        fitted_on.append([story.story for story in stories])
        return fit(stories)

    monkeypatch.setattr(held_out, "fit", recorded)
    evaluation = held_out.evaluate_held_out([tmp_path / "corpus"], bench=bench(), workdir=tmp_path)
    assert fitted_on == [["quillan-hepatitis"], ["brightmere-halden"]]
    assert [score.story for score in evaluation.scores] == ["brightmere-halden", "quillan-hepatitis"]


def test_one_story_cannot_be_held_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected two or more"):
        held_out.evaluate_held_out([CORPUS / "brightmere-halden"], bench=bench(), workdir=tmp_path)
