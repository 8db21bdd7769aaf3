"""From pairs to ranked conflicts: gates, lanes, kinds, factors, ids."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from builders import article, count, day, pair, score, statement

from detector.conflicts import Grouping, PairWeights, find_conflicts, judge_pair
from detector.conflicts.grouping import Group, group_conflicts
from detector.conflicts.ranking import LANE_ORDER, rank
from detector.conflicts.relations import FEATURES, Both, Logistic, shipped_weights, two_steps
from detector.conflicts.signals import signals_of
from detector.records import Article, Entity, Outcome, PairFinding, Quantity, Statement
from detector.settings import ConflictSettings, Settings


def one_feature(name: str) -> Logistic:
    weights = tuple(float(feature == name) for feature in FEATURES)
    return Logistic(0.0, weights, (0.0,) * len(FEATURES), (1.0,) * len(FEATURES))


CONTRADICTION_ONLY = PairWeights(contradicts=one_feature("contradiction"), agrees=one_feature("entailment"))
"""Takes the model's word: the mean contradiction of the two directions, the greater entailment."""

SETTINGS = ConflictSettings()


def judge(
    left: tuple[Statement, Article], right: tuple[Statement, Article], *, similarity: float = 0.7, **scored: float
) -> PairFinding:
    (first, first_article), (second, second_article) = sorted((left, right), key=lambda both: both[0].statement_id)
    of = pair(first, second, similarity=similarity)
    return judge_pair(
        of,
        score(of, **scored),
        first,
        second,
        articles=(first_article, second_article),
        temperature=1.0,
        settings=SETTINGS,
        weights=CONTRADICTION_ONLY,
    )


def said(
    text: str, outlet: str, *, published: str | None = "2031-03-08", **fields: object
) -> tuple[Statement, Article]:
    source = article(outlet, published=published)
    return statement(text, source, **fields), source


UKRAINE, PUTIN = Entity("Ukraine", "GPE", "ukraine"), Entity("Vladimir Putin", "PERSON", "putin")


def gate_of(finding: PairFinding, name: str) -> bool:
    return next(gate.passed for gate in finding.gates if gate.name == name)


def test_an_opinion_takes_part_in_no_conflict() -> None:
    claim = said("Orsk signed the truce.", "A", names="PERSON:orsk")
    opinion = said("Orsk should be ashamed of the truce.", "B", names="PERSON:orsk", claim_gate="opinion")
    finding = judge(claim, opinion, contradiction=0.95)
    assert finding.relation == "none"
    assert not gate_of(finding, "claim")


def test_the_same_words_about_another_company_are_no_conflict() -> None:
    left = said("Halvorsen accepted the bid.", "A", names="ORG:halvorsen")
    right = said("Brabant turned down an offer.", "B", names="ORG:brabant")
    finding = judge(left, right, contradiction=0.95)
    low = judge(left, right, similarity=0.45, contradiction=0.95)
    assert low.relation == "none"
    assert not gate_of(low, "same matter")
    assert gate_of(finding, "exclusion")


def test_what_follows_from_the_other_statement_is_no_conflict() -> None:
    left, right = said("Orsk will be staying put.", "A"), said("Orsk would not step down.", "B")
    assert gate_of(judge(left, right, contradiction=0.45, entailment=0.1), "entailment")
    follows = judge(left, right, contradiction=0.45, entailment=0.5)
    assert not gate_of(follows, "entailment")
    assert follows.relation != "contradicts"


def test_statements_on_times_weeks_apart_contradict_each_other_only_in_nearly_the_same_words_or_when_that_is_likely() -> (
    None
):
    march, june = day("March 17", "2031-03-17"), day("June 15", "2031-06-15")
    first = said(
        "The bank raised its rate by a quarter point on March 17.",
        "A",
        times=(march,),
        lemmas=("bank", "raise", "rate"),
    )
    other = said("June 15 brought three quarters at once.", "B", times=(june,), lemmas=("bring", "quarter", "once"))
    same = said("The bank raised its rate on June 15.", "B", times=(june,), lemmas=("bank", "raise", "rate"))
    assert not gate_of(judge(first, other, contradiction=0.45), "time")
    assert gate_of(judge(first, other, contradiction=0.9), "time")
    assert gate_of(judge(first, same, contradiction=0.45), "time")


def test_one_time_of_day_is_no_conflict_but_on_two_days_it_is() -> None:
    def begins(when: str, iso: str, outlet: str) -> tuple[Statement, Article]:
        return said(f"The ceasefire begins {when}.", outlet, times=(day(when, iso),), lemmas=("ceasefire", "begin"))

    saturday, sunday = (
        begins("at 6 a.m. on Saturday", "2031-03-08T06:00", "A"),
        begins("at 6 a.m. on Sunday", "2031-03-09T06:00", "B"),
    )
    again = begins("at 6.05 a.m. on Saturday", "2031-03-08T06:05", "B")
    assert gate_of(judge(saturday, sunday, contradiction=0.9), "time")
    assert not gate_of(judge(saturday, again, contradiction=0.9), "time")


def test_what_two_parties_to_one_matter_decided_is_not_one_question() -> None:
    def told(text: str, outlet: str, *, known: str = "Ukraine and Vladimir Putin") -> tuple[Statement, Article]:
        named = [one for one in (UKRAINE, PUTIN) if one.text in text]
        one, source = said(text, outlet, entities=tuple(sorted(named, key=lambda name: text.index(name.text))))
        return one, replace(source, text=f"{text} {known} are named here.")

    rejected = told("Vladimir Putin rejected a ceasefire in Ukraine.", "B")
    accepted = told("Ukraine accepted the ceasefire on Tuesday.", "A")
    assert not gate_of(judge(accepted, rejected, contradiction=0.9), "same matter")
    agreed = told("Vladimir Putin agreed to a ceasefire in Ukraine.", "A")
    assert gate_of(judge(agreed, rejected, contradiction=0.9), "same matter")
    named_twice = said(
        "Georgia accepted.", "A", entities=(Entity("Georgia", "GPE", "georgia"), Entity("Georgia", "PERSON", "georgia"))
    )
    assert gate_of(judge(named_twice, rejected, contradiction=0.9), "numbers")
    of_its_leader = told("Ukraine accepted the ceasefire on Tuesday.", "A", known="Ukrainian President Vladimir Putin")
    assert gate_of(judge(of_its_leader, rejected, contradiction=0.9), "same matter")


def test_compatible_roundings_are_no_conflict_whatever_the_model_says() -> None:
    left = said(
        "About 310,000 people fled the valley.",
        "A",
        quantities=(Quantity("About 310,000", 310_000, 310_000, noun="people", approximate=True),),
    )
    right = said(
        "More than 300,000 people fled the valley.",
        "B",
        quantities=(Quantity("More than 300,000", 300_000, math.inf, noun="people"),),
    )
    finding = judge(left, right, contradiction=0.95)
    assert finding.relation != "contradicts"
    assert not gate_of(finding, "numbers")


def test_every_gate_is_recorded_also_after_one_has_failed() -> None:
    finding = judge(said("Orsk signed.", "A", claim_gate="question"), said("Marosh left.", "B"), contradiction=0.1)
    assert [gate.name for gate in finding.gates] == [
        "claim",
        "same matter",
        "numbers",
        "time",
        "entailment",
        "exclusion",
    ]
    assert all(gate.reason for gate in finding.gates)


@pytest.mark.parametrize(
    ("left", "right", "lane"),
    [
        ({"published": "2031-03-07"}, {"published": "2031-03-08"}, "conflict"),
        ({"published": "2031-03-07"}, {"published": "2031-03-18"}, "update"),
        ({"published": None}, {"published": "2031-03-18"}, "conflict"),
        (
            {"quantities": (count(4, "body"),), "times": (day("Monday", "2031-03-03"),)},
            {"quantities": (count(7, "body"),), "times": (day("Wednesday", "2031-03-05"),)},
            "update",
        ),
        (
            {"speaker": "Col. Tace", "modality": "reported"},
            {"speaker": "Yanna Feld", "modality": "reported"},
            "dispute",
        ),
        ({"modality": "unlikely", "tense": "future"}, {"tense": "past"}, "forecast"),
    ],
)
def test_what_time_or_speakers_explain_goes_to_a_lane_of_its_own(
    left: dict[str, object], right: dict[str, object], lane: str
) -> None:
    one = said("The toll in Hask was given.", "A", names="GPE:hask", **left)  # type: ignore[arg-type]
    other = said("The toll in Hask is another.", "B", names="GPE:hask", **right)  # type: ignore[arg-type]
    assert judge(one, other, contradiction=0.9).lane == lane


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        ({"quantities": (count(340, "prisoner"),)}, {"quantities": (count(214, "prisoner"),)}, "number"),
        ({"times": (day("Friday", "2031-03-07"),)}, {"times": (day("Sunday", "2031-03-09"),)}, "date"),
        ({"negated": True}, {}, "negation"),
        ({"lemmas": ("dam", "open")}, {"lemmas": ("close", "dam")}, "antonym"),
    ],
)
def test_the_kind_names_what_differs(left: dict[str, object], right: dict[str, object], kind: str) -> None:
    one = said("The dam on the Sel was in the news.", "A", names="GPE:sel", **left)
    other = said("The dam on the Sel made news again.", "B", names="GPE:sel", **right)
    assert judge(one, other, contradiction=0.9).kind == kind


def outcome_of(
    *pairs: tuple[tuple[Statement, Article], tuple[Statement, Article], float], grouping: Grouping = group_conflicts
) -> Outcome:
    everyone = {both[0].statement_id: both for left, right, _ in pairs for both in (left, right)}
    rng = np.random.default_rng(1)
    vectors = {key: vector / np.linalg.norm(vector) for key in everyone for vector in [rng.normal(size=16)]}
    return find_conflicts(
        [judge(left, right, contradiction=probability) for left, right, probability in pairs],
        statements={key: both[0] for key, both in everyone.items()},
        articles={both[1].article_id: both[1] for both in everyone.values()},
        vectors=vectors,
        origins={both[1].article_id: both[1].article_id for both in everyone.values()},
        topics=(),
        settings=SETTINGS,
        grouping=grouping,
    )


SIGNED = said("Orsk signed the truce.", "A", names="PERSON:orsk", question="Did Orsk sign the truce?")
LEFT = said("Orsk left without signing the truce.", "B", names="PERSON:orsk", negated=True)
LATER = said("Orsk put his name to the truce.", "C", published="2031-03-09", names="PERSON:orsk")


def test_the_score_of_a_conflict_is_the_sum_of_its_named_factors() -> None:
    conflict = outcome_of((SIGNED, LEFT, 0.95)).conflicts[0]
    assert conflict.score == pytest.approx(sum(factor.value * factor.weight for factor in conflict.factors))
    assert all(0.0 <= factor.value <= 1.0 and factor.reason for factor in conflict.factors)


def test_a_conflict_is_headed_by_the_question_its_sides_answer() -> None:
    conflict = outcome_of((SIGNED, LEFT, 0.95)).conflicts[0]
    assert conflict.question == "Did Orsk sign the truce?"
    assert {side.position for side in conflict.sides} == {SIGNED[0].text, LEFT[0].text}


def test_a_conflict_of_figures_is_headed_by_a_question_that_asks_for_one_of_them() -> None:
    def told(outlet: str, low: float, question: str) -> tuple[Statement, Article]:
        return said(
            f"The dam board told a survey that {low:g} villages were flooded.",
            outlet,
            names="ORG:dam",
            quantities=(count(low, "villages"),),
            question=question,
        )

    def heading(left: tuple[Statement, Article], right: tuple[Statement, Article]) -> str:
        conflict = outcome_of((left, right, 0.95)).conflicts[0]
        assert conflict.kind == "number"
        return conflict.question

    beside_it = told("A", 38, "Did the dam board tell a survey?")
    asks_it = told("B", 44, "Did the dam board tell a survey that 44 villages were flooded?")
    assert (
        heading(beside_it, asks_it) == "Did the dam board tell a survey that 44 villages were flooded, or 38 villages?"
    )
    also_beside_it = told("B", 44, "Did the board tell a survey of dams?")
    assert heading(beside_it, also_beside_it).startswith("“The dam board told a survey that 38 villages were flooded.”")


def test_a_heading_that_quotes_statements_on_figures_shows_the_figures() -> None:
    opening = "On Tuesday the dam board of the lower valley presented a survey by its engineers that tried to give some insight"
    left, right = (
        said(
            f"{opening}, and told villagers that {number} villages{end}",
            outlet,
            names="ORG:dam",
            quantities=(count(number, "villages"),),
        )
        for outlet, number, end in (("A", 38, "."), ("B", 44, " of the lower valley were flooded in spring."))
    )
    assert outcome_of((left, right, 0.95)).conflicts[0].question == (
        "“… engineers that tried to give some insight, and told villagers that 38 villages.” or "
        "“… engineers that tried to give some insight, and told villagers that 44 villages …”?"
    )


def test_two_conflicts_with_the_same_earliest_statements_have_two_ids() -> None:
    def in_both(findings: Sequence[PairFinding], *_: object) -> list[Group]:
        sides = [[SIGNED[0].statement_id, LATER[0].statement_id], [LEFT[0].statement_id]]
        return [Group([list(side) for side in sides], [one]) for one in findings]

    found = outcome_of((SIGNED, LEFT, 0.95), (LATER, LEFT, 0.9), grouping=in_both).conflicts
    assert len({conflict.conflict_id for conflict in found}) == 2


def test_no_two_conflicts_are_headed_by_the_same_question() -> None:
    dear = said("Truce paper is dear.", "C", names="PERSON:orsk", question="Is truce paper dear?")
    everyone = (SIGNED, LEFT, dear)
    found = [replace(judge(SIGNED, other), relation="contradicts", probability=0.9) for other in (LEFT, dear)]
    outcome = find_conflicts(
        found,
        statements={one.statement_id: one for one, _ in everyone},
        articles={of.article_id: of for _, of in everyone},
        vectors={one.statement_id: axis for (one, _), axis in zip(everyone, np.eye(3, dtype=np.float32), strict=True)},
        origins={},
        topics=(),
        settings=SETTINGS,
    )
    assert {conflict.question for conflict in outcome.conflicts} == {"Did Orsk sign the truce?", "Is truce paper dear?"}


def test_reasons_count_in_good_english() -> None:
    reasons = {factor.name: factor.reason for factor in outcome_of((SIGNED, LEFT, 0.95)).conflicts[0].factors}
    assert reasons["support"] == "1 contradicting pair"
    assert reasons["origins"] == "2 independent origins"
    assert reasons["repeats"] == "0 stronger entries showing one of its statements"


def test_the_more_probable_conflict_ranks_first() -> None:
    rise = said("Prices in Malta rose.", "A", names="GPE:malta")
    fall = said("Prices in Malta fell.", "B", names="GPE:malta")
    outcome = outcome_of((rise, fall, 0.75), (SIGNED, LEFT, 0.97))
    assert next(conflict.question for conflict in outcome.conflicts) == "Did Orsk sign the truce?"


def test_a_conflict_keeps_its_id_when_a_later_article_joins() -> None:
    later = said("Orsk put his name to the truce.", "C", names="PERSON:orsk", published="2031-03-10")
    before = outcome_of((SIGNED, LEFT, 0.95)).conflicts
    after = outcome_of((SIGNED, LEFT, 0.95), (later, LEFT, 0.80)).conflicts
    assert before[0].conflict_id in {conflict.conflict_id for conflict in after}


def test_missing_dates_are_said() -> None:
    undated = said("Orsk left without signing the truce.", "Undated Post", names="PERSON:orsk", published=None)
    assert outcome_of((SIGNED, undated, 0.95)).conflicts[0].note == "No publication date: Undated Post."


def test_what_time_explains_ranks_below_what_nothing_explains() -> None:
    later = said("The toll in Hask is another.", "B", names="GPE:hask", published="2031-03-30")
    toll = said("The toll in Hask was given.", "A", names="GPE:hask")
    outcome = outcome_of((toll, later, 0.97), (SIGNED, LEFT, 0.80))
    assert [conflict.lane for conflict in outcome.conflicts] == ["conflict", "update"]


def test_a_changed_decision_is_news_whatever_its_lane() -> None:
    accepted = said("Putin will accept the truce.", "A", names="PERSON:putin", lemmas=("accept", "truce"))
    rejected = said(
        "Putin rejected the truce.", "B", names="PERSON:putin", lemmas=("reject", "truce"), published="2031-03-30"
    )
    first = outcome_of((accepted, rejected, 0.97), (SIGNED, LEFT, 0.80)).conflicts[0]
    assert first.lane == "update"
    assert {factor.name: factor.value for factor in first.factors}["decision"] == 1.0


def test_the_list_is_cut_at_its_limit() -> None:
    conflict = outcome_of((SIGNED, LEFT, 0.95)).conflicts[0]
    mixed = [replace(conflict, lane=lane, conflict_id=lane) for lane in reversed(LANE_ORDER)]
    assert [found.lane for found in rank(mixed, limit=2)] == list(LANE_ORDER[:2])


def test_swapping_a_pair_changes_nothing_for_the_shipped_weights() -> None:
    shipped = shipped_weights().contradicts
    assert isinstance(shipped, Both)
    for model in (shipped.first, shipped.second):
        assert len(model.weights) == len(FEATURES)
        assert all(scale > 0 for scale in model.scales)


def test_what_answers_one_question_either_contradicts_or_agrees() -> None:
    same_question, excludes = one_feature("similarity"), one_feature("contradiction")
    weights = two_steps(same_question, excludes)
    features = tuple(0.3 for _ in FEATURES)
    together = weights.contradicts.probability(features) + weights.agrees.probability(features)
    assert together == pytest.approx(same_question.probability(features))


def test_names_that_the_other_article_knows_are_no_other_matter() -> None:
    left = said("Halvorsen accepted the bid.", "A", names="ORG:Halvorsen", lemmas=("accept", "bid"))
    right = said("Brabant turned it down.", "B", names="ORG:Brabant", lemmas=("turn",))

    def judged(second: Article) -> PairFinding:
        return judge(left, (right[0], second), similarity=0.45, contradiction=0.95)

    assert not gate_of(judged(right[1]), "same matter")
    assert gate_of(judged(replace(right[1], text="Brabant wants Halvorsen. Brabant turned it down.")), "same matter")


def test_one_figure_in_common_can_be_agreed_on_though_another_differs() -> None:
    same, more = count(44, "pound"), count(61, "pound")
    left = said("Profit was 44 pounds.", "A", quantities=(same, count(9, "ship")))
    right = said("Profit was 44 pounds.", "B", quantities=(same, count(12, "ship")))
    assert judge(left, right, entailment=0.9).agreement > 0
    right = said("Profit was 61 pounds.", "B", quantities=(more, count(12, "ship")))
    assert judge(left, right, entailment=0.9).agreement == 0


def test_what_is_more_likely_to_contradict_than_to_agree_does_not_agree() -> None:
    crew = (count(44, "sailor"),)
    left = said("The crew was 44.", "A", quantities=crew, lemmas=("crew",))
    right = said("The crew: 44.", "B", quantities=crew, lemmas=("crew",))
    assert judge(left, right, entailment=0.4, contradiction=0.3).relation == "agrees"
    assert judge(left, right, entailment=0.4, contradiction=0.5).relation == "none"


def test_toll_that_is_higher_a_day_later_is_an_update_unless_both_name_the_same_day() -> None:
    fewer = said("41 people had tested positive.", "A", quantities=(count(41, "people"),), published="2031-06-04")
    more = said("67 people had tested positive.", "B", quantities=(count(67, "people"),), published="2031-06-05")
    assert judge(fewer, more, contradiction=0.9).lane == "update"
    same_day = (day("Wednesday", "2031-06-04"),)
    fewer, more = ((replace(one, times=same_day), source) for one, source in (fewer, more))
    assert judge(fewer, more, contradiction=0.9).lane == "conflict"


def test_a_state_that_has_led_to_the_next_one_is_an_update_and_not_the_other_way_round() -> None:
    hurt = said("The man was critically wounded.", "A", lemmas=("critically", "wound"), published="2031-06-04")
    died = said("The man has died.", "B", lemmas=("die",), published="2031-06-05")
    assert judge(hurt, died, contradiction=0.9).lane == "update"
    earlier = said("The man has died.", "B", lemmas=("die",), published="2031-06-03")
    undated = said("The man has died.", "B", lemmas=("die",), published=None)
    assert judge(hurt, earlier, contradiction=0.9).lane == judge(hurt, undated, contradiction=0.9).lane == "conflict"


def test_a_next_state_that_is_denied_negated_or_hedged_is_no_update() -> None:
    shut = said("The bridge is closed.", "A", lemmas=("bridge", "close"), published="2031-06-04")
    opened = said("The bridge has reopened.", "B", lemmas=("bridge", "reopen"), published="2031-06-05")
    assert judge(shut, opened, contradiction=0.9).lane == "update"
    for other in ({"negated": True}, {"modality": "denied"}, {"modality": "possible"}):
        later = (replace(opened[0], **other), opened[1])  # type: ignore[arg-type]
        assert judge(shut, later, contradiction=0.9).lane != "update"


def test_what_one_source_reports_and_another_denies_is_a_dispute() -> None:
    report = said("The aide was told to lie.", "A", speaker="officials", modality="reported")
    denial = said("He had told nobody to lie.", "B", speaker="Dean Hollister", modality="denied")
    own_voice = said("The aide was told to lie.", "A", modality="asserted")
    assert judge(report, denial, contradiction=0.9).lane == "dispute"
    assert judge(own_voice, denial, contradiction=0.9).lane == "conflict"


def test_what_one_party_says_and_another_negates_is_a_dispute_unless_figures_part_them() -> None:
    paid = said("Chains pay more for milk.", "A", speaker="our federation", modality="reported")
    unpaid = said("Chains pay no more for milk.", "B", speaker="the Farmers' League", modality="reported", negated=True)
    assert judge(paid, unpaid, contradiction=0.9).lane == "dispute"
    assert judge((replace(paid[0], modality="asserted"), paid[1]), unpaid, contradiction=0.9).lane == "conflict"
    leaked = (replace(paid[0], speaker="people familiar with the matter"), paid[1])
    assert judge(leaked, unpaid, contradiction=0.9).lane == "conflict"
    told = [(replace(one, quantities=(count(n, "chains"),)), source) for n, (one, source) in ((4, paid), (9, unpaid))]
    assert judge(*told, contradiction=0.9).lane == "conflict"


def test_counts_as_of_two_moments_are_an_update() -> None:
    early, late = (day("Wednesday", "2032-03-10"),), (day("last night", "2032-03-12"),)
    some = said(
        "The plea had 8,000 signatures by Wednesday evening.", "A", quantities=(count(8000, "signatures"),), times=early
    )
    more = said("The plea passed 21,000 names last night.", "B", quantities=(count(21000, "names"),), times=late)
    assert judge(some, more, contradiction=0.9).lane == "update"
    once = said("The plea drew 21,000 names last night.", "B", quantities=(count(21000, "names"),), times=late)
    assert judge(some, once, contradiction=0.9).lane == "conflict"
    seats = said("The party won by 12 seats on Wednesday.", "A", quantities=(count(12, "seats"),), times=early)
    votes = said("The motion passed by 31 votes.", "B", quantities=(count(31, "votes"),), times=late)
    assert judge(seats, votes, contradiction=0.9).lane == "conflict"


def test_dated_articles_decide_the_lane_of_a_question() -> None:
    fewer = said("41 people had tested positive.", "A", quantities=(count(41, "people"),), published="2031-06-04")
    undated = said("41 people had tested positive.", "C", quantities=(count(41, "people"),), published=None)
    more = said("67 people had tested positive.", "B", quantities=(count(67, "people"),), published="2031-06-06")
    told = {one.statement_id: (one, source) for one, source in (fewer, undated, more)}
    findings = [judge(more, other, contradiction=0.9) for other in (fewer, undated)]
    assert {finding.lane for finding in findings} == {"update", "conflict"}
    outcome = find_conflicts(
        findings,
        statements={key: one for key, (one, _) in told.items()},
        articles={source.article_id: source for _, source in told.values()},
        vectors={key: np.ones(1, dtype=np.float32) for key in told},
        origins={},
        topics=(),
        settings=SETTINGS,
    )
    assert [conflict.lane for conflict in outcome.conflicts] == ["update"]


def test_the_same_words_from_two_speakers_ask_who_said_them() -> None:
    words = "The guns will be cold before the snow is gone."
    left, left_article = said(words, "A", speaker="Davit Orsk", modality="reported")
    right, right_article = said(words, "B", speaker="Lida Marosh", modality="reported")
    first, second = sorted((left, right), key=lambda s: s.statement_id)
    of = replace(pair(first, second), rule="same-words")
    articles = {left.statement_id: left_article, right.statement_id: right_article}
    finding = judge_pair(
        of,
        score(of, entailment=0.99),
        first,
        second,
        articles=(articles[first.statement_id], articles[second.statement_id]),
        temperature=1.0,
        settings=SETTINGS,
    )
    conflict = find_conflicts(
        [finding],
        statements={s.statement_id: s for s in (left, right)},
        articles={a.article_id: a for a in (left_article, right_article)},
        vectors={s.statement_id: np.ones(1, dtype=np.float32) for s in (left, right)},
        origins={},
        topics=(),
        settings=SETTINGS,
    ).conflicts[0]
    assert conflict.kind == "attribution"
    assert conflict.question == "Who said “The guns will be cold before the snow is gone”: Davit Orsk or Lida Marosh?"
    assert {side.position for side in conflict.sides} == {"Davit Orsk said it", "Lida Marosh said it"}


@pytest.mark.models
@pytest.mark.parametrize(
    ("left", "right", "relation"),
    [
        ("Norline cancelled all ferry sailings on Wednesday.", "Norline did not cancel all ferry sailings on Wednesday.", "contradicts"),
        ("The rebels signed the agreement in Valletta.", "The rebels refused to sign the agreement in Valletta.", "contradicts"),
        ("Putin accepted the 30-day ceasefire.", "Putin rejected the 30-day ceasefire.", "contradicts"),
        ("Unemployment rose to 5.2 percent in May.", "Unemployment fell to 4.8 percent in May.", "contradicts"),
        ("The mayor of Port Ellery resigned on Tuesday.", "Port Ellery's mayor stepped down on Tuesday.", "agrees"),
    ],
)  # fmt: skip
def test_a_plain_contradiction_in_the_same_words_is_found_and_a_plain_agreement_is_none(
    left: str, right: str, relation: str, tmp_path: Path
) -> None:
    from detector.pipeline import ingest, run
    from detector.store import open_store
    from detector.testing import make_article

    texts = {"Harbour Post": left, "Ellery Times": right}
    told = [
        make_article(f"{text} Officials spoke to reporters in the city.", outlet=outlet, title=f"News in {outlet}", published="2031-04-02")
        for outlet, text in texts.items()
    ]  # fmt: skip
    with open_store(tmp_path / "s.db") as store:
        ingest(store, told)
        run(store, settings=Settings(), now=datetime(2031, 4, 3, tzinfo=UTC))
        found = {judged.relation for judged in store.comparisons.all()}
    assert found == {relation}


def test_those_whom_two_articles_on_one_event_quote_are_no_other_matter() -> None:
    """The fire chief of one report and the hospital of the other, neither named by both."""
    chief = said("Reed counted five dead.", "A", names="PERSON:Reed", lemmas=("count", "dead"))
    nurse = said("Halloway spoke of seven.", "B", names="ORG:Halloway", lemmas=("speak", "seven"))

    def told(one: tuple[Statement, Article], report: str) -> tuple[Statement, Article]:
        return one[0], replace(one[1], text=f"{one[1].text} {report}")

    together = "The fire in Marlow, near the Teal docks, closed the Alder bridge."
    apart = "The match between Drayton, the holders, and Fenwick at the Lowen ground."

    def passes(first: str, second: str) -> bool:
        (left, left_article), (right, right_article) = told(chief, first), told(nurse, second)
        signals = signals_of(left, right, left_article, right_article, similarity=0.45)
        return signals.linked

    assert passes(together, together)
    assert not passes(together, apart)


def test_statements_that_share_no_name_are_one_matter_only_when_something_links_their_articles() -> None:
    """ "A ceasefire is a promise" of one war beside a leader's refusal in another."""
    refused = said("Marosh refused the ceasefire.", "A", names="PERSON:Marosh", lemmas=("refuse", "ceasefire"))
    promise = said("A ceasefire is a promise about tomorrow.", "B", lemmas=("ceasefire", "promise", "tomorrow"))

    def passes(*, similarity: float, report: str = "") -> bool:
        told = promise[0], replace(promise[1], text=f"{promise[1].text} {report}")
        return gate_of(judge(refused, told, similarity=similarity, contradiction=0.95), "same matter")

    assert not passes(similarity=0.45)
    assert passes(similarity=0.55)
    assert passes(similarity=0.45, report="Nobody had heard from Marosh.")
