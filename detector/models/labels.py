"""What the columns of an NLI model mean: by the names in its checkpoint, proven on a few plain pairs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from detector.errors import ModelError
from detector.models.protocols import NLIModel
from detector.records import NLI_LABELS

LABEL_ALIASES = {
    "entailment": {"entailment", "entail", "entails", "entailed", "supports", "supported"},
    "neutral": {"neutral", "notenoughinfo", "nei"},
    "contradiction": {"contradiction", "contradict", "contradicts", "contradictory", "refutes", "refuted"},
}

SELF_TEST = (
    ("The council approved the budget on Monday.", "On Monday the council passed the budget.", "entailment"),
    ("Two people were killed in the fire.", "The fire killed two people.", "entailment"),
    ("The council approved the budget on Monday.", "The council did not approve the budget.", "contradiction"),
    ("The minister has resigned.", "The minister has not resigned.", "contradiction"),
    ("The council approved the budget on Monday.", "The team won its third match in a row.", "neutral"),
    ("The minister has resigned.", "The river rose by two metres overnight.", "neutral"),
)
SELF_TEST_FLOOR = 4
"""A model that reads all six rightly gets at most 2 of them when its labels are named in any wrong order."""


def label_order(id2label: Mapping[Any, Any], *, source: str) -> tuple[int, int, int]:
    """Columns of entailment, neutral, contradiction, by the names that the checkpoint itself gives them."""
    names = [str(id2label[key]) for key in sorted(id2label, key=int)]
    plain = [re.sub(r"[^a-z]", "", name.casefold()) for name in names]
    found = f"{source} names its labels {', '.join(names) or '(nothing)'}; expected {', '.join(NLI_LABELS)}"
    if not names or any(name in ("", "label") for name in plain):
        raise ModelError(f"{found}: write their names into id2label of its config.json, in the order of its training")
    if len(names) < 3:
        raise ModelError(f"{found}: two labels cannot tell neutral from contradiction, name a three-way NLI model")
    columns = [[column for column, name in enumerate(plain) if name in LABEL_ALIASES[label]] for label in NLI_LABELS]
    if len(names) > 3 or any(len(matching) != 1 for matching in columns):
        raise ModelError(f"{found}, each once: name a three-way NLI model")
    return columns[0][0], columns[1][0], columns[2][0]


def self_test(nli: NLIModel) -> tuple[int, list[str]]:
    """How many of SELF_TEST the model reads rightly, and a line on each that it does not."""
    rows = nli.score([(premise, hypothesis) for premise, hypothesis, _ in SELF_TEST])
    found = [NLI_LABELS[int(row.argmax())] for row in rows]
    wrong = [
        f'"{premise}" against "{hypothesis}" is {label}, read as {read}'
        for (premise, hypothesis, label), read in zip(SELF_TEST, found, strict=True)
        if read != label
    ]
    return len(SELF_TEST) - len(wrong), wrong


def prove_labels(nli: NLIModel, *, source: str) -> None:
    """Raises ModelError when the model does not read plain pairs as its label names say."""
    right, wrong = self_test(nli)
    if right < SELF_TEST_FLOOR:
        raise ModelError(
            f"{source} reads {right} of {len(SELF_TEST)} plain pairs rightly ({wrong[0]}), expected "
            f"{SELF_TEST_FLOOR} or more: correct the order of id2label in its config.json, or name another model"
        )
