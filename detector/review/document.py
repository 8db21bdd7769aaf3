"""A report for readers as a list of blocks, and the blocks as HTML, Markdown and DOCX."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Literal

from detector.report.markdown import escaped
from detector.report.values import Entry, ShownSide, ShownStatement
from detector.report.wording import (
    KIND_WORDS,
    LANE_WORDS,
    listed,
    moment_words,
    one_line,
    outlet_words,
    pieces,
    repeats_statement,
    scale_words,
    shown,
    sureness,
    telling,
    web_link,
)

Kind = Literal["title", "heading", "side", "text", "remark", "quote", "credit"]
_NO_XML = re.compile("[\ufffe\uffff\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one look; `link` is a plain http(s) address."""

    text: str
    strong: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph."""

    kind: Kind
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A conflict of the report: its entry, what people decided of it, and their notes."""

    entry: Entry
    decision: str
    remarks: tuple[str, ...]


def blocks_of(title: str, introduction: str, chosen: Sequence[Chosen], closing: str) -> list[Block]:
    """The whole report in reading order; conflicts are numbered as chosen, not by rank."""
    made = [_plain("title", title)]
    made += [_plain("text", part) for part in re.split(r"\n\s*\n|\n", shown(introduction)) if part.strip()]
    for number, one in enumerate(chosen, start=1):
        made += _conflict(number, one)
    return [*made, _plain("remark", closing)]


def _plain(kind: Kind, text: str) -> Block:
    return Block(kind, (Run(one_line(text)),))


def _conflict(number: int, chosen: Chosen) -> Iterator[Block]:
    entry = chosen.entry
    yield _plain("heading", f"{number}. {one_line(entry.question)}")
    topic = f" · {one_line(entry.topic)}" if entry.topic else ""
    yield _plain("remark", f"{LANE_WORDS[entry.lane]} · {KIND_WORDS[entry.kind].lower()}{topic}. {sureness(entry)}")
    if chosen.decision:
        yield Block("text", (Run("Decision: ", strong=True), Run(chosen.decision)))
    for remark in chosen.remarks:
        yield _plain("remark", remark)
    if entry.scale:
        yield _plain("remark", f"Scale: {scale_words(entry)}")
    for caution in [*entry.cautions, *([entry.note] if entry.note else [])]:
        yield _plain("remark", f"Note: {caution}")
    for side in entry.sides:
        yield from _side(side)


def _side(side: ShownSide) -> Iterator[Block]:
    named = repeats_statement(side.position, side.statements)
    yield _plain("side", f"{side.label}. {listed(side.outlets, most=3) if named else side.position}")
    yield _plain("remark", outlet_words(side) + f": {listed(side.outlets)}")
    for copies in side.wordings:
        yield Block(
            "quote", tuple(Run(" ".join(text.split("\n")), strong=marked) for text, marked in pieces(copies[0]))
        )
        for copy in copies:
            yield Block("credit", tuple(_credit(copy)))


def _credit(one: ShownStatement) -> Iterator[Run]:
    article = one.article
    guessed = " (guessed)" if article.outlet_guessed else ""
    facts = [f"{one_line(one.outlet)}{guessed}", moment_words(article.published_at), *telling(one)]
    title = one_line(article.title) if article.title else ""
    link = web_link(article.url)
    yield Run(", ".join(facts) + (", " if title or link else ""))
    if title or link:
        yield Run(title or "article", link=link)


# HTML

_STYLE = """
:root{color-scheme:light dark}
body{font:1rem/1.55 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.25}h2{margin-top:2.4rem;font-size:1.25rem;line-height:1.3}h3{margin:1.4rem 0 .2rem;font-size:1.05rem}
blockquote{margin:.8rem 0 .2rem;padding:.1rem 0 .1rem 1rem;border-left:3px solid #888}
mark{background:#ffe08a;color:#1a1a1a;padding:0 .1em}
.remark,.credit{color:#555;font-size:.92rem;margin:.2rem 0}.credit{padding-left:1.2rem}
a{color:inherit}
@media(prefers-color-scheme:dark){body{background:#16181c;color:#e8e8e8}.remark,.credit{color:#b4b4b4}}
"""
_TAGS: dict[Kind, tuple[str, str]] = {
    "title": ("h1", ""),
    "heading": ("h2", ""),
    "side": ("h3", ""),
    "text": ("p", ""),
    "remark": ("p", "remark"),
    "quote": ("blockquote", ""),
    "credit": ("p", "credit"),
}


def to_html(blocks: Sequence[Block]) -> str:
    """One page that needs nothing else and runs no script."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    lines = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(blocks[0].runs[0].text)}</title>",
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
    ]
    for block in blocks:
        tag, name = _TAGS[block.kind]
        lines.append(f'<{tag}{f" class={name}" if name else ""} dir="auto">{_html_runs(block)}</{tag}>')
    return "\n".join([*lines, "</main>\n</body>\n</html>\n"])


def _html_runs(block: Block) -> str:
    parts = []
    for run in block.runs:
        text = escape(shown(run.text))
        if run.strong:
            text = f"<mark>{text}</mark>" if block.kind == "quote" else f"<strong>{text}</strong>"
        parts.append(f'<a href="{escape(run.link)}" rel="noreferrer noopener">{text}</a>' if run.link else text)
    return "".join(parts)


# Markdown

_MARKS: dict[Kind, str] = {"title": "# ", "heading": "## ", "side": "### ", "quote": "> ", "credit": "> — "}


def to_markdown(blocks: Sequence[Block]) -> str:
    """The blocks as paragraphs; article text is escaped."""
    lines: list[str] = []
    for number, block in enumerate(blocks):
        follows = number > 0 and block.kind == "credit" and blocks[number - 1].kind in ("quote", "credit")
        lines += [">"] if follows else [""] if lines else []
        lines.append(_MARKS.get(block.kind, "") + _markdown_runs(block))
    return "\n".join(lines) + "\n"


def _markdown_runs(block: Block) -> str:
    parts = []
    for run in block.runs:
        text = " ".join(shown(run.text).split())
        lead = " " if run.text[:1].isspace() else ""
        tail = " " if run.text[-1:].isspace() and text else ""
        kept = escaped(text)
        if run.strong and kept:
            kept = f"**{kept}**"
        if run.link:
            kept = f"[{kept}]({run.link.replace('(', '%28').replace(')', '%29')})"
        parts.append(lead + kept + tail)
    return "".join(parts).strip()


# DOCX

_LOOKS: dict[Kind, str | None] = {
    "title": "Title",
    "heading": "Heading 1",
    "side": "Heading 2",
    "text": None,
    "remark": "Caption",
    "quote": "Quote",
    "credit": "Caption",
}


def to_docx(blocks: Sequence[Block], *, now: datetime) -> bytes:
    """A Word document in the styles of its reader; nothing in it is fetched or run."""
    from docx import Document

    document = Document()
    properties = document.core_properties
    properties.author, properties.comments, properties.title = "", "", _xml(blocks[0].runs[0].text)[:250]
    properties.created = properties.modified = now.replace(tzinfo=None)
    # python-docx searches all styles for each paragraph and all links for each link: half a minute for a long report.
    styles = {look: document.styles[look].style_id for look in _LOOKS.values() if look is not None}
    links: dict[str, str] = {}
    for block in blocks:
        paragraph = document.add_paragraph()
        if look := _LOOKS[block.kind]:
            paragraph._p.style = styles[look]
        for run in block.runs:
            if run.link:
                _add_link(paragraph, _xml(run.text), _xml(run.link), links)
            else:
                added = paragraph.add_run(_xml(run.text))
                added.bold = True if run.strong else None
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", shown(text))


def _add_link(paragraph: Any, text: str, address: str, known: dict[str, str]) -> None:
    """python-docx has no verb for links that lead outside."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    if address not in known:
        known[address] = f"link{len(known) + 1}"
        paragraph.part.rels.add_relationship(RELATIONSHIP_TYPE.HYPERLINK, address, known[address], is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), known[address])
    run = paragraph.add_run(text)
    run.underline = True
    link.append(run._r)
    paragraph._p.append(link)
