"""Which runtime computes the NLI model, and how exactly: by the settings, or by what is fastest here among what is right."""

from __future__ import annotations

import os
import platform
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from detector import logs
from detector.errors import DetectorError, ModelError
from detector.models.backends.cache import cache_folder, write_whole
from detector.models.backends.graph import GRAPH_VERSION, Form
from detector.models.backends.sessions import Runtime, installed, require
from detector.models.bert import is_plain_bert
from detector.models.naming import dtype_of, file_sha256, nli_directory
from detector.records import digest
from detector.settings import ModelSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TOLERANCE, SHARE = 0.01, 0.99
"""A variant is right when this share of the probe pairs gets probabilities this near to those of float32."""
ROUNDS = 2
"""The fastest of so many counts: other work on the machine only ever slows one down."""
PROBE_VERSION = 1
"""Raised when the probe or its pairs change: what was measured before is then measured anew."""
RUNTIMES: tuple[Runtime, ...] = ("onnx", "openvino")


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to compute the NLI model; its name is part of the scorer's id."""

    backend: Literal["torch", "onnx", "openvino"]
    precision: str

    @property
    def name(self) -> str:
        return self.precision if self.backend == "torch" else f"{self.backend}-{self.precision}"

    @property
    def form(self) -> Form:
        if self.precision == "float32":
            return "float32"
        return "int8" if self.backend == "onnx" else "int8-weights"


PLAIN = Variant("torch", "float32")


class Measured(BaseModel):
    """What the probe found of one variant; `failure` says why it cannot run here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    seconds: float = 0.0
    within: float = 0.0
    failure: str = ""

    @property
    def right(self) -> bool:
        return not self.failure and self.within >= SHARE


class Choice(BaseModel):
    """The variant taken and what it was measured against."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    measured: tuple[Measured, ...]

    def explained(self) -> str:
        """One line: what was chosen and why, what was left out and why."""
        times = {one.name: one.seconds for one in self.measured}
        faster = times[PLAIN.name] / max(times[self.name], 1e-9)
        stays = self.name == PLAIN.name
        speed = "in torch" if stays else f"{faster:.1f} times as fast as float32 in torch"
        parts = [f"{self.name}, {speed}, the fastest measured here"]
        for one in self.measured:
            if one.failure:
                parts.append(f"{one.name} cannot run: {one.failure}")
            elif not one.right:
                parts.append(f"{one.name} left out: {one.within:.0%} of pairs within {TOLERANCE} of float32")
        return "; ".join(parts)


def variant_of(settings: ModelSettings) -> Variant:
    """How the NLI model of the settings is computed. The first call on a machine with an extra measures, in about half a
    minute; the others read what was found. Where the processor computes in bfloat16, or without extras, that is torch.

    Raises ModelError: the backend cannot compute this model; MissingExtraError: its package is not installed.
    """
    return _settled(settings)[0]


def explanation_of(settings: ModelSettings) -> str:
    """Why the variant of the settings is the one it is, as `detector doctor` says it."""
    variant, choice = _settled(settings)
    if choice is not None:
        return choice.explained()
    return f"{variant.name}, {'chosen for this processor' if settings.dtype == 'auto' else 'from the settings'}"


def _settled(settings: ModelSettings) -> tuple[Variant, Choice | None]:
    """The variant, and what was measured where something was."""
    plain = Variant("torch", dtype_of(settings))
    if settings.backend == "torch":
        return plain, None
    if settings.backend == "auto":
        if settings.dtype != "auto" or settings.device != "cpu" or plain != PLAIN:
            return plain, None
        runtimes = [one for one in RUNTIMES if installed(one)]
        directory = nli_directory(settings) if runtimes else None
        if directory is None or not is_plain_bert(directory):
            return plain, None
    else:
        runtimes, directory = [settings.backend], _fitting_directory(settings, settings.backend)
        if settings.dtype == "float32":
            return Variant(settings.backend, "float32"), None
    candidates = [Variant(one, precision) for one in runtimes for precision in ("float32", "int8")]
    choice = _choice(settings, directory, candidates)
    return next(one for one in (PLAIN, *candidates) if one.name == choice.name), choice


def _fitting_directory(settings: ModelSettings, backend: Runtime) -> Path:
    """Where the model lies. Raises when the backend that is named cannot do what the other settings ask for."""
    require(backend)
    if settings.dtype == "bfloat16":
        raise ModelError(f'backend "{backend}" computes in float32 or int8, not bfloat16: set dtype = "auto"')
    if settings.device != "cpu":
        raise ModelError(f'backend "{backend}" computes on the processor, not on {settings.device}: set device = "cpu"')
    directory = nli_directory(settings)
    if directory is None or not is_plain_bert(directory):
        raise ModelError(
            f'backend "{backend}" computes plain BERT and MPNet classifiers in a directory, which {settings.nli} is not: '
            'set backend = "auto"'
        )
    return directory


_taken: dict[str, Choice] = {}
_taking = threading.Lock()


def _choice(settings: ModelSettings, directory: Path, candidates: Sequence[Variant]) -> Choice:
    """What was found before for these weights, versions and this processor, else what is measured now."""
    names = [one.name for one in candidates]
    weights = file_sha256(directory / "model.safetensors")
    key = digest(
        PROBE_VERSION, GRAPH_VERSION, weights, settings.backend, settings.threads, *names, *_versions(), _machine()
    )
    with _taking:
        if key not in _taken:
            path = cache_folder() / f"backend-{key}.json"
            _taken[key] = _read(path, names) or _measure_and_keep(path, settings, directory, candidates)
        return _taken[key]


def _read(path: Path, names: Sequence[str]) -> Choice | None:
    """What is kept, or None when there is nothing or it is damaged."""
    try:
        found = Choice.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    measured = {one.name for one in found.measured}
    return found if measured == {PLAIN.name, *names} and found.name in measured else None


def _measure_and_keep(path: Path, settings: ModelSettings, directory: Path, candidates: Sequence[Variant]) -> Choice:
    from detector.models.loading import scoring_by_variant

    _tell("Measuring once which runtime computes the NLI model fastest on this machine …")
    measured = probe(scoring_by_variant(settings, directory, (PLAIN, *candidates)), clock=time.perf_counter)
    choice = decide(measured, may_stay=settings.backend == "auto")
    _tell(f"NLI model: {choice.explained()}.")
    try:
        write_whole(path, choice.model_dump_json(indent=1).encode())
    except OSError as error:
        _tell(f"This could not be kept ({error}) and is measured again next time.")
    return choice


def probe(
    scoring: Mapping[str, Callable[[], Callable[[], NDArray[np.float32]]]], *, clock: Callable[[], float]
) -> tuple[Measured, ...]:
    """Seconds of each variant and how many pairs it gets right; the first is what the others are compared with.

    Each is loaded by the first call, computes once to warm up, then ROUNDS times against the clock, and is let go.
    """
    import numpy as np

    measured: list[Measured] = []
    expected: NDArray[np.float32] | None = None
    for name, load in scoring.items():
        try:
            score = load()
            rows = score()
        except DetectorError as error:
            if expected is None:
                raise
            measured.append(Measured(name=name, failure=str(error)))
            continue
        if expected is None:
            expected = rows
        within = float((np.abs(rows - expected).max(axis=1) <= TOLERANCE).mean())
        measured.append(Measured(name=name, seconds=min(_timed(score, clock) for _ in range(ROUNDS)), within=within))
    return tuple(measured)


def _timed(score: Callable[[], object], clock: Callable[[], float]) -> float:
    begun = clock()
    score()
    return clock() - begun


def decide(measured: Sequence[Measured], *, may_stay: bool) -> Choice:
    """The fastest of those that are right; torch in float32, the first, takes part when `may_stay`.

    Raises ModelError: none is right.
    """
    right = [one for one in (measured if may_stay else measured[1:]) if one.right]
    if not right:
        said = "; ".join(one.failure or f"{one.name}: {one.within:.0%} of pairs" for one in measured[1:])
        raise ModelError(
            f'no variant of this backend comes within {TOLERANCE} of float32 ({said}); set backend = "torch"'
        )
    return Choice(name=min(right, key=lambda one: one.seconds).name, measured=tuple(measured))


def _tell(line: str) -> None:
    """On standard error, once a machine: the first run takes longer, and scores depend on what was chosen."""
    logs.event("backend", detail=line)
    if not logs.owns_stderr():
        with suppress(OSError):
            print(line, file=sys.stderr, flush=True)


@lru_cache(maxsize=1)
def _versions() -> tuple[str, ...]:
    found = []
    for package in ("torch", "onnx", "onnxruntime", "openvino"):
        try:
            found.append(version(package))
        except PackageNotFoundError:
            found.append("")
    return tuple(found)


@lru_cache(maxsize=1)
def _machine() -> str:
    """The processor and what it can do; the cache folder may be shared by several machines."""
    cores = str(os.cpu_count())
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return digest(platform.machine(), platform.processor(), cores)
    lines = re.findall(r"^(?:model name|flags|Features)\s*:.*$", text, re.MULTILINE)
    return digest(platform.machine(), cores, *sorted(set(lines)))
