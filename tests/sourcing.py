"""Shared by the tests of sources: pages, feeds and a round over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from detector.settings import ReadingSettings, Settings, SourceSettings
from detector.sources import Gathered, Gathering, WatchedFolders, named_sources
from detector.store import Store

BODY = (
    "The ferry company Norline cancelled all sailings on Wednesday after its crews walked out, the harbour office said. "
    "The mayor of Port Ellery met the union on Tuesday evening and left without a word to the reporters outside.",
    "About 400 people were waiting at the terminal at noon. The company offered them their money back, or a seat on the "
    "first boat after the strike, whenever that may be. No talks are planned before the weekend, a spokeswoman said.",
)


def page(
    title: str = "Ferries stay in port", *, head: str = "", body: Sequence[str] = BODY, article: bool = True
) -> str:
    """A page of an outlet; `article` marks it as one."""
    marks = '<meta property="og:type" content="article"><meta property="og:site_name" content="Harbour Post">'
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in body)
    return (
        f"<!doctype html><html lang='en'><head><title>{escape(title)}</title>{marks if article else ''}{head}</head>"
        f"<body><main><article><h1>{escape(title)}</h1>{paragraphs}</article></main></body></html>"
    )


def rss(*links: str, more: str = "") -> str:
    items = "".join(
        f"<item><title>Headline {number}</title><link>{escape(link)}</link>"
        f"<pubDate>Sat, 08 Mar 2031 0{number % 10}:00:00 GMT</pubDate><author>desk@post.example (A. Reporter)</author></item>"
        for number, link in enumerate(links)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Post</title>{items}{more}</channel></rss>'


def opml(*feeds: str) -> str:
    outlines = "".join(f'<outline text="A feed" type="rss" xmlUrl="{escape(feed)}"/>' for feed in feeds)
    return f'<?xml version="1.0"?><opml version="2.0"><body><outline text="News">{outlines}</outline></body></opml>'


def sitemap(*links: str) -> str:
    urls = "".join(
        f"<url><loc>{escape(link)}</loc><news:news><news:publication_date>2031-03-08T09:00:00Z</news:publication_date>"
        f"<news:title>From the map</news:title></news:news></url>"
        for link in links
    )
    spaces = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f'<?xml version="1.0"?><urlset {spaces}>{urls}</urlset>'


def settings(**changes: Any) -> Settings:
    """For servers on the loopback address, without a pause."""
    reading = ReadingSettings(**changes.pop("reading", {}))
    sources = {"allow_private": True, "per_host_seconds": 0.0, "retries": 0, "timeout_seconds": 5.0, **changes}
    return Settings(reading=reading, sources=SourceSettings(**sources))


@dataclass
class Desk:
    """A store and a clock that stands still until it is set."""

    store: Store
    settings: Settings = field(default_factory=settings)
    now: datetime = datetime(2031, 3, 8, 12, tzinfo=UTC)
    every: timedelta | None = None
    folders: WatchedFolders | None = None
    waits: list[float] = field(default_factory=list)

    def gathering(self, *, stream: Any = None) -> Gathering:
        return Gathering(
            self.store,
            self.settings,
            lambda: self.now,
            self.waits.append,
            lambda _: None,
            stream=stream,
            every=self.every,
            folders=self.folders,
        )

    def gather(self, *names: str | Path, drop: Path | None = None, stream: Any = None) -> Gathered:
        named = named_sources([str(name) for name in names], drop=drop)
        return self.gathering(stream=stream).gather(named)
