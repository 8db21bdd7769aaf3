"""From bytes to text: limits, truncation, binary content, encodings."""

from __future__ import annotations

import codecs
import gzip
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from detector.corpus.drafts import Unreadable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive or an office document",
    b"\x89PNG": "an image",
    b"GIF8": "an image",
    b"\xff\xd8\xff": "an image",
    b"\x1f\x8b": "gzip-compressed",
    b"BZh": "bzip2-compressed",
    b"\xfd7zXZ": "xz-compressed",
    b"SQLite format 3": "a database",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"\xd0\xcf\x11\xe0": "an old office document",
    b"{\\rtf": "an RTF document",
}
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-z0-9_-]{2,30})", re.IGNORECASE)
_FETCH_AGAIN = "fetch or export it again"
_SAMPLE = 65_536


@contextmanager
def open_file(path: Path, *, limit: int, setting: str) -> Iterator[IO[bytes]]:
    """The bytes of a regular file, unpacked when its name ends in .gz; packed or not, at most `limit` large.

    Raises Unreadable: missing, no permission, no regular file, empty or too large.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("not a regular file", "give a file or a folder")
        if status.st_size == 0:
            raise Unreadable("the file is empty", _FETCH_AGAIN)
        if status.st_size > limit:
            raise too_large(status.st_size, limit, setting)
        with path.open("rb") as plain:
            if path.suffix.casefold() != ".gz":
                yield plain
                return
            with gzip.GzipFile(fileobj=plain) as unpacked:
                yield unpacked  # type: ignore[misc]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Unreadable("the gzip file is broken or cut off", _FETCH_AGAIN) from error
    except OSError as error:
        remedy = {"FileNotFoundError": "check the path", "PermissionError": "allow reading it"}
        reason = f"cannot be opened ({(error.strerror or 'unreadable').casefold()})"
        raise Unreadable(reason, remedy.get(type(error).__name__, "check the file")) from error


def too_large(size: int, limit: int, setting: str) -> Unreadable:
    return Unreadable(f"{size:,} bytes, more than the limit of {limit:,}", f"split it or raise reading.{setting}")


def read_bytes(path: Path, *, limit: int) -> bytes:
    """The whole file."""
    with open_file(path, limit=limit, setting="max_bytes") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise Unreadable(f"more than {limit:,} bytes when unpacked", "split it or raise reading.max_bytes")
    return content


def decode(content: bytes) -> str:
    """Text of any encoding.

    Raises Unreadable: empty, binary, or cut off inside a character.
    """
    if not content.strip(b"\x00 \t\r\n"):
        raise Unreadable("the file is empty", _FETCH_AGAIN)
    for signature, kind in _SIGNATURES.items():
        if content.startswith(signature):
            raise Unreadable(f"binary: it is {kind}, not text", "save it as plain text or HTML")
    text = _decode(content)
    controls = len(_CONTROLS.findall(text[:_SAMPLE]))
    if controls > 4 and controls > len(text[:_SAMPLE]) / 200:
        raise Unreadable("binary: it holds control characters, not text", "save it as plain text or HTML")
    return text.lstrip("\ufeff")


def _decode(content: bytes) -> str:
    encoding = encoding_of(content)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding.startswith("utf") and error.start >= len(content) - 4:
            raise Unreadable("cut off in the middle of a character", _FETCH_AGAIN) from error
        return content.decode(encoding, "replace")


def encoding_of(content: bytes, *, cut: bool = False) -> str:
    """Name of a codec for `content`; `cut` says that it is only the beginning of something longer."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return encoding
    if wide := _wide_encoding(content[:_SAMPLE]):
        return wide
    try:
        content.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and (cut or _is_cut_utf8(content, error.start)):
            return "utf-8"
    declared = _META_CHARSET.search(content[:4096])
    if declared and _is_codec(declared.group(1).decode("ascii")):
        return declared.group(1).decode("ascii")
    return _guessed_encoding(content[:_SAMPLE])


def _is_cut_utf8(content: bytes, start: int) -> bool:
    """Whether the last bytes begin a UTF-8 character; a single "é" of an older encoding looks alike."""
    return len(content) - start >= 2 or any(byte >= 0x80 for byte in content[:start])


def _is_codec(name: str) -> bool:
    try:
        known = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return known._is_text_encoding and not known.name.startswith(("utf", "idna", "punycode", "unicode", "raw"))


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 without a byte order mark: Latin text has a zero at every other place."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    if odd > 0.6 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * half and odd < 0.05 * half else None


def _guessed_encoding(sample: bytes) -> str:
    """Windows-1252 when most is ASCII, as in Western languages; else what charset-normalizer finds."""
    high = sum(byte >= 0x80 for byte in sample)
    undefined = any(byte in sample for byte in b"\x81\x8d\x8f\x90\x9d")
    if high < 0.08 * len(sample) and not undefined:
        return "cp1252"
    from charset_normalizer import from_bytes

    found = from_bytes(sample[:8192]).best()
    return found.encoding if found else "latin-1"
