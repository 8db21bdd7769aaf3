"""Hashes of the weights in use, so that a run says with what exactly it was made."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from threading import Thread

from detector.errors import ModelError
from detector.models.naming import (
    EMBEDDED,
    directory_of,
    embedded_encoder_directory,
    file_sha256,
    nli_directory,
)
from detector.settings import ModelSettings

_WEIGHTS = (".safetensors", ".bin")


def hash_ahead(settings: ModelSettings) -> None:
    """Begin to hash the weights beside what runs meanwhile; what is wrong with them is told when they are asked for."""

    def hash_weights() -> None:
        with suppress(ModelError, OSError):
            nli_sha256(settings)
            encoder_sha256(settings)

    Thread(target=hash_weights, name="hashes", daemon=True).start()


def encoder_sha256(settings: ModelSettings) -> str | None:
    """None for a model that is named on a hub and has no directory."""
    named = settings.encoder
    return _sha256(embedded_encoder_directory() if named == EMBEDDED else directory_of(named))


def nli_sha256(settings: ModelSettings) -> str | None:
    """None for a model that is named on a hub and has no directory."""
    return _sha256(nli_directory(settings))


def _sha256(directory: Path | None) -> str | None:
    """Of the one file of weights; of the hashes of all, in the order of their names, where there are several."""
    if directory is None:
        return None
    found = sorted(path for path in directory.rglob("*") if path.suffix in _WEIGHTS and path.is_file())
    hashes = [file_sha256(path) for path in found]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
