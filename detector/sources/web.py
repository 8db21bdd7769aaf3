"""A round over web addresses: lists are asked first, then the pages that they name.

What a list names is kept in the store before the first page is fetched, and a page is kept only after its article is in
the store. So a process that dies at any moment loses nothing but a download, and the next round goes on from there.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from detector.corpus import read_fetched
from detector.corpus.addresses import clean_address
from detector.corpus.drafts import Unreadable
from detector.fetching import Answer, Fetcher, FetchFailed, unpacked
from detector.pipeline import IngestResult, Progress, ingest
from detector.records import Article, Fetch, Listed, Page, Rejection, SourceKind, digest
from detector.settings import Settings
from detector.sources.lists import ListKind, entries_of, kind_of_list
from detector.sources.values import Asked, Gathered, merged
from detector.store import Store

Clock = Callable[[], datetime]

_MOST_KEPT = 1_000
"""Entries of a list that are remembered, the newest: what the protocol allows in a news sitemap."""
_MOST_SITEMAPS = 10
"""Sitemaps of an index that are read, the newest: the others are archives."""
_MOST_FAILURES = 5
"""Rounds in which a page may fail before it is left alone."""
_MOST_TROUBLE = 3
"""Failures in a row after which a host is left alone for the rest of a round: a dead one would hold it up for hours."""
_DEEPEST = 3
_BATCH = 25
_LONGEST_BACK_OFF = timedelta(days=1)


@dataclass(slots=True)
class Task:
    """A page to be asked for; `answer` is there when the address was asked already to find out what it is."""

    entry: Listed
    known: Fetch | None
    answer: Answer | None = None


@dataclass(slots=True)
class Round:
    """One round: what is to be asked, what was asked, what became of it. `every` is the time between two rounds."""

    store: Store
    settings: Settings
    fetcher: Fetcher
    clock: Clock
    on_progress: Callable[[Progress], None]
    every: timedelta | None = None
    result: IngestResult = field(default_factory=IngestResult)
    asked: Asked = field(default_factory=Asked)
    _tasks: dict[str, Task] = field(default_factory=dict)
    _visited: set[str] = field(default_factory=set)
    _batch: list[tuple[Fetch, Page | None, Article | Rejection | None]] = field(default_factory=list)
    _articles: dict[str, str] = field(default_factory=dict)
    _trouble: Counter[str] = field(default_factory=Counter)

    def ask(self, addresses: Iterable[str], *, kind: SourceKind | None = None) -> None:
        """Ask what the addresses are and queue the pages behind them. A bad one is reported and stops no other."""
        for address in addresses:
            cleaned = clean_address(address)
            if cleaned is None:
                remedy = "give an address that begins with https:// or http://, without a password in it"
                self.reject(address, "not an address that is fetched", remedy)
            else:
                self._ask(cleaned, kind, depth=0)

    def add_list(self, kind: ListKind, content: bytes, *, shown: str) -> None:
        """Queue what a list given as a file names."""
        try:
            entries = entries_of(kind, content, address="")
        except Unreadable as error:
            self.reject(shown, error.reason, error.remedy)
            return
        self._follow(kind, newest(entries)[:_MOST_KEPT], depth=0)

    def _ask(self, address: str, kind: SourceKind | None, *, depth: int) -> None:
        if address in self._visited:
            return
        self._visited.add(address)
        self.on_progress(Progress("read", len(self._visited), 0))
        known = self.store.fetches.get(address)
        if known and self._is_resting(known):
            return
        try:
            answer = self._get(address, known)
            self._take(address, answer, known, depth=depth)
        except (FetchFailed, Unreadable) as failure:
            status = failure.status if isinstance(failure, FetchFailed) else 0
            if known or kind:
                base = known or Fetch(address, self.clock(), 0, kind=kind or "feed")
                self.store.fetches.put(self._failed(base, status, failure.reason))
            self.asked += Asked(failed=1)
            self.reject(address, failure.reason, failure.remedy)

    def _is_resting(self, known: Fetch) -> bool:
        """Whether an address that failed is not asked again yet: each failure doubles the time, up to a day."""
        if self.every is None or not known.failures:
            return False
        pause = min(
            timedelta(seconds=self.every.total_seconds() * 2.0 ** min(known.failures - 1, 12)), _LONGEST_BACK_OFF
        )
        return known.fetched_at <= self.clock() < known.fetched_at + pause - self.every / 2

    def _take(self, address: str, answer: Answer, known: Fetch | None, *, depth: int) -> None:
        if answer.unchanged and known:
            self.store.fetches.put(self._touched(known))
            if known.kind == "article":
                self._say_unchanged(known)
                self.asked += Asked(pages=1)
            else:
                self.asked += Asked(lists=1, lists_unchanged=1)
                self._follow(known.kind, known.listed, depth=depth)
            return
        limit = self.settings.reading.max_bytes
        packed = answer.content[:2] == b"\x1f\x8b"
        content = unpacked(answer.content, limit=limit) if packed else answer.content
        kind = kind_of_list(content)
        if kind is None:
            listed = known.listed[0] if known and known.kind == "article" and known.listed else Listed(address)
            self._tasks[address] = Task(listed, known, replace(answer, content=content))
            return
        self.asked += Asked(lists=1)
        entries = newest(entries_of(kind, content, address=answer.address))[:_MOST_KEPT]
        self.store.fetches.put(self._fetched(address, answer, kind=kind, listed=tuple(entries)))
        self._follow(kind, entries, depth=depth)

    def _follow(self, kind: SourceKind, entries: Sequence[Listed], *, depth: int) -> None:
        if kind in ("opml", "index"):
            inner: SourceKind = "feed" if kind == "opml" else "sitemap"
            for entry in entries[: _MOST_SITEMAPS if kind == "index" else None]:
                if depth < _DEEPEST:
                    self._ask(entry.url, inner, depth=depth + 1)
            return
        due = [(entry, known) for entry in entries if self._is_due(entry, known := self.store.fetches.get(entry.url))]
        most = self.settings.sources.max_articles
        for entry, known in due[:most]:
            self._tasks.setdefault(entry.url, Task(entry, known))
        self.asked += Asked(waiting=len(due[most:]))

    def _is_due(self, entry: Listed, known: Fetch | None) -> bool:
        if known is None:
            return True
        if known.kind != "article" or known.abandoned:
            return False
        if known.failures:
            return not self._is_resting(known)
        if entry.updated_at and entry.updated_at > known.fetched_at:
            return True
        hours = self.settings.sources.recheck_hours
        return bool(hours) and self.clock() - known.fetched_at >= timedelta(hours=hours)

    def fetch_pages(self) -> None:
        """Fetch the queued pages, hosts by turns, and ingest them batch by batch; what is fetched is kept on any end."""
        tasks = list(by_turns(self._tasks.values()))
        try:
            for number, task in enumerate(tasks, start=1):
                self._fetch(task)
                self.on_progress(Progress("read", number, len(tasks)))
                if len(self._batch) >= _BATCH:
                    self._flush()
        finally:
            self._flush()

    def _fetch(self, task: Task) -> None:
        address, known = task.entry.url, task.known
        if self._trouble[_host(address)] >= _MOST_TROUBLE:
            self.asked += Asked(waiting=1)
            return
        self.asked += Asked(pages=1)
        try:
            answer = task.answer or self._get(address, known)
        except FetchFailed as failure:
            self._trouble[_host(address)] += failure.transient
            self.asked += Asked(failed=1)
            base = known or Fetch(address, self.clock(), 0, listed=(task.entry,))
            failed = self._failed(base, failure.status, failure.reason, final=not failure.transient)
            self._batch.append((failed, None, Rejection(address, failure.reason, failure.remedy)))
            return
        self._trouble[_host(address)] = 0
        if known and (answer.unchanged or known.content_hash == digest("page", answer.content.hex())):
            self._say_unchanged(known)
            self._batch.append((self._touched(known), None, None))
            return
        self._read(task, answer)

    def _read(self, task: Task, answer: Answer) -> None:
        address, known = task.entry.url, task.known
        fetch = self._fetched(address, answer, kind="article", listed=(task.entry,))
        page = Page(address, fetch.fetched_at, answer.content_type, answer.content)
        listed = None if task.entry == Listed(address) else task.entry
        reading = read_fetched(replace(page, url=answer.address), listed=listed, settings=self.settings.reading)
        if isinstance(reading, Rejection):
            kept = known.article_id if known else None
            rejection = replace(reading, path=address)
            self._batch.append((replace(fetch, article_id=kept), page, rejection))
            return
        article = same_article(self.store, known, reading)
        elsewhere = self._known_elsewhere(article, address)
        self._articles.setdefault(article.article_id, address)
        self._batch.append((replace(fetch, article_id=article.article_id), page, None if elsewhere else article))

    def _known_elsewhere(self, article: Article, address: str) -> bool:
        """Whether another address of the same article was read already: its print or AMP page would only look edited."""
        if self._articles.get(article.article_id, address) != address:
            return True
        other = self.store.fetches.get(article.url) if article.url and article.url != address else None
        return other is not None and other.article_id == article.article_id

    def _get(self, address: str, known: Fetch | None) -> Answer:
        return self.fetcher.get(
            address, etag=known.etag if known else None, last_modified=known.last_modified if known else None
        )

    def _say_unchanged(self, known: Fetch) -> None:
        self.asked += Asked(pages_unchanged=1)
        if article := head_of(self.store, known.article_id):
            self.result = merged(self.result, IngestResult(unchanged=(article,)))

    def _flush(self) -> None:
        """Articles first, then that their pages were fetched; a page is kept once for each text of its article."""
        batch, self._batch = self._batch, []
        taken = IngestResult()
        if readings := [reading for _, _, reading in batch if reading is not None]:
            taken = ingest(self.store, readings)
            self.result = merged(self.result, taken)
        same = {article.article_id for article in taken.unchanged}
        for fetch, page, _ in batch:
            has_page = fetch.article_id in same and bool(self.store.fetches.pages(fetch.url))
            self.store.fetches.put(fetch, None if has_page else page)

    def _fetched(self, address: str, answer: Answer, *, kind: SourceKind, listed: tuple[Listed, ...]) -> Fetch:
        return Fetch(
            url=address,
            fetched_at=self.clock(),
            status=answer.status,
            etag=answer.etag,
            last_modified=answer.last_modified,
            content_hash=digest("page", answer.content.hex()),
            kind=kind,
            listed=listed,
            led_to=None if answer.address == address else answer.address,
        )

    def _touched(self, known: Fetch) -> Fetch:
        return replace(known, fetched_at=self.clock(), failures=0, error=None, abandoned=False)

    def _failed(self, known: Fetch, status: int, reason: str, *, final: bool = False) -> Fetch:
        failures = known.failures + 1
        abandoned = known.kind == "article" and (final or failures >= _MOST_FAILURES)
        return replace(
            known,
            fetched_at=self.clock(),
            status=status,
            failures=failures,
            error=reason,
            abandoned=abandoned,
        )

    def reject(self, path: str, reason: str, remedy: str) -> None:
        self.result = merged(self.result, IngestResult(rejected=(Rejection(path, reason, remedy),)))

    @property
    def gathered(self) -> Gathered:
        return Gathered(self.result, self.asked)


def head_of(store: Store, article_id: str | None) -> Article | None:
    """The latest revision of an article, None when it is not, or no longer, in the store."""
    revisions = store.revisions(article_id) if article_id else []
    return revisions[-1] if revisions else None


def same_article(store: Store, known: Fetch | None, reading: Article) -> Article:
    """An address stays the article it first was, also when its page or the registry now names the outlet otherwise."""
    before = head_of(store, known.article_id) if known else None
    if before is None or before.article_id == reading.article_id:
        return reading
    return replace(
        reading,
        article_id=before.article_id,
        outlet_id=before.outlet_id,
        outlet=before.outlet,
        outlet_guessed=before.outlet_guessed,
        owner=reading.owner or before.owner,
    )


def newest(entries: Iterable[Listed]) -> list[Listed]:
    """Entries with the latest first; those without a time keep their order behind those with one."""

    def age(entry: Listed) -> float:
        moment = entry.updated_at or entry.published_at
        return -moment.timestamp() if moment else float("inf")

    return sorted(entries, key=age)


def by_turns(tasks: Iterable[Task]) -> Iterator[Task]:
    """Tasks in an order that goes round the hosts, so that the pause of one host is spent on the others."""
    queues: dict[str, deque[Task]] = {}
    for task in tasks:
        queues.setdefault(_host(task.entry.url), deque()).append(task)
    while queues:
        for host in list(queues):
            yield queues[host].popleft()
            if not queues[host]:
                del queues[host]


def _host(address: str) -> str:
    return urlsplit(address).netloc
