"""Markdown and scraps of HTML to the text one sees."""

from __future__ import annotations

import html
import re

from detector.corpus.drafts import Unreadable

_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LONGEST_FRONT_MATTER = 65_536
_BLOCK_TAG = re.compile(
    r"</?(?:p|div|br|li|ul|ol|h[1-6]|blockquote|section|article|tr|table|figure|hr|dd|dt)\b[^<>]{0,500}/?>",
    re.IGNORECASE,
)
_UNSEEN_TAGS = (
    "script",
    "style",
    "figcaption",
    "figure",
    "aside",
    "nav",
    "button",
    "form",
    "iframe",
    "svg",
    "noscript",
)
_UNSEEN_START = re.compile(rf"<({'|'.join(_UNSEEN_TAGS)})\b[^<>]{{0,2000}}>|<!--", re.IGNORECASE)
_UNSEEN_END = {tag: re.compile(rf"</{tag}\s*>", re.IGNORECASE) for tag in _UNSEEN_TAGS} | {"": re.compile("-->")}
_ANY_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
_PLAIN_HTML = re.compile(r"<(?:p|div|br|a|span|strong|em|b|i|u|h[1-6]|li|ul)\b[^<>]{0,500}>", re.IGNORECASE)
_ENTITY = re.compile(
    r"&(?:amp|quot|apos|lt|gt|nbsp|[lr][sd]quo|[mn]dash|hellip|#\d{2,6}|#x[0-9a-f]{2,5});", re.IGNORECASE
)
_CUT_NOTE = re.compile(r"\s*\[\+\d{1,7} chars\]\s*\Z")
_WHOLE_PAGE = re.compile(
    r"\A\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)

_MARKDOWN = (
    (re.compile(r"^[ \t]*(?:```|~~~).*?^[ \t]*(?:```|~~~)[ \t]*$", re.DOTALL | re.MULTILINE), ""),
    (re.compile(r"!\[[^\]\n]{0,500}\](?:\([^()\n]{0,2000}\)|\[[^\]\n]{0,200}\])"), ""),
    (re.compile(r"^\[(?!\^)[^\]\n]{1,200}\]:\s+\S.*$", re.MULTILINE), ""),
    (re.compile(r"\[\^[^\]\n]{1,60}\]:?"), ""),
    (re.compile(r"\[([^\[\]\n]{1,1000})\](?:\((?:[^()\n]|\([^()\n]{0,500}\)){0,2000}\)|\[[^\]\n]{0,200}\])"), r"\1"),
    (re.compile(r"<(?:https?://|mailto:)[^<>\s]{1,2000}>"), ""),
    (re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$", re.MULTILINE), r"\n\1\n"),
    (re.compile(r"^[ \t]*(?:=+|-{3,}|\*{3,}|_{3,}|(?:[-*_][ \t]+){3,})[ \t]*$", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE), ""),
    (re.compile(r"`{1,2}([^`\n]{1,500})`{1,2}"), r"\1"),
    (re.compile(r"~~([^~\n]{1,1000})~~"), r"\1"),
    (re.compile(r"(?<![\w*])\*{1,3}(?=[^\s*])([^*\n]{1,3000}?)(?<=[^\s*])\*{1,3}(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_{1,3}(?=[^\s_])([^_\n]{1,3000}?)(?<=[^\s_])_{1,3}(?![\w_])"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!>~|-])"), r"\1"),
)


def split_front_matter(text: str) -> tuple[dict[str, object], str]:
    """YAML front matter and the text after it; no front matter gives an empty dict.

    Raises Unreadable: the front matter is not YAML or no list of fields.
    """
    match = _FRONT_MATTER.match(text)
    if not match:
        return {}, text
    import yaml

    remedy = "write it as fields, one a line: outlet, title, published, url, author"
    if len(match.group(1)) > _LONGEST_FRONT_MATTER:
        raise Unreadable("the front matter is longer than an article's fields can be", remedy)
    try:
        fields = yaml.safe_load(match.group(1))
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError) as error:
        fields = _plain_fields(match.group(1))
        if fields is None:
            raise Unreadable("the front matter is not YAML", remedy) from error
    if fields is None:
        return {}, text[match.end() :]
    if not isinstance(fields, dict):
        raise Unreadable("the front matter is no list of fields", remedy)
    return {str(key): value for key, value in fields.items()}, text[match.end() :]


def _plain_fields(block: str) -> dict[str, object] | None:
    """Fields of front matter that breaks YAML only by an unquoted colon ("title: Peace: at last")."""
    lines = [line for line in block.split("\n") if line.strip()]
    pairs = [re.match(r"([A-Za-z_][\w -]{0,40}):\s*(.*)$", line) for line in lines]
    if not lines or not all(pairs):
        return None
    return {match[1].strip(): match[2].strip().strip("\"'") for match in pairs if match}


def markdown_text(text: str) -> str:
    """The visible text: links as their words, no emphasis marks, headings as lines, bullets kept."""
    text = re.sub(r"\r\n?", "\n", text)
    for pattern, visible in _MARKDOWN:
        text = pattern.sub(visible, text)
    return html_text(text) if _ANY_TAG.search(text) else html.unescape(text)


def html_text(text: str) -> str:
    """The visible text of a scrap of HTML, a blank line between blocks."""
    text = _without_unseen(text)
    text = re.sub(r"<li\b[^<>]{0,500}>", "\n\n• ", text, flags=re.IGNORECASE)
    return html.unescape(_ANY_TAG.sub("", _BLOCK_TAG.sub("\n\n", text)))


def _without_unseen(text: str) -> str:
    """Without scripts, captions and comments; what is never closed stays, and is looked for once."""
    kept: list[str] = []
    position, unclosed = 0, set()
    for start in _UNSEEN_START.finditer(text):
        tag = (start.group(1) or "").casefold()
        if start.start() < position or tag in unclosed:
            continue
        if end := _UNSEEN_END[tag].search(text, start.end()):
            kept.append(text[position : start.start()])
            position = end.end()
        else:
            unclosed.add(tag)
    return "".join([*kept, text[position:]])


def plain_text(text: str) -> str:
    """A field's text without tags, entities, wrongly decoded marks and the note that an interface cut it."""
    text = _CUT_NOTE.sub("", _decoded_once_more(text))
    if has_markup(text):
        return html_text(text)
    return html.unescape(text) if _ENTITY.search(text) else text


def _decoded_once_more(text: str) -> str:
    """UTF-8 that somebody read as Windows-1252 ("â€œIt heldâ€\x9d") read aright; other text as it is."""
    if "â€" not in text:
        return text
    try:
        narrow = [char.encode("latin-1" if "\x80" <= char <= "\x9f" else "cp1252") for char in text]
        return b"".join(narrow).decode("utf-8")
    except UnicodeError:
        return text


def is_page(text: str) -> bool:
    """Whether a text is a whole HTML page."""
    return bool(_WHOLE_PAGE.match(text[:5_000]))


def has_markup(text: str) -> bool:
    """Whether a field's text holds HTML tags of its own."""
    return len(_PLAIN_HTML.findall(text[:20_000])) >= 2
