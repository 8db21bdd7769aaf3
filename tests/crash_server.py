"""Runs the real commands in processes that are made ready in advance, and kills them where it is told to.

Started by tests/crashing.py. It imports everything once, puts the shipped fakes in the place of the models, and then makes one
child by fork for each call: a line of JSON in, a line of JSON out.

A call may be killed with SIGKILL after some time, or at its n-th point: each statement that writes to the database, each
commit, and each file that is opened for writing, renamed, linked or removed is a point. The hooks stand in the child
alone; the program knows nothing of them.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import resource
import signal
import struct
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.modules["torch"] = None  # type: ignore[assignment]  # the fakes need none, and small processes are quickly made

import sqlalchemy as sa  # noqa: E402
import typer.main  # noqa: E402

from detector import cli, models, pipeline, statements  # noqa: E402
from detector.report import tables  # noqa: E402
from detector.testing import HashingEncoder, LexicalNLI  # noqa: E402

_FILE_EVENTS = {"os.rename", "os.remove", "os.link", "os.truncate"}
NOW = "2031-04-03T06:00:00+00:00"
_WARM = (
    "The ferry company Norline {} all sailings on Wednesday after its crews walked out. The mayor of Port Ellery met the "
    "union on Tuesday evening."
)


class SlowNLI(LexicalNLI):
    """Takes a while for each batch, so that another process can come meanwhile."""

    pause = 0.0

    def score(self, pairs: Any, *, progress: Any = None) -> Any:
        time.sleep(self.pause)
        return super().score(pairs, progress=progress)


NLI = SlowNLI()


def use_fakes() -> None:
    language = statements.load_pipeline
    loaded: dict[str, Any] = {}

    def load_once(settings: Any) -> Any:
        return loaded.setdefault(settings.pipeline, language(settings) if settings.pipeline not in loaded else None)

    encoder = HashingEncoder()
    for name, value in (
        ("load_encoder", lambda settings: encoder),
        ("load_nli", lambda settings: NLI),
        ("encoder_id_of", lambda settings: encoder.encoder_id),
        ("scorer_id_of", lambda settings: NLI.scorer_id),
        ("temperature_of", lambda settings: 1.0),
    ):
        setattr(models, name, value)
    statements.load_pipeline = load_once  # type: ignore[assignment]


def set_clock(now: str) -> None:
    """What the commands take for the present; the stages are given the time and ask no clock."""
    moment = datetime.fromisoformat(now)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return moment.astimezone(tz)

    for name, module in list(sys.modules.items()):
        if name.startswith("detector.cli.") and getattr(module, "datetime", None) is datetime:
            module.datetime = Clock  # type: ignore[attr-defined]
    pipeline.progress.Clock.finish = lambda _, begun_at: begun_at + timedelta(seconds=5)  # type: ignore[method-assign]


def read_options_once() -> None:
    """What typer makes of the commands' functions takes longer than most calls."""
    command = typer.main.get_command(cli.app)
    typer.main.get_command = lambda _: command


def use_small_batches() -> None:
    """Many commits in a small corpus."""
    for module in [module for name, module in sys.modules.items() if name.startswith(pipeline.__name__)]:
        for name, size in (
            ("SCORE_BATCH", 8),
            ("EMBED_BATCH", 4),
            ("ARTICLE_BATCH", 1),
            ("SUMMARY_BATCH", 2),
            ("COMPARE_BATCH", 2),
        ):
            if hasattr(module, name):
                setattr(module, name, size)


class Points:
    """Counts the points of a child in memory that outlives it, and kills it at one of them."""

    def __init__(self, counter: mmap.mmap, kill_at: int | None) -> None:
        self.counter = counter
        self.kill_at = kill_at
        self.count = 0

    def install(self) -> None:
        sys.addaudithook(self.on_event)
        sa.event.listen(sa.Engine, "before_cursor_execute", self.on_statement)
        sa.event.listen(sa.Engine, "commit", lambda _: self.reached())

    def on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in _FILE_EVENTS:
            self.reached()

    def on_statement(self, _: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.lstrip()[:6].upper() not in ("SELECT", "PRAGMA"):
            self.reached()

    def reached(self) -> None:
        self.count += 1
        self.counter[:8] = struct.pack("q", self.count)
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def in_child(call: dict[str, Any], counter: mmap.mmap, out: int, err: int) -> int:
    os.dup2(out, 1)
    os.dup2(err, 2)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    set_clock(call.get("now", NOW))
    NLI.pause = call.get("pause", 0.0)
    os.environ.update(call.get("environment", {}))
    if size := call.get("largest_file"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    if pages := call.get("most_pages"):
        sa.event.listen(sa.Engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages}"))
    if call.get("no_rights") and os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    if call.get("fails") is not None:
        break_writes(call["fails"])
    Points(counter, call.get("point")).install()
    return cli.main(call["arguments"])


def break_writes(error_number: int) -> None:
    """Every file that is written as a whole fails on its way, as on a disk that is full."""

    def write(*_: Any, **__: Any) -> int:
        raise OSError(error_number, os.strerror(error_number))

    Path.write_text = write  # type: ignore[method-assign]
    Path.write_bytes = write  # type: ignore[method-assign]

    def write_table(_: Any, path: Path) -> None:
        with path.open("wb") as stream:
            stream.write(b"PAR1")
        write()

    tables.write_parquet = write_table


class Running:
    """A child, and where its output goes."""

    def __init__(self, call: dict[str, Any]) -> None:
        self.out, self.err = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115
        self.counter = mmap.mmap(-1, 8)
        self.begun = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            code = 99
            try:
                code = in_child(call, self.counter, self.out.fileno(), self.err.fileno())
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        if (after := call.get("after")) is not None:
            time.sleep(after)
            os.kill(self.pid, signal.SIGKILL)

    def ended(self) -> dict[str, Any]:
        _, status, usage = os.wait4(self.pid, 0)
        texts = {}
        for name, file in (("stdout", self.out), ("stderr", self.err)):
            file.seek(0)
            texts[name] = file.read().decode("utf-8", "replace")
            file.close()
        return {
            "code": os.waitstatus_to_exitcode(status),
            "points": struct.unpack("q", self.counter[:8])[0],
            "seconds": time.monotonic() - self.begun,
            "megabytes": usage.ru_maxrss // 1024,
            **texts,
        }


def warm_up() -> None:
    """Everything that the commands import, and every cache that they fill, before the first child is made."""
    with tempfile.TemporaryDirectory() as folder:
        for outlet, verb in (("Post", "cancelled"), ("Times", "did not cancel")):
            text = f"Outlet: {outlet}\nTitle: Ferries\nDate: 2031-04-02\n\n{_WARM.format(verb)}"
            (Path(folder) / f"{outlet}.txt").write_text(text, encoding="utf-8")
        reports = [
            part for ending in ("html", "md", "csv", "json", "parquet") for part in ("--report", f"{folder}/r.{ending}")
        ]
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        store = ["--store", f"{folder}/s.db"]
        news = [f"{folder}/Post.txt", f"{folder}/Times.txt", "--quiet"]
        for arguments in (
            ["run", *news, *store, *reports],
            ["report", "--quiet", *store],
            ["backup", f"{folder}/b.db", *store],
            ["watch", "--once", *news, *store],
            ["prune", *store],
            ["restore", f"{folder}/b.db", *store],
        ):
            if code := cli.main(arguments):
                raise SystemExit(f"warming up: {arguments} ended with {code}")


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    use_fakes()
    read_options_once()
    warm_up()
    use_small_batches()
    gc.collect()
    gc.freeze()  # children share what is here, and do not copy it when they collect
    print("{}", file=answers, flush=True)
    started: dict[int, Running] = {}
    for line in sys.stdin:
        call = json.loads(line)
        if "wait" in call:
            answer = started.pop(call["wait"]).ended()
        elif call.get("meanwhile"):
            running = Running(call)
            started[running.pid] = running
            answer = {"pid": running.pid}
        else:
            answer = Running(call).ended()
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
