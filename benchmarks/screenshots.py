"""The pictures in docs/review-desk.md: `python -m benchmarks.screenshots [--store FILE] [--out DIR]`.

The sample corpus is analysed with the shipped models, two invented reviewers decide some of what was found, and each page is taken at
desktop and phone width. Needs the dev extra and Chromium.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detector.review.app import create_app
from detector.review.desk import Desk
from detector.review.security import Access
from detector.review.values import DecideRequest, NoteRequest, QueueFilters

ROOT = Path(__file__).parent.parent
MOMENT = datetime(2031, 9, 4, 9, 30, tzinfo=UTC)
"""When the pictured day is: just after the newest article of the sample."""
DESKTOP, PHONE = (1280, 860), (390, 844)
COLOURS = 80
CLAIM = "The truce takes effect at midnight on Friday"
SHOWN_QUESTION = "offer"
"""A word of the question of the conflict that is shown large: one about a decision, so that its scale is seen."""


def fill(target: str) -> None:
    """A run over the sample corpus, where the store has none yet."""
    from detector import pipeline
    from detector.corpus import read_paths
    from detector.settings import Settings
    from detector.store import open_store

    settings = Settings()
    with open_store(target) as store:
        if store.last_run() is None:
            pipeline.ingest(store, read_paths([ROOT / "corpus"], settings.reading))
            pipeline.run(store, settings=settings, now=MOMENT)


def review(target: str) -> None:
    """What two reviewers decide on a morning; one conflict they see differently."""
    with Desk(target, clock=lambda: MOMENT) as desk:
        if desk.stats().decided:
            return
        entries = desk.queue(QueueFilters(state="all"), None).entries
        hashes = {one.conflict_id: desk.conflict(one.conflict_id, None).evidence_hash for one in entries[:14]}

        def decide(place: int, reviewer: str, decision: str, **fields: str) -> None:
            one = entries[place].conflict_id
            desk.decide(one, DecideRequest(decision=decision, evidence_hash=hashes[one], **fields), reviewer)  # type: ignore[arg-type]

        decide(0, "Ada Lind", "confirmed", note="Both articles are online. Asked the Lantern where the quote is from.")
        for place in (0, 1, 3):
            decide(place, "Ben Aro", "confirmed")
        decide(1, "Ada Lind", "confirmed")
        decide(2, "Ben Aro", "rejected", reason="numbers-compatible")
        decide(3, "Ada Lind", "confirmed")
        decide(5, "Ben Aro", "confirmed")
        decide(7, "Ada Lind", "rejected", reason="numbers-compatible")
        decide(7, "Ben Aro", "rejected", reason="numbers-compatible")
        decide(6, "Ada Lind", "rejected", reason="update")
        decide(6, "Ben Aro", "confirmed")
        decide(9, "Ada Lind", "rejected", reason="not-same-matter")
        decide(11, "Ada Lind", "unclear")
        shown = next(one for one in entries if SHOWN_QUESTION in one.question and one.lane == "conflict")
        desk.note(
            shown.conflict_id, NoteRequest(note="The ledger names no source. Calling the board at ten."), "Ben Aro"
        )


@contextmanager
def served(target: str, access: Access) -> Iterator[str]:
    """The address of a desk over the store, for as long as the block runs."""
    import uvicorn

    with Desk(target, clock=lambda: MOMENT) as desk:
        app = create_app(desk, access)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        thread.join(5)


def pages_of(page: Any, home: str, guarded: str) -> Iterator[str]:
    """Opens one page after the other and gives its name when it is there."""
    page.goto(home)
    page.keyboard.press("j")
    yield "queue"
    page.goto(f"{home}/?q={SHOWN_QUESTION}&lane=conflict")
    page.click("[data-row] h2 a >> nth=0")
    page.wait_for_selector(".decide")
    yield "conflict"
    page.click("[data-article] >> nth=0")
    page.wait_for_selector("#here")
    page.evaluate("() => { document.activeElement.blur(); }")
    yield "article"
    page.goto(f"{home}/ask?claim={CLAIM}", timeout=120_000)
    page.wait_for_selector(".stances")
    yield "ask"
    page.goto(f"{home}/report?show=confirmed")
    page.click("[data-all]")
    page.fill("[name=title]", "Where outlets differ this week")
    page.fill(
        "[name=introduction]",
        "Questions on which reports of the week do not fit together. Two of us read each.",
    )
    yield "report"
    for name, path in (("figures", "/statistics"), ("runs", "/runs"), ("account", "/account"), ("keys", "/help")):
        page.goto(home + path)
        page.wait_for_load_state("domcontentloaded")
        yield name
    page.goto(guarded)
    yield "login"


def taken(page: Any) -> bytes:
    """A picture in few colours, a third of the size."""
    from PIL import Image

    page.wait_for_timeout(150)
    whole = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    small = io.BytesIO()
    whole.quantize(COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def main() -> int:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", help="a store to use again; without it the sample is analysed anew")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        target = arguments.store or str(Path(folder) / "desk.db")
        fill(target)
        review(target)
        here, guarded = served(target, Access(reviewer="Ada Lind")), served(target, Access(login="account"))
        with here as home, guarded as door, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for suffix, (width, height), scheme in (("", DESKTOP, "light"), ("-phone", PHONE, "dark")):
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
                page = context.new_page()
                for name in pages_of(page, home, door):
                    content = taken(page)
                    (arguments.out / f"desk-{name}{suffix}.png").write_bytes(content)
                    print(f"desk-{name}{suffix}.png  {len(content) / 1024:.0f} kB")
                context.close()
            browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
