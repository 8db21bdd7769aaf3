"""A batch of 1,000 files of which most are broken: all good ones are read, each other is named with a reason and a remedy."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from crashing import CrashServer, contents, shared_server

SEED = 20_310_403
FILES = 1000
SENTENCE = "The council of {place} approved a budget of {number} million crowns on Tuesday evening, the mayor said."
Maker = Callable[[random.Random], tuple[str, bytes]]


@pytest.fixture(scope="module")
def server() -> CrashServer:
    return shared_server()


def story(chance: random.Random) -> str:
    place = f"Port {chance.choice('ABCDEFGH')}{chance.randrange(10_000)}"
    return " ".join(
        SENTENCE.format(place=place, number=chance.randrange(10, 999)) for _ in range(chance.randrange(3, 9))
    )


def record(chance: random.Random) -> dict[str, object]:
    return {
        "outlet": f"Outlet {chance.randrange(12)}",
        "title": f"Budget {chance.randrange(10**9)}",
        "date": "2031-04-02",
        "text": story(chance),
    }


# Good files, in every dress


def good_text(chance: random.Random) -> tuple[str, bytes]:
    one = record(chance)
    text = f"Outlet: {one['outlet']}\nTitle: {one['title']}\nDate: {one['date']}\n\n{one['text']}"
    encoding = chance.choice(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
    return ".txt", text.replace(".", ".\r\n" if chance.random() < 0.3 else ". ").encode(encoding)


def good_page(chance: random.Random) -> tuple[str, bytes]:
    one = record(chance)
    body = "".join(f"<p>{sentence}.</p>" for sentence in str(one["text"]).split(". "))
    page = (
        f"<html><head><title>{one['title']}</title><meta property='og:site_name' content='{one['outlet']}'></head>"
        f"<body><article><h1>{one['title']}</h1>{body}</article></body></html>"
    )
    return ".html", page.encode()


def good_json(chance: random.Random) -> tuple[str, bytes]:
    return ".json", json.dumps(record(chance)).encode(chance.choice(["utf-8", "utf-8-sig"]))


def good_lines(chance: random.Random) -> tuple[str, bytes]:
    return ".jsonl", (json.dumps(record(chance)) + "\n").encode()


def good_table(chance: random.Random) -> tuple[str, bytes]:
    out = io.StringIO()
    one = record(chance)
    writer = csv.DictWriter(out, fieldnames=list(one))
    writer.writeheader()
    writer.writerow(one)
    return ".csv", out.getvalue().encode()


def good_packed(chance: random.Random) -> tuple[str, bytes]:
    ending, content = good_json(chance)
    return f"{ending}.gz", gzip.compress(content)


GOOD: tuple[Maker, ...] = (good_text, good_page, good_json, good_lines, good_table, good_packed)

# Broken files: nothing in them may be taken for an article


def empty(chance: random.Random) -> tuple[str, bytes]:
    return chance.choice([".txt", ".html", ".json", ".csv", ".parquet", ".md"]), chance.choice(
        [b"", b" \n\n", b"\xef\xbb\xbf"]
    )


def noise(chance: random.Random) -> tuple[str, bytes]:
    return chance.choice([".txt", ".md", ".json", ".parquet", ".txt.gz"]), bytes(range(32)) * 8 + chance.randbytes(3000)


def nulls(chance: random.Random) -> tuple[str, bytes]:
    return chance.choice([".txt", ".json", ".csv", ".html"]), b"\x00" * chance.randrange(1, 50_000)


def pretender(chance: random.Random) -> tuple[str, bytes]:
    head = chance.choice([b"%PDF-1.7 ", b"PK\x03\x04", b"\x89PNG\r\n", b"\x7fELF", b"SQLite format 3\x00", b"{\\rtf1 "])
    return chance.choice([".txt", ".md", ".html"]), head + chance.randbytes(2000)


def cut_json(chance: random.Random) -> tuple[str, bytes]:
    whole = json.dumps(record(chance)).encode()
    return ".json", whole[: chance.randrange(1, len(whole) - 1)]


def wrong_json(chance: random.Random) -> tuple[str, bytes]:
    return ".json", chance.choice(
        [
            b"[" * 20_000,
            b'{"a":' * 20_000,
            b"null",
            b"12",
            b"[1, 2, null]",
            b'{"text": null}',
            b'{"text": {"a": []}}',
            b"{,}",
        ]
    )


def wrong_lines(chance: random.Random) -> tuple[str, bytes]:
    return ".jsonl", chance.choice([b"not json\n" * 5, b'{"text": \n', b"[]\n", b'{"headline": 7}\n', b"\xff\xfe\x00"])


def wrong_table(chance: random.Random) -> tuple[str, bytes]:
    return ".csv", chance.choice([b'a,b\n"', b"\n\n\n", b"outlet;text\n", b'"' * 5001, b"x,y\n" + b"1," * 3000])


def wrong_parquet(chance: random.Random) -> tuple[str, bytes]:
    return ".parquet", chance.choice([b"PAR1", b"PAR1" + chance.randbytes(400) + b"PAR1", chance.randbytes(300)])


def deep_page(chance: random.Random) -> tuple[str, bytes]:
    tag = chance.choice(["div", "b", "table><tr><td", "blockquote"])
    return ".html", (f"<{tag}>" * 20_000).encode()


def script_page(chance: random.Random) -> tuple[str, bytes]:
    return ".html", b"<html><body><script>" + b"let a = 1; " * 4000 + chance.choice([b"", b"</script>", b"<!--"])


def bomb(chance: random.Random) -> tuple[str, bytes]:
    """Packed, some kilobytes; unpacked, more than is ever read."""
    return chance.choice([".txt.gz", ".json.gz", ".jsonl.gz", ".html.gz"]), BOMB


def zipped(chance: random.Random) -> tuple[str, bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"0" * 200_000)
    return chance.choice([".txt", ".zip", ".docx", ".html"]), out.getvalue()


def cut_gzip(chance: random.Random) -> tuple[str, bytes]:
    whole = gzip.compress(story(chance).encode())
    return ".txt.gz", whole[: chance.randrange(4, len(whole) - 4)]


def yaml_bomb(chance: random.Random) -> tuple[str, bytes]:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))
    return ".md", f"---\nl0: &l0 [x]\n{levels}\ntitle: *l11\n---\n".encode()


def other_kind(chance: random.Random) -> tuple[str, bytes]:
    return chance.choice([".pdf", ".exe", ".doc", ".mp4", "", ".json5", ".tar"]), story(chance).encode()


def too_short(chance: random.Random) -> tuple[str, bytes]:
    return chance.choice([".txt", ".md"]), b"Share this."


BROKEN: tuple[Maker, ...] = (
    empty,
    noise,
    nulls,
    pretender,
    cut_json,
    wrong_json,
    wrong_lines,
    wrong_table,
    wrong_parquet,
    deep_page,
    script_page,
    bomb,
    zipped,
    cut_gzip,
    yaml_bomb,
    other_kind,
    too_short,
)
BOMB = gzip.compress(b"0" * 40_000_000, 9)
NAMES = (
    "plain",
    "two words",
    "naïve-ärger",
    "line\nbreak",
    "gnp.\u202etxt",
    "emoji-\U0001f5de",
    "quo'te\"",
    "-rf",
    "%s%n",
    "a" * 200,
)


def write_batch(folder: Path) -> set[str]:
    """1,000 files, the same every time. Returns the numbers of the good ones."""
    chance = random.Random(SEED)
    folder.mkdir()
    good: set[str] = set()
    for number in range(FILES - 8):
        maker = chance.choice(GOOD) if chance.random() < 0.25 else chance.choice(BROKEN)
        ending, content = maker(chance)
        name = f"{number:04}-{chance.choice(NAMES)}{ending}"
        (folder / name).write_bytes(content)
        if maker in GOOD:
            good.add(f"{number:04}")
    (folder / "loop").symlink_to(folder)
    (folder / "round.txt").symlink_to(folder / "round.txt")
    (folder / "out.txt").symlink_to("/etc/hostname")
    (folder / "dangling.txt").symlink_to(folder / "nowhere.txt")
    os.mkfifo(folder / "pipe.txt")
    (folder / "folder.txt").mkdir()
    (folder / os.fsdecode(b"name-\xff\xfe.txt")).write_bytes(b"Share this.")
    (folder / "unreadable.txt").write_text(story(chance), encoding="utf-8")
    (folder / "unreadable.txt").chmod(0)
    return good


def test_all_good_files_of_a_hostile_batch_are_read_and_each_other_is_named(
    server: CrashServer, tmp_path: Path
) -> None:
    batch, store = tmp_path / "batch", tmp_path / "news.db"
    good = write_batch(batch)
    quiet = server.call("status", "--store", store)
    done = server.call("ingest", batch, "--json", "--store", store)
    assert done.code == 0, done.stderr[-2000:]
    assert done.stderr == ""
    result = json.loads(done.stdout)
    read = {Path(one["path"].split("#")[0]).name[:4] for one in result["accepted"]}
    unread = sorted(good - read)
    assert unread == []
    extra = sorted(read - good - {"unre"})
    assert extra == []
    rejected = result["rejected"]
    assert all(one["path"] and one["reason"] and one["remedy"] for one in rejected)
    assert all("\n" not in one["reason"] + one["remedy"] for one in rejected)
    named = {Path(one["path"].split("#")[0]).name[:4] for one in rejected}
    files = {f"{number:04}" for number in range(FILES - 8)}
    assert files - good - named == set()
    assert len(contents(store)["articles"]) == len(result["accepted"])
    assert done.megabytes < quiet.megabytes + 400, f"{done.megabytes} MB of memory, {quiet.megabytes} at rest"
    assert done.seconds < 120


def test_what_people_are_shown_of_it_is_plain_lines(server: CrashServer, tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    batch.mkdir()
    for name in NAMES:
        (batch / f"{name}.pdf").write_bytes(b"%PDF")
    shown = server.call("ingest", batch, "--store", tmp_path / "news.db")
    assert shown.code == 2  # nothing was accepted
    lines = shown.stdout.splitlines()
    assert lines[0] == f"Articles: 0 accepted, 0 unchanged, 0 revised, {len(NAMES)} rejected"
    assert sum(line.startswith("rejected: ") for line in lines) == len(NAMES)
    assert not set("\u202e\x1b\r") & set(shown.stdout)
    assert "Traceback" not in shown.stdout + shown.stderr
