"""`python -m detector.training --data DIR --out DIR`: make the shipped NLI model."""

import argparse
import hashlib
import importlib.resources
import sys
from pathlib import Path
from typing import Any

from detector.training.batches import encode_pairs, plan_batches
from detector.training.fit import Stage, fit
from detector.training.mix import LABELS, Mix, Pair, fingerprint, presentations, read_mix

SAVE_EVERY = 180.0  # seconds; a checkpoint takes about one


def base_directory(mix: Mix) -> Path:
    """Where the base model's package keeps it; its weights are checked by hash."""
    root = Path(str(importlib.resources.files(mix.base_package)))
    weights = sorted(root.rglob("model.safetensors"))
    if len(weights) != 1:
        raise FileNotFoundError(f"one model.safetensors expected in package {mix.base_package}, found {weights}")
    digest = hashlib.sha256(weights[0].read_bytes()).hexdigest()
    if digest != mix.base_sha256:
        raise ValueError(f"{weights[0]} has sha256 {digest}, but mix.toml expects {mix.base_sha256}")
    return weights[0].parent


def new_classifier(base: Path, *, seed: int) -> Any:
    """The encoder of `base` with a fresh pooler and three labels; word embeddings frozen, no dropout."""
    import torch
    from transformers import BertForSequenceClassification

    torch.manual_seed(seed)
    model = BertForSequenceClassification.from_pretrained(
        base,
        num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)),
        label2id={label: place for place, label in enumerate(LABELS)},
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",  # on CPU faster to train than the fused kernel
        dtype=torch.float32,
    )
    torch.nn.init.normal_(model.bert.pooler.dense.weight, std=0.02)
    torch.nn.init.zeros_(model.bert.pooler.dense.bias)
    model.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    return model.train()


def make_stages(general: list[Pair], news: list[Pair], tokenizer: Any, mix: Mix) -> list[Stage]:
    stages = []
    for name, pairs, settings in (("general", general, mix.general), ("news", news, mix.news)):
        encoded = encode_pairs(pairs, tokenizer, max_length=mix.max_length)
        batches = plan_batches(encoded, tokens=mix.batch_tokens, seed=f"{mix.seed}/{name}/batches")
        tokens = sum(len(pair.ids) for pair in encoded)
        print(f"{name}: {len(pairs)} pairs, {tokens} tokens, {len(batches)} batches", file=sys.stderr, flush=True)
        stages.append(Stage(name, encoded, batches, settings.learning_rate, settings.warmup))
    return stages


def main() -> None:
    import torch
    from tokenizers import Tokenizer

    parser = argparse.ArgumentParser(prog="python -m detector.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="directory with train/, news/ and dev/")
    parser.add_argument("--out", type=Path, required=True, help="directory for the checkpoint and the model")
    parser.add_argument("--mix", type=Path, default=Path(__file__).with_name("mix.toml"))
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    mix = read_mix(options.mix)
    base = base_directory(mix)
    general, news = presentations(options.data, mix)
    stages = make_stages(general, news, Tokenizer.from_file(str(base / "tokenizer.json")), mix)
    model = new_classifier(base, seed=mix.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    run = fingerprint(mix, (general, news))
    fit(model, stages, checkpoint=options.out / "checkpoint.pt", fingerprint=run, save_every=SAVE_EVERY, seed=mix.seed)


if __name__ == "__main__":
    main()
