"""What the docs tell an operator to install works: units, cron lines, the container file; how a run was made is kept."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
from store_values import NOON, found, succeed

from detector import cli
from detector.records import Run
from detector.store import open_store

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
GROUP: Any = typer.main.get_command(cli.app)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def container_calls() -> list[str]:
    """What the container runs, with the command that the image takes by default."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    (entry,), (default,) = (
        re.findall(rf"^{word} (\[.*\])$", text, flags=re.MULTILINE) for word in ("ENTRYPOINT", "CMD")
    )
    return [shlex.join([*json.loads(entry), *json.loads(default)])]


def calls() -> list[str]:
    """Every call of the program in units, cron lines, shell blocks and the container file."""
    units = [value for block in blocks("ini") for value in re.findall(r"^ExecStart=(.*)$", block, flags=re.MULTILINE)]
    cron = [line.split(None, 6)[6] for line in blocks("cron")[0].splitlines() if re.match(r"[\d*]", line)]
    shell = [line for kind in ("sh", "bash") for block in blocks(kind) for line in block.splitlines()]
    podman = [re.sub(r".* (detector run .*)", r"\1", line) for line in shell if line.startswith("podman run")]
    return [*units, *cron, *podman, *(line for line in shell if line.startswith("detector ")), *container_calls()]


@pytest.mark.parametrize("line", calls())
def test_every_call_that_is_scheduled_parses(line: str) -> None:
    words = shlex.split(line)
    assert Path(words[0]).name == "detector"
    command = GROUP.commands[words[1]]
    command.make_context(words[1], words[2:], resilient_parsing=False)


def test_all_kinds_of_schedule_are_covered() -> None:
    assert len(calls()) >= 10
    assert {shlex.split(line)[1] for line in calls()} >= {"run", "backup", "restore", "prune", "doctor"}


def test_variables_that_are_set_exist() -> None:
    named = set(re.findall(r"\bDETECTOR_[A-Z_]+\b", PAGE + (ROOT / "Containerfile").read_text(encoding="utf-8")))
    parameters = [*GROUP.params, *(one for command in GROUP.commands.values() for one in command.params)]
    known = {one.envvar for one in parameters if isinstance(one.envvar, str)}
    known |= {name for one in parameters if isinstance(one.envvar, list) for name in one.envvar}
    assert named and named <= known


def units() -> dict[str, str]:
    names = re.findall(r"^`/etc/systemd/system/([\w.]+)`:$", PAGE, flags=re.MULTILINE)
    return dict(zip(names, blocks("ini"), strict=True))


@pytest.mark.parametrize("name", ["detector.service", "detector.timer"])
def test_a_unit_file_is_well_formed(name: str) -> None:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(units()[name])
    kind = {"service": "Service", "timer": "Timer"}[name.rsplit(".", 1)[1]]
    assert parser.sections() == ["Unit", kind, "Install"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for name, text in units().items():
        unit = text.replace("/opt/detector/bin/detector", "/bin/true").replace("User=detector\n", "")
        (tmp_path / name).write_text(unit, encoding="utf-8")
    paths = [str(tmp_path / name) for name in units()]
    done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert ours == []


def test_the_container_file_copies_what_exists_and_runs_without_rights() -> None:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    copied = [word for line in re.findall(r"^COPY (.*)$", text, flags=re.MULTILINE) for word in line.split()[:-1]]
    assert copied and all((ROOT / word).exists() for word in copied)
    assert re.search(r"^USER (?!root)", text, flags=re.MULTILINE)


# How a run was made


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "news.db"
    with open_store(path) as opened:
        succeed(opened, "aaaa1111", found())
        with opened.writer_lock():
            run = Run(
                "bbbb2222", NOON, settings={"pairs": {"floor": 0.1}}, models={"nli": "m@1"}, versions={"spacy": "3"}
            )
            opened.start_run(run)
            opened.fail_run("bbbb2222", "no memory", NOON)
    return path


def test_the_manifest_is_that_of_the_last_run_or_of_the_one_named(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["manifest", "--store", str(store), "--json"]) == 0
    last = json.loads(capsys.readouterr().out)
    assert (last["run_id"], last["status"], last["error"]) == ("bbbb2222", "failed", "no memory")
    assert last["settings"] == {"pairs": {"floor": 0.1}}
    assert cli.main(["manifest", "aaaa", "--store", str(store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run_id"] == "aaaa1111"
    assert cli.main(["manifest", "--store", str(store)]) == 0
    printed = capsys.readouterr().out
    for expected in ("bbbb2222", "no memory", "m@1", "floor"):
        assert expected in printed


def test_a_name_that_is_not_one_run_is_said_in_one_line(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(store) as opened:
        succeed(opened, "aaaa2222", found())
    for name, said in (("zzzz", "no run of id zzzz"), ("aaaa", "2 runs begin so")):
        assert cli.main(["manifest", name, "--store", str(store)]) == 2
        assert said in capsys.readouterr().err


def test_pruning_by_command_says_what_would_go_and_then_what_went(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text("[retention]\nruns_days = 1\nruns_keep = 1\n", encoding="utf-8")
    with open_store(store) as opened:
        succeed(opened, "cccc3333", found())
    common = ["--store", str(store), "--settings", str(settings)]
    assert cli.main(["prune", *common]) == 0
    printed = capsys.readouterr().out
    assert "Would go: 2 runs" in printed and "`detector prune --apply` does it" in " ".join(printed.split())
    assert cli.main(["prune", "--apply", *common]) == 0
    assert "Gone: 2 runs" in capsys.readouterr().out
    assert cli.main(["prune", *common, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["going"] == []


def test_the_counts_say_which_gate_stopped_how_much() -> None:
    from detector.conflicts.gates import gate_counts

    counts = gate_counts([{"opinion": 2, "advice": 1}, {"opinion": 3}], {"same matter": 204, "numbers": 3})
    assert list(counts.items()) == [
        ("statements stopped as advice", 1),
        ("statements stopped as opinion", 5),
        ("pairs stopped by numbers", 3),
        ("pairs stopped by same matter", 204),
    ]


def test_the_weights_in_use_are_named_by_the_hash_of_their_file(tmp_path: Path) -> None:
    import hashlib

    from detector.models.hashes import encoder_sha256, nli_sha256
    from detector.models.naming import ENCODER_SHA256, WEIGHTS
    from detector.settings import ModelSettings

    weights = (WEIGHTS / "model.safetensors").read_bytes()
    assert nli_sha256(ModelSettings()) == hashlib.sha256(weights).hexdigest()
    assert encoder_sha256(ModelSettings()) == ENCODER_SHA256
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    assert encoder_sha256(ModelSettings(encoder=str(tmp_path))) == hashlib.sha256(b"weights").hexdigest()
    assert encoder_sha256(ModelSettings(encoder="owner/name")) is None
