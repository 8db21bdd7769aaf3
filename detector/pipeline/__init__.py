"""The pipeline: the only part that knows both the stages and the store.

A stage runs only for what has no row yet under its fingerprint, and commits batch by batch, so that a killed run resumes
where it stopped. What an article is compared with is kept under a hash of all it depends on; topics, grouping and ranking are
derived anew. The outcome depends on the articles, the settings and the models, never on the order in which articles came
or on what ran before.
"""

from __future__ import annotations

from detector.pipeline.comparing import summarise_pending
from detector.pipeline.deriving import judge_again
from detector.pipeline.ingesting import IngestResult, ingest, require_articles, require_some_read
from detector.pipeline.progress import OnProgress, Progress
from detector.pipeline.running import run, state_hash
from detector.pipeline.stages import block, claims_of, embed_pending, participants_of, score_pending, split_pending
from detector.pipeline.workbench import Workbench

__all__ = [
    "IngestResult",
    "OnProgress",
    "Progress",
    "Workbench",
    "block",
    "claims_of",
    "embed_pending",
    "ingest",
    "judge_again",
    "participants_of",
    "require_articles",
    "require_some_read",
    "run",
    "score_pending",
    "split_pending",
    "state_hash",
    "summarise_pending",
]
