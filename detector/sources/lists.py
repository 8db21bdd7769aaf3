"""What lists name: feeds their articles, OPML lists their feeds, sitemaps their pages. Bytes in, entries out.

Nothing here opens a connection: the parsers are given bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import BytesIO
from typing import Any, Literal
from urllib.parse import urljoin

from detector.corpus.addresses import clean_address
from detector.corpus.dates import read_date
from detector.corpus.drafts import Unreadable, author_names, one_line
from detector.records import Listed

ListKind = Literal["feed", "opml", "sitemap", "index"]

_ROOTS: dict[str, ListKind] = {
    "rss": "feed",
    "feed": "feed",
    "rdf": "feed",
    "channel": "feed",
    "opml": "opml",
    "urlset": "sitemap",
    "sitemapindex": "index",
}
_ROOT = re.compile(
    r"^\s*(?:<\?[^>]{0,500}\?>\s*|<!--.{0,2000}?-->\s*|<!doctype[^>[]{0,500}(?:\[.{0,4000}?\]\s*)?>\s*)*<(?:[\w.-]{1,20}:)?(\w+)",
    re.S | re.I,
)
_ENTITY = re.compile(rb"<!\s*E\0?N\0?T\0?I\0?T\0?Y", re.IGNORECASE)
_MOST_FEED_BYTES = 3_000_000
"""Feeds and OPML lists of newsrooms have some ten to some hundred kilobytes."""
_MOST_ENTRIES = 50_000
"""The most that the sitemap protocol allows in one file."""
_PARSER_ERRORS = (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError)
"""What feedparser and listparser may raise on broken input; they name nothing of their own."""
_REMEDY = "check the address in a browser; leave it out if the site has no list of articles any more"


def kind_of_list(content: bytes) -> ListKind | None:
    """Which kind of list the bytes are, by their first element; None when they are no list."""
    head = content[:6_000]
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = head.decode("utf-16" if wide else "utf-8", "replace").lstrip("\ufeff")
    found = _ROOT.match(text)
    return _ROOTS.get(found.group(1).casefold()) if found else None


def entries_of(kind: ListKind, content: bytes, *, address: str) -> tuple[Listed, ...]:
    """The addresses that a list names, each once, in the order of the list; relative ones are seen from `address`.

    Raises Unreadable: the list cannot be parsed or declares entities of its own.
    """
    if _ENTITY.search(content):
        raise Unreadable("the list declares entities, which no list needs", _REMEDY)
    if kind != "sitemap" and kind != "index":
        _require_harmless(content)
    readers = {"feed": _of_feed, "opml": _of_opml, "sitemap": _of_sitemap, "index": _of_sitemap}
    try:
        return tuple(_once(readers[kind](content, address)))
    except _PARSER_ERRORS as error:
        raise Unreadable(f"the list cannot be parsed ({type(error).__name__})", _REMEDY) from error


def _require_harmless(content: bytes) -> None:
    """Stops what would keep the parsers of feeds busy for minutes: they take seconds for a megabyte, more when it is deep."""
    if len(content) > _MOST_FEED_BYTES:
        raise Unreadable(f"a feed of more than {_MOST_FEED_BYTES:,} bytes", _REMEDY)
    parser = _xml_parser()
    try:
        _root_of(content, parser)
    except Unreadable:
        return  # the parsers of feeds forgive more
    if any("Excessive depth" in entry.message for entry in parser.error_log):
        raise Unreadable("the list is nested deeper than any list is", _REMEDY)


def _xml_parser() -> Any:
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True
    )


def _root_of(content: bytes, parser: Any) -> Any:
    from lxml import etree

    try:
        root = etree.fromstring(content, parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise Unreadable("the list cannot be parsed as XML", _REMEDY) from error
    if root is None:
        raise Unreadable("the list cannot be parsed as XML", _REMEDY)
    return root


def _once(entries: Iterable[Listed]) -> Iterator[Listed]:
    seen: set[str] = set()
    for entry in entries:
        if entry.url not in seen:
            seen.add(entry.url)
            yield entry
        if len(seen) >= _MOST_ENTRIES:
            return


def _of_feed(content: bytes, address: str) -> Iterator[Listed]:
    import feedparser

    parsed = feedparser.parse(BytesIO(content), response_headers={"content-location": address}, sanitize_html=False)
    if not parsed.entries and not parsed.get("version"):
        raise Unreadable("not a feed that can be read", _REMEDY)
    for entry in parsed.entries:
        link = entry.get("feedburner_origlink") or entry.get("link")
        if url := _address(link, address):
            yield Listed(
                url=url,
                title=one_line(entry.get("title")),
                author=_author(entry),
                published_at=_moment(entry, "published"),
                updated_at=_moment(entry, "updated"),
            )


def _author(entry: Any) -> str | None:
    """Names of an entry's authors; of "desk@outlet.example (Jane Doe)", the form of RSS, the name alone."""
    whole = re.fullmatch(r"\S+@\S+\s+\((.{2,100})\)", str(entry.get("author") or "").strip())
    if whole:
        return author_names(whole.group(1))
    return author_names([one["name"] for one in entry.get("authors", []) if one.get("name")])


def _moment(entry: Any, name: str) -> datetime | None:
    """A time of an entry. feedparser gives the published time for a missing updated one; that is taken back."""
    if name not in entry.keys():  # noqa: SIM118 - "in" is answered with yes for a time that is only implied
        return None
    parts = entry.get(f"{name}_parsed")
    if parts is None:
        return read_date(entry.get(name))
    return read_date("{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}+00:00".format(*parts[:6]))


def _of_opml(content: bytes, address: str) -> Iterator[Listed]:
    import listparser

    for feed in listparser.parse(content).feeds:
        if url := _address(feed.get("url"), address):
            yield Listed(url=url, title=one_line(feed.get("title")))


def _of_sitemap(content: bytes, address: str) -> Iterator[Listed]:
    root = _root_of(content, _xml_parser())
    for node in root:
        if url := _address(_text(node, "loc", deep=False), address):
            yield Listed(
                url=url,
                title=one_line(_text(node, "title")),
                published_at=read_date(_text(node, "publication_date")),
                updated_at=read_date(_text(node, "lastmod", deep=False)),
            )


def _text(node: Any, name: str, *, deep: bool = True) -> str | None:
    """Text of an element by its local name: a child, or anything below."""
    axis = "descendant::" if deep else "child::"
    found = str(node.xpath(f"string(({axis}*[local-name()=$name])[1])", name=name)).strip()
    return found or None


def _address(link: object, base: str) -> str | None:
    if not isinstance(link, str) or not link.strip():
        return None
    try:
        return clean_address(urljoin(base, link.strip()))
    except ValueError:
        return None
