"""Text that people typed or that articles hold, made safe to keep and to show."""

from __future__ import annotations

_JOINERS = frozenset("\u200c\u200d")
"""Invisible, but part of how words of several scripts, and some emoji, are written."""


def plain_lines(text: str) -> str:
    """The text without what cannot be seen or reorders what follows; line ends are line feeds."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_plain(char) for char in unified).strip()


def plain_line(text: str) -> str:
    """The same on one line, with single spaces."""
    return " ".join(plain_lines(text).split())


def _plain(char: str) -> str:
    if char.isprintable() or char == "\n" or char in _JOINERS:
        return char
    return " " if char.isspace() else ""
