"""The training loop: loss, schedule, checkpoints that a killed run continues from as if it had never stopped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from detector.errors import InputError
from detector.training.batches import Batch, Encoded, pad

LABEL_SMOOTHING = 0.05
TEACHER_SHARE = 0.6
BETAS = (0.9, 0.98)
WEIGHT_DECAY = 0.01
MAX_GRADIENT_NORM = 1.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Batches are places in `encoded`; the learning rate comes down to 0 with the last of them."""

    name: str
    encoded: Sequence[Encoded]
    batches: Sequence[Sequence[int]]
    learning_rate: float
    warmup: int


def pair_loss(logits: Any, targets: Any, judged: Any) -> Any:
    """Mean over the batch: smoothed cross-entropy, -log(1 - p(entailment)) where the target is -1, the same for p(contradiction) at -2.

    Where a teacher has judged the pair ([pairs, 3], else NaN), `TEACHER_SHARE` of the loss is the cross-entropy with its
    probabilities, and all of it where the target is -3 (Hinton et al. 2015, at temperature 1).
    """
    import torch

    logits = logits.float()
    log_probs = torch.log_softmax(logits, dim=-1)
    three_way = torch.nn.functional.cross_entropy(
        logits, targets.clamp(min=0), reduction="none", label_smoothing=LABEL_SMOOTHING
    )
    no_entailment = -torch.logsumexp(log_probs[:, 1:], dim=-1)
    no_contradiction = -torch.logsumexp(log_probs[:, :2], dim=-1)
    open_class = torch.where(targets == -1, no_entailment, no_contradiction)
    labelled = torch.where(targets >= 0, three_way, open_class)
    taught = ~judged.isnan().any(dim=-1)
    as_teacher = -(judged.nan_to_num() * log_probs).sum(dim=-1)
    share = torch.where(targets == -3, 1.0, TEACHER_SHARE) * taught
    return (share * as_teacher + (1 - share) * labelled).mean()


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

    batch = pad(pairs, padding=model.config.pad_token_id)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(**model_inputs(model, batch)).logits
    loss = pair_loss(logits, torch.from_numpy(batch.targets), torch.from_numpy(batch.judged))
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], MAX_GRADIENT_NORM)
    optimizer.step()
    optimizer.zero_grad()
    return float(loss.detach())


def model_inputs(model: Any, batch: Batch) -> dict[str, Any]:
    """Tensors for `model`, which may know no segments (MPNet does not)."""
    import torch

    inputs = {"input_ids": torch.from_numpy(batch.ids), "attention_mask": torch.from_numpy(batch.mask)}
    if getattr(model.config, "type_vocab_size", 0):
        inputs["token_type_ids"] = torch.from_numpy(batch.segments)
    return inputs


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
    beside.replace(path)


def load_checkpoint(path: Path, *, fingerprint: str) -> dict[str, Any] | None:
    """None when there is none yet."""
    import torch

    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, weights_only=True)
    if state["fingerprint"] != fingerprint:
        raise InputError(
            f"{path} belongs to run {state['fingerprint']}, but settings and rows now make run {fingerprint}: "
            "restore them, or choose another output directory"
        )
    return state


@dataclass(slots=True)
class Progress:
    """Says on stderr how far a stage is, at most every `every` seconds."""

    every: float = 20.0
    said: float = field(default_factory=time.monotonic)
    tokens: int = 0
    loss: float | None = None

    def step(self, stage: Stage, done: int, *, loss: float, tokens: int) -> None:
        """`tokens` of one step without padding; the loss said is a running mean over about 50 steps."""
        now = time.monotonic()
        self.tokens += tokens
        self.loss = loss if self.loss is None else 0.98 * self.loss + 0.02 * loss
        if now - self.said < self.every and done < len(stage.batches):
            return
        speed = self.tokens / max(1e-9, now - self.said)
        self.said, self.tokens = now, 0
        place = f"{stage.name} {done}/{len(stage.batches)}"
        print(
            f"{time.strftime('%H:%M:%S')} {place} loss {self.loss:.3f} {speed:.0f} tokens/s",
            file=sys.stderr,
            flush=True,
        )


def fit(
    model: Any,
    stages: Sequence[Stage],
    *,
    checkpoint: Path,
    fingerprint: str,
    save_every: float,
) -> None:
    """Train `model` in place through every stage, each with an optimizer of its own.

    `save_every` is in seconds. A run that finds its own checkpoint goes on from it.
    """
    import torch

    state = load_checkpoint(checkpoint, fingerprint=fingerprint)
    first_stage = state["stage"] if state else 0
    for place, stage in enumerate(stages[first_stage:], start=first_stage):
        optimizer = make_optimizer(model)
        done = 0
        if state and place == first_stage:
            model.load_state_dict(state["model"])
            optimizer.load_state_dict(state["optimizer"])
            torch.set_rng_state(state["rng"])
            done = state["step"]
        fit_stage(
            model,
            stage,
            optimizer,
            done=done,
            save_every=save_every,
            save=partial(save_checkpoint, checkpoint, fingerprint=fingerprint, stage=place),
        )


def fit_stage(
    model: Any, stage: Stage, optimizer: Any, *, done: int, save_every: float, save: Callable[..., None]
) -> None:
    """The steps of `stage` after the first `done`; saves every `save_every` seconds and at the end."""
    total = len(stage.batches)
    progress = Progress()
    saved = time.monotonic()
    while done < total:
        rate = rate_at(done, total=total, peak=stage.learning_rate, warmup=stage.warmup)
        pairs = [stage.encoded[place] for place in stage.batches[done]]
        loss = train_step(model, optimizer, pairs, learning_rate=rate)
        done += 1
        progress.step(stage, done, loss=loss, tokens=sum(len(pair.ids) for pair in pairs))
        if time.monotonic() - saved > save_every or done == total:
            save(step=done, model=model, optimizer=optimizer)
            saved = time.monotonic()
