"""Verbs of what people and sources leave in the store: reviews, fetched addresses, pages, heartbeats."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from detector.errors import InputError
from detector.records import Fetch, Heartbeat, Look, Page, Review, digest
from detector.store import tables as t
from detector.store.dialect import insert_unknown
from detector.store.rows import from_json, to_json


class Transaction(Protocol):
    """Opens a transaction; one that writes takes the write lock at once."""

    def __call__(self, *, writes: bool = False) -> AbstractContextManager[sa.Connection]: ...


class Reviews:
    """What people recorded, oldest first. Nothing here is ever changed or removed."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, reviews: Sequence[Review]) -> None:
        """Append; a review that is already there is left alone."""
        rows = [
            {
                "review_id": review.review_id,
                "conflict_id": review.conflict_id,
                "reviewer": review.reviewer,
                "created_at": review.created_at,
                "record": to_json(review),
            }
            for review in reviews
        ]
        if rows:
            with self._transaction(writes=True) as connection:
                connection.execute(insert_unknown(t.reviews), rows)

    def all(self) -> list[Review]:
        """Every review, in the order in which they were recorded."""
        with self._transaction() as connection:
            return from_json(Review, list(connection.scalars(sa.select(t.reviews.c.record).order_by("number"))))

    def count(self) -> int:
        """How many there are: cheap, and it changes with every review."""
        with self._transaction() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(t.reviews)) or 0

    def ids(self) -> list[str]:
        """Their ids, in the order in which they were recorded."""
        with self._transaction() as connection:
            return list(connection.scalars(sa.select(t.reviews.c.review_id).order_by("number")))

    def get(self, review_id: str) -> Review:
        """Raises InputError: there is none of this id."""
        with self._transaction() as connection:
            record = connection.scalar(sa.select(t.reviews.c.record).filter_by(review_id=review_id))
        if record is None:
            raise InputError(f"{review_id}: no review of this id; `detector history` lists them")
        return from_json(Review, [record])[0]


class Fetches:
    """Addresses that were fetched, and the pages they answered with."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, url: str) -> Fetch | None:
        with self._transaction() as connection:
            record = connection.scalar(sa.select(t.fetches.c.record).filter_by(url=url))
        return from_json(Fetch, [record])[0] if record is not None else None

    def all(self) -> list[Fetch]:
        """By address."""
        with self._transaction() as connection:
            return from_json(Fetch, list(connection.scalars(sa.select(t.fetches.c.record).order_by("url"))))

    def put(self, fetch: Fetch, page: Page | None = None) -> None:
        """Keep what is now known of an address, and its page where there is one, at once or not at all."""
        with self._transaction(writes=True) as connection:
            connection.execute(sa.delete(t.fetches).where(t.fetches.c.url == fetch.url))
            connection.execute(
                sa.insert(t.fetches).values(url=fetch.url, fetched_at=fetch.fetched_at, record=to_json(fetch))
            )
            if page is not None:
                row = {
                    "content_hash": digest("page", page.content.hex()),
                    "url": page.url,
                    "fetched_at": page.fetched_at,
                    "content_type": page.content_type,
                    "content": zlib.compress(page.content, 6),
                }
                # A page that was there before is the newest again: the outlet put an earlier text back.
                same = sa.and_(t.pages.c.content_hash == row["content_hash"], t.pages.c.url == page.url)
                moved = sa.update(t.pages).where(same).values(fetched_at=page.fetched_at)
                if connection.execute(moved).rowcount == 0:
                    connection.execute(insert_unknown(t.pages), [row])

    def pages(self, url: str | None = None) -> list[Page]:
        """Pages of an address, or all, oldest first."""
        query = sa.select(t.pages).order_by(t.pages.c.fetched_at, t.pages.c.url)
        if url is not None:
            query = query.where(t.pages.c.url == url)
        with self._transaction() as connection:
            return [
                Page(row.url, row.fetched_at, row.content_type, zlib.decompress(row.content))
                for row in connection.execute(query)
            ]


class Heartbeats:
    """The last sign of life of each watching process."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def beat(self, heartbeat: Heartbeat) -> None:
        with self._transaction(writes=True) as connection:
            connection.execute(sa.delete(t.heartbeats).where(t.heartbeats.c.name == heartbeat.name))
            connection.execute(
                sa.insert(t.heartbeats).values(name=heartbeat.name, at=heartbeat.at, record=to_json(heartbeat))
            )

    def all(self) -> list[Heartbeat]:
        """By name."""
        with self._transaction() as connection:
            return from_json(Heartbeat, list(connection.scalars(sa.select(t.heartbeats.c.record).order_by("name"))))


class Accounts:
    """Names and password hashes of reviewers; how a hash is made is not the store's matter."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def put(self, name: str, password_hash: str, *, now: datetime) -> None:
        """Add an account or give it a new password."""
        with self._transaction(writes=True) as connection:
            connection.execute(sa.delete(t.accounts).where(t.accounts.c.name == name))
            connection.execute(sa.insert(t.accounts).values(name=name, password_hash=password_hash, created_at=now))

    def remove(self, name: str) -> None:
        with self._transaction(writes=True) as connection:
            connection.execute(sa.delete(t.accounts).where(t.accounts.c.name == name))

    def password_hash(self, name: str) -> str | None:
        with self._transaction() as connection:
            return connection.scalar(sa.select(t.accounts.c.password_hash).filter_by(name=name))

    def names(self) -> list[str]:
        with self._transaction() as connection:
            return list(connection.scalars(sa.select(t.accounts.c.name).order_by("name")))


class Looks:
    """When each reviewer last looked at the queue."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def put(self, look: Look) -> None:
        """Replace the reviewer's look."""
        with self._transaction(writes=True) as connection:
            connection.execute(sa.delete(t.looks).where(t.looks.c.reviewer == look.reviewer))
            connection.execute(sa.insert(t.looks).values(reviewer=look.reviewer, at=look.at, record=to_json(look)))

    def at(self, reviewer: str) -> datetime | None:
        with self._transaction() as connection:
            return connection.scalar(sa.select(t.looks.c.at).filter_by(reviewer=reviewer))

    def get(self, reviewer: str) -> Look | None:
        with self._transaction() as connection:
            record = connection.scalar(sa.select(t.looks.c.record).filter_by(reviewer=reviewer))
        return from_json(Look, [record])[0] if record is not None else None
