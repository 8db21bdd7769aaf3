"""HTML pages: the text by trafilatura, the metadata from JSON-LD, og: tags, <time> and the title."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

from detector.corpus.bare import copyright_of
from detector.corpus.dates import date_in_name, read_date
from detector.corpus.drafts import (
    Unreadable,
    author_names,
    domain_of,
    language_code,
    one_line,
    outlet_name,
    web_address,
)

_ARTICLE_TYPES = re.compile(r"(?:Article|Posting|Report|Blog)$")
_MOST_TAGS = 200_000
_FEWEST_WORDS = 5
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(\S{4,2000})\s*-->")
_FETCH_AGAIN = "save the page again"
_META = {
    "outlet": ("og:site_name", "application-name", "dc.publisher", "citation_journal_title", "publisher"),
    "title": ("og:title", "twitter:title", "dc.title", "headline", "parsely-title", "sailthru.title"),
    "published": (
        "article:published_time",
        "og:article:published_time",
        "datepublished",
        "parsely-pub-date",
        "pubdate",
        "publishdate",
        "publish-date",
        "publish_date",
        "publication_date",
        "date",
        "dc.date",
        "dc.date.issued",
        "dcterms.created",
        "sailthru.date",
        "article.published",
        "displaydate",
    ),
    "url": ("og:url", "twitter:url", "parsely-link"),
    "author": ("author", "article:author", "parsely-author", "dc.creator", "byl", "sailthru.author"),
}


def read_page(page: str) -> dict[str, object]:
    """Fields of a page: text, title, outlet, outlet_guessed, published, url, author, language; the absent are left out.

    Raises Unreadable: the page is cut off, too complex, or holds no article text.
    """
    require_simple(page)
    if _is_cut_off(page):
        raise Unreadable("the page is cut off: it is not closed", _FETCH_AGAIN)
    tree = parse_page(page)
    fields = _metadata(page, tree)
    text = _main_text(page, tree)
    if len(text.split()) < _FEWEST_WORDS:
        raise Unreadable("no article text found in the page", "save the article's own page, or its text as .txt")
    return {"text": text} | fields


def require_simple(page: str) -> None:
    """Raises Unreadable: so many tags that looking through them would take minutes."""
    if page.count("<") > _MOST_TAGS:
        raise Unreadable(f"more than {_MOST_TAGS:,} tags, which is no article page", "give the article's own page")


def _is_cut_off(page: str) -> bool:
    tail = page[-20_000:].casefold()
    if "</html" in tail or "</body" in tail:
        return False
    lowered = page.casefold()
    if tail.rfind("<") > tail.rfind(">") or lowered.count("<script") > lowered.count("</script"):
        return True
    if "<html" not in lowered and "<body" not in lowered:
        return False
    return any(len(re.findall(rf"<{tag}\b", lowered)) > lowered.count(f"</{tag}") for tag in ("div", "article", "main"))


def parse_page(page: str) -> Any:
    from lxml import etree, html

    try:
        return html.document_fromstring(page.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Unreadable("the page cannot be parsed as HTML", _FETCH_AGAIN) from error


def _main_text(page: str, tree: Any) -> str:
    import trafilatura

    logging.getLogger("trafilatura").addHandler(logging.NullHandler())
    document = trafilatura.bare_extraction(page, include_comments=False, with_metadata=False)
    text = (document.text or "") if document is not None else ""
    if len(text.split()) >= 40:
        return text.replace("\n", "\n\n")
    return max(text, _paragraph_text(tree), key=lambda found: len(found.split())).replace("\n", "\n\n")


def _paragraph_text(tree: Any) -> str:
    """All that stands in paragraphs outside of navigation; for pages trafilatura finds nothing in."""
    outside = "not(ancestor::nav or ancestor::aside or ancestor::footer or ancestor::header or ancestor::form)"
    lines = (
        " ".join(node.xpath("string()").split()) for node in tree.xpath(f"(//h1|//h2|//p|//li)[{outside}]")[:5_000]
    )
    return "\n".join(line for line in lines if line)


def _metadata(page: str, tree: Any) -> dict[str, object]:
    linked = linked_article(tree)
    metas = _metas(tree)
    saved = _SAVED_FROM.search(page[:5_000])
    canonical = tree.xpath("string((//link[@rel='canonical']/@href)[1])")
    url = next(
        (
            found
            for value in (canonical, metas.get("url"), _address(linked), saved and saved.group(1))
            if (found := web_address(value))
        ),
        None,
    )
    outlet = outlet_name(linked.get("publisher")) or outlet_name(metas.get("outlet"))
    title = _title(tree, linked, metas)
    guess = None if outlet else domain_of(url) or _outlet_in_title(tree, title) or copyright_of(_footer(tree))[0]
    fields = {
        "title": title,
        "outlet": outlet or guess,
        "outlet_guessed": outlet is None and guess is not None,
        "published": _published(tree, linked, metas, url),
        "url": url,
        "author": author_names(linked.get("author")) or _meta_author(metas) or _byline(tree),
        "language": language_code(tree.get("lang")) or language_code(linked.get("inLanguage")),
    }
    return {name: value for name, value in fields.items() if value}


def _title(tree: Any, linked: dict[str, Any], metas: dict[str, str]) -> str | None:
    headings = [one_line(node.xpath("string()")) for node in tree.xpath("//h1")[:3]]
    page_title = one_line(tree.xpath("string((//head/title|//title)[1])"))
    own = headings[0] if len(headings) == 1 else None
    return one_line(linked.get("headline")) or one_line(metas.get("title")) or own or page_title


def _outlet_in_title(tree: Any, title: str | None) -> str | None:
    """ "Headline | The Outlet": what stands behind the headline in the page title."""
    whole = one_line(tree.xpath("string((//head/title|//title)[1])")) or ""
    parts = re.split(r"\s+[|–—·-]\s+", whole)
    if len(parts) < 2 or (title and title == whole and len(parts[-1].split()) > 4):
        return None
    return outlet_name(parts[-1]) if len(parts[-1].split()) <= 5 else None


def _published(tree: Any, linked: dict[str, Any], metas: dict[str, str], url: str | None) -> object:
    times = tree.xpath("//time/@datetime | //*[@itemprop='datePublished']/@content")[:5]
    candidates = [linked.get("datePublished"), metas.get("published"), *times]
    return next((found for value in candidates if (found := read_date(value))), None) or date_in_name(url or "")


def _meta_author(metas: dict[str, str]) -> str | None:
    name = author_names(metas.get("author"))
    return None if name and "://" in name else name


def _byline(tree: Any) -> str | None:
    node = tree.xpath("string((//*[@rel='author'] | //*[@itemprop='author'])[1])")
    return author_names(node) if node and len(node) < 100 else None


def _footer(tree: Any) -> str:
    return "\n".join(node.xpath("string()")[:2_000] for node in tree.xpath("//footer")[-2:])


def _metas(tree: Any) -> dict[str, str]:
    """The first meta tag of each field, in the order of preference."""
    found: dict[str, str] = {}
    for node in tree.xpath("//meta[@content]")[:500]:
        name = (node.get("property") or node.get("name") or node.get("itemprop") or "").casefold()
        if name and node.get("content").strip():
            found.setdefault(name, node.get("content"))
    return {
        field: found[names_in[0]] for field, names in _META.items() if (names_in := [n for n in names if n in found])
    }


def linked_article(tree: Any) -> dict[str, Any]:
    """The NewsArticle of the page's JSON-LD, empty without one."""
    for script in tree.xpath("//script[@type='application/ld+json']/text()")[:20]:
        try:
            parsed = json.loads(script.strip()[:500_000], strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(parsed):
            kinds = node.get("@type")
            if any(_ARTICLE_TYPES.search(str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds])):
                return node
    return {}


def _nodes(parsed: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(parsed, dict):
        yield parsed
        parsed = parsed.get("@graph")
    if isinstance(parsed, list) and depth < 4:
        for entry in parsed[:200]:
            yield from _nodes(entry, depth + 1)


def _address(linked: dict[str, Any]) -> object:
    page = linked.get("mainEntityOfPage")
    return linked.get("url") or (page.get("@id") if isinstance(page, dict) else page)
