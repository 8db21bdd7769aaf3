"""Runs over two files of articles, one after the other, in a process that stays, as `detector watch` does.

python -m benchmarks.resident STORE FIRST.jsonl THEN.jsonl
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.parts import parts_of
from detector.corpus import read_paths
from detector.pipeline import ingest, run
from detector.settings import Settings
from detector.store import open_store


def main(store: str, *files: str) -> int:
    """Print the seconds of each run by part."""
    spent = []
    with open_store(store) as opened:
        for file in files:
            begun = time.perf_counter()
            ingest(opened, read_paths([Path(file)], Settings().reading))
            read = time.perf_counter() - begun
            done = run(opened, settings=Settings(), now=datetime.now(UTC))
            total = time.perf_counter() - begun
            spent.append(parts_of(done.seconds, start=0.0, read=read, total=total))
    print(json.dumps(spent))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
