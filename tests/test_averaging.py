"""The mean of finished models."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from detector.errors import ModelError
from detector.models.naming import file_sha256
from detector.training import averaging

SHIPPED = Path(averaging.__file__).parents[1] / "weights"


def test_the_mean_of_a_model_and_itself_is_that_model(tmp_path: Path) -> None:
    again = shutil.copytree(SHIPPED, tmp_path / "again")
    sha256 = averaging.average({SHIPPED: -0.5, again: 1.5}, tmp_path / "mean")
    assert sha256 == file_sha256(tmp_path / "mean" / "model.safetensors")
    ours, theirs = (averaging.finished_model(one).state_dict() for one in (SHIPPED, tmp_path / "mean"))
    assert ours.keys() == theirs.keys()
    apart = max(float((ours[name] - theirs[name]).abs().max()) for name in ours)
    assert apart < 2e-3, "packing rounds what is not as it was to the last digit"


def test_shares_that_do_not_add_up_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"add up to 0\.5: expected 1"):
        averaging.average({SHIPPED: 0.5}, tmp_path / "mean")
    with pytest.raises(ModelError, match="expected 1"):
        averaging.average({}, tmp_path / "mean")


def test_what_is_no_model_is_an_error_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        sys, "argv", ["averaging", "--data", str(tmp_path), "--out", str(tmp_path / "o"), f"1={tmp_path}"]
    )
    assert averaging.main() == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path} has no ")
    monkeypatch.setattr(sys, "argv", ["averaging", "--data", "d", "--out", "o", "half=model"])
    with pytest.raises(SystemExit):
        averaging.main()
    assert "expected SHARE=DIRECTORY" in capsys.readouterr().err
