"""Lines into paragraphs: hard-wrapped lines joined, bullets kept apart, white space folded."""

from __future__ import annotations

import itertools
import re

from detector.corpus.drafts import printable

BULLET = re.compile(r"(?:[•*\-–—·●▪■◦‣►▶➤➢✓+]|\(?\d{1,2}[.)])\s+(?=\S)")
_MARKER = re.compile(r"[*·●▪■◦‣►▶➤➢✓+](?=\s)")
_QUOTE_MARKS = re.compile(r"^(?:>{1,3}\s*)+(?=\S)")
_RULE = re.compile(r"^[\W_]{3,}$")
SENTENCE_END = re.compile(r"[.!?…:;,][\"'”’»)\]*_]*$")
_FEWEST_BREAKS = 3
_NARROWEST, _WIDEST = 40, 120


def paragraphs_of(text: str) -> list[str]:
    """The paragraphs of a plain text in order; a bullet or a heading is one of its own."""
    blocks = [
        [stripped for line in block.split("\n") if (stripped := _tidy(line))]
        for block in re.split(r"\n[^\S\n]*\n", printable(text))
    ]
    width = _wrapped_at([block for block in blocks if block])
    return [paragraph for block in blocks for paragraph in _joined(block, width)]


def _tidy(line: str) -> str:
    line = _QUOTE_MARKS.sub("", " ".join(line.split()))
    if _RULE.match(line):
        return ""
    return _MARKER.sub("•", line, count=1) if _MARKER.match(line) else line


def _wrapped_at(blocks: list[list[str]]) -> int | None:
    """The column at which the text was wrapped by hand, None when its lines are paragraphs."""
    lengths = sorted(len(line) for block in blocks for line in block)
    breaks = [pair for block in blocks for pair in itertools.pairwise(block)]
    if len(breaks) < _FEWEST_BREAKS:
        return None
    width = lengths[int(0.9 * (len(lengths) - 1))]
    if not _NARROWEST <= width <= _WIDEST:
        return None
    full = sum(_is_full(line, after, width) for line, after in breaks)
    return width if full > 0.6 * len(breaks) else None


def _is_full(line: str, after: str, width: int) -> bool:
    return not BULLET.match(after) and len(line) + 1 + len(after.split(" ", 1)[0]) > width


def _joined(lines: list[str], width: int | None) -> list[str]:
    paragraphs: list[str] = []
    last = ""
    for line in lines:
        runs_on = bool(last) and (
            _is_full(last, line, width)
            if width
            else _NARROWEST <= len(last) <= _WIDEST and line[0].islower() and not SENTENCE_END.search(last)
        )
        if not runs_on:
            paragraphs.append(line)
        elif re.search(r"\w-$", last):
            paragraphs[-1] += line
        else:
            paragraphs[-1] += " " + line
        last = line
    return paragraphs


_SENTENCE_BREAK = re.compile(
    r"(?<=[.!?…])(?<!\b[A-Z]\.)(?<!\b[A-Z][a-z]\.)(?<!\b\d\.)(?<!\b\d\d\.)\s+(?=[\w“\"'‘(©\[#@])|(?<=[.!?…][”\"’)\]])\s+"
)


def sentences_of(paragraph: str) -> list[str]:
    """Rough sentences, enough to take a prompt off a paragraph; joined by spaces they are the paragraph."""
    return _SENTENCE_BREAK.split(paragraph)


def ends_sentence(paragraph: str) -> bool:
    """Whether a paragraph ends as prose does, with a full stop or a closed quotation."""
    return bool(re.search(r"[.!?…][\"'”’»)\]*]*$", paragraph))
