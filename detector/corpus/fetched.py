"""Fetched pages: an article, or why the page is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from detector.corpus.addresses import clean_address, is_front, same_site
from detector.corpus.assembly import assemble, complete, read_bare
from detector.corpus.decoding import decode
from detector.corpus.drafts import Draft, Unreadable, author_names, domain_of, filled, one_line
from detector.corpus.manifest import described
from detector.corpus.markup import has_markup, is_page, plain_text
from detector.corpus.pages import linked_article, parse_page, read_page, require_simple
from detector.corpus.registry import load_registry
from detector.records import Article, Listed, Page, Rejection
from detector.settings import ReadingSettings

_PAGES = ("text/html", "application/xhtml+xml", "text/plain", "application/octet-stream", "")
_STUB_WORDS = 250
"""Words up to which a page that says it is not free to read is taken for the beginning of an article only."""
_SHORT_WORDS = 150
"""The same for a page that only asks to subscribe: whole articles carry such prompts too."""
_FEWEST_UNMARKED = 60
"""Words of a page that nothing marks as an article; imprints, log-ins and notes on errors have fewer."""
_LISTED_HEADINGS = 8
"""Headings that are links from which an unmarked page is a list of articles; pages of articles link to four or five."""
_WALL = re.compile(
    r"subscribe (?:now )?to (?:continue|read|keep|unlock)|to (?:continue|keep) reading|(?:already|are you) a subscriber"
    r"|sign in to (?:read|continue)|subscribers? only|(?:register|log in) to (?:continue|read)|(?:for|to) subscribers only"
    r"|unlock (?:this|the) (?:article|story)",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"just a moment|enable javascript and cookies|verify(?:ing)? (?:that )?you are (?:a )?human|are you a robot"
    r"|access denied|attention required|unusual traffic|captcha",
    re.IGNORECASE,
)
_SAVE_IT = "save the page as you see it and give the file, or leave the address out"


def read_fetched(page: Page, *, listed: Listed | None, settings: ReadingSettings) -> Article | Rejection:
    """The article of a page; what the page does not say of it is taken from the entry that listed it.

    `page.url` is where the redirects led. Home pages, lists of articles, beginnings before a paywall and pages that are
    no article are rejected with a remedy.
    """
    try:
        return _read(page, listed, settings)
    except Unreadable as error:
        return Rejection(page.url, error.reason, error.remedy)


def _read(page: Page, listed: Listed | None, settings: ReadingSettings) -> Article:
    kind = page.content_type.split(";")[0].strip().casefold()
    if kind not in _PAGES:
        raise Unreadable(
            f"{kind[:60]}, not a web page", "give the address of the article's page, or the text as a file"
        )
    text = _decoded(page)
    draft = Draft(path=page.url, file_name=domain_of(page.url) or "page", text="", url=_own_address(page.url, {}))
    if kind == "text/plain" and not is_page(text):
        draft = read_bare(replace(draft, text=plain_text(text)))
    elif is_page(text) or has_markup(text):
        draft = _from_page(draft, page.url, text, listed)
    else:
        raise Unreadable("neither a web page nor plain text", _SAVE_IT)
    known = load_registry(settings.registry).at(domain_of(page.url))
    if known:
        draft = replace(draft, outlet=known.name, outlet_guessed=False)
    return assemble(complete(_with_listed(draft, listed)), settings)


def _decoded(page: Page) -> str:
    """The text; the charset of the answer counts where it is not UTF-8, as most pages are."""
    charset = re.search(r"charset=[\"']?([\w.:-]{2,40})", page.content_type, re.IGNORECASE)
    if charset:
        try:
            page.content.decode("utf-8")
        except UnicodeDecodeError:
            try:
                return decode(page.content.decode(charset.group(1), "replace").encode("utf-8"))
            except LookupError:
                pass
    return decode(page.content)


def _from_page(draft: Draft, address: str, text: str, listed: Listed | None) -> Draft:
    require_simple(text)
    tree = parse_page(text)
    linked = linked_article(tree)
    _refuse_front(address, tree, linked)
    try:
        fields = read_page(text)
    except Unreadable as error:
        _refuse_challenge(tree, "")
        raise Unreadable(error.reason, _SAVE_IT) from error
    _refuse_other(tree, linked, fields, listed)
    draft = replace(
        draft,
        text=str(fields["text"]),
        url=_own_address(address, fields),
        outlet_guessed=bool(fields.get("outlet_guessed")),
    )
    return filled(draft, described(fields).items())


def _own_address(address: str, fields: Mapping[str, object]) -> str | None:
    """The canonical address a page gives itself where it is one of its own site, else where the page was found."""
    said = clean_address(str(fields.get("url") or ""))
    if said and same_site(said, address) and not (is_front(said) and not is_front(address)):
        return said
    return clean_address(address)


def _with_listed(draft: Draft, listed: Listed | None) -> Draft:
    if listed is None:
        return draft
    return filled(
        draft,
        [
            ("title", one_line(listed.title)),
            ("author", author_names(listed.author)),
            ("published", listed.published_at),
        ],
    )


def _refuse_front(address: str, tree: Any, linked: Mapping[str, Any]) -> None:
    """Raises Unreadable: the address or the page itself is that of a site or a section, not of an article."""
    if (linked or _og_type(tree) == "article") and not is_front(address):
        return  # front pages carry the marks of the articles on them
    headings = tree.xpath("count(//h1//a|//h2//a|//h3//a|//h4//a|//a//h2|//a//h3|//a//h4)")
    declared_list = bool(tree.xpath("//script[@type='application/ld+json'][contains(., 'CollectionPage')]"))
    if is_front(address) or declared_list or headings >= _LISTED_HEADINGS:
        what = "a front page" if is_front(address) else "a list of articles"
        raise Unreadable(f"{what}, not an article", _feed_remedy(address, tree))


def _feed_remedy(address: str, tree: Any) -> str:
    """Names the feed that the page offers, as that is what one mostly wants of a site."""
    for node in tree.xpath("//link[@rel='alternate'][contains(@type,'rss') or contains(@type,'atom')]/@href")[:1]:
        if feed := clean_address(urljoin(address, str(node))):
            return f"give the address of an article, or the site's feed: {feed}"
    return "give the address of an article, or of the site's feed or news sitemap"


def _og_type(tree: Any) -> str:
    return str(tree.xpath("string((//meta[@property='og:type']/@content)[1])")).strip().casefold()


def _refuse_challenge(tree: Any, text: str) -> None:
    title = str(tree.xpath("string((//title)[1])"))[:300]
    if _CHALLENGE.search(title) or (len(text.split()) < _FEWEST_UNMARKED and _CHALLENGE.search(text)):
        raise Unreadable("the site showed a check for robots in place of the article", _SAVE_IT)


def _refuse_other(tree: Any, linked: Mapping[str, Any], fields: Mapping[str, object], listed: Listed | None) -> None:
    """Raises Unreadable: a check for robots, the beginning before a paywall, or no article at all."""
    text = str(fields["text"])
    words = len(text.split())
    _refuse_challenge(tree, text)
    closed = str(linked.get("isAccessibleForFree", "")).casefold() == "false"
    prompted = words < _SHORT_WORDS and _WALL.search(" ".join(tree.xpath("string(//body)").split())[:100_000])
    if (closed and words < _STUB_WORDS) or prompted:
        reason = f"only its beginning is free to read ({words} words): the rest is behind a paywall"
        raise Unreadable(reason, "give the whole text as a file, or leave the address out")
    marked = linked or _og_type(tree) == "article" or fields.get("published") or tree.xpath("boolean(//article)")
    if not marked and listed is None and words < _FEWEST_UNMARKED:
        raise Unreadable(f"{words} words that nothing marks as an article", "give the address of an article")
