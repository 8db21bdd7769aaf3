"""The errors a caller may meet.

    DetectorError
    ├── SettingsError        a setting is unknown, of the wrong type or out of range
    ├── InputError           what was given cannot be used (path, file, row, claim, id)
    ├── ModelError           a model cannot be found, loaded or trusted
    ├── StoreError           the store cannot be opened, read or written
    │   └── StoreBusyError   another run holds the store
    └── MissingExtraError    an optional package is needed and not installed

Each message says what was found, what was expected and what to do, in one line.
"""

from __future__ import annotations


class DetectorError(Exception):
    """Base of every error raised on purpose by this package."""


class SettingsError(DetectorError):
    """A setting is unknown, of the wrong type or out of range."""


class InputError(DetectorError):
    """What was given cannot be used."""


class ModelError(DetectorError):
    """A model cannot be found, loaded or trusted."""


class StoreError(DetectorError):
    """The store cannot be opened, read or written."""


class StoreBusyError(StoreError):
    """Another run holds the store."""


class MissingExtraError(DetectorError):
    """An optional package is needed and not installed."""
