"""Every outlet that tells where a decider stands is on the entry of that decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from builders import article, count, pair, score, statement

from detector.conflicts.deciding import lie_together, take_stands
from detector.conflicts.grouping import Group, Similarity
from detector.conflicts.stance import decider_of
from detector.records import Article, PairFinding, Statement
from detector.settings import ConflictSettings

SAID = {
    "Herald": ("2031-03-12", "Orsk is unlikely to accept the thirty-day truce.", "PERSON:Orsk"),
    "Courier": ("2031-03-18", "Orsk rejected the thirty-day truce after the call.", "PERSON:Orsk"),
    "Wire": ("2031-03-13", "Envoys fly out on the truce and await Orsk's answer.", "PERSON:Orsk"),
    "Gazette": ("2031-03-13", "Marosh accepted the thirty-day truce.", "PERSON:Marosh"),
    "Mirror": ("2031-03-13", "Orsk refused the port's expansion.", "PERSON:Orsk"),
}


class Near(Similarity):
    """All statements are as near to each other as `cosine`."""

    def __init__(self, cosine: float) -> None:
        super().__init__({})
        self._cosine = cosine

    def __call__(self, first: str, second: str) -> float:
        return self._cosine


@pytest.fixture
def said() -> dict[str, Statement]:
    return {
        outlet: statement(text, article(outlet, published=day), names=names)
        for outlet, (day, text, names) in SAID.items()
    }


def on_two(said: dict[str, Statement], one: str, other: str) -> Group:
    of = pair(said[one], said[other])
    found = PairFinding(of, score(of, contradiction=0.9), "contradicts", 0.4, "update", "outcome")
    return Group([[said[one].statement_id], [said[other].statement_id]], [found])


def outlets(group: Group, said: dict[str, Statement]) -> list[set[str]]:
    outlet = {one.statement_id: name for name, one in said.items()}
    return [{outlet[member] for member in side} for side in group.sides]


def joined(
    group: Group, said: dict[str, Statement], *, cosine: float = 0.6, agreeing: Sequence[PairFinding] = ()
) -> list[set[str]]:
    """The outlets on each side after all took their stands."""
    take_stands([group], agreeing, {one.statement_id: one for one in said.values()}, Near(cosine), ConflictSettings())
    return outlets(group, said)


def test_an_outlet_that_awaits_the_deciders_answer_takes_its_place_on_the_scale(said: dict[str, Statement]) -> None:
    assert joined(on_two(said, "Herald", "Courier"), said) == [{"Herald"}, {"Courier"}, {"Wire"}]


def test_another_ones_decision_and_a_decision_on_another_matter_stay_away(said: dict[str, Statement]) -> None:
    found = joined(on_two(said, "Herald", "Courier"), said, cosine=0.9)
    assert not {"Gazette", "Mirror"} & set.union(*found)


def test_another_figure_of_the_matter_is_another_decision(said: dict[str, Statement]) -> None:
    for outlet, days in (("Herald", 30), ("Courier", 30), ("Wire", 90)):
        said[outlet] = replace(said[outlet], quantities=(count(days, "days"),))
    assert joined(on_two(said, "Herald", "Courier"), said) == [{"Herald"}, {"Courier"}]


def test_what_is_far_from_both_statements_in_question_does_not_join(said: dict[str, Statement]) -> None:
    assert len(joined(on_two(said, "Herald", "Courier"), said, cosine=0.4)) == 2


def test_what_is_no_checkable_claim_does_not_join(said: dict[str, Statement]) -> None:
    said["Wire"] = replace(said["Wire"], claim_gate="question")
    assert len(joined(on_two(said, "Herald", "Courier"), said)) == 2


def test_an_outlet_on_a_side_brings_only_what_says_the_same(said: dict[str, Statement]) -> None:
    herald = article("Herald", published="2031-03-12", title="later")
    said["again"] = statement("It is unlikely that Orsk will accept the truce.", herald, names="PERSON:Orsk")
    said["turned"] = statement("Orsk accepted the truce.", herald, names="PERSON:Orsk")
    said["open"] = statement("Orsk is open to the truce.", herald, start=9, names="PERSON:Orsk")
    found = joined(on_two(said, "Herald", "Courier"), said)
    assert found[0] == {"Herald", "again"}
    assert not {"turned", "open"} & set.union(*found)


def test_outlets_that_were_gathered_on_one_side_part_by_where_they_place_the_decider(
    said: dict[str, Statement],
) -> None:
    group = on_two(said, "Herald", "Courier")
    group.join(said["Wire"].statement_id, 0)
    assert joined(group, said) == [{"Herald"}, {"Courier"}, {"Wire"}]


@pytest.mark.parametrize(("agreement", "stays"), [(0.0, False), (0.5, False), (0.7, True)])
def test_who_tells_no_stance_stands_on_a_side_of_a_decision_only_by_saying_what_it_says(
    said: dict[str, Statement], agreement: float, stays: bool
) -> None:
    said["Post"] = statement("Orsk has spoken with the envoys about the war.", article("Post"), names="PERSON:Orsk")
    group = on_two(said, "Herald", "Courier")
    group.join(said["Post"].statement_id, 0)
    against, beside = (
        pair(*sorted((said["Post"], said[other]), key=lambda one: one.statement_id)) for other in ("Courier", "Herald")
    )
    group.take(PairFinding(against, score(against), "contradicts", 0.4, "conflict", "outcome"))
    alike = replace(PairFinding(beside, score(beside), "agrees", 0.1, "conflict", "outcome"), agreement=agreement)
    assert ("Post" in joined(group, said, agreeing=[alike])[0]) == stays
    assert len(group.findings) == 1 + stays


@pytest.mark.parametrize(("agreement", "stays"), [(0.0, False), (0.7, True)])
def test_who_rejects_does_not_stand_beside_who_accepts_without_saying_the_same(agreement: float, stays: bool) -> None:
    told = {
        "Ledger": "The directors agreed to recommend the offer.",
        "Telegraph": "Sales of the dairy grew by six percent.",
        "Notes": "The board rejected the offer, all nine of them.",
    }
    said = {outlet: statement(text, article(outlet)) for outlet, text in told.items()}
    group = on_two(said, "Ledger", "Telegraph")
    group.join(said["Notes"].statement_id, 0)
    beside = pair(*sorted((said["Notes"], said["Ledger"]), key=lambda one: one.statement_id))
    alike = replace(PairFinding(beside, score(beside), "agrees", 0.1, "conflict", "outcome"), agreement=agreement)
    assert ("Notes" in joined(group, said, agreeing=[alike])[0]) == stays


def test_the_strongest_pair_of_an_entry_stays_whatever_stands_beside_it() -> None:
    told = {
        "Ledger": "The directors agreed to recommend the offer.",
        "Notes": "The board rejected the offer, all nine of them.",
        "Telegraph": "Sales of the dairy grew by six percent.",
    }
    said = {outlet: statement(text, article(outlet)) for outlet, text in told.items()}
    group = on_two(said, "Notes", "Telegraph")
    only = Group([[said["Ledger"].statement_id, said["Notes"].statement_id], [said["Telegraph"].statement_id]])
    only.take(group.findings[0])
    assert joined(only, said) == [{"Ledger", "Notes"}, {"Telegraph"}]
    assert only.findings == group.findings


def test_an_outlet_does_not_go_to_the_side_that_its_evidence_contradicts(said: dict[str, Statement]) -> None:
    said["Echo"] = statement("Orsk refused the thirty-day truce.", article("Echo"), names="PERSON:Orsk")
    group = on_two(said, "Herald", "Courier")
    group.join(said["Echo"].statement_id, 0)
    between = pair(*sorted((said["Echo"], said["Courier"]), key=lambda one: one.statement_id))
    group.take(PairFinding(between, score(between), "contradicts", 0.4, "conflict", "outcome"))
    assert joined(group, said)[:2] == [{"Herald", "Echo"}, {"Courier"}]


def test_what_stands_in_an_entry_on_a_decision_joins_no_other(said: dict[str, Statement]) -> None:
    said["Later"] = statement("Orsk accepted the truce.", article("Later"), names="PERSON:Orsk")
    elsewhere, group = on_two(said, "Wire", "Later"), on_two(said, "Herald", "Courier")
    take_stands([group, elsewhere], (), {one.statement_id: one for one in said.values()}, Near(0.6), ConflictSettings())
    assert outlets(group, said) == [{"Herald"}, {"Courier"}]
    assert outlets(elsewhere, said) == [{"Wire"}, {"Later"}]


def test_a_person_who_speaks_of_conditions_holds_the_stance_and_a_namesake_body_does_not(
    said: dict[str, Statement],
) -> None:
    said["Globe"] = statement(
        "A truce could follow if suitable agreements are reached, Orsk said.",
        article("Globe"),
        speaker="Davit Orsk",
        names="PERSON:Orsk",
    )
    said["Globe 2"] = statement(
        "Both sides agreed to the truce, Orsk said.", article("Globe 2"), speaker="Davit Orsk", names="PERSON:Orsk"
    )
    found = joined(on_two(said, "Herald", "Courier"), said)
    assert {"Globe"} in found
    assert "Globe 2" not in set.union(*found)


def test_what_somebodys_proposal_met_with_is_not_that_ones_decision() -> None:
    source = article("Herald")
    for text, names, decider in (
        ("Orsk's truce proposal was rejected by Tarsov.", "PERSON:Orsk GPE:Tarsov", "Tarsov"),
        ("Orsk's proposal was rejected on Monday.", "PERSON:Orsk", None),
        ("Orsk's government rejected the truce.", "PERSON:Orsk", "Orsk"),
        ("The truce was discussed and the us delegation accepted it.", "GPE:us", "us"),
        ("The truce was discussed before it was accepted.", "GPE:us", None),
    ):
        found = decider_of(statement(text, source, names=names))
        assert (found.key if found else None) == decider, text


def test_an_entry_on_no_decision_is_left_alone() -> None:
    told = {
        "Herald": statement("The blast killed four.", article("Herald")),
        "Courier": statement("The blast killed seven.", article("Courier")),
    }
    assert joined(on_two(told, "Herald", "Courier"), told, cosine=0.9) == [{"Herald"}, {"Courier"}]


def test_the_same_stands_are_taken_in_any_order(said: dict[str, Statement]) -> None:
    turned = dict(reversed(said.items()))
    assert joined(on_two(said, "Herald", "Courier"), said) == joined(on_two(turned, "Herald", "Courier"), turned)


def articles_of(said: dict[str, Statement]) -> dict[str, Article]:
    return {one.article_id: article(outlet, published=SAID[outlet][0]) for outlet, one in said.items()}


def test_stands_lie_apart_until_an_outlet_of_the_same_days_differs(said: dict[str, Statement]) -> None:
    statements = {one.statement_id: one for one in said.values()}
    group = on_two(said, "Herald", "Courier")
    assert not lie_together(group, statements, articles_of(said), {}, days=3)
    joined(group, said)
    assert lie_together(group, statements, articles_of(said), {}, days=3)
    one_wire = dict.fromkeys(articles_of(said), "wire")
    assert not lie_together(group, statements, articles_of(said), one_wire, days=3)


def test_an_answer_a_day_after_it_was_awaited_is_the_next_state(said: dict[str, Statement]) -> None:
    later = article("Later", published="2031-03-14")
    said["Later"] = statement("Orsk accepted the truce.", later, names="PERSON:Orsk")
    statements = {one.statement_id: one for one in said.values()}
    articles = {**articles_of({key: one for key, one in said.items() if key in SAID}), later.article_id: later}
    assert not lie_together(on_two(said, "Wire", "Later"), statements, articles, {}, days=3)
