"""Every record comes back from its stored form as it was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.records import (
    Agreement,
    Article,
    CandidatePair,
    Conflict,
    Entity,
    Gate,
    PairFinding,
    PairScore,
    Probs,
    Quantity,
    Run,
    ScoreFactor,
    Side,
    Statement,
    TimeMention,
    Topic,
    pair_id_of,
)
from detector.store.rows import from_json, to_json

UNIT = st.floats(0, 1)
NAMES = st.text(max_size=12)
TIMES = st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC))
MAYBE_TIMES = st.none() | TIMES
IDS = st.lists(NAMES, max_size=3).map(tuple)
BOUNDS = st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)).map(sorted)
QUANTITIES = st.builds(
    lambda text, bounds, about: Quantity(text, *bounds, "count", "dead", about), NAMES, BOUNDS, st.booleans()
)
PROBABILITIES = st.tuples(UNIT, UNIT).map(lambda two: Probs(two[0], (1 - two[0]) * two[1], (1 - two[0]) * (1 - two[1])))
ARTICLES = st.builds(
    Article,
    article_id=st.text(min_size=1),
    outlet_id=st.text(min_size=1),
    text=st.text(min_size=1),
    revision=st.integers(1, 9),
    published_at=MAYBE_TIMES,
)
STATEMENTS = st.builds(
    lambda text, lead, fields: Statement(
        text=text, start=lead, end=lead + len(text), context_start=0, context_end=lead + len(text) + 3, **fields
    ),
    st.text(min_size=1, max_size=60),
    st.integers(0, 50),
    st.fixed_dictionaries(
        {
            "statement_id": NAMES,
            "article_id": NAMES,
            "revision": st.integers(1, 9),
            "outlet_id": NAMES,
            "position": st.integers(0, 99),
            "wording": NAMES,
            "text_hash": NAMES,
            "form": st.sampled_from(["headline", "sentence", "quote", "bullet"]),
            "speaker": st.none() | NAMES,
            "modality": st.sampled_from(["asserted", "denied", "planned"]),
            "claim_score": UNIT,
            "claim_gate": st.none() | NAMES,
            "entities": st.lists(st.builds(Entity), max_size=2).map(tuple),
            "quantities": st.lists(QUANTITIES, max_size=2).map(tuple),
            "times": st.lists(st.builds(TimeMention, NAMES, MAYBE_TIMES, MAYBE_TIMES), max_size=2).map(tuple),
            "lemmas": IDS,
        }
    ),
)
PAIRS = st.builds(
    lambda ends, similarity: CandidatePair(pair_id_of(*ends), min(ends), max(ends), similarity, "similar"),
    st.lists(NAMES, min_size=2, max_size=2, unique=True),
    st.floats(-1, 1),
)
FINDINGS = st.builds(
    PairFinding,
    pair=PAIRS,
    score=st.builds(PairScore, forward=PROBABILITIES, backward=PROBABILITIES),
    probability=UNIT,
    gates=st.lists(st.builds(Gate), max_size=2).map(tuple),
)
CONFLICTS = st.builds(
    Conflict,
    sides=st.lists(st.builds(Side, statement_ids=IDS, outlet_ids=IDS), min_size=2, max_size=3).map(tuple),
    pair_ids=st.lists(NAMES, min_size=1, max_size=3).map(tuple),
    factors=st.lists(
        st.builds(ScoreFactor, value=st.floats(allow_nan=False), weight=st.floats(allow_nan=False)), max_size=3
    ).map(tuple),
)
JSON_VALUES = st.dictionaries(
    NAMES, st.none() | st.booleans() | st.integers(-9, 9) | NAMES | st.lists(NAMES), max_size=3
)
RUNS = st.builds(
    Run,
    started_at=TIMES,
    finished_at=MAYBE_TIMES,
    settings=JSON_VALUES,
    seconds=st.dictionaries(NAMES, st.floats(allow_nan=False), max_size=3),
)
RECORDS = {
    Article: ARTICLES,
    Statement: STATEMENTS,
    Probs: PROBABILITIES,
    Topic: st.builds(Topic, statement_ids=IDS),
    PairFinding: FINDINGS,
    Conflict: CONFLICTS,
    Agreement: st.builds(Agreement, statement_ids=IDS, outlet_ids=IDS, score=UNIT),
    Run: RUNS,
}


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
@settings(max_examples=60, deadline=None)
@given(chosen=st.data())
def test_a_record_comes_back_as_it_was(kind: type, chosen: st.DataObject) -> None:
    records = chosen.draw(st.lists(RECORDS[kind], max_size=3))
    assert from_json(kind, [to_json(record) for record in records]) == records
