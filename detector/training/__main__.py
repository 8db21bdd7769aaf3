"""`python -m detector.training --data DIR --out DIR`: make the shipped NLI model."""

from __future__ import annotations

import argparse
import math
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.errors import DetectorError
from detector.training.batches import Encoded, encode_pairs, plan_batches, within_label
from detector.training.calibration import calibrate, write_calibration
from detector.training.card import Run, model_card
from detector.training.figures import evaluate_model
from detector.training.fit import Stage, end_of, fit, load_mean
from detector.training.mix import (
    GeneralStage,
    Mix,
    NewsStage,
    Shown,
    TeacherStage,
    dev_files,
    fingerprint,
    presentations,
    read_mix,
)
from detector.training.model import base_directory, export_model, new_classifier
from detector.training.teacher import judge, new_teacher, unpack_base

SAVE_EVERY = 180.0  # seconds; a checkpoint takes about one
FIGURE_ROWS = 1000  # of each development set: a standard error of at most 1.6 points, in seconds a set


def plan_stage(
    name: str,
    encoded: list[Encoded],
    settings: GeneralStage | NewsStage | TeacherStage,
    mix: Mix,
    *,
    epochs: float = 1.0,
) -> Stage:
    """`encoded` shown `epochs` times, in other batches each time."""
    tokens = settings.tokens if isinstance(settings, TeacherStage) else mix.batch_tokens
    steps = settings.steps if isinstance(settings, GeneralStage) else None
    batches: list[list[int]] = []
    for epoch in range(math.ceil(epochs)):
        seed = f"{mix.seed}/{name}/batches" + (f"/{epoch}" if epoch else "")
        batches += plan_batches(encoded, tokens=tokens, seed=seed)
    batches = batches[: round(len(batches) * epochs / math.ceil(epochs))]
    taken = batches[:steps]
    shown = sum(len(encoded[place].ids) for batch in taken for place in batch)
    print(f"{name}: {len(taken)} batches of {shown} tokens in all", file=sys.stderr, flush=True)
    return Stage(name, encoded, taken, len(batches), settings.learning_rate, settings.warmup)


def teach(shown: Shown, mix: Mix, out: Path) -> tuple[Stage, npt.NDArray[np.float32]]:
    """Train the teacher; its probabilities of the pairs that it is to judge."""
    from tokenizers import Tokenizer

    base = unpack_base(mix.teacher, out)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    encoded = encode_pairs(shown.teacher, tokenizer, max_length=mix.max_length)
    stage = plan_stage("teacher", encoded, mix.teacher, mix)
    model = new_teacher(base, seed=mix.seed)
    run = fingerprint(mix, shown)
    fit(model, [stage], checkpoint=out / "teacher.pt", fingerprint=run, save_every=SAVE_EVERY)
    export_model(model, base, out / "teacher", max_length=mix.max_length)
    saved = out / f"judged-{run}.npy"
    once = list(dict.fromkeys(shown.judged))
    place = {pair: number for number, pair in enumerate(once)}
    judged = judge(model, once, tokenizer, max_length=mix.max_length, saved=saved)
    return stage, judged[[place[pair] for pair in shown.judged]]


def learner_stages(shown: Shown, judged: npt.NDArray[np.float32], tokenizer: Any, mix: Mix) -> list[Stage]:
    stages = []
    for settings, pairs in zip(mix.general, shown.general, strict=True):
        encoded = encode_pairs(pairs, tokenizer, max_length=mix.max_length)
        stages.append(plan_stage(settings.name, encoded, settings, mix))
    alone = encode_pairs(shown.news, tokenizer, max_length=mix.max_length)
    encoded = encode_pairs(shown.judged, tokenizer, max_length=mix.max_length)
    taught = [replace(pair, judged=within_label(row, pair.target)) for pair, row in zip(encoded, judged, strict=True)]
    together = [*alone, *taught]
    random.Random(f"{mix.seed}/news").shuffle(together)
    for number, epochs in enumerate(mix.news.epochs, 1):
        stages.append(plan_stage(f"news-{number}", together, mix.news, mix, epochs=epochs))
    return stages


def train(options: argparse.Namespace) -> None:
    from tokenizers import Tokenizer

    mix = read_mix(options.mix)
    base = base_directory(mix)
    shown = presentations(options.data, mix)
    options.out.mkdir(parents=True, exist_ok=True)
    teacher, judged = teach(shown, mix, options.out)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    stages = learner_stages(shown, judged, tokenizer, mix)
    model = new_classifier(base, seed=mix.seed)
    checkpoint = options.out / "checkpoint.pt"
    run_id = fingerprint(mix, shown)
    fit(model, stages, checkpoint=checkpoint, fingerprint=run_id, save_every=SAVE_EVERY, ends=options.out)
    load_mean(model, [end_of(options.out, stage) for stage in stages[-mix.news.averaged :]])
    made = options.out / "model"
    sha256 = export_model(model, base, made, max_length=model.config.max_position_embeddings)
    files = dev_files(options.data)
    calibration = calibrate(made, files)
    write_calibration(made, calibration)
    figures = evaluate_model(made, files, limit=FIGURE_ROWS)
    run = Run(mix, shown, [teacher, *stages], sha256, figures, FIGURE_ROWS, calibration, options.notes)
    (made / "README.md").write_text(model_card(run), encoding="utf-8")
    print(f"{made}: model written", file=sys.stderr)


def main() -> int:
    import torch

    parser = argparse.ArgumentParser(prog="python -m detector.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory with train/ and dev/ (docs/nli.md)")
    parser.add_argument("--out", type=Path, required=True, help="directory for the checkpoint and the model")
    parser.add_argument("--mix", type=Path, default=Path(__file__).with_name("mix.toml"), help="settings file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--notes", default="", help="sentences for the model card")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    try:
        train(options)
    except DetectorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
