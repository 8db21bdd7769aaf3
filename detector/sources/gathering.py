"""Sources as they are named in a call or in the settings, and one round over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from detector.errors import InputError
from detector.pipeline import IngestResult, Progress, ingest
from detector.records import Article, Rejection
from detector.settings import Settings
from detector.sources.values import Gathered
from detector.store import Store

if TYPE_CHECKING:
    from detector.fetching import Fetcher
    from detector.sources.web import Round

STREAM = "-"
_STREAM_BATCH = 200
_FILE_BATCH = 200
_LIST_ENDINGS = (".opml", ".xml", ".rss", ".atom")
OnProgress = Callable[[Progress], None]
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Sources:
    """What was named: files and folders, files that are lists, addresses, standard input, a drop folder."""

    paths: tuple[Path, ...] = ()
    lists: tuple[Path, ...] = ()
    addresses: tuple[str, ...] = ()
    stream: bool = False
    drop: Path | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.paths or self.lists or self.addresses or self.stream or self.drop)


def named_sources(names: Sequence[str], *, drop: Path | None = None) -> Sources:
    """Sort out what was named. Raises InputError before any work is done: a path is not there, an address of no use."""
    paths: list[Path] = []
    lists: list[Path] = []
    addresses: list[str] = []
    for name in names:
        if name == STREAM:
            continue
        if "://" in name:
            _require_web(name)
            addresses.append(name)
        elif not Path(name).exists():
            hint = f"; an address begins with https:// (https://{name})" if _looks_like_address(name) else ""
            raise InputError(f"{name}: no such file or folder; expected articles or folders of articles{hint}")
        else:
            path = Path(name)
            (lists if path.suffix.casefold() in _LIST_ENDINGS and path.is_file() else paths).append(path)
    if drop is not None and not drop.is_dir():
        raise InputError(f"--drop {drop}: no such folder; make it, and put articles into it")
    return Sources(tuple(paths), tuple(lists), tuple(addresses), STREAM in names, drop)


def _require_web(name: str) -> None:
    if not name.casefold().startswith(("http://", "https://")):
        raise InputError(f"{name[:200]}: not a kind of address that is fetched; expected http:// or https://")


def _looks_like_address(name: str) -> bool:
    host = name.split("/")[0]
    return "." in host.strip(".") and " " not in name and not Path(host).exists()


def seconds_of(duration: str) -> int:
    """Seconds of "30s", "15m", "2h", "1d". Raises InputError: not of this form, or no time at all."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = duration[:-1], duration[-1:]
    if not number.isascii() or not number.isdigit() or unit not in units or not 0 < int(number) < 10**6:
        raise InputError(f"--every {duration}: not a time; expected a number with s, m, h or d, such as 15m")
    return int(number) * units[unit]


@dataclass(slots=True)
class WatchedFolders:
    """Which files of watched folders were read in which state, so that only changed ones are read again."""

    read: dict[Path, tuple[int, int]] = field(default_factory=dict)
    reported: set[Rejection] = field(default_factory=set)

    def ingest(self, gathering: Gathering, paths: Sequence[Path]) -> Gathered:
        """Read what is new or changed since the last round; files still being written are left for the next."""
        from detector.corpus import read_found
        from detector.corpus.folders import find_files
        from detector.sources.drop import settled_files, signature_of

        self._forget_under_changed_manifests(paths)
        looked = list(find_files(paths))
        missing = {one for one in looked if isinstance(one, Rejection)}
        changed = [
            one
            for one in looked
            if not isinstance(one, Rejection) and self.read.get(one.path) != signature_of(one.path)
        ]
        settled = settled_files([one.path for one in changed], now=gathering.clock().timestamp(), pause=gathering.pause)
        ready = [one for one in changed if one.path in settled]
        unknown = sorted(missing - self.reported, key=lambda one: one.path)
        gathered = Gathered(IngestResult(rejected=tuple(unknown)), left=len(changed) - len(ready))
        self.reported = missing
        for start in range(0, len(ready), _FILE_BATCH):
            batch = ready[start : start + _FILE_BATCH]
            signatures = {one.path: signature_of(one.path) for one in batch}
            gathered += Gathered(ingest(gathering.store, read_found(batch, gathering.settings.reading)))
            self.read |= {path: signature for path, signature in signatures.items() if signature is not None}
            gathering.on_progress(Progress("read", start + len(batch), len(ready)))
        return gathered

    def _forget_under_changed_manifests(self, paths: Sequence[Path]) -> None:
        """A manifest says who published the files around it: when it changes they are read again."""
        from detector.corpus.manifest import NAMES
        from detector.sources.drop import signature_of

        for folder in (path for path in paths if path.is_dir()):
            for manifest in (found for name in NAMES for found in folder.rglob(name)):
                signature = signature_of(manifest)
                if signature is not None and self.read.get(manifest) != signature:
                    for path in [one for one in self.read if one.is_relative_to(manifest.parent)]:
                        del self.read[path]
                    self.read[manifest] = signature


@dataclass(slots=True)
class Gathering:
    """How sources are read: the clock, the pause between requests, and what remains from round to round."""

    store: Store
    settings: Settings
    clock: Clock
    pause: Callable[[float], None]
    on_progress: OnProgress
    stream: IO[bytes] | None = None
    every: timedelta | None = None
    folders: WatchedFolders | None = None

    def gather(self, sources: Sources, *, fetcher: Fetcher | None = None) -> Gathered:
        """Read everything named once. A source that fails is reported and stops no other."""
        gathered = self._local(sources)
        if sources.stream and self.stream is not None:
            gathered += self._from_stream(self.stream)
        if sources.drop is not None:
            from detector.sources.drop import empty_drop

            gathered += empty_drop(
                self.store,
                sources.drop,
                settings=self.settings.reading,
                now=self.clock().timestamp(),
                pause=self.pause,
                on_progress=self.on_progress,
            )
        if sources.addresses or sources.lists:
            gathered += self._from_web(sources, fetcher)
        return gathered

    def _local(self, sources: Sources) -> Gathered:
        from detector.corpus import read_paths

        if not sources.paths:
            return Gathered()
        if self.folders is not None:
            return self.folders.ingest(self, sources.paths)
        return Gathered(ingest(self.store, self._counted(read_paths(sources.paths, self.settings.reading))))

    def _from_stream(self, stream: IO[bytes]) -> Gathered:
        from detector.corpus import read_stream

        readings = self._counted(read_stream(stream, self.settings.reading))
        gathered = Gathered()
        while batch := list(islice(readings, _STREAM_BATCH)):  # the store is free for others while the writer pauses
            gathered += Gathered(ingest(self.store, batch))
        return gathered

    def _from_web(self, sources: Sources, fetcher: Fetcher | None) -> Gathered:
        from detector.fetching import Fetcher
        from detector.sources.web import Round

        if fetcher is None:
            limit = self.settings.reading.max_bytes
            with Fetcher(self.settings.sources, max_bytes=limit, pause=self.pause) as opened:
                return self._from_web(sources, opened)
        one = Round(self.store, self.settings, fetcher, self.clock, self.on_progress, every=self.every)
        for path in sources.lists:
            self._add_list_file(one, path)
        one.ask(sources.addresses, kind="feed" if self.every is not None else None)
        one.fetch_pages()
        return one.gathered

    def _add_list_file(self, one: Round, path: Path) -> None:
        from detector.corpus.decoding import read_bytes
        from detector.corpus.drafts import Unreadable
        from detector.sources.lists import kind_of_list

        try:
            content = read_bytes(path, limit=self.settings.reading.max_bytes)
            kind = kind_of_list(content)
            if kind is None:
                raise Unreadable("neither a feed nor an OPML list nor a sitemap", "check what was exported")
            one.add_list(kind, content, shown=path.name)
        except Unreadable as error:
            one.reject(path.name, error.reason, error.remedy)

    def _counted(self, readings: Iterable[Article | Rejection]) -> Iterator[Article | Rejection]:
        for number, reading in enumerate(readings, start=1):
            self.on_progress(Progress("read", number, 0))
            yield reading
