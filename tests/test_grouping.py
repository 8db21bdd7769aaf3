"""One question, one conflict: how contradicting pairs become sides."""

from __future__ import annotations

import random
from dataclasses import replace

import networkx
import numpy as np
import pytest
from builders import article, pair, score, statement, unit_vectors

from detector.conflicts.grouping import Group, Similarity, group_agreements, group_conflicts, part_once
from detector.records import QUOTE_RULE, Entity, PairFinding, Quantity, Relation, Statement


def finding(
    left: Statement, right: Statement, relation: Relation = "contradicts", probability: float = 0.9
) -> PairFinding:
    of = pair(left, right)
    scored = score(of, entailment=0.95) if relation == "agrees" else score(of, contradiction=0.95)
    agreement = 0.95 if relation == "agrees" else 0.0
    return PairFinding(of, scored, relation, probability, "conflict", "outcome", agreement=agreement)


def sides(groups: list, names: dict[str, Statement]) -> list[set[frozenset[str]]]:
    label = {s.statement_id: name for name, s in names.items()}
    return [{frozenset(label[m] for m in side) for side in group.sides} for group in groups]


class Strangers(Similarity):
    """Statements of no likeness at all."""

    def __init__(self) -> None:
        super().__init__({})
        self._axes: dict[str, np.ndarray] = {}

    def vector(self, statement_id: str) -> np.ndarray:
        return self._axes.setdefault(statement_id, np.eye(1, 64, len(self._axes), dtype=np.float32)[0])

    def __call__(self, first: str, second: str) -> float:
        return float(self.vector(first) @ self.vector(second))


strangers = Strangers()


@pytest.fixture
def said() -> dict[str, Statement]:
    return {
        "a": statement("The rebels signed the paper.", article("A")),
        "b": statement("The rebels left without signing.", article("B")),
        "c": statement("Both delegations signed.", article("C")),
        "d": statement("Prices rose in May.", article("D")),
        "e": statement("Prices fell in May.", article("E")),
    }


def test_all_statements_of_a_side_stand_together(said: dict[str, Statement]) -> None:
    by_id = {s.statement_id: s for s in said.values()}
    findings = [
        finding(said["a"], said["b"]),
        finding(said["c"], said["b"], probability=0.8),
        finding(said["a"], said["c"], "agrees"),
    ]
    groups = group_conflicts(findings, by_id, strangers)
    assert sides(groups, said) == [{frozenset("ac"), frozenset("b")}]
    assert len(groups[0].findings) == 2


def test_two_questions_stay_two_conflicts(said: dict[str, Statement]) -> None:
    by_id = {s.statement_id: s for s in said.values()}
    groups = group_conflicts([finding(said["a"], said["b"]), finding(said["d"], said["e"])], by_id, strangers)
    assert len(groups) == 2


def test_the_same_question_in_other_words_is_one_conflict() -> None:
    names = {
        "a": statement("340 prisoners go free.", article("A")),
        "b": statement("214 prisoners go free.", article("B")),
        "c": statement("They will let 340 detainees go.", article("C")),
        "d": statement("The list names 214 people.", article("D")),
    }
    by_id = {s.statement_id: s for s in names.values()}
    directions = {"a": [1, 0, 0], "c": [0.9, 0.44, 0], "b": [0, 0, 1], "d": [0, 0.44, 0.9]}
    similarity = Similarity({names[key].statement_id: unit_vectors([row])[0] for key, row in directions.items()})
    findings = [finding(names["a"], names["b"]), finding(names["c"], names["d"], probability=0.8)]
    assert sides(group_conflicts(findings, by_id, similarity), names) == [{frozenset("ac"), frozenset("bd")}]


def test_an_outlet_stands_on_one_side() -> None:
    names = {
        "a": statement("The dam held.", article("A")),
        "b": statement("The dam burst.", article("B")),
        "late": statement("The dam was lost.", article("A", text="later"), start=50),
    }
    by_id = {s.statement_id: s for s in names.values()}
    findings = [finding(names["a"], names["b"]), finding(names["late"], names["b"], "agrees")]
    groups = group_conflicts(findings, by_id, strangers)
    assert sides(groups, names) == [{frozenset(["a"]), frozenset(["b"])}]


def directed(names: dict[str, Statement], rows: dict[str, list[float]]) -> Similarity:
    return Similarity({names[key].statement_id: unit_vectors([row])[0] for key, row in rows.items()})


def test_another_answer_to_a_question_that_is_asked_joins_its_side() -> None:
    names = {
        "back": statement("Army howitzers were pulled back from the bridge.", article("A")),
        "more": statement("The army brought more artillery up to the bridge.", article("B")),
        "six": statement("Six howitzers arrived between lunch and dusk.", article("C")),
    }
    by_id = {s.statement_id: s for s in names.values()}
    similarity = directed(names, {"back": [1, 0, 0], "more": [0.6, 0.8, 0], "six": [0.7, 0, 0.71]})
    findings = [finding(names["back"], names["more"]), finding(names["back"], names["six"], probability=0.8)]
    assert sides(group_conflicts(findings, by_id, similarity), names) == [
        {frozenset(["back"]), frozenset(["more", "six"])}
    ]


def test_a_decision_of_somebody_else_is_another_question() -> None:
    def of(name: str, text: str, outlet: str) -> Statement:
        return statement(text, article(outlet), entities=(Entity(name, "PERSON", name.casefold()),))

    names = {
        "rejected": of("Putin", "Putin rejected the ceasefire.", "A"),
        "ukraine": of("Ukraine", "Ukraine accepted the ceasefire.", "B"),
        "putin": of("Putin", "Putin will back the ceasefire.", "C"),
    }
    by_id = {s.statement_id: s for s in names.values()}
    similarity = directed(names, {"rejected": [1, 0, 0], "ukraine": [0.8, 0.6, 0], "putin": [0.8, 0, 0.6]})
    findings = [
        finding(names["rejected"], names["ukraine"], probability=0.53),
        finding(names["rejected"], names["putin"], probability=0.48),
    ]
    assert sides(group_conflicts(findings, by_id, similarity), names) == [
        {frozenset(["rejected"]), frozenset(["ukraine"])},
        {frozenset(["rejected"]), frozenset(["putin"])},
    ]


def test_the_killed_and_the_injured_of_one_sentence_are_two_questions() -> None:
    def count(outlet: str, text: str, *counted: tuple[str, float, str]) -> Statement:
        quantities = tuple(Quantity(f"{value:.0f}", value, value, "count", noun) for _, value, noun in counted)
        return statement(text, article(outlet), quantities=quantities)

    names = {
        "both": count("A", "Four were killed and 31 injured.", ("", 4, "death"), ("", 31, "injury")),
        "hurt": count("B", "58 were injured.", ("", 58, "injury")),
        "dead": count("C", "Nine deaths.", ("", 9, "death")),
    }
    by_id = {s.statement_id: s for s in names.values()}
    similarity = directed(names, {"both": [1, 0, 0], "hurt": [0.8, 0.6, 0], "dead": [0.8, 0.5, 0.3]})
    findings = [
        replace(finding(names["both"], names[other], probability=given), kind="number")
        for other, given in (("hurt", 0.9), ("dead", 0.8))
    ]
    assert len(group_conflicts(findings, by_id, similarity)) == 2


def test_a_wire_copy_stands_where_its_words_stand() -> None:
    names = {
        "wire": statement("The blast came at 2:40 p.m.", article("A")),
        "copy": statement("The blast came at 2:40 p.m.", article("B")),
        "eleven": statement("It blew at eleven.", article("C")),
        "clock": statement("It was put at 14:40.", article("D")),
    }
    by_id = {s.statement_id: s for s in names.values()}
    findings = [
        finding(names["clock"], names["eleven"]),
        finding(names["clock"], names["wire"], "agrees"),
        finding(names["clock"], names["copy"], probability=0.7),
    ]
    assert sides(group_conflicts(findings, by_id, strangers), names) == [
        {frozenset(["clock", "wire", "copy"]), frozenset(["eleven"])}
    ]


def test_a_statement_that_is_in_question_for_one_thing_is_not_for_another_by_a_much_weaker_pair() -> None:
    names = {
        "signed": statement("The rebels signed the paper.", article("A")),
        "left": statement("The rebels left without signing.", article("B")),
        "dear": statement("Paper is dear this year.", article("C")),
    }
    by_id = {s.statement_id: s for s in names.values()}
    strong = finding(names["signed"], names["left"])
    expected = [{frozenset(["signed"]), frozenset(["left"])}]
    weak, sure = (finding(names["signed"], names["dear"], probability=given) for given in (0.3, 0.85))
    assert sides(group_conflicts([strong, weak], by_id, strangers), names) == expected
    asked = sides(group_conflicts([strong, sure], by_id, strangers), names)
    assert asked == [*expected, {frozenset(["signed"]), frozenset(["dear"])}]


def test_two_statements_on_one_side_contradict_in_no_other_conflict(said: dict[str, Statement]) -> None:
    by_id = {s.statement_id: s for s in said.values()}
    findings = [
        finding(said["a"], said["b"]),
        finding(said["a"], said["d"], "agrees"),
        finding(said["b"], said["d"], probability=0.8),
    ]
    within = finding(said["c"], said["d"], probability=0.85)
    agreed = [*findings, finding(said["a"], said["c"], "agrees"), finding(said["b"], said["c"], probability=0.8)]
    assert sides(group_conflicts([*agreed, within], by_id, strangers), said) == [{frozenset("acd"), frozenset("b")}]


def test_the_two_statements_with_which_a_conflict_began_stand_apart_in_no_weaker_one(
    said: dict[str, Statement],
) -> None:
    ids = {name: one.statement_id for name, one in said.items()}
    stronger = Group([[ids["a"], ids["c"]], [ids["b"]]], [finding(said["a"], said["b"])])
    weaker = Group(
        [[ids["d"], ids["a"]], [ids["e"], ids["b"]]],
        [finding(said["d"], said["e"], probability=0.8), finding(said["a"], said["e"], probability=0.7)],
    )
    part_once([stronger, weaker])
    assert sides([stronger, weaker], said) == [
        {frozenset("ac"), frozenset("b")},
        {frozenset("d"), frozenset("be")},
    ]
    assert [one.probability for one in weaker.findings] == [0.8]


def test_who_said_it_and_what_is_so_are_two_questions() -> None:
    names = {
        "orsk": statement("The guns are cold.", article("A"), speaker="Davit Orsk"),
        "lida": statement("The guns are cold!", article("B"), speaker="Lida Marosh"),
        "fired": statement("The guns fired all night.", article("C")),
    }
    by_id = {s.statement_id: s for s in names.values()}
    who = finding(names["orsk"], names["lida"])
    who = replace(who, pair=replace(who.pair, rule=QUOTE_RULE))
    similarity = directed(names, {"orsk": [1, 0], "lida": [1, 0], "fired": [0.9, 0.44]})
    groups = group_conflicts([who, finding(names["orsk"], names["fired"], probability=0.3)], by_id, similarity)
    assert sides(groups, names) == [
        {frozenset(["orsk"]), frozenset(["lida"])},
        {frozenset(["orsk"]), frozenset(["fired"])},
    ]


def test_an_outlet_that_contradicts_its_own_side_is_named() -> None:
    names = {
        "held": statement("The dam held.", article("A")),
        "burst": statement("The dam burst.", article("B")),
        "lost": statement("The dam was lost.", article("A", text="later"), start=50),
        "stood": statement("The dam stood.", article("C")),
    }
    by_id = {s.statement_id: s for s in names.values()}
    findings = [
        finding(names["held"], names["burst"]),
        finding(names["stood"], names["held"], "agrees"),
        finding(names["stood"], names["lost"], probability=0.7),
        finding(names["lost"], names["burst"], "agrees"),
    ]
    group = group_conflicts(findings, by_id, strangers)[0]
    assert sides([group], names) == [{frozenset(["held", "stood"]), frozenset(["burst"])}]
    assert group.of_two_minds == (names["held"].outlet_id,)


def test_groups_do_not_depend_on_the_order_of_findings() -> None:
    rng = random.Random(5)
    names = {str(i): statement(f"Fact number {i}.", article(f"Outlet {i}")) for i in range(14)}
    values = list(names.values())
    by_id = {s.statement_id: s for s in values}
    findings = [
        finding(values[i], values[j], rng.choice(["contradicts", "agrees"]), rng.random())
        for i in range(14)
        for j in range(i)
        if rng.random() < 0.3
    ]
    expected = sides(group_conflicts(findings, by_id, strangers), names)
    for _ in range(5):
        rng.shuffle(findings)
        assert sides(group_conflicts(findings, by_id, strangers), names) == expected


def test_sides_of_a_conflict_are_connected_by_its_contradictions_as_a_graph_library_sees_it() -> None:
    """Every group is one connected component of its pairs and agreements, and no pair lies within a side."""
    rng = random.Random(11)
    values = [statement(f"Fact number {i}.", article(f"Outlet {i}")) for i in range(20)]
    by_id = {s.statement_id: s for s in values}
    findings = [
        finding(values[i], values[j], rng.choice(["contradicts", "contradicts", "agrees"]), rng.random())
        for i in range(20)
        for j in range(i)
        if rng.random() < 0.2
    ]
    graph = networkx.Graph((f.pair.left_id, f.pair.right_id) for f in findings)
    groups = group_conflicts(findings, by_id, strangers)
    assert groups
    for group in groups:
        assert networkx.is_connected(graph.subgraph(group.members))
        assert all(group.side_of(f.pair.left_id) != group.side_of(f.pair.right_id) for f in group.findings)
        assert sum(len(side) for side in group.sides) == len(group.members)


def test_an_agreement_needs_two_outlets(said: dict[str, Statement]) -> None:
    twice = statement("The rebels signed the paper.", article("A", text="again"), start=9)
    by_id = {s.statement_id: s for s in [*said.values(), twice]}
    assert group_agreements([], by_id) == []
    groups = group_agreements([finding(said["a"], said["c"], "agrees")], by_id)
    assert [set(members) for members, _ in groups] == [
        {said["a"].statement_id, said["c"].statement_id, twice.statement_id}
    ]


def test_a_statement_that_tells_two_things_agrees_with_others_on_each() -> None:
    both = statement("A quake of magnitude 6.3 struck at dawn.", article("A"))
    strength = [statement("It was of magnitude 6.3.", article(outlet)) for outlet in ("B", "C")]
    hour = [statement("The earth shook at dawn.", article(outlet), start=90) for outlet in ("D", "E", "F")]
    by_id = {s.statement_id: s for s in (both, *strength, *hour)}
    findings = [finding(both, other, "agrees") for other in (*strength, *hour)]
    groups = [set(members) for members, _ in group_agreements(findings, by_id)]
    assert groups == [set(by_id)]
    apart = [f for f in findings if f.pair.pair_id != finding(both, strength[0], "agrees").pair.pair_id]
    apart.append(finding(strength[0], strength[1], "agrees"))
    groups = [set(members) for members, _ in group_agreements(apart, by_id)]
    assert len(groups) == 2
    assert all(strength[1].statement_id in group for group in groups)


def test_the_same_wording_in_two_outlets_agrees_without_a_model() -> None:
    left, right = statement("The dam held.", article("A")), statement("The dam held.", article("B"))
    groups = group_agreements([], {s.statement_id: s for s in (left, right)})
    assert [set(members) for members, _ in groups] == [{left.statement_id, right.statement_id}]


def test_no_pair_is_the_evidence_of_two_groups() -> None:
    """Two entries with one strongest pair would ask the same thing."""
    rng = random.Random(7)
    values = [statement(f"Fact number {i}.", article(f"Outlet {i}")) for i in range(24)]
    by_id = {s.statement_id: s for s in values}
    findings = [
        finding(values[i], values[j], rng.choice(["contradicts", "agrees"]), rng.uniform(0.6, 1.0))
        for i in range(24)
        for j in range(i)
        if rng.random() < 0.4
    ]
    shown = [found.pair.pair_id for group in group_conflicts(findings, by_id, strangers) for found in group.findings]
    assert len(shown) > 10
    assert len(shown) == len(set(shown))
