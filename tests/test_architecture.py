"""The rules of the layout, read from the source: imports in one direction, heavy things late, files small."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "detector"
SOURCES = sorted(PACKAGE.rglob("*.py"))

LEVELS = (
    {"errors", "records"},
    {"settings", "logs"},
    {"store", "models", "executors"},
    {"corpus", "statements", "topics", "pairs", "scoring", "conflicts", "changes", "fetching"},
    {"decisions"},
    {"pipeline"},
    {"sources"},
    {"queries", "history"},
    {"report"},
    {"training", "testing"},
    {"evaluation"},
    {"api"},
    {"doctor", "screens"},
    {"review"},
    {"cli"},
    {"__main__"},
)
"""A part may import parts of the lines above its own; the parts of one line do not know each other."""
LEVEL_OF = {part: level for level, parts in enumerate(LEVELS) for part in parts}
STAGES = LEVELS[3]
MAY_IMPORT_RICH = {"cli/output.py", "report/terminal.py"}
HEAVY = (
    "torch",
    "transformers",
    "sentence_transformers",
    "spacy",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "trafilatura",
)
MOST_LINES = 600


def part_of(source: Path) -> str:
    return source.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(source: Path, *, only_at_top: bool = False) -> Iterator[tuple[str, int]]:
    """Names of imported modules with their lines; blocks under TYPE_CHECKING do not run and do not count."""

    def walk(nodes: list[ast.stmt]) -> Iterator[ast.stmt]:
        for node in nodes:
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                yield from walk(node.orelse)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and only_at_top:
                continue
            else:
                yield node
                for inner in ("body", "orelse", "finalbody"):
                    yield from walk(getattr(node, inner, []) or [])
                for handler in getattr(node, "handlers", []):
                    yield from walk(handler.body)

    for node in walk(ast.parse(source.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.name}:{node.lineno}: imports are absolute here"
            if node.module == "detector":
                yield from ((f"detector.{alias.name}", node.lineno) for alias in node.names)
            elif node.module and node.module != "__future__":
                yield node.module, node.lineno


def wrong_imports() -> list[str]:
    wrong = []
    for source in SOURCES:
        part = part_of(source)
        if part == "__init__":
            continue
        for name, line in imports_of(source):
            parts = name.split(".")
            if parts[0] != "detector" or len(parts) == 1:
                continue
            target = parts[1]
            if target in ("__version__", part):
                continue
            if LEVEL_OF[target] >= LEVEL_OF[part]:
                wrong.append(f"{source.relative_to(ROOT)}:{line} imports detector.{target}")
            elif part in STAGES and target == "store":
                wrong.append(f"{source.relative_to(ROOT)}:{line}: a stage imports the store")
    return wrong


def test_every_part_of_the_package_has_its_place_in_the_order() -> None:
    parts = {part_of(source) for source in SOURCES} - {"__init__"}
    assert parts <= set(LEVEL_OF), f"give these a line in LEVELS: {sorted(parts - set(LEVEL_OF))}"


def test_imports_run_in_one_direction_and_stages_know_neither_the_store_nor_each_other() -> None:
    assert wrong_imports() == []


def test_only_the_command_line_and_the_terminal_report_know_rich() -> None:
    knowing = {
        source.relative_to(PACKAGE).as_posix()
        for source in SOURCES
        for name, _ in imports_of(source)
        if name.split(".")[0] == "rich"
    }
    assert knowing == MAY_IMPORT_RICH


def test_no_module_imports_a_heavy_package_at_its_top() -> None:
    top = [
        f"{source.relative_to(ROOT)}:{line} imports {name}"
        for source in SOURCES
        if source.name != "__main__.py"
        for name, line in imports_of(source, only_at_top=True)
        if name.split(".")[0] in HEAVY and not source.is_relative_to(PACKAGE / "training")
    ]
    assert top == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.relative_to(PACKAGE).as_posix())
def test_a_file_stays_short_enough_to_read(source: Path) -> None:
    lines = source.read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES, f"{lines} lines; split it where the halves have different importers"


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after the code."""
    script = f"{code}\nimport sys\nprint('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    line = next(line for line in done.stdout.splitlines() if line.startswith("LOADED"))
    return {name.split(".")[0] for name in line.split()[1:]}


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import detector").isdisjoint({*HEAVY, "numpy", "pydantic", "sqlalchemy", "rich", "typer"})


def test_importing_the_python_api_loads_no_model_library() -> None:
    assert loaded_by("from detector import find_conflicts").isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "words", ["", "run", "ingest", "report", "diff", "ask", "explain", "score", "evaluate", "status", "doctor"]
)
def test_help_is_shown_without_loading_anything_heavy(words: str) -> None:
    arguments = [*words.split(), "--help"]
    loaded = loaded_by(f"from detector.cli import main\nassert main({arguments!r}) == 0")
    assert loaded.isdisjoint({*HEAVY, "numpy", "sqlalchemy", "rich"})


def declared_packages() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = [name for names in project.get("optional-dependencies", {}).values() for name in names]
    return {
        re.split(r"[<>=!~\[; ]", name)[0].lower().replace("_", "-") for name in [*project["dependencies"], *optional]
    }


def test_every_imported_package_is_declared() -> None:
    homes = importlib.metadata.packages_distributions()
    imported = {name.split(".")[0] for source in SOURCES for name, _ in imports_of(source)}
    outside = imported - set(sys.stdlib_module_names) - {"detector"}
    known = {name: {home.lower().replace("_", "-") for home in homes.get(name, [name])} for name in outside}
    assert [name for name in sorted(outside) if known[name].isdisjoint(declared_packages())] == []


def test_every_declared_package_is_pinned() -> None:
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    training = project["optional-dependencies"]["training"]  # pinned where it is declared: 400 MB that no test needs
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in [*pins, *training] if "==" in line}
    assert declared_packages() - pinned == set()


def swallows(handler: ast.ExceptHandler) -> bool:
    catches_all = handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException")
    return catches_all and all(
        isinstance(step, ast.Pass | ast.Continue) or ast.unparse(step) == "..." for step in handler.body
    )


def test_no_error_is_swallowed_in_silence() -> None:
    silent = [
        f"{source.relative_to(ROOT)}:{node.lineno}"
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and swallows(node)
    ]
    assert silent == []
