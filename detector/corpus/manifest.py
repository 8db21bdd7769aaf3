"""The manifest beside bare text files: who published what, when, where."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from detector.corpus.dates import read_date
from detector.corpus.drafts import (
    Draft,
    Unreadable,
    author_names,
    filled,
    language_code,
    one_line,
    outlet_name,
    pick_fields,
    web_address,
)
from detector.corpus.tables import Row, read_csv_records, read_jsonl
from detector.records import Rejection
from detector.settings import ReadingSettings

NAMES = ("manifest.csv", "manifest.jsonl")
_PATH_NAMES = ("path", "file", "filename", "name")
_REMEDY = "give the columns path, outlet, title, published, url, author"


@dataclass(slots=True)
class Manifests:
    """Manifests read so far, by folder; a file is looked up beside it and in the folders above, up to `root`."""

    settings: ReadingSettings
    entries: dict[Path, dict[str, Mapping[str, object]]] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)

    def fields_of(self, path: Path, root: Path) -> Mapping[str, object]:
        """What a manifest says of the file, {} when none names it."""
        folder = path.parent
        while True:
            relative = path.relative_to(folder).as_posix()
            if found := self._in_folder(folder).get(_key(relative)):
                return found
            if folder == root or folder == folder.parent:
                return {}
            folder = folder.parent

    def _in_folder(self, folder: Path) -> dict[str, Mapping[str, object]]:
        if folder not in self.entries:
            self.entries[folder] = {}
            for name in NAMES:
                if (folder / name).is_file():
                    self.entries[folder] |= self._read(folder / name)
        return self.entries[folder]

    def _read(self, path: Path) -> dict[str, Mapping[str, object]]:
        entries: dict[str, Mapping[str, object]] = {}
        try:
            rows = read_jsonl(path, self.settings) if path.suffix == ".jsonl" else read_csv_records(path, self.settings)
            for row in rows:
                if (named := self._named(path, row)) and isinstance(row.record, Mapping):
                    entries[_key(named)] = pick_fields(row.record)
        except Unreadable as error:
            self.rejections.append(Rejection(_shown(path), error.reason, error.remedy))
        return entries

    def _named(self, path: Path, row: Row) -> str | None:
        """The file a row names; a row that names none, or one that is not there, is reported."""
        place = f"{_shown(path)}:{row.place}"
        if isinstance(row.record, Unreadable):
            self.rejections.append(Rejection(place, row.record.reason, row.record.remedy))
            return None
        columns = {str(name).casefold().strip(): value for name, value in row.record.items()}
        named = one_line(next((columns[name] for name in _PATH_NAMES if columns.get(name)), None), limit=1000)
        if named is None:
            self.rejections.append(Rejection(place, "the row names no file", _REMEDY))
            return None
        key = _key(named)
        if key.startswith("../") or posixpath.isabs(key) or not (path.parent / key).exists():
            reason = f"{named[:200]!r} is not a file beside the manifest"
            self.rejections.append(Rejection(place, reason, "give the path as seen from the manifest's folder"))
            return None
        return named


def _shown(path: Path) -> str:
    return f"{path.resolve().parent.name}/{path.name}".lstrip("/")


def _key(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/"))


def with_manifest(draft: Draft, fields: Mapping[str, object]) -> Draft:
    """`draft` with what the manifest says, which goes before what the text says."""
    said = Draft(
        path=draft.path, file_name=draft.file_name, text=draft.text, language=language_code(fields.get("language"))
    )
    said = filled(said, described(fields).items())
    guessed = draft.outlet_guessed and not said.outlet
    return filled(
        said,
        [
            ("outlet", draft.outlet),
            ("title", draft.title),
            ("url", draft.url),
            ("author", draft.author),
            ("published", draft.published),
            ("language", draft.language),
            ("outlet_guessed", guessed),
        ],
    )


def described(fields: Mapping[str, object]) -> dict[str, object]:
    """Metadata of a record, each field in its final form."""
    return {
        "outlet": outlet_name(fields.get("outlet")),
        "title": one_line(fields.get("title")),
        "url": web_address(fields.get("url")),
        "author": author_names(fields.get("author")),
        "published": read_date(fields.get("published")),
        "language": language_code(fields.get("language")),
    }
