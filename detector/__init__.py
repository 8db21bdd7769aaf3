"""Finds the questions on which news outlets differ. Importing this imports no other module of the package."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from detector.api import Findings as Findings
    from detector.api import find_conflicts as find_conflicts
    from detector.errors import DetectorError as DetectorError
    from detector.settings import Settings as Settings
    from detector.settings import load_settings as load_settings

_HOME = {
    "DetectorError": "detector.errors",
    "Findings": "detector.api",
    "Settings": "detector.settings",
    "find_conflicts": "detector.api",
    "load_settings": "detector.settings",
}
"""Where each public name lives; it is imported when first used."""

__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'detector' has no attribute {name!r}; its public names are {', '.join(_HOME)}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
