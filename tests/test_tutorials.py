"""The tutorials are run from top to bottom: every command works, and prints what the page shows."""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_docs import PAGES, ROOT, code_blocks
from tutorials import Step, Terminal, matches, steps_of

TUTORIALS = sorted(name for name in PAGES if name.startswith("tutorial-"))
BATCH = "tutorial-batch-engineer.md"
PORT = "8099"
"""Where the batch engineer's tutorial serves its feed; a test takes a free port."""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in a folder with the project's corpus, as a person's who has just unpacked it."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "corpus", project / "corpus")
    return Terminal(tmp_path / "home", start=project, environment={"OMP_NUM_THREADS": "1"})


@pytest.fixture
def port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.fixture
def feed_server(tmp_path: Path, port: str) -> Iterator[None]:
    """What the tutorial starts in a second terminal; it serves the folder once the first terminal has made it."""
    (line,) = [line for block in code_blocks(BATCH, "sh") for line in block.splitlines() if "http.server" in line]
    folder = tmp_path / "home" / "news"
    folder.mkdir(parents=True)
    words = shlex.split(line.replace(PORT, port))
    assert words[0] == "python3"
    process = subprocess.Popen([sys.executable, *words[1:]], cwd=folder, stderr=subprocess.DEVNULL)
    try:
        _wait_until_served(int(port))
        yield
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_served(port: int) -> None:
    for _ in range(100):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the feed's server did not start")


def follow(terminal: Terminal, page: str, *, port: str = PORT) -> list[str]:
    """Do all that a tutorial says; the pages that it served. Fails at the first command that fails or prints otherwise."""
    served = []
    for written in steps_of(code_blocks(page, "console")):
        step = Step(written.command.replace(PORT, port), written.shown)
        seen = terminal.run(step)
        shown = "\n".join(step.shown)
        told = f"{page}: $ {step.command}\n\n--- shown\n{shown}\n--- printed\n{seen.printed}"
        assert seen.code == 0, f"exit code {seen.code}; {told}"
        assert matches(step.excerpt, seen.printed), told
        served += [seen.page] if seen.page else []
    return served


@pytest.mark.models
def test_a_fact_checker_can_follow_the_tutorial(terminal: Terminal) -> None:
    (desk,) = follow(terminal, "tutorial-fact-checker.md")
    assert "<title>Queue – Review desk</title>" in desk
    assert "reviewers differ" in desk.casefold() and "Meridian Wire" in desk


@pytest.mark.models
def test_a_journalist_can_follow_the_tutorial(terminal: Terminal) -> None:
    assert follow(terminal, "tutorial-journalist.md") == []


@pytest.mark.models
@pytest.mark.usefixtures("feed_server")
def test_a_batch_engineer_can_follow_the_tutorial(terminal: Terminal, port: str) -> None:
    assert follow(terminal, BATCH, port=port) == []


def test_every_tutorial_is_followed() -> None:
    assert TUTORIALS == [BATCH, "tutorial-fact-checker.md", "tutorial-journalist.md"]


@pytest.mark.parametrize(
    ("shown", "printed", "fits"),
    [
        (("one", "two"), "one\ntwo\n", True),
        (("one",), "one\ntwo\n", False),
        (("one", "…"), "one\ntwo\nthree\n", True),
        (("…", "three"), "one\ntwo\nthree\n", True),
        (("t… of …",), "two of three\n", True),
        (("t…o",), "t\no\n", False),
        ((), "one\n", False),
    ],
)
def test_what_is_shown_is_what_is_printed_but_for_dots(shown: tuple[str, ...], printed: str, fits: bool) -> None:
    assert matches(shown, printed) is fits


def test_a_command_may_go_on_over_lines_and_be_stopped() -> None:
    first, second = steps_of(["$ cat <<END\n> a\n>\n> END\na\n", "$ detector review\nopen\n^C\n"])
    assert (first.command, first.excerpt, first.is_stopped) == ("cat <<END\na\n\nEND", ("a",), False)
    assert (second.command, second.excerpt, second.is_stopped) == ("detector review", ("open",), True)
