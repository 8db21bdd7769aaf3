"""Records to JSON and back, without loss: infinite bounds and times included."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import GenericAlias
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from detector.errors import StoreError

Record = TypeVar("Record")
_PART = 2_000
"""Rows read as one text: as fast as all at once, without a second copy of a large store in memory."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    # A list, because pydantic takes a config for a list of dataclasses but not for a dataclass itself.
    rows: Any = GenericAlias(list, (kind,))
    return TypeAdapter(rows, config=ConfigDict(ser_json_inf_nan="strings"))


def to_json(record: object) -> str:
    """The record as a JSON object.

    Raises StoreError: it holds text that is no Unicode (half of a surrogate pair).
    """
    kind: Any = type(record)
    try:
        return _adapter(kind).dump_json([record]).decode("utf-8")[1:-1]
    except (PydanticSerializationError, UnicodeError) as error:
        raise StoreError(f"a {kind.__name__.lower()} holds text that is no Unicode; clean it first") from error


def from_json(kind: type[Record], rows: Sequence[str]) -> list[Record]:
    """The records of the rows, in their order; one call for many is several times faster than many calls."""
    of: Any = kind
    records: list[Record] = []
    try:
        for start in range(0, len(rows), _PART):
            records += _adapter(of).validate_json(f"[{','.join(rows[start : start + _PART])}]")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        name = kind.__name__.lower()
        raise StoreError(
            f"a stored {name} cannot be read ({where or name}: {first['msg']}); "
            "restore a copy of the store, or read the articles again into a new one"
        ) from error
    return records
