"""Which articles are copies of one text: an origin is one independent newsroom behind several copies."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b

from detector.corpus.registry import Registry, load_registry
from detector.corpus.wires import dateline_of
from detector.records import Article, digest

SHINGLE_WORDS = 5
"""Words of a shingle: long enough that two reporters on one event seldom share one by chance."""
NEAR_COPY = 0.60
"""Share of the shorter text's shingles from which two texts are copies; rewritten wire copy shares .6 to .95, two
newsrooms quoting one statement up to .3."""
SAME_WIRE = 0.25
"""The share that is enough when both credit the same agency: each outlet cuts and adds its own paragraphs."""
SAME_HEADLINE = 0.10
"""The share that is enough under one headline: copies reworded by machine keep a tenth of the runs of words."""
_FEWEST_SHINGLES = 12
_FEWEST_HEADLINE_WORDS = 6
_MOST_POSTINGS = 200
"""Texts remembered under one shingle: a later copy still meets one of the first 200, so the cost stays linear."""


def origin_groups(articles: Sequence[Article]) -> dict[str, str]:
    """Origin of every article, by article_id.

    Articles of one outlet or one owner have one origin. Copies have the origin of the newsroom they come from: the
    agency they credit, else that of the copy published first. Near copies are copies; so are texts that credit the same
    agency or bear the same headline and share a good part. The order of the articles does not matter.
    """
    ordered = sorted({article.article_id: article for article in articles}.values(), key=lambda one: one.article_id)
    wires = [article.wire or credited_wire(article) for article in ordered]
    groups = _Groups(len(ordered))
    _join_copies(ordered, wires, groups)
    copies: dict[int, list[int]] = defaultdict(list)
    for place in range(len(ordered)):
        copies[groups.root(place)].append(place)
    newsrooms = {
        root: _source_of([(ordered[place], wires[place]) for place in places]) for root, places in copies.items()
    }
    return {one.article_id: digest("origin", newsrooms[groups.root(place)]) for place, one in enumerate(ordered)}


def _source_of(copies: Sequence[tuple[Article, str | None]]) -> str:
    """The newsroom behind copies of one text."""
    if len({_newsroom(article) for article, _ in copies}) == 1:
        return _newsroom(copies[0][0])
    credited = [wire for _, wire in copies if wire]
    if credited:
        wire = min(credited, key=lambda name: (-credited.count(name), name))
        own = [article for article, _ in copies if _is_agency(article, wire)]
        return _newsroom(own[0]) if own else f"agency {wire}"
    latest = datetime.max.replace(tzinfo=UTC)
    return _newsroom(min((one for one, _ in copies), key=lambda one: (one.published_at or latest, one.article_id)))


def _is_agency(article: Article, wire: str) -> bool:
    return load_registry().agency_of(article.outlet) == wire or article.outlet_id.split("-")[0] == wire.split()[0]


def _newsroom(article: Article) -> str:
    return f"owner {article.owner.casefold()}" if article.owner else f"outlet {article.outlet_id}"


def credited_wire(article: Article, registry: Registry | None = None) -> str | None:
    """The agency an article is taken from, by its dateline or its author; naming one as a source is not enough."""
    known = registry or load_registry()
    name = article.author or ""
    for part in [name, *re.split(r"\s*[,|/&]\s*", name)]:
        if agency := known.agency_of(part):
            return agency
    for paragraph in article.text.split("\n\n")[:3]:
        if dateline := dateline_of(paragraph, known):
            return known.agency_of(dateline[1]) or dateline[1].casefold()
    return None


class _Groups:
    """Disjoint sets of places; the root of a set is its smallest place."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, place: int) -> int:
        while self._parent[place] != place:
            self._parent[place] = self._parent[self._parent[place]]
            place = self._parent[place]
        return place

    def join(self, left: int, right: int) -> None:
        low, high = sorted((self.root(left), self.root(right)))
        self._parent[high] = low


def _join_copies(articles: Sequence[Article], wires: Sequence[str | None], groups: _Groups) -> None:
    """Joins near copies by an inverted index of shingles; pairs that share none are never looked at."""
    headlines = [_headline(article) for article in articles]
    sizes: list[int] = []
    postings: dict[int, list[int]] = defaultdict(list)
    for place, article in enumerate(articles):
        shingles = shingles_of(article)
        sizes.append(len(shingles))
        shared: dict[int, int] = defaultdict(int)
        for shingle in shingles:
            posted = postings[shingle]
            for other in posted:
                shared[other] += 1
            if len(posted) < _MOST_POSTINGS:
                posted.append(place)
        for other, count in shared.items():
            smaller = min(len(shingles), sizes[other])
            same_wire = wires[place] is not None and wires[place] == wires[other]
            same_headline = headlines[place] is not None and headlines[place] == headlines[other]
            enough = SAME_HEADLINE if same_headline else SAME_WIRE if same_wire else NEAR_COPY
            if smaller >= _FEWEST_SHINGLES and count >= enough * smaller:
                groups.join(place, other)


def _headline(article: Article) -> str | None:
    """The headline's words when they are enough not to be hit upon twice."""
    words = re.findall(r"[^\W_]+", (article.title or "").casefold())
    return " ".join(words) if len(words) >= _FEWEST_HEADLINE_WORDS else None


def shingles_of(article: Article) -> frozenset[int]:
    """Hashes of every run of words of the body, without case and punctuation."""
    body = article.text.split("\n\n", 1)[-1] if article.title else article.text
    words = re.findall(r"[^\W_]+", re.sub(r"['’]", "", body.casefold()))
    return frozenset(
        _hashes(" ".join(words[start : start + SHINGLE_WORDS]) for start in range(len(words) - SHINGLE_WORDS + 1))
    )


def _hashes(runs: Iterable[str]) -> Iterable[int]:
    return (int.from_bytes(blake2b(run.encode("utf-8"), digest_size=8).digest(), "big") for run in runs)
