"""What the docs say is so: commands, options, settings and examples are checked against the program."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from detector import cli
from detector.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = {
    path.name: path.read_text(encoding="utf-8") for path in (*ROOT.glob("*.md"), *sorted((ROOT / "docs").glob("*.md")))
}
README = PAGES["README.md"]
COMMANDS: dict[str, Any] = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]


def options_of(command: str) -> set[str]:
    """The long options of a command."""
    return {name for parameter in COMMANDS[command].params for name in parameter.opts if name.startswith("--")}


def code_blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGES[page], flags=re.MULTILINE | re.DOTALL)


def shell_lines() -> list[tuple[str, str]]:
    """Page and command of every shell line in the docs, comments dropped."""
    return [
        (page, line)
        for page in PAGES
        for block in code_blocks(page, "sh")
        for line in block.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]


def test_every_command_is_in_the_readme() -> None:
    missing = [name for name in COMMANDS if f"`detector {name}" not in README]
    assert missing == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_on_commands_gives_every_option_with_its_help(command: str) -> None:
    section = PAGES["commands.md"].split(f"## detector {command}\n")[1].split("\n## ")[0]
    for parameter in COMMANDS[command].params:
        if parameter.name != "help":
            shown = next(
                (line for line in section.splitlines() if line.startswith("| `") and parameter.help in line), ""
            )
            names = [name for name in parameter.opts if name.startswith("-")] or [parameter.metavar]
            assert all(name in shown for name in names), f"{command} {names}: {shown or 'no row'}"


@pytest.mark.parametrize(("page", "line"), [pair for pair in shell_lines() if pair[1].startswith("detector ")])
def test_a_documented_call_names_a_command_and_options_that_exist(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    assert words[1] in COMMANDS, f"{page}: {line}"
    named = {word.split("=")[0] for word in words[2:] if word.startswith("--")}
    assert named <= options_of(words[1]), f"{page}: {line}"


def test_every_documented_make_target_exists_and_has_a_line_of_help() -> None:
    targets = set(
        re.findall(r"^([a-z]+):[^#\n]*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    named = {line.split()[1] for _, line in shell_lines() if line.startswith("make ")}
    named |= set(re.findall(r"`make ([a-z]+)", "\n".join(PAGES.values())))
    assert {"report", "test"} <= named <= targets


def defaults() -> dict[str, dict[str, object]]:
    tree: dict[str, dict[str, object]] = Settings().model_dump(mode="json")
    return {
        section: {name: value for name, value in fields.items() if value is not None}
        for section, fields in tree.items()
    }


def test_the_example_settings_are_complete_and_equal_to_the_defaults() -> None:
    text = (ROOT / "detector.example.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text) == defaults()
    unset = [name for fields in Settings().model_dump().values() for name, value in fields.items() if value is None]
    assert [name for name in unset if f"# {name} =" not in text] == []


@pytest.mark.parametrize("section", list(Settings.model_fields))
def test_the_settings_page_gives_every_setting_with_its_default_and_meaning(section: str) -> None:
    page = PAGES["settings.md"]
    rows = page.split(f"## [{section}]")[1].split("\n## ")[0]
    for name, field in type(getattr(Settings(), section)).model_fields.items():
        row = next((line for line in rows.splitlines() if line.startswith(f"| `{name}` |")), "")
        assert str(field.description) in row, f"[{section}] {name}: {row or 'no row'}"
        default = defaults()[section].get(name)
        shown = row.split("|")[2].strip().strip("`")
        assert (shown == "unset") if default is None else tomllib.loads(f"x = {shown}")["x"] == default


def python_blocks() -> list[tuple[str, int, str]]:
    """Page, number and text of every block of Python, one that stands on two pages once."""
    once = {block: (page, number) for page in PAGES for number, block in enumerate(code_blocks(page, "python"))}
    return [(page, number, block) for block, (page, number) in once.items()]


@pytest.mark.parametrize(
    ("page", "number", "block"), python_blocks(), ids=lambda value: str(value)[:24] if isinstance(value, str) else None
)
def test_documented_python_names_what_exists(page: str, number: int, block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "detector":
            module = __import__(node.module, fromlist=["_"])
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == [], (
                f"{page} block {number}"
            )


@pytest.mark.models
@pytest.mark.parametrize(
    ("page", "number", "block"), python_blocks(), ids=lambda value: str(value)[:24] if isinstance(value, str) else None
)
def test_documented_python_runs(page: str, number: int, block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(block, f"{page} block {number}", "exec"), {})


@pytest.mark.parametrize("page", list(PAGES))
def test_links_between_the_docs_lead_somewhere(page: str) -> None:
    home = ROOT if (ROOT / page).exists() else ROOT / "docs"
    broken = []
    for target in re.findall(r"\]\((?!https?://)([^)\s]+)\)", PAGES[page]):
        path, _, heading = target.partition("#")
        if path and not (home / path).exists():
            broken.append(target)
        elif heading:
            text = (home / path).read_text(encoding="utf-8") if path else PAGES[page]
            anchors = {
                re.sub(r"[^\w\- ]", "", line.lstrip("# ")).strip().lower().replace(" ", "-")
                for line in text.splitlines()
                if line.startswith("#")
            }
            if heading not in anchors:
                broken.append(target)
    assert broken == []


def test_the_docs_name_no_folder_of_a_machine() -> None:
    wrong = [
        f"{page}: {match}"
        for page, text in PAGES.items()
        for match in re.findall(r"(?<![\w.])/(?:root|home|work)/\S*", text)
    ]
    assert wrong == []


def test_every_file_that_contributing_names_exists() -> None:
    named = re.findall(
        r"`((?:detector|tests|docs|notebooks)/[\w./-]+\.(?:py|md|toml|ipynb))`", PAGES["CONTRIBUTING.md"]
    )
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
