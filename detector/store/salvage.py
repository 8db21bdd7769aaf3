"""What can still be read of a damaged store: reviews and articles, taken from its pages one by one.

The tables' trees and the file's head are not needed: every page that holds rows says so itself (the SQLite file format,
sqlite.org/fileformat2.html). Vectors, scores and runs are not looked for, because a new run makes them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detector.errors import InputError, StoreError
from detector.records import Article, Review, text_hash_of
from detector.store.lock import file_lock, held
from detector.store.rows import from_json
from detector.store.store import Store

_HEAD = b"SQLite format 3\x00"
_PAGE_SIZES = (4096, 1024, 2048, 8192, 16384, 32768, 65536, 512)
_LEAF = 0x0D
_MOST = 1 << 30
"""No row is longer; a length beyond it is damage."""
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}

Pages = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What was found; `gaps` counts the reviews known to be missing between those found, `spoilt` rows that were found
    but do not say what they said."""

    articles: tuple[Article, ...]
    reviews: tuple[Review, ...]
    gaps: int
    spoilt: int


def salvage(path: Path, *, wait: float = 2.0) -> Salvaged:
    """Articles by id and revision, and reviews in their order. The file is only read.

    Raises InputError: there is no file, or nothing in it was part of a store.
    """
    try:
        with held(file_lock(path), wait=wait, busy=lambda: f"{path}: in use; stop what writes to it first"):
            content = path.read_bytes()
            beside = path.with_name(f"{path.name}-wal")
            log = beside.read_bytes() if beside.exists() else b""
    except (OSError, StoreError) as error:
        if isinstance(error, StoreError) or not path.is_file():
            raise InputError(f"{path}: cannot be read ({error}); expected the damaged store's file") from error
        raise
    found = _best(content, log)
    if not found.articles and not found.reviews:
        raise InputError(f"{path}: no review and no article was found in it; expected the damaged store's file")
    return found


def pour(found: Salvaged, store: Store) -> tuple[int, int]:
    """Add what the store does not have, and say how many articles and reviews that were. A second call adds nothing."""
    with store.writer_lock():
        heads = store.article_heads()
        kept = {(one.article_id, one.revision) for head in heads for one in store.revisions(head)} if heads else set()
        articles = [one for one in found.articles if (one.article_id, one.revision) not in kept]
        known = {review.review_id for review in store.reviews.all()}
        reviews = [review for review in found.reviews if review.review_id not in known]
        store.add_articles(articles)
        store.reviews.add(reviews)
    return len(articles), len(reviews)


def _best(content: bytes, log: bytes) -> Salvaged:
    """By the page size that the head names, else by the one that finds most."""
    named = int.from_bytes(content[16:18], "big")
    size = 65536 if named == 1 else named
    if content.startswith(_HEAD) and size in _PAGE_SIZES:
        found = _read(content, log, size)
        if found.articles or found.reviews:
            return found
    return max((_read(content, log, one) for one in _PAGE_SIZES), key=lambda one: len(one.reviews) + len(one.articles))


def _read(content: bytes, log: bytes, size: int) -> Salvaged:
    """The pages as last committed go before those they replaced: no row of these kinds is ever rewritten."""
    newest = _logged(log, size)

    def old(number: int) -> bytes:
        return content[(number - 1) * size : number * size]

    def new(number: int) -> bytes:
        return newest.get(number) or old(number)

    articles: dict[tuple[str, int], Article] = {}
    reviews: dict[int, Review] = {}
    spoilt: set[bytes] = set()
    last = max(len(content) // size, *newest, 0)
    for number in range(1, last + 1):
        for pages in (new, old) if number in newest else (new,):
            for row_id, row in _rows(number, pages, size):
                kept = _record(row)
                if isinstance(kept, Article):
                    articles.setdefault((kept.article_id, kept.revision), kept)
                elif isinstance(kept, Review):
                    reviews.setdefault(row_id, kept)
                elif kept is not None:
                    spoilt.add(kept)
    ordered = tuple(reviews[row_id] for row_id in sorted(reviews))
    gaps = max(reviews, default=0) - len(reviews)
    known = {review.review_id.encode() for review in ordered} | {key[0].encode() for key in articles}
    return Salvaged(tuple(articles[key] for key in sorted(articles)), ordered, gaps, len(spoilt - known))


def _logged(log: bytes, size: int) -> dict[int, bytes]:
    """The last committed state of each page in the write-ahead log."""
    if len(log) < 32 or int.from_bytes(log[8:12], "big") != size:
        return {}
    salts, pending, committed = log[16:24], {}, {}
    for start in range(32, len(log) - size - 23, size + 24):
        head = log[start : start + 24]
        if head[8:16] != salts:
            break
        pending[int.from_bytes(head[:4], "big")] = log[start + 24 : start + 24 + size]
        if int.from_bytes(head[4:8], "big"):
            committed.update(pending)
            pending = {}
    return committed


def _record(row: list[object]) -> Article | Review | bytes | None:
    """The record of a row of one of the two kinds; its beginning when it is damaged; None for rows of other kinds."""
    text = row[-1] if row and isinstance(row[-1], bytes) else b""
    kind: type[Article] | type[Review]
    if text.startswith(b'{"article_id":'):
        kind = Article
    elif text.startswith(b'{"review_id":'):
        kind = Review
    else:
        return None
    named = text.split(b'"', 4)[3] if text.count(b'"', 0, 200) >= 4 else b"?"
    try:
        record = from_json(kind, [text.decode("utf-8")])[0]
    except (StoreError, UnicodeDecodeError):
        return named
    if isinstance(record, Article) and text_hash_of(record.text) != record.text_hash:
        return named
    return record


def _rows(number: int, pages: Pages, size: int) -> Iterator[tuple[int, list[object]]]:
    """Rows of a page when it is a leaf of a table; a damaged row is passed over."""
    page = pages(number)
    start = 100 if number == 1 else 0
    if len(page) < size or page[start] != _LEAF:
        return
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    for place in range(start + 8, min(start + 8 + 2 * count, size - 1), 2):
        cell = int.from_bytes(page[place : place + 2], "big")
        try:
            length, cell = _varint(page, cell)
            row_id, cell = _varint(page, cell)
            row = _values(_payload(page, cell, length, pages, size))
        except (IndexError, ValueError):
            continue
        yield row_id, row


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for step in range(8):
        byte = data[place + step]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + step + 1
    return value << 8 | data[place + 8], place + 9


def _payload(page: bytes, cell: int, length: int, pages: Pages, size: int) -> bytes:
    """A row's bytes: on the page as far as they fit, the rest on a chain of pages."""
    if length > _MOST:
        raise ValueError("longer than any row")
    if length <= size - 35:
        return page[cell : cell + length]
    least = (size - 12) * 32 // 255 - 23
    local = least + (length - least) % (size - 4)
    local = local if local <= size - 35 else least
    parts, left = [page[cell : cell + local]], length - local
    following = int.from_bytes(page[cell + local : cell + local + 4], "big")
    while left > 0:
        more = pages(following) if following else b""
        if len(more) < size:
            raise ValueError("the chain is broken")
        parts.append(more[4 : 4 + min(left, size - 4)])
        left -= len(parts[-1])
        following = int.from_bytes(more[:4], "big")
    return b"".join(parts)


def _values(payload: bytes) -> list[object]:
    """Columns: texts and blobs as bytes, whole numbers, None for all else."""
    end, place = _varint(payload, 0)
    columns: list[object] = []
    start = end
    while place < end:
        kind, place = _varint(payload, place)
        width = (kind - 12) // 2 if kind >= 12 else 8 if kind == 7 else _INTEGERS.get(kind, 0)
        value = payload[start : start + width]
        if len(value) < width:
            raise ValueError("cut off")
        columns.append(
            value if kind >= 12 else int.from_bytes(value, "big", signed=True) if kind in _INTEGERS else None
        )
        start += width
    return columns
