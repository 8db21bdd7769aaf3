"""What is known of a run that is going on: started from this desk, or by anyone else on the same store."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock, Thread
from typing import IO

from detector.errors import DetectorError, StoreBusyError
from detector.pipeline.progress import STAGE_WORDS
from detector.records import Run
from detector.report.wording import count_words, moment_words, one_line
from detector.review.answers import RunProgress, StageLine, WatchLine
from detector.settings import Settings
from detector.sources import RUN_OVER, RUN_SIGN, STOPPED, WatchState, watch_state
from detector.store import Store

FRESH_SECONDS = 0.4
"""How long one answer serves all who ask."""
STOP_SECONDS = 5.0
COMMAND = (sys.executable, "-m", "detector.review.running")


class RunGoingOn(DetectorError):
    """A run is going on already."""


@dataclass(slots=True)
class _Child:
    """A run that was started here, as its lines tell it."""

    process: subprocess.Popen[str]
    started_at: datetime
    run_before: str | None
    stages: dict[str, tuple[int, int]] = field(default_factory=dict)
    run_id: str | None = None
    error: str | None = None
    done: bool = False


class RunWatch:
    """Starts runs as child processes and tells how far they are. What others run is read from the store."""

    def __init__(self, store: Store, *, target: str, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        self._store = store
        self._order = json.dumps({"store": target, "settings": settings.model_dump(mode="json")}) + "\n"
        self._command = command
        self._child: _Child | None = None
        self._lock = Lock()
        self._dead_run = ""
        self._told: tuple[float, RunProgress] | None = None

    def start(self) -> None:
        """Raises RunGoingOn: here or elsewhere."""
        with self._lock:
            if self._child is not None and not self._child.done:
                raise RunGoingOn("a run is going on; wait until it has finished")
            if self._written_elsewhere():
                raise RunGoingOn("another program is writing to the store; wait until it has finished")
            before = self._newest()
            process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            child = _Child(process, datetime.now(UTC), before.run_id if before else None)
            assert process.stdin is not None and process.stdout is not None
            Thread(target=self._listen, args=(child, process.stdin, process.stdout), daemon=True).start()
            self._child, self._told = child, None

    def stop(self) -> None:
        """End a run that was started here, as Ctrl-C does: what it has done is kept."""
        child = self._child
        if child is None or child.process.poll() is not None:
            return
        child.process.send_signal(signal.SIGINT)
        try:
            child.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.process.terminate()
            child.process.wait(STOP_SECONDS)

    def progress(self) -> RunProgress:
        """How far the run is, at most a moment old."""
        with self._lock:
            told = self._told
            if told is not None and time.monotonic() - told[0] < FRESH_SECONDS:
                return told[1]
            found = self._from_child() or self._from_store()
            last = self._store.last_run()
            found = found.model_copy(
                update={
                    "shown_run": last.run_id if last else None,
                    "reviews": self._store.reviews.count(),
                    "watches": self._watches(),
                }
            )
            self._told = (time.monotonic(), found)
            return found

    def _listen(self, child: _Child, orders: IO[str], lines: IO[str]) -> None:
        with orders, lines:
            try:
                orders.write(self._order)
                orders.flush()
            except BrokenPipeError:
                child.error = "the run ended before it began"
            for line in lines:
                _hear(child, line)
        code = child.process.wait()
        if code != 0 and child.error is None:
            child.error = "the run ended early; `detector run` tells why, and nothing that it finished is lost"
        child.done = True

    def _from_child(self) -> RunProgress | None:
        child = self._child
        if child is None or (child.done and child.error is None):
            return None
        if child.error is not None and child.done:
            newest = self._newest()
            if newest is not None and newest.run_id != child.run_before and newest.status != "failed":
                return None  # somebody else's run came after it
            error = child.error.replace(self._store.where, "the store")
            return RunProgress(state="failed", words=error, here=True, started_at=child.started_at, error=error)
        stages = _stage_lines(child)
        words = _now_words(stages[-1]) if stages else "Starting"
        return RunProgress(state="running", words=words, here=True, started_at=child.started_at, stages=stages)

    def _from_store(self) -> RunProgress:
        run = self._newest()
        if run is None:
            return RunProgress(state="idle", words="No run yet.", here=False)
        state, error = run.status, run.error
        if state == "running" and not self._is_alive(run):
            state, error = "failed", "the run was interrupted; the next one goes on from there"
        at = moment_words(run.finished_at or run.started_at)
        stages = self._stages_elsewhere(run) if state == "running" else ()
        words = {
            "running": _now_words(stages[-1])
            if stages
            else f"Running since {moment_words(run.started_at)}, started outside the desk",
            "succeeded": f"Last run: {at}, {count_words(run.counts.get('entries', 0), 'conflict')}",
            "failed": f"The run of {at} did not finish",
        }[state]
        return RunProgress(
            state=state,
            words=words,
            here=False,
            run_id=run.run_id,
            started_at=run.started_at,
            stages=stages,
            counts=dict(run.counts),
            error=_plain(error),
        )

    def _stages_elsewhere(self, run: Run) -> tuple[StageLine, ...]:
        """As far as the sign tells that the run left last, the stages before it taken as done."""
        sign = next((one for one in self._store.heartbeats.all() if one.name == RUN_SIGN), None)
        if sign is None or sign.at < run.started_at or sign.state == RUN_OVER:
            return ()
        before = list(STAGE_WORDS)[: list(STAGE_WORDS).index(sign.state)] if sign.state in STAGE_WORDS else []
        done, total = sign.counts.get("done", 0), sign.counts.get("total", 0)
        return (*(_stage_line(stage, 0, 0, finished=True) for stage in before), _stage_line(sign.state, done, total))

    def _watches(self) -> tuple[WatchLine, ...]:
        beats = (one for one in self._store.heartbeats.all() if one.name != RUN_SIGN and one.state != STOPPED)
        return tuple(_watch_line(watch_state(beat, datetime.now(UTC))) for beat in beats)

    def _newest(self) -> Run | None:
        runs = self._store.runs()
        return runs[0] if runs else None

    def _is_alive(self, run: Run) -> bool:
        """Whether the process of a run that is marked running still holds the store."""
        if run.run_id == self._dead_run:
            return False
        if self._written_elsewhere():
            return True
        again = self._newest()
        if again is not None and again.run_id == run.run_id and again.status == "running":
            self._dead_run = run.run_id
        return False

    def _written_elsewhere(self) -> bool:
        try:
            with self._store.writer_lock(wait=0):
                return False
        except StoreBusyError:
            return True


def _hear(child: _Child, line: str) -> None:
    """Take in one line of the child; what is no line of its own is chatter of a library."""
    try:
        said = json.loads(line)
    except ValueError:
        return
    if not isinstance(said, dict):
        return
    if "stage" in said:
        child.stages[str(said["stage"])] = (int(said["done"]), int(said["total"]))
    elif "run" in said:
        child.run_id = str(said["run"])
    elif "error" in said:
        child.error = one_line(str(said["error"]))


def _stage_lines(child: _Child) -> tuple[StageLine, ...]:
    lines = [_stage_line(stage, done, total) for stage, (done, total) in child.stages.items()]
    return tuple(line.model_copy(update={"finished": True}) for line in lines[:-1]) + tuple(lines[-1:])


def _stage_line(stage: str, done: int, total: int, *, finished: bool = False) -> StageLine:
    words = STAGE_WORDS.get(stage) or one_line(stage)[:40]
    return StageLine(stage=stage, words=words, done=done, total=total, finished=finished or 0 < total <= done)


def _watch_line(watch: WatchState) -> WatchLine:
    told = [one_line(watch.state) or "at work", f"last heard of {moment_words(watch.at)}"]
    told += [count_words(watch.counts["rounds"], "round")] if "rounds" in watch.counts else []
    told += ["silent for longer than it should be"] if watch.silent else []
    return WatchLine(name=one_line(watch.name)[:80], words=", ".join(told), at=watch.at, silent=watch.silent)


def _now_words(line: StageLine) -> str:
    return f"{line.words}: {line.done:,} of {line.total:,}" if line.total else f"{line.words}: {line.done:,}"


def _plain(error: str | None) -> str | None:
    """What went wrong without what only the machine's owner should read: `detector status` tells it whole."""
    if error is None:
        return None
    known = ("interrupted" in error) or error.startswith("the run")
    return one_line(error) if known else "the run failed; `detector status` tells why"
