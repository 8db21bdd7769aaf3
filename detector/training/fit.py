"""The training loop: loss, schedule, checkpoints that a killed run continues from as if it had never stopped."""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.training.batches import Encoded, pad

LABEL_SMOOTHING = 0.05
BETAS = (0.9, 0.98)
WEIGHT_DECAY = 0.01
MAX_GRADIENT_NORM = 1.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Batches are places in `encoded`."""

    name: str
    encoded: Sequence[Encoded]
    batches: Sequence[Sequence[int]]
    learning_rate: float
    warmup: int


def pair_loss(logits: Any, targets: Any) -> Any:
    """Mean over the batch: smoothed cross-entropy, and -log(1 - p(entailment)) where the target is -1."""
    import torch

    logits = logits.float()
    log_probs = torch.log_softmax(logits, dim=-1)
    three_way = torch.nn.functional.cross_entropy(
        logits, targets.clamp(min=0), reduction="none", label_smoothing=LABEL_SMOOTHING
    )
    two_way = -torch.logsumexp(log_probs[:, 1:], dim=-1)
    return torch.where(targets >= 0, three_way, two_way).mean()


def rate_at(step: int, *, total: int, peak: float, warmup: int) -> float:
    """Linear up over `warmup` steps, then linear down to 0 at `total`."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (total - step) / max(1, total - warmup)


def make_optimizer(model: Any) -> Any:
    """No weight decay on biases and layer norms; frozen parameters are left out."""
    import torch

    learned = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    plain = [p for name, p in learned if p.ndim < 2]
    decayed = [p for name, p in learned if p.ndim >= 2]
    groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=BETAS, fused=True)


def train_step(model: Any, optimizer: Any, pairs: Sequence[Encoded], *, learning_rate: float) -> float:
    """bf16 compute on fp32 weights; the loss."""
    import torch

    batch = pad(pairs)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(
            input_ids=torch.from_numpy(batch.ids),
            token_type_ids=torch.from_numpy(batch.segments),
            attention_mask=torch.from_numpy(batch.mask),
        ).logits
    loss = pair_loss(logits, torch.from_numpy(batch.targets))
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], MAX_GRADIENT_NORM)
    optimizer.step()
    optimizer.zero_grad()
    return float(loss.detach())


def save_checkpoint(path: Path, *, fingerprint: str, stage: int, step: int, model: Any, optimizer: Any) -> None:
    """Whole or not at all: written beside `path`, then renamed."""
    import torch

    beside = path.with_suffix(".partial")
    torch.save(
        {
            "fingerprint": fingerprint,
            "stage": stage,
            "step": step,
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "rng": torch.get_rng_state(),
        },
        beside,
    )
    os.replace(beside, path)


def load_checkpoint(path: Path, *, fingerprint: str) -> dict[str, Any] | None:
    """None when there is none yet."""
    import torch

    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, weights_only=True)
    if state["fingerprint"] != fingerprint:
        raise ValueError(
            f"{path} belongs to run {state['fingerprint']}, but settings and rows now make run {fingerprint}: "
            "restore them, or choose another output directory"
        )
    return state


@dataclass(slots=True)
class Progress:
    """Says on stderr how far a stage is, at most every `every` seconds."""

    every: float = 20.0
    said: float = 0.0
    started: float = 0.0
    tokens: int = 0
    loss: float = 0.0

    def step(self, stage: Stage, step: int, *, loss: float, tokens: int) -> None:
        now = time.monotonic()
        self.started = self.started or now
        self.tokens += tokens
        self.loss = 0.98 * self.loss + 0.02 * loss if self.loss else loss
        if now - self.said < self.every and step + 1 < len(stage.batches):
            return
        self.said = now
        speed = self.tokens / max(1e-9, now - self.started)
        print(
            f"{time.strftime('%H:%M:%S')} {stage.name} {step + 1}/{len(stage.batches)} "
            f"loss {self.loss:.3f} {speed:.0f} tokens/s",
            file=sys.stderr,
            flush=True,
        )


def fit(
    model: Any, stages: Sequence[Stage], *, checkpoint: Path, fingerprint: str, save_every: float, seed: int
) -> None:
    """Train `model` in place through every stage, each with an optimizer of its own.

    `save_every` is in seconds. A run that finds its own checkpoint goes on from it.
    """
    import torch

    torch.manual_seed(seed)
    state = load_checkpoint(checkpoint, fingerprint=fingerprint)
    progress = Progress()
    for place, stage in enumerate(stages):
        if state and place < state["stage"]:
            continue
        optimizer = make_optimizer(model)
        first = 0
        if state and place == state["stage"]:
            model.load_state_dict(state["model"])
            optimizer.load_state_dict(state["optimizer"])
            torch.set_rng_state(state["rng"])
            first = state["step"]
        saved = time.monotonic()
        for step in range(first, len(stage.batches)):
            rate = rate_at(step, total=len(stage.batches), peak=stage.learning_rate, warmup=stage.warmup)
            pairs = [stage.encoded[i] for i in stage.batches[step]]
            loss = train_step(model, optimizer, pairs, learning_rate=rate)
            progress.step(stage, step, loss=loss, tokens=sum(len(pair.ids) for pair in pairs))
            done = step + 1
            if time.monotonic() - saved > save_every or done == len(stage.batches):
                save_checkpoint(
                    checkpoint, fingerprint=fingerprint, stage=place, step=done, model=model, optimizer=optimizer
                )
                saved = time.monotonic()
