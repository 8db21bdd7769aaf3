"""`python -m detector.training --data DIR --out DIR`: make the shipped NLI model."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from detector.errors import DetectorError
from detector.training.batches import encode_pairs, plan_batches
from detector.training.calibration import calibrate, write_calibration
from detector.training.card import Run, model_card
from detector.training.figures import evaluate_model
from detector.training.fit import Stage, fit
from detector.training.mix import (
    GeneralStage,
    Mix,
    NewsStage,
    Pair,
    Shown,
    dev_files,
    fingerprint,
    presentations,
    read_mix,
)
from detector.training.model import base_directory, export_model, new_classifier

SAVE_EVERY = 180.0  # seconds; a checkpoint takes about one
FIGURE_ROWS = 1000  # of each development set: a standard error of at most 1.6 points, in seconds a set


def make_stages(shown: Shown, tokenizer: Any, mix: Mix) -> list[Stage]:
    stages = []
    parts: list[tuple[str, list[Pair], GeneralStage | NewsStage, int | None]] = [
        (stage.name, pairs, stage, stage.steps) for stage, pairs in zip(mix.general, shown.general, strict=True)
    ]
    for name, pairs, settings, steps in [*parts, ("news", shown.news, mix.news, None)]:
        encoded = encode_pairs(pairs, tokenizer, max_length=mix.max_length)
        batches = plan_batches(encoded, tokens=mix.batch_tokens, seed=f"{mix.seed}/{name}/batches")
        taken = batches[:steps]
        tokens = sum(len(encoded[place].ids) for batch in taken for place in batch)
        print(f"{name}: {len(taken)} batches of {tokens} tokens in all", file=sys.stderr, flush=True)
        stages.append(Stage(name, encoded, taken, len(batches), settings.learning_rate, settings.warmup))
    return stages


def train(options: argparse.Namespace) -> None:
    from tokenizers import Tokenizer

    mix = read_mix(options.mix)
    base = base_directory(mix)
    shown = presentations(options.data, mix)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    stages = make_stages(shown, tokenizer, mix)
    model = new_classifier(base, seed=mix.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint = options.out / "checkpoint.pt"
    fit(model, stages, checkpoint=checkpoint, fingerprint=fingerprint(mix, shown), save_every=SAVE_EVERY)

    made = options.out / "model"
    sha256 = export_model(model, base, made, max_length=model.config.max_position_embeddings)
    files = dev_files(options.data)
    calibration = calibrate(made, files)
    write_calibration(made, calibration)
    figures = evaluate_model(made, files, limit=FIGURE_ROWS)
    run = Run(mix, shown, stages, sha256, figures, FIGURE_ROWS, calibration, options.notes)
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
