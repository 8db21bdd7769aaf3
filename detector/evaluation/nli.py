"""How several NLI models do on labelled pairs, side by side. What is measured is defined in detector/training/figures.py."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.errors import InputError
from detector.evaluation.stories import Table
from detector.records import NLI_LABELS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from detector.models import NLIModel

PAIR_FILES = (".jsonl", ".jsonl.gz")
FEWEST_OF_PHENOMENON = 15
"""Pairs below which the accuracy of one phenomenon says nothing: one pair would move it by 7 points."""
OTHER = "(rarer ones)"


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """`phenomenon` names what the pair tries, "" where the file does not say."""

    premise: str
    hypothesis: str
    label: str
    phenomenon: str = ""


@dataclass(frozen=True, slots=True)
class NLIFigures:
    """Figures of one model on one set; None where the set lacks what the figure needs.

    Calibration error is measured on the half of the premises that no temperature was fitted on; `temperature` is the
    model's own when it ships one, else fitted on the other half.
    """

    model: str
    set_name: str
    rows: int
    accuracy: float
    macro_f1: float
    contradiction_ap: float | None
    temperature: float
    own_temperature: bool
    ece_before: float | None
    ece_after: float | None
    phenomena: Mapping[str, tuple[int, float]]


def find_pair_files(path: Path) -> dict[str, Path]:
    """The pair files of a folder, or the file itself, by name without its ending.

    Raises InputError: there is none.
    """
    candidates = sorted(path.iterdir()) if path.is_dir() else [path]
    found = {}
    for file in candidates:
        for ending in PAIR_FILES:
            if file.is_file() and file.name.endswith(ending):
                found[file.name.removesuffix(ending)] = file
    if not found:
        raise InputError(f"{path}: no .jsonl or .jsonl.gz file; expected rows of premise, hypothesis and label")
    return found


def load_pairs(file: Path) -> tuple[LabelledPair, ...]:
    """The labelled pairs of a .jsonl or .jsonl.gz file.

    Raises InputError: a row is no JSON, lacks a field or has a label that is none of the three.
    """
    from detector.training.mix import read_rows

    try:
        rows = list(read_rows(file))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{file}: not readable as JSON lines ({error})") from error
    return tuple(_labelled(file, number, row) for number, row in enumerate(rows, start=1))


def _labelled(file: Path, number: int, row: dict[str, Any]) -> LabelledPair:
    missing = [name for name in ("premise", "hypothesis", "label") if not isinstance(row.get(name), str)]
    if missing:
        raise InputError(f"{file}: row {number} lacks {', '.join(missing)}; expected premise, hypothesis and label")
    if row["label"] not in NLI_LABELS:
        raise InputError(f"{file}: row {number} has label {row['label']!r}; expected one of {', '.join(NLI_LABELS)}")
    return LabelledPair(row["premise"], row["hypothesis"], row["label"], str(row.get("phenomenon", "")))


def evaluate_model(model: NLIModel, pairs: Sequence[LabelledPair], *, set_name: str, temperature: float) -> NLIFigures:
    """Figures of a model on a set; a `temperature` of 1.0 means that the model ships none.

    Raises InputError: the set is empty.
    """
    if not pairs:
        raise InputError(f"{set_name}: no pairs in it; expected at least one")
    probs = model.score([(pair.premise, pair.hypothesis) for pair in pairs])
    return nli_figures(probs, pairs, model=model.scorer_id, set_name=set_name, temperature=temperature)


def nli_figures(
    probs: NDArray[np.floating[Any]],
    pairs: Sequence[LabelledPair],
    *,
    model: str,
    set_name: str,
    temperature: float = 1.0,
) -> NLIFigures:
    """Figures of scored pairs; `probs` (n, 3) in the order of NLI_LABELS."""
    import numpy as np

    from detector.training import calibration, figures
    from detector.training.mix import Pair

    labels = [pair.label for pair in pairs]
    overall = figures.evaluate_pairs(probs, labels)
    places = np.array([NLI_LABELS.index(label) for label in labels])
    logits = np.log(np.clip(np.asarray(probs, dtype=np.float64), 1e-12, 1.0))
    fitted = np.array([calibration.is_fitted_on(Pair(pair.premise, pair.hypothesis, pair.label)) for pair in pairs])
    own_temperature = temperature != 1.0
    if not own_temperature and fitted.any():
        temperature = calibration.fit_temperature(logits[fitted], places[fitted].tolist())

    def error(divisor: float) -> float | None:
        if fitted.all():
            return None
        return calibration.calibration_error(figures.softmax(logits[~fitted] / divisor), places[~fitted].tolist())

    average_precision = overall["contradiction_ap"]
    return NLIFigures(
        model=model,
        set_name=set_name,
        rows=len(pairs),
        accuracy=float(overall["accuracy"] or 0.0),
        macro_f1=float(overall["macro_f1"] or 0.0),
        contradiction_ap=None if average_precision is None else float(average_precision),
        temperature=temperature,
        own_temperature=own_temperature,
        ece_before=error(1.0),
        ece_after=error(temperature),
        phenomena=_by_phenomenon(pairs, probs.argmax(axis=1) == places),
    )


def _by_phenomenon(pairs: Sequence[LabelledPair], right: NDArray[np.bool_]) -> dict[str, tuple[int, float]]:
    counted = Counter(pair.phenomenon for pair in pairs if pair.phenomenon)
    groups: dict[str, list[bool]] = {}
    for pair, correct in zip(pairs, right.tolist(), strict=True):
        if pair.phenomenon:
            name = pair.phenomenon if counted[pair.phenomenon] >= FEWEST_OF_PHENOMENON else OTHER
            groups.setdefault(name, []).append(correct)
    return {name: (len(answers), sum(answers) / len(answers)) for name, answers in sorted(groups.items())}


def compare_models(
    sets: Mapping[str, Sequence[LabelledPair]],
    models: Iterable[tuple[NLIModel, float]],
    *,
    progress: Callable[[str], None] | None = None,
) -> tuple[NLIFigures, ...]:
    """Figures of every model, given with its temperature, on every set."""
    found = []
    for model, temperature in models:
        for name, pairs in sets.items():
            if progress:
                progress(f"{model.scorer_id} on {name}: {len(pairs)} pairs")
            found.append(evaluate_model(model, pairs, set_name=name, temperature=temperature))
    return tuple(found)


def nli_table(figures: Sequence[NLIFigures]) -> Table:
    """One row a set and model, models of one set below each other."""
    order = list(dict.fromkeys(one.set_name for one in figures))
    rows = [
        (
            one.set_name,
            one.model,
            str(one.rows),
            *(_figure(value) for value in (one.accuracy, one.macro_f1, one.contradiction_ap)),
            *(_figure(value) for value in (one.ece_before, one.ece_after)),
            f"{one.temperature:.2f}{'' if one.own_temperature else '*'}",
        )
        for name in order
        for one in figures
        if one.set_name == name
    ]
    header = ("set", "model", "rows", "accuracy", "macro-F1", "contr. AP", "ECE raw", "ECE", "temp.")
    return Table(
        "NLI models on labelled pairs (*: no temperature shipped, fitted on half of the set)", header, tuple(rows)
    )


def phenomenon_table(figures: Sequence[NLIFigures]) -> Table:
    """Accuracy of each phenomenon, one column a model; no rows where no set names phenomena."""
    models = list(dict.fromkeys(one.model for one in figures))
    rows = []
    for name in dict.fromkeys(one.set_name for one in figures):
        by_model = {one.model: one.phenomena for one in figures if one.set_name == name}
        for phenomenon in next(iter(by_model.values())):
            rows_of = {model: by_model[model][phenomenon] for model in models if model in by_model}
            count = next(iter(rows_of.values()))[0]
            accuracies = (_figure(rows_of[model][1] if model in rows_of else None) for model in models)
            rows.append((phenomenon, name, str(count), *accuracies))
    return Table("Accuracy per phenomenon", ("phenomenon", "set", "rows", *models), tuple(rows))


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def sample_evenly(pairs: Sequence[LabelledPair], limit: int) -> tuple[LabelledPair, ...]:
    """At most `limit` pairs, evenly spread over the file."""
    step = max(1.0, len(pairs) / limit)
    return tuple(pairs[int(number * step)] for number in range(min(limit, len(pairs))))
