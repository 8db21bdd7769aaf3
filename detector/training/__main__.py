"""`python -m detector.training --data DIR --out DIR`: make the shipped NLI model."""

from __future__ import annotations

import argparse
import copy
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from detector.errors import DetectorError, SettingsError
from detector.models.bert import longest_input
from detector.models.naming import file_sha256
from detector.training.batches import Encoded, encode_pairs, plan_batches, within_label
from detector.training.calibration import calibrate, write_calibration
from detector.training.card import Parameters, Run, model_card
from detector.training.figures import evaluate_model
from detector.training.fit import Stage, fit
from detector.training.mix import (
    FurtherStage,
    LearnerStage,
    Mix,
    Pair,
    Shown,
    TeacherStage,
    dev_files,
    fingerprint,
    presentations,
    read_mix,
)
from detector.training.model import cut_to_first_layers, export_model, finished_model, new_teacher
from detector.training.teacher import judge, unpack_base

SAVE_EVERY = 180.0  # seconds; a checkpoint takes about one
FIGURE_ROWS = 1000  # of each development set: a standard error of at most 1.6 points, in seconds a set


def plan_cycles(
    name: str,
    encoded: list[Encoded],
    settings: TeacherStage | LearnerStage | FurtherStage,
    mix: Mix,
    *,
    epochs: Sequence[float] = (1.0,),
) -> list[Stage]:
    """`encoded` shown `epochs` times, each cycle going on where the last one stopped, in other batches every time round."""
    batches: list[list[int]] = []
    for epoch in range(math.ceil(sum(epochs))):
        seed = f"{mix.seed}/{name}/batches" + (f"/{epoch}" if epoch else "")
        batches += plan_batches(encoded, tokens=settings.tokens, seed=seed)
    whole = len(batches) / math.ceil(sum(epochs))
    ends = [round(whole * sum(epochs[: place + 1])) for place in range(len(epochs))]
    stages = []
    for number, (start, end) in enumerate(pairwise([0, *ends]), 1):
        taken = batches[start:end]
        cycle = f"{name}-{number}" if len(epochs) > 1 else name
        shown = sum(len(encoded[place].ids) for batch in taken for place in batch)
        print(f"{cycle}: {len(taken)} batches of {shown} tokens in all", file=sys.stderr, flush=True)
        stages.append(Stage(cycle, encoded, taken, settings.learning_rate, settings.warmup))
    return stages


def teach(model: Any, base: Path, shown: Shown, mix: Mix, out: Path) -> tuple[Stage, npt.NDArray[np.float32]]:
    """Train the teacher; its probabilities of the pairs that it is to judge."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    encoded = encode_pairs(shown.teacher, tokenizer, max_length=mix.max_length)
    [stage] = plan_cycles("teacher", encoded, mix.teacher, mix)
    run = fingerprint(mix, shown)
    fit(model, [stage], checkpoint=out / "teacher.pt", fingerprint=run, save_every=SAVE_EVERY)
    saved = out / f"judged-{run}.npy"
    once = list(dict.fromkeys(shown.judged))
    place = {pair: number for number, pair in enumerate(once)}
    judged = judge(copy.deepcopy(model), once, tokenizer, max_length=mix.max_length, saved=saved)
    return stage, judged[[place[pair] for pair in shown.judged]]


def learner_stages(shown: Shown, judged: npt.NDArray[np.float32], tokenizer: Any, mix: Mix) -> list[Stage]:
    alone = encode_pairs(shown.labelled, tokenizer, max_length=mix.max_length)
    encoded = encode_pairs(shown.judged, tokenizer, max_length=mix.max_length)
    taught = [replace(pair, judged=within_label(row, pair.target)) for pair, row in zip(encoded, judged, strict=True)]
    together = [*alone, *taught]
    random.Random(f"{mix.seed}/learner").shuffle(together)
    return plan_cycles("learner", together, mix.learner, mix, epochs=mix.learner.epochs)


def label_stage(name: str, pairs: Sequence[Pair], settings: FurtherStage, tokenizer: Any, mix: Mix) -> Stage:
    encoded = encode_pairs(pairs, tokenizer, max_length=mix.max_length)
    [stage] = plan_cycles(name, encoded, settings, mix)
    return stage


class Beginning(NamedTuple):
    """A model to be trained, the directory of its tokenizer, all stages of the run, the fingerprint of the run, and the hash
    of the weights it began with where they are a finished model's."""

    model: Any
    base: Path
    stages: list[Stage]
    fingerprint: str
    sha256: str = ""


def begin_anew(options: argparse.Namespace, shown: Shown, mix: Mix) -> Beginning:
    """Train the teacher and cut it down to the learner."""
    from tokenizers import Tokenizer

    base = unpack_base(mix.teacher, options.out)
    model = new_teacher(base, seed=mix.seed)
    if mix.learner.layers > model.config.num_hidden_layers:
        raise SettingsError(f"{options.mix}: learner.layers is {mix.learner.layers}, the teacher has fewer")
    teacher, judged = teach(model, base, shown, mix, options.out)
    export_model(copy.deepcopy(model), base, options.out / "teacher", max_length=longest_input(base), packed=False)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    stages = [
        teacher,
        *learner_stages(shown, judged, tokenizer, mix),
        label_stage("further", shown.further, mix.further, tokenizer, mix),
        label_stage("again", shown.again, mix.again, tokenizer, mix),
    ]
    cut_to_first_layers(model, mix.learner.layers)
    return Beginning(model, base, stages, fingerprint(mix, shown))


def begin_with(options: argparse.Namespace, shown: Shown, mix: Mix) -> Beginning:
    """Load the finished model of `--from`, which only the last stage teaches."""
    from tokenizers import Tokenizer

    base: Path = options.begun
    if base.resolve() == (options.out / "model").resolve():
        raise SettingsError(f"--from {base} is where --out writes its model: name another --out")
    model = finished_model(base)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    begun = file_sha256(base / "model.safetensors")
    last = label_stage("again", shown.again, mix.again, tokenizer, mix)
    return Beginning(model, base, [last], fingerprint(mix, shown, begun=begun), begun)


def parameters_of(model: Any, directory: Path) -> Parameters:
    words = model.base_model.embeddings.word_embeddings.weight.numel()
    stored = (directory / "model.safetensors").stat().st_size
    return Parameters(sum(one.numel() for one in model.parameters()), words, stored)


def train(options: argparse.Namespace) -> None:
    mix = read_mix(options.mix)
    options.out.mkdir(parents=True, exist_ok=True)
    shown = presentations(options.data, mix)
    begin = begin_with if options.begun else begin_anew
    model, base, stages, known, begun = begin(options, shown, mix)
    taught = [stage for stage in stages if stage.name != "teacher"]
    fit(model, taught, checkpoint=options.out / "checkpoint.pt", fingerprint=known, save_every=SAVE_EVERY)
    made = options.out / "model"
    sha256 = export_model(model, base, made, max_length=longest_input(base), packed=True)
    parameters = parameters_of(model, made)
    files = dev_files(options.data)
    calibration = calibrate(made, files)
    write_calibration(made, calibration)
    figures = evaluate_model(made, files, limit=FIGURE_ROWS)
    run = Run(mix, shown, stages, sha256, parameters, figures, FIGURE_ROWS, calibration, options.notes, begun)
    (made / "README.md").write_text(model_card(run), encoding="utf-8")
    print(f"{made}: model written", file=sys.stderr)


def main() -> int:
    import torch

    parser = argparse.ArgumentParser(prog="python -m detector.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory with train/ and dev/ (docs/nli.md)")
    parser.add_argument("--out", type=Path, required=True, help="directory for the checkpoint and the model")
    parser.add_argument(
        "--from", dest="begun", type=Path, help="a finished model's directory: teach it the stage `again` alone"
    )
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
