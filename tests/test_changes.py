"""The difference between two runs, on invented articles that stand in the tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from report_fixture import article, conflict, finding, side, statement

from detector.changes import Changes, ConflictChange, Snapshot, align, compare, seen_of
from detector.changes.sentences import MOST_SENTENCES, sentences_of, word_spans
from detector.records import Article, Conflict, Outcome, Run, Statement

POST = article("Harbour Post", "The council approved the tram line. It met for six hours.", published="2031-03-04")
TIMES = article(
    "Ellery Times", "The council did not approve the tram line. A vote is due in May.", published="2031-03-05"
)
RADIO = article("Radio Ellery", "The tram line was approved by the council.", published="2031-03-06")
YES = statement(POST, "The council approved the tram line.")
NO = statement(TIMES, "The council did not approve the tram line.")
ALSO = statement(RADIO, "The tram line was approved by the council.")


def question(words: str, *sides: Sequence[Statement], conflict_id: str = "") -> Conflict:
    shown = [side(statements[0].text, statements) for statements in sides]
    made = conflict(words, shown, [finding(sides[0][0], sides[1][0], 0.9)], kind="negation")
    return replace(made, conflict_id=conflict_id or made.conflict_id)


def snapshot(
    conflicts: Sequence[Conflict], articles: Sequence[Article], statements: Sequence[Statement], *, run_id: str = "run"
) -> Snapshot:
    at = datetime(2031, 3, 9, tzinfo=UTC)
    return Snapshot(
        run=Run(run_id, at, "succeeded", at),
        outcome=Outcome(conflicts=tuple(conflicts)),
        statements={one.statement_id: one for one in statements},
        revisions={one.article_id: one.revision for one in articles},
        articles={(one.article_id, one.revision): one for one in articles},
    )


def edited(old: Article, before: str, after: str) -> Article:
    assert before in old.text
    return replace(old, text=old.text.replace(before, after), revision=old.revision + 1)


def states(changes: Changes) -> list[str]:
    return [change.state for change in changes.conflicts]


def only(changes: Changes) -> ConflictChange:
    (change,) = changes.conflicts
    return change


TRAM = question("Was the tram line approved?", [YES], [NO])
BEFORE = snapshot([TRAM], [POST, TIMES], [YES, NO], run_id="monday")


def test_nothing_new_is_no_change() -> None:
    changes = compare(BEFORE, BEFORE)
    assert states(changes) == ["unchanged"]
    assert changes.added == changes.revised == changes.setup == ()
    assert {name for name, count in changes.counts.items() if count} == {"unchanged"}


def test_a_question_that_only_the_later_run_found_is_new() -> None:
    changes = compare(snapshot([], [POST], []), BEFORE)
    assert states(changes) == ["new"]
    assert [one.outlet for one in changes.added] == ["Ellery Times"]


def test_an_outlet_that_joins_a_side_makes_a_question_grow() -> None:
    later = snapshot(
        [replace(TRAM, sides=(side("yes", [YES, ALSO]), side("no", [NO])))], [POST, TIMES, RADIO], [YES, NO, ALSO]
    )
    change = only(compare(BEFORE, later))
    assert change.state == "grown"
    assert [(one.place, one.joined, one.left) for one in change.sides] == [(0, ("radio-ellery",), ())]
    back = only(compare(later, BEFORE))
    assert (back.state, back.sides[0].left) == ("shrunk", ("radio-ellery",))


def test_a_third_side_has_joined_with_all_its_outlets() -> None:
    later = snapshot(
        [replace(TRAM, sides=(*TRAM.sides, side("perhaps", [ALSO])))], [POST, TIMES, RADIO], [YES, NO, ALSO]
    )
    change = only(compare(BEFORE, later))
    assert change.state == "grown"
    assert [(one.place, one.place_before, one.joined) for one in change.sides] == [(2, None, ("radio-ellery",))]


def test_a_question_is_known_by_its_statements_when_its_id_changed() -> None:
    later = snapshot([replace(TRAM, conflict_id="other")], [POST, TIMES], [YES, NO])
    assert states(compare(BEFORE, later)) == ["unchanged"]


def test_statements_shared_on_one_side_only_do_not_make_it_the_same_question() -> None:
    toll = statement(RADIO, "The tram line was approved by the council.")
    later = snapshot([question("Another?", [YES], [toll])], [POST, TIMES, RADIO], [YES, toll])
    assert states(compare(BEFORE, later)) == ["new", "settled"]


def test_an_edited_sentence_keeps_its_place_in_the_question_and_is_shown() -> None:
    times = edited(TIMES, "did not approve", "has not yet approved")
    no = statement(times, "The council has not yet approved the tram line.")
    later = snapshot([question("Was it?", [YES], [no])], [POST, times], [YES, no])
    change = only(compare(BEFORE, later))
    assert change.state == "edited"
    (edit,) = change.edits
    assert edit.article == times
    assert edit.sentence.before == "The council did not approve the tram line."
    assert edit.sentence.after == "The council has not yet approved the tram line."


def test_an_edit_elsewhere_in_an_article_leaves_its_questions_alone() -> None:
    times = edited(TIMES, "A vote is due in May.", "A vote is due in June.")
    no = statement(times, NO.text)
    later = snapshot([question("Was it?", [YES], [no])], [POST, times], [YES, no])
    changes = compare(BEFORE, later)
    assert states(changes) == ["unchanged"]
    (revised,) = changes.revised
    assert [(one.before, one.after) for one in revised.sentences] == [
        ("A vote is due in May.", "A vote is due in June.")
    ]


def test_an_outlet_that_takes_its_sentence_back_settles_the_question() -> None:
    times = edited(TIMES, "The council did not approve the tram line. ", "")
    change = only(compare(BEFORE, snapshot([], [POST, times], [])))
    assert (change.state, change.reason, change.gone) == ("settled", "side-gone", (1,))
    assert [(one.article.outlet, one.sentence.kind, one.sentence.before) for one in change.edits] == [
        ("Ellery Times", "removed", "The council did not approve the tram line.")
    ]


def test_a_question_that_is_gone_with_one_of_two_sentences_of_a_side_edited_says_so() -> None:
    wide = replace(TRAM, sides=(side("yes", [YES, ALSO]), side("no", [NO])))
    radio = edited(RADIO, "was approved", "was rejected")
    before = snapshot([wide], [POST, TIMES, RADIO], [YES, NO, ALSO])
    change = only(compare(before, snapshot([], [POST, TIMES, radio], [])))
    assert (change.reason, change.gone, len(change.edits)) == ("edited", (), 1)


def test_a_question_that_is_gone_though_no_text_changed_is_said_to_be_no_longer_found() -> None:
    change = only(compare(BEFORE, snapshot([], [POST, TIMES], [])))
    assert (change.state, change.reason, change.edits) == ("settled", "not-found", ())


def test_a_question_whose_article_is_kept_no_longer_is_withdrawn() -> None:
    assert only(compare(BEFORE, snapshot([], [POST], []))).reason == "withdrawn"


def test_two_questions_that_became_one_are_told_as_merged_and_back_as_split() -> None:
    yes, no = statement(POST, "It met for six hours."), statement(TIMES, "A vote is due in May.")
    second = question("And the vote?", [yes], [no])
    both = question("Was it?", [YES, yes], [NO, no], conflict_id="both")
    articles, statements = [POST, TIMES], [YES, NO, yes, no]
    changes = compare(snapshot([TRAM, second], articles, statements), snapshot([both], articles, statements))
    kept, settled = changes.conflicts
    assert (kept.state, kept.before) == ("unchanged", TRAM)
    assert (settled.reason, settled.related_id) == ("merged", "both")
    back = compare(snapshot([both], articles, statements), snapshot([TRAM, second], articles, statements))
    assert [(one.state, one.related_id) for one in back.conflicts] == [("unchanged", None), ("new", "both")]


def test_an_outlet_that_changes_sides_is_neither_joining_nor_leaving_the_question() -> None:
    before = snapshot(
        [replace(TRAM, sides=(side("yes", [YES, ALSO]), side("no", [NO])))], [POST, TIMES, RADIO], [YES, NO, ALSO]
    )
    radio = edited(RADIO, "was approved", "was not approved")
    also = statement(radio, "The tram line was not approved by the council.")
    later = snapshot(
        [replace(TRAM, sides=(side("yes", [YES]), side("no", [NO, also])))], [POST, TIMES, radio], [YES, NO, also]
    )
    change = only(compare(before, later))
    assert change.state == "edited"
    assert [(one.joined, one.left) for one in change.sides] == [((), ("radio-ellery",)), (("radio-ellery",), ())]


def many(count: int) -> list[Conflict]:
    return [question(f"Question {number}?", [YES], [NO], conflict_id=f"c{number:04d}") for number in range(count)]


def test_newcomers_above_a_question_do_not_move_it() -> None:
    old = many(6)
    changes = compare(snapshot(old[3:], [POST, TIMES], [YES, NO]), snapshot(old, [POST, TIMES], [YES, NO]))
    assert states(changes) == ["new"] * 3 + ["unchanged"] * 3


def test_a_question_that_rises_by_several_places_has_moved_and_those_it_passed_have_not() -> None:
    old = many(8)
    changes = compare(
        snapshot(old, [POST, TIMES], [YES, NO]), snapshot([old[6], *old[:6], old[7]], [POST, TIMES], [YES, NO])
    )
    assert states(changes) == ["moved"] + ["unchanged"] * 7
    assert (changes.conflicts[0].rank_before, changes.conflicts[0].rank) == (7, 1)


def test_another_lane_is_a_move_whatever_the_rank() -> None:
    change = only(compare(BEFORE, snapshot([replace(TRAM, lane="update")], [POST, TIMES], [YES, NO])))
    assert (change.state, change.lane_before) == ("moved", "conflict")


def test_other_settings_and_models_are_named_as_a_possible_cause() -> None:
    run = replace(BEFORE.run, settings={"conflicts": {"floor": 0.7}, "reading": {"x": 1}}, models={"nli": "other"})
    changes = compare(BEFORE, replace(BEFORE, run=run))
    assert changes.setup == ("settings [conflicts]", "model: nli")


def test_a_run_that_did_not_keep_what_it_saw_has_no_added_or_revised_articles() -> None:
    changes = compare(replace(BEFORE, revisions={}), BEFORE)
    assert not changes.complete
    assert changes.added == changes.revised == ()


def test_only_the_texts_that_differ_are_asked_for() -> None:
    assert seen_of({"a": 1, "b": 1, "gone": 1}, {"a": 1, "b": 3, "c": 1}) == {("b", 1), ("b", 3), ("c", 1)}
    assert seen_of({}, {"a": 1}) == set()


def test_thousands_of_questions_are_compared_in_a_moment() -> None:
    homes = [article(f"Outlet {number}", f"The bridge number {number} is open. It is shut.") for number in range(4000)]
    statements = [(statement(home, home.text.split(". ")[0] + "."), statement(home, "It is shut.")) for home in homes]
    old = [
        question(f"Q{place}", [first], [second], conflict_id=f"old{place}")
        for place, (first, second) in enumerate(statements)
    ]
    new = [replace(one, conflict_id=f"new{place}") for place, one in enumerate(reversed(old))]
    flat = [one for pair in statements for one in pair]
    before, after = snapshot(old, homes, flat), snapshot(new, homes, flat)
    started = datetime.now(UTC)
    changes = compare(before, after)
    assert (datetime.now(UTC) - started).total_seconds() < 5
    assert len(changes.of("new", "settled")) == 0


# ---------------------------------------------------------------------------------------------------------- sentences


def told(before: str, after: str) -> list[tuple[str | None, str | None]]:
    return [(one.before, one.after) for one in align(before, after).changes().values()]


def test_a_reworded_sentence_is_shown_with_the_words_that_differ() -> None:
    (change,) = (
        align("It began. He will step down on Friday.", "It began. He will resign on Monday.").changes().values()
    )
    assert change.kind == "changed"
    assert [change.before[a:b] for a, b in change.before_spans] == ["step down on Friday"]
    assert [change.after[a:b] for a, b in change.after_spans] == ["resign on Monday"]


def test_an_added_and_a_removed_sentence_are_told_apart_from_a_reworded_one() -> None:
    before = "The mayor spoke. Twelve people were hurt. The harbour stays shut."
    after = "The mayor spoke. Nobody answered calls. The harbour stays shut. Trains run."
    assert told(before, after) == [
        ("Twelve people were hurt.", None),
        (None, "Nobody answered calls."),
        (None, "Trains run."),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("He said “no”. She left.", 'He said "no".\n\nShe  left.'),
        ("One came. Two went. Three stayed.", "Three stayed. One came. Two went."),
        ("", ""),
    ],
)
def test_other_spacing_quotation_marks_or_order_are_no_changed_sentence(before: str, after: str) -> None:
    assert told(before, after) == []


def test_titles_and_initials_end_no_sentence() -> None:
    text = "Mr. Gray met Gen. Stone. J. Rowe of the U.S. Navy left.\nA headline without a stop\n“Go.” They went."
    assert [one.text for one in sentences_of(text)] == [
        "Mr. Gray met Gen. Stone.",
        "J. Rowe of the U.S. Navy left.",
        "A headline without a stop",
        "“Go.”",
        "They went.",
    ]
    assert all(text[one.start : one.end] == one.text for one in sentences_of(text))


def test_two_rewritten_sentences_are_paired_with_what_they_became() -> None:
    before = "The fire hurt 12 people. The brigade came at noon."
    after = "The big fire hurt 30 people. Smoke rose. The brigade came at night."
    assert told(before, after) == [
        ("The fire hurt 12 people.", "The big fire hurt 30 people."),
        (None, "Smoke rose."),
        ("The brigade came at noon.", "The brigade came at night."),
    ]


def test_hostile_texts_are_compared_in_a_moment() -> None:
    started = datetime.now(UTC)
    same, other = "Same again. " * 60_000, "Same again. " * 59_000 + "Other now. " * 2_000
    align(same, other)
    align("x " * 300_000, "y " * 300_000)
    align(
        " ".join(f"A{n} b." for n in range(MOST_SENTENCES * 3)), " ".join(f"C{n} d." for n in range(MOST_SENTENCES * 3))
    )
    word_spans("a b " * 50_000, "b a " * 50_000)
    align('."' * 50_000, ".\n" * 50_000)
    assert (datetime.now(UTC) - started).total_seconds() < 10
