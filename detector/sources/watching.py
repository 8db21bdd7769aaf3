"""Watching: a round over the sources, a run when something arrived, a sign of life, and again."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from detector import logs, pipeline
from detector.errors import DetectorError, StoreBusyError, StoreError
from detector.pipeline import Progress
from detector.records import Heartbeat, Run
from detector.settings import Settings
from detector.sources.gathering import Clock, Gathering, OnProgress, Sources, WatchedFolders
from detector.sources.stopping import Stopped, Stopper
from detector.sources.values import Gathered
from detector.store import Store

if TYPE_CHECKING:
    from detector.fetching import Fetcher

BEAT_SECONDS = 30.0
"""Time between two signs of life while waiting; `status` calls a process silent after ten minutes."""
STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class RoundDone:
    """One round: what was gathered, the run that describes the store now, whether it is a new one, what went wrong."""

    gathered: Gathered
    run: Run | None = None
    fresh: bool = False
    problem: str | None = None


@dataclass(slots=True)
class Watch:
    """A watching process. `publish` is called after each run, `tell` after each round; `showing` shows one round's progress."""

    store: Store
    settings: Settings
    sources: Sources
    every: float
    clock: Clock
    publish: Callable[[Run, bool], None]
    tell: Callable[[RoundDone], None]
    showing: Callable[[], AbstractContextManager[OnProgress]] = lambda: nullcontext(lambda _: None)
    name: str = "watch"
    stopper: Stopper = field(default_factory=Stopper)
    _counts: dict[str, int] = field(default_factory=dict)
    _beaten: float = 0.0
    _state: str = ""
    _show: OnProgress = lambda _: None

    def start(self, *, once: bool = False) -> None:
        """Go round until asked to stop, or once. What goes wrong in a round is told, and the next one tries again.

        Raises DetectorError: the only round of `once` failed.
        """
        self._counts = {"rounds": 0, "arrived": 0, "every_seconds": int(self.every)}
        gathering = self._gathering()
        try:
            with self.stopper.on_signals(), self._fetching() as fetcher:
                while True:
                    begun = time.monotonic()
                    with self.showing() as self._show:
                        done = self._round(gathering, fetcher)
                    self.tell(done)
                    if once:
                        if done.problem:
                            raise DetectorError(done.problem)
                        return
                    self._wait_until(begun + self.every)
        except Stopped:
            logs.event("watch stopped")
        finally:
            self._beat(STOPPED)

    def _gathering(self) -> Gathering:
        return Gathering(
            self.store,
            self.settings,
            self.clock,
            self.stopper.wait,
            self._progressed,
            every=timedelta(seconds=self.every),
            folders=WatchedFolders(),
        )

    @contextmanager
    def _fetching(self) -> Iterator[Fetcher | None]:
        """One client for all rounds, so that the pace of each host and its robots.txt are remembered."""
        if not (self.sources.addresses or self.sources.lists):
            yield None
            return
        from detector.fetching import Fetcher
        from detector.fetching.fetcher import Answer

        stopper = self.stopper

        class Interruptible(Fetcher):
            def get(self, address: str, *, etag: str | None = None, last_modified: str | None = None) -> Answer:
                with stopper.anywhere():
                    return super().get(address, etag=etag, last_modified=last_modified)

        limit = self.settings.reading.max_bytes
        with Interruptible(self.settings.sources, max_bytes=limit, pause=self.stopper.wait) as fetcher:
            yield fetcher

    def _round(self, gathering: Gathering, fetcher: Fetcher | None) -> RoundDone:
        gathered = Gathered()
        try:
            self.stopper.check()
            self._beat("reading sources")
            gathered = gathering.gather(self.sources, fetcher=fetcher)
            self._counts["rounds"] += 1
            self._counts["arrived"] += gathered.arrived
            self._beat("comparing")
            return self._compare(gathered)
        except Stopped:
            raise
        except StoreBusyError as error:
            return RoundDone(gathered, problem=f"{error}; the next round tries again")
        except (DetectorError, OSError) as error:
            return RoundDone(gathered, problem=" ".join(str(error).split()))

    def _compare(self, gathered: Gathered) -> RoundDone:
        """A run, which is the last one again when nothing arrived since, also not through another process."""
        if not self.store.article_heads():
            return RoundDone(gathered)
        last = self.store.last_run()
        settings = self.settings.without_sources()
        run = pipeline.run(self.store, settings=settings, now=self.clock(), on_progress=self._progressed)
        fresh = last is None or last.run_id != run.run_id
        self.publish(run, fresh)
        return RoundDone(gathered, run, fresh)

    def _progressed(self, progress: Progress) -> None:
        self.stopper.check()
        self._show(progress)
        if time.monotonic() - self._beaten >= BEAT_SECONDS:
            self._beat(self._state)

    def _wait_until(self, moment: float) -> None:
        """At least a second, however long the round took, with signs of life."""
        moment = max(moment, time.monotonic() + 1.0)
        self._beat("waiting")
        while (left := moment - time.monotonic()) > 0:
            self.stopper.wait(min(left, BEAT_SECONDS))
            self._beat("waiting")

    def _beat(self, state: str) -> None:
        """Leave a sign of life; a store that is busy for a moment does not end the watch."""
        self._state, self._beaten = state, time.monotonic()
        beat = Heartbeat(self.name, self.clock(), os.getpid(), socket.gethostname(), state, dict(self._counts))
        try:
            self.store.heartbeats.beat(beat)
        except StoreError as error:
            logs.event("no sign of life could be left", reason=str(error))
