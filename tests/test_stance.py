"""Where a statement, and a side, stands on a decision: rejected, unlikely, undecided, open, accepted, or no decision."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import article, statement

from detector.conflicts.stance import stance_of, stance_of_side, with_stances
from detector.records import STANCES, Side, Stance, reading_order
from tests.reading import only

SENTENCES = {
    "accepted": [
        "Ukraine accepted the 30-day ceasefire at the talks in Jeddah.",
        "The board of Brightmere agreed on Thursday to recommend Halden's offer.",
        "Parliament ratified the treaty by 61 votes to 40.",
        "Nurses at St Brannock hospital voted for the pay deal.",
        "The union said yes to the new contract.",
        "Shareholders backed the merger of Norvik and Ellin.",
        "The regulator gave the takeover its approval on Monday.",
        "The mayor signed off on the stadium plan.",
        "Iceland gave the green light to the whaling quota.",
        "The rebels have signed the truce, officials said.",
        "Germany will support the sanctions, the chancellor said.",
        "Orsk was forced to accept the terms.",
        "The bill was passed by the senate after it won the support of the Greens.",
    ],
    "rejected": [
        "Vladimir Putin rejected committing to a 30-day ceasefire in Ukraine.",
        "Brightmere's board unanimously rejected a takeover offer from Halden.",
        "Marchetti refused to accept the provisional suspension.",
        "The striker turned the club's offer down.",
        "Newport walked away from the deal on Tuesday.",
        "The union said no to the new contract.",
        "Parliament voted down the budget.",
        "The president vetoed the bill.",
        "The council did not approve the tram line.",
        "The court threw out the appeal of the bank.",
        "No party backed the motion.",
        "The rebels left the hall without signing the truce.",
        "Hungary will not endorse the sanctions.",
        "The minister ruled out accepting the demands.",
        "The directors recommended that shareholders reject the bid.",
        "The government denied that it had accepted the offer.",
        "Lawmakers failed to approve the reform.",
        "The company withdrew its support for the scheme.",
    ],
    "unlikely": [
        "Putin is unlikely to back the 30-day ceasefire that the delegations agreed on Tuesday.",
        "It would be hard for Putin to accept the truce in its present form.",
        "The board is not expected to recommend the offer.",
        "Analysts doubt that the union will accept the contract.",
        "The senate may reject the nominee.",
        "The president threatened to veto the bill.",
        "The club is likely to turn down the bid.",
        "The bishops are reluctant to approve the reform.",
        "Kyiv would struggle to sign such a treaty.",
        "The farmers will not sign unless the terms change.",
        "Approval of the merger by the regulator looks unlikely.",
    ],
    "undecided": [
        "Trump is waiting for Putin's answer.",
        "Vladimir Putin's commitment to any ceasefire remains uncertain.",
        "The board has yet to decide on the offer.",
        "The union is considering the pay offer.",
        "It is unclear whether the regulator will approve the merger.",
        "The council has not yet approved the plan.",
        "The company has neither accepted nor rejected the bid.",
        "The court postponed its decision on the extradition.",
        "The ball is now in Russia's court.",
        "Marquez has given no answer to the offer.",
        "The merger is awaiting approval from the commission.",
    ],
    "open": [
        "Russia is open to working with Ukraine on a memorandum for a peace agreement.",
        "A ceasefire could follow if suitable agreements are reached, according to Putin.",
        "The union signalled its willingness to accept the offer.",
        "The board is likely to recommend the bid.",
        "The player would sign the contract if the bonus were raised.",
        "The government agreed in principle to the deal.",
        "The minister did not rule out accepting the offer.",
        "Hungary might support the sanctions.",
        "The council is expected to approve the plan on Friday.",
        "The rebels are ready to sign the truce, their leader said.",
        "The mayor agreed to consider the proposal.",
    ],
    "none": [
        "The bridge over the Sel was closed on Friday.",
        "The toll rose to seven on Wednesday.",
        "Macron said Putin must accept the unconditional ceasefire.",
        "The pope urged both sides to accept the truce.",
        "The minister rejected the claim that he had lied.",
        "The spokesman refused to comment on the report.",
        "Profits at Norvik declined by a fifth.",
        "The Iran-backed group fired on the town.",
        "The president's approval rating fell to 38 percent.",
        "Officials see signs of a recovery.",
        "Marchetti came back in the second half.",
        "The player who turned down Newport last summer scored twice.",
        "The minister agreed that the roads are bad.",
        "The general is considering a visit to the front.",
        "Trump awaits his trial in New York.",
    ],
}


@pytest.mark.parametrize(("stance", "sentence"), [(word, one) for word, said in SENTENCES.items() for one in said])
def test_the_stance_of_a_sentence(stance: str, sentence: str) -> None:
    assert (stance_of(only(sentence)) or "none") == stance


def test_every_step_of_the_scale_has_its_sentences() -> None:
    assert [*STANCES, "none"] == sorted(SENTENCES, key=[*STANCES, "none"].index)
    assert all(len(said) >= 10 for said in SENTENCES.values())


def test_a_hedge_of_the_record_softens_flat_words() -> None:
    flat = statement("Orsk accepted the truce.", article("A"), names="PERSON:orsk")
    hedged = {"unlikely": "unlikely", "uncertain": "undecided", "possible": "open", "planned": "open"}
    assert stance_of(flat) == "accepted"
    assert {modality: stance_of(replace(flat, modality=modality)) for modality in hedged} == hedged  # type: ignore[arg-type]
    assert stance_of(replace(flat, negated=True)) == "rejected"


def side(*members: str) -> Side:
    return Side("position", members, ("a",), 1, members[0])


def test_the_exemplar_decides_for_a_side_and_the_majority_where_it_has_no_stance() -> None:
    source = article("A")
    said = [
        statement(text, source, start=100 * place, names="PERSON:orsk")
        for place, text in enumerate(
            (
                "Orsk left the hall at nine.",
                "Orsk rejected the truce.",
                "Orsk refused the truce.",
                "Orsk may sign the truce.",
            )
        )
    ]
    silent, flat, flat_too, open_to_it = said
    assert stance_of_side(open_to_it, said) == "open"
    assert stance_of_side(silent, said) == "rejected"
    assert stance_of_side(silent, [silent, flat, open_to_it]) == "open"
    assert stance_of_side(silent, [silent]) is None
    assert stance_of(flat_too) == "rejected"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Orsk signed the truce.", "Orsk refused to sign the truce.", ("accepted", "rejected")),
        ("Orsk signed the truce on Friday.", "Orsk signed the truce on Saturday.", (None, None)),
        ("Orsk is 51 years old.", "Orsk is 53 years old.", (None, None)),
        ("Orsk signed the truce.", "Orsk slept in the hall.", (None, None)),
    ],
)
def test_only_a_conflict_about_a_decision_has_a_scale(
    first: str, second: str, expected: tuple[str | None, ...]
) -> None:
    said = [statement(text, article(outlet), names="PERSON:orsk") for text, outlet in ((first, "A"), (second, "B"))]
    sides = with_stances([side(one.statement_id) for one in said], {one.statement_id: one for one in said})
    assert tuple(one.stance for one in sides) == expected


def test_sides_are_read_along_the_scale_where_each_stands_on_it_else_by_their_origins() -> None:
    def told(stance: Stance | None, origins: int) -> Side:
        return Side(str(stance), ("s",), ("o",), origins, "s", stance)

    names = [("A",), ("B",), ("C",)]
    placed = [told("accepted", 3), told("rejected", 1), told("undecided", 2)]
    assert reading_order(placed, names) == [1, 2, 0]
    assert reading_order([*placed[:2], told(None, 2)], names) == [0, 2, 1]
