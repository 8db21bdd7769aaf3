"""Who asserts a statement."""

from __future__ import annotations

import pytest

from tests.reading import only, read


@pytest.mark.parametrize(
    ("sentence", "speaker"),
    [
        ("Two officials said the truce takes effect at midnight.", "two officials"),
        ("According to sources close to the talks, the truce has ended.", "sources close to the talks"),
        ("The bridge was closed on Friday, a Meridian witness said.", "a Meridian witness"),
        ("The works had been sold to a Dutch group, filings show.", "filings"),
        ("Army spokesman Col. Ruben Tace said the fire came from rebel lines.", "Ruben Tace"),
        ("“It is scale without soul,” said Julian Aske, the chairman.", "Julian Aske"),
        ("“I'd rather lose a striker than a Sunday.” – a chairman", "a chairman"),
        ("The truce was signed on Friday.", None),
        ("The Daily Example understands the fee is €52m.", None),
    ],
)
def test_the_speaker_is_the_one_who_asserts_it(sentence: str, speaker: str | None) -> None:
    assert only(sentence).speaker == speaker


def test_a_short_name_is_given_in_full() -> None:
    statements = read("General Davit Orsk arrived on Friday.\n\n“The guns will be cold,” Orsk said.")
    assert statements[1].speaker == "Davit Orsk"


def test_every_sentence_of_a_quotation_has_its_speaker() -> None:
    statements = read("Oksa Bell said: “I'll believe it when I can sleep. They promised us peace in 2028.”")
    assert [s.speaker for s in statements] == ["Oksa Bell", "Oksa Bell"]
    assert statements[1].form == "quote"


def test_a_quotation_takes_the_speaker_from_the_sentences_around_it() -> None:
    after = read("“The floor lifted. Then the ceiling came down,” said Marjorie Tull.")
    before = read("“It was the tank,” said Gwen Apsley. “We are confident of that.”")
    assert [s.speaker for s in after] == ["Marjorie Tull", "Marjorie Tull"]
    assert [s.speaker for s in before] == ["Gwen Apsley", "Gwen Apsley"]


def test_she_told_reporters_is_the_woman_named_before() -> None:
    text = "Foreign Minister Lida Marosh struck a brighter note. “The guns will be cold,” she told reporters."
    assert read(text)[1].speaker == "Lida Marosh"


def test_nested_attribution_names_the_source_and_the_newsroom() -> None:
    statement = only("Reuters reports, citing officials, that the truce collapsed on Friday.")
    assert (statement.speaker, statement.via) == ("officials", "Reuters")
    assert only("Weiner told Reuters that the account was hacked.", outlet="Fox News").via == "Reuters"


def test_copy_marked_with_an_agency_is_taken_from_it() -> None:
    assert only("MOSCOW (Reuters) - The truce collapsed on Friday.", outlet="Daily Lantern").via == "Reuters"
    assert only("MOSCOW (Reuters) - The truce collapsed on Friday.", outlet="Reuters").via is None


TRANSCRIPT = """PRESENTER: The talks have ended. Pavel Iresh is at Palazzo Saura.

IRESH: General Orsk's delegation left the hall.

PRESENTER: With me is Callum Rhodes, who runs Brightmere.

RHODES: None of our sites is going to close."""


def test_in_a_transcript_presenters_and_reporters_are_the_outlet() -> None:
    speakers = [s.speaker for s in read(TRANSCRIPT)]
    assert speakers == [None, None, None, None, "Callum Rhodes"]


def test_a_shouted_label_that_stands_alone_makes_no_transcript() -> None:
    statement = only("EXCLUSIVE: The fee is €52m, the club announced on Friday evening.")
    assert statement.speaker == "the club"


def test_berries_do_not_suspect() -> None:
    assert only("Hepatitis cases reach 41 in Quillan County; berries suspected").speaker is None


@pytest.mark.parametrize(
    ("sentence", "speaker"),
    [
        ("“One tray is one too many,” shrugged Bram Hoekstra over his coffee.", "Bram Hoekstra"),
        ("“One tray is one too many,” Bram Hoekstra, who runs the food safety authority, told us.", "Bram Hoekstra"),
        (
            "“Fish do not carry passports,” oozed Skarland premier Halvor Brekke, whose fleet is the biggest.",
            "Halvor Brekke",
        ),
        ("“A necklace does not walk,” Justice Aline Lim had reminded the twelve.", "Aline Lim"),
        ("“It is scale without soul,” said Julian Aske, the chairman, over a glass of buttermilk.", "Julian Aske"),
        ("“It is scale without soul,” quipped Bram Hoekstra's lawyer.", "Bram Hoekstra's lawyer"),
        ("“One tray is one too many,” Bram Hoekstra was told.", None),
        (
            "“No order can end that right,” the House speaker said on Tuesday, according to Erik Wasson.",
            "the House speaker",
        ),
        ("“It is scale without soul,” was how a banner for Julian Aske put it.", None),
    ],
)
def test_whom_the_words_behind_a_quotation_name_said_it_whatever_the_verb(sentence: str, speaker: str | None) -> None:
    assert only(sentence).speaker == speaker
