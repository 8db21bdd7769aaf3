"""Whether the probabilities of the pair models mean what they say: of the pairs given 30 %, are 30 % true?

Each story's pairs are judged by models fitted on the other stories, and compared with what gold says of them. Pairs of
updates and disputes are left out, as they are in fitting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detector.errors import InputError, MissingExtraError
from detector.evaluation.held_out import stories_to_hold_out
from detector.evaluation.judged import read_judged
from detector.evaluation.pair_weights import LabelledPairs, contradicting, held_out, label_story, probabilities
from detector.evaluation.stories import Table, number
from detector.pipeline import Workbench
from detector.settings import ConflictSettings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BINS = 10
"""Equal-width bins: with a few thousand pairs, of which one in fifteen is true, more would hold single pairs."""
PLOT_ENDINGS = (".svg", ".png")


@dataclass(frozen=True, slots=True)
class Bin:
    """The pairs with a probability from `low` to `high`; NaN for the mean of none."""

    low: float
    high: float
    count: int
    true: int
    mean: float

    @property
    def share(self) -> float:
        return self.true / self.count if self.count else float("nan")

    @property
    def gap(self) -> float:
        """How much is promised too much."""
        return self.mean - self.share


@dataclass(frozen=True, slots=True)
class Curve:
    """One model's probabilities against gold; `threshold` is the setting from which it decides what is shown."""

    model: str
    threshold: float
    probabilities: NDArray[np.float64]
    truths: NDArray[np.int64]

    @property
    def bins(self) -> tuple[Bin, ...]:
        return bins_of(self.probabilities, self.truths)

    @property
    def error(self) -> float:
        """Expected calibration error of all pairs; the many improbable ones decide it."""
        return calibration_error(self.probabilities, self.truths)

    @property
    def shown(self) -> NDArray[np.bool_]:
        return self.probabilities >= self.threshold

    @property
    def error_shown(self) -> float:
        """The same of the pairs from the threshold on, whose probabilities are what a reader meets."""
        return calibration_error(self.probabilities[self.shown], self.truths[self.shown])


def bins_of(probabilities: NDArray[np.float64], truths: NDArray[np.int64]) -> tuple[Bin, ...]:
    """Equal-width bins from 0 to 1, the empty ones too; 1 belongs to the last."""
    place_of = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    found = []
    for place in range(BINS):
        inside = place_of == place
        count = int(inside.sum())
        mean = float(probabilities[inside].mean()) if count else float("nan")
        found.append(Bin(place / BINS, (place + 1) / BINS, count, int(truths[inside].sum()), mean))
    return tuple(found)


def calibration_error(probabilities: NDArray[np.float64], truths: NDArray[np.int64]) -> float:
    """Expected calibration error: the gaps of the bins, weighted by their pairs; NaN without pairs."""
    filled = [one for one in bins_of(probabilities, truths) if one.count]
    total = sum(one.count for one in filled)
    return sum(abs(one.gap) * one.count for one in filled) / total if total else float("nan")


def reliability_of(
    folders: Sequence[Path],
    *,
    bench: Workbench,
    workdir: Path,
    judged: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[Curve, Curve]:
    """The curves of both pair models over all stories of the folders; `judged` pairs are only fitted on.

    Raises InputError: fewer than two stories, or two of one name.
    """
    more = read_judged(judged, scorer_id=bench.scorer_id) if judged else []
    labelled = []
    for folder in stories_to_hold_out(folders):
        if progress:
            progress(folder.name)
        labelled.append(label_story(folder, bench, store_path=workdir / f"{folder.name}.db"))
    return curves_of(labelled, more, settings=bench.settings.conflicts)


def curves_of(
    stories: Sequence[LabelledPairs], more: Sequence[LabelledPairs] = (), *, settings: ConflictSettings
) -> tuple[Curve, Curve]:
    """`contradicts` and `agrees`, the pairs of all stories together, each story judged by models that never saw it."""
    judged = [
        (contradicting(story, weights), probabilities(weights.agrees, story.features))
        for story, weights in held_out(stories, more)
    ]
    contradicts, agrees = (np.concatenate(parts) for parts in zip(*judged, strict=True))
    return (
        Curve("contradicts", settings.contradiction, contradicts, np.concatenate([story.labels for story in stories])),
        Curve("agrees", settings.agreement, agrees, np.concatenate([story.agreeing for story in stories])),
    )


def curve_table(curve: Curve) -> Table:
    """One row a bin; the title holds the calibration errors."""
    rows = tuple(
        (
            f"{one.low:.1f} to {one.high:.1f}",
            str(one.count),
            str(one.true),
            number(one.mean, ".3f"),
            number(one.share, ".3f"),
            number(one.gap, "+.3f"),
        )
        for one in curve.bins
    )
    title = (
        f"{curve.model}: calibration error {number(curve.error, '.3f')} of all {len(curve.truths)} pairs, "
        f"{number(curve.error_shown, '.3f')} of the {curve.shown.sum()} from {curve.threshold:.2f} on"
    )
    return Table(title, ("probability", "pairs", "true", "mean", "share true", "gap"), rows)


def check_plot(path: Path) -> None:
    """To be asked before the long work.

    Raises InputError: another ending than those of PLOT_ENDINGS. MissingExtraError: matplotlib is not installed.
    """
    if path.suffix not in PLOT_ENDINGS:
        raise InputError(f"{path}: a picture ending in {path.suffix!r}; expected {' or '.join(PLOT_ENDINGS)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "package matplotlib draws the picture: install it with pip, or leave out --plot"
        ) from error


def plot(curves: Sequence[Curve], path: Path) -> None:
    """The curves side by side in one picture, which is the same for the same curves."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "reliability", "svg.fonttype": "none"}):
        figure = Figure(figsize=(4.6 * len(curves), 4.6), layout="constrained")
        for axes, curve in zip(figure.subplots(1, len(curves), squeeze=False)[0], curves, strict=True):
            _draw(axes, curve)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=120)


def _draw(axes: Axes, curve: Curve) -> None:
    """One point a bin, its number of pairs above it; below the diagonal more is promised than holds."""
    filled = [one for one in curve.bins if one.count]
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
    axes.axvline(curve.threshold, color="tab:orange", linestyle=":", linewidth=1)
    axes.plot([one.mean for one in filled], [one.share for one in filled], color="tab:blue", marker="o")
    for one in filled:
        place = (one.mean, one.share)
        axes.annotate(str(one.count), place, (0, 6), textcoords="offset points", ha="center", fontsize=8, color="0.3")
    axes.set_title(f"{curve.model}: calibration error {number(curve.error, '.3f')}", fontsize=10)
    axes.set(xlabel="mean probability", ylabel="share true", xlim=(-0.02, 1.02), ylim=(-0.02, 1.06), aspect="equal")
