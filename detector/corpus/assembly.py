"""From a draft to an Article: missing metadata, cleaning, identity, limits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import SequenceMatcher

from detector.corpus.bare import (
    copyright_of,
    date_of,
    outlet_from_name,
    read_headers,
    split_masthead,
    split_title,
    wire_of,
)
from detector.corpus.cleaning import Cleaned, clean
from detector.corpus.drafts import Draft, Unreadable, domain_of, filled
from detector.corpus.language import detect_language
from detector.corpus.origins import credited_wire
from detector.corpus.registry import Registry, load_registry
from detector.records import Article, digest, outlet_id_of, text_hash_of
from detector.settings import ReadingSettings

_TITLE_BREAK = re.compile(r"\s+[|–—·-]\s+")


def read_bare(draft: Draft) -> Draft:
    """A bare text with what its own lines say: headers, masthead, headline. Its outlet is then a guess."""
    headers = read_headers(draft.text)
    masthead = split_masthead(headers.text, draft.file_name)
    draft = replace(draft, text=masthead.text)
    for said in (headers, masthead):
        fields = {"title": said.title, "url": said.url, "author": said.author, "published": said.published}
        draft = filled(draft, fields.items())
    outlet = headers.outlet or copyright_of(draft.text)[0] or masthead.outlet
    if not draft.outlet and outlet:
        draft = replace(draft, outlet=outlet, outlet_guessed=True)
    return draft


def complete(draft: Draft) -> Draft:
    """`draft` with title, outlet and date, taken from the text, the address or the file name where they are missing."""
    if not draft.title:
        title, rest = split_title(draft.text)
        draft = replace(draft, title=title, text=rest)
    if not draft.outlet:
        outlet = (
            domain_of(draft.url)
            or copyright_of(draft.text)[0]
            or wire_of(draft.text)
            or outlet_from_name(draft.file_name)
        )
        draft = replace(draft, outlet=outlet, outlet_guessed=True)
    if draft.published is None:
        year = copyright_of(draft.text)[1]
        draft = replace(draft, published=date_of(draft.text, draft.file_name, draft.url, year))
    return draft


def assemble(draft: Draft, settings: ReadingSettings) -> Article:
    """The article.

    Raises Unreadable: nothing left after cleaning, too short or too long.
    """
    registry = load_registry(settings.registry)
    found = draft.outlet or outlet_from_name(draft.file_name)
    outlet = registry.outlet_name(found) or found
    title = tidy_title(draft.title, outlet) if draft.title else None
    cleaned = clean(draft.text)
    body = _without_title(cleaned.paragraphs, title)
    _require_length(draft.text, body, cleaned, settings)
    text = "\n\n".join([title, *body] if title else body)
    if len(text) > settings.max_article_chars:
        reason = f"{len(text):,} characters, more than the limit of {settings.max_article_chars:,}"
        raise Unreadable(reason, "split it or raise reading.max_article_chars")
    outlet_id = outlet_id_of(outlet)
    identity = draft.url or (title.casefold() if title else draft.file_name)
    article = Article(
        article_id=digest("article", outlet_id, identity),
        outlet_id=outlet_id,
        outlet=outlet,
        text=text,
        text_hash=text_hash_of(text),
        title=title,
        url=draft.url,
        author=draft.author or cleaned.byline,
        published_at=draft.published,
        language=detect_language("\n".join(body), declared=draft.language),
        path=draft.path,
        owner=_owner_of(outlet, registry, settings),
        outlet_guessed=draft.outlet_guessed and outlet == found,
    )
    return replace(article, wire=credited_wire(article, registry))


def _require_length(text: str, body: Iterable[str], cleaned: Cleaned, settings: ReadingSettings) -> None:
    words = sum(len(paragraph.split()) for paragraph in body)
    if words >= settings.min_words:
        return
    if not text.strip():
        raise Unreadable("no article text: it is empty", "fetch or export it again")
    if cleaned.removed and len(text.split()) >= settings.min_words:
        reason = f"{words or 'no'} words of an article among notices, prompts and navigation"
        raise Unreadable(reason, "fetch the article itself; the page may stand behind a wall")
    reason = f"{words} words, fewer than the {settings.min_words} of an article"
    raise Unreadable(reason, "give the full text or lower reading.min_words")


def _owner_of(outlet: str, registry: Registry, settings: ReadingSettings) -> str | None:
    """By the settings, else by the registry."""
    outlet_id = outlet_id_of(outlet)
    said = next((owner for name, owner in settings.owners.items() if outlet_id_of(name) == outlet_id), None)
    return said or registry.owner_of(outlet)


def tidy_title(title: str, outlet: str) -> str:
    """A headline without the outlet's name, an author or a month a page title carries behind it."""
    parts = [title]
    while match := list(_TITLE_BREAK.finditer(parts[0])):
        last = match[-1]
        if not _is_title_suffix(parts[0][last.end() :], outlet):
            break
        parts[0] = parts[0][: last.start()]
    return parts[0].strip() or title


def _is_title_suffix(words: str, outlet: str) -> bool:
    name = _letters(re.sub(r"\.[a-z]{2,4}(?:\.[a-z]{2})?$", "", outlet.casefold())).removeprefix("the")
    alike = SequenceMatcher(None, _letters(words).removeprefix("the"), name).ratio()
    return alike >= 0.85 or bool(re.fullmatch(r"by\s+\S.{2,40}|[A-Z][a-z]{2},?\s+\d{4}", words))


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _without_title(paragraphs: tuple[str, ...], title: str | None) -> list[str]:
    """The body, without the headline at its head when it repeats the title."""
    for place, paragraph in enumerate(paragraphs[:3]):
        if title and _letters(paragraph) == _letters(title):
            return [*paragraphs[:place], *paragraphs[place + 1 :]]
    return list(paragraphs)
