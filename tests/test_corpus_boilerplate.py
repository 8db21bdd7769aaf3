"""What is printed around an article goes; every sentence of the article stays."""

from __future__ import annotations

import pytest

from detector.corpus.boilerplate import EXACT, LABELS, NOTICES, OPENERS, PATTERNS, PROMPTS
from detector.corpus.cleaning import clean

BEFORE = "The dam above Orlec held on Monday, the water board said, after two days of rain."
AFTER = "Engineers lowered the lake by a metre overnight. Nobody was hurt."


def left_of(line: str) -> tuple[str, ...]:
    """What is left of a line in the middle of an article, where no byline or signature is looked for."""
    before = [BEFORE] * 6
    kept = clean("\n\n".join([*before, line, AFTER])).paragraphs
    assert kept[:6] == tuple(before) and kept[-1] == AFTER
    return kept[6:-1]


GOES = """
Advertisement
ADVERTISEMENT - STORY CONTINUES BELOW
Story continues below
Skip to main content
Home | World | Sport | Weather
LIKE US | SHARE THIS | Bingo – play now, 18+
← Older posts | Newer posts →
Next article
Share
Facebook Twitter WhatsApp Email
Share this article | Print | Letters to the editor
Share: Email Copy link
Share on Facebook
Copy link
Link copied to clipboard
2 Min Read
5 minute read
3 min ago
Reading time: 4 minutes
Read more
Read more: Who is the Wolf of the Sel?
READ MORE: Who is the Wolf of the Sel?
READ ALSO: Metro area No. 1 in the nation for rain
ALSO READ | Five charts on the flood
Related: Ferry fares to rise again
See also: Bradley show results, page 14.
More: How the dam was built
Watch: Helicopter lifts a cow off a roof
Click here to see the map
Don't miss: our guide to sandbags
Sign up for the Lantern Lowdown newsletter
SIGN UP: The day's news in your inbox
Subscribe to the Beacon for $4 a month.
Get the latest news delivered to your inbox
Enter your email address
By signing up, you agree to our terms.
Already a subscriber? Log in
Thank you for signing up!
If this was forwarded to you, sign up here.
You are receiving this because you subscribed to The Early Digest. Unsubscribe | Manage preferences
Follow us on Chatter
This article is for subscribers only.
To continue reading, log in or create an account
We use cookies and similar technologies to improve your experience.
We value your privacy
Accept all cookies
Cookie settings
Please enable JavaScript to view this page.
Video cannot be played on this device.
Getty Images
Jane Doe/iStock/Getty Images
Photo: Drew Angerer/Getty Images
Photo by Kevin Martin on Unsplash
Image: Channel Twelve / M. Tarn
Water runs over the spillway. Rob Kim/Getty Images
Water runs over the spillway on Monday. (AP Photo/Jane Doe)
A soldier looks out over the river. Image: Channel Twelve / M. Tarn
REUTERS/Jane Doe
File photo
© 2031 Daily Lantern. All rights reserved.
Copyright Capital Ledger 2031. Please use the sharing tools.
(c) 2031 Cable News Company, Inc. All rights reserved.
This material may not be published, broadcast, rewritten or redistributed.
(Reporting by A. Selwyn; Editing by R. Okonjo-Hale)
Reporting by A. Selwyn in Orlec; additional reporting by B. Moss; editing by C. Hale
Additional reporting by M. Adeyemi-Clarke.
Michelle Meyers and Justin Jaffe contributed to this report.
Curated by Phil Rosen in New York.
Select your language
English | Español | Français
English Español Français Deutsch
Leer en español
Comments
Leave a comment (14) | Older: Pool passes, ranked | About this blog
View 23 comments
Join the conversation
Comments are closed on this article.
WERE YOU THERE? Call the Klaxon newsdesk on 0555 010 4400. We pay for pictures.
Tags: floods, dams
Filed under: Orlec
This transcript was prepared automatically and may contain errors.
(This transcript was prepared automatically and may contain errors. © 2031 RTV Tarsova)
A version of this article appeared in print on May 4.
This story has been updated.
This is a developing story. Please check back for updates.
Disclaimer: this is not investment advice.
This material is for informational purposes only. It is not legal, tax, or investment advice.
Jane Doe is a reporter for the Courier. Follow her on Twitter at @jane.
He can be reached at jane@courier.example
""".strip().splitlines()


@pytest.mark.parametrize("line", GOES)
def test_what_is_printed_around_an_article_goes(line: str) -> None:
    assert left_of(line) == ()


STAYS = """
Share prices fell 3% on Friday.
Share of voters who back the deal rises to 60%
Sharing the river was never agreed, she said.
Read more carefully, the treaty allows both.
More than 12,000 people have died in the conflict.
More from the same lab will follow, officials said.
Related deaths rose to 12, the coroner said.
Watch officers saw the wave first.
Watch your step, the ranger told us.
Video from the scene showed smoke rising over the quay.
Images taken by satellite show the crater.
Photos of the prisoners were published by both armies.
Photographs by witnesses show two soldiers at the gate.
The picture: four dead, two missing.
The ministry said its website uses cookies to track visitors, which a court has forbidden.
Cookies were sold at the school fair.
Privacy advocates sued the company over its cookie banners on Tuesday.
Copyright law was changed in May 2030.
The court ruled that the names may not be published.
The bank signed up 300 customers in a day.
Signatories of the treaty met in Malta.
Subscribers of the paper fell to 40,000, it said.
Newsletter publisher Dan Orsk was arrested on Monday.
Register offices stay shut until June.
Join forces or lose, the general told them.
Support for the bill comes from rural voters and from farmers.
Following the vote, shares rose.
Follow-up tests were negative.
The hostage is free.
Reporting by the Courier found that the minister knew.
Reporting in three papers contradicted him.
Rising rents contributed to inflation.
Smith contributed to the report, which took two years.
Editing the map took nine days.
The transcript was released by the White House on Monday.
Advertisement spending fell by a fifth, the group said.
Advertising is banned near schools.
Published figures show that exports fell.
The minister ignored legal advice, saying it was not binding.
He had received no medical advice before the fight.
In this article of the constitution the king may not refuse.
The comments drew criticism from both parties.
Comments by the minister were taken out of context, her office said.
Country music star Bobo Adjei dies at 64
English is the language of the court.
A hotline for residents is open; anyone with symptoms should call it.
Call it a truce, said the envoy.
Unsubscribed shares were bought by the state.
"She has committed no crime except to follow me on Twitter," he said.
Print circulation rose, against the trend.
Email to staff shows the bank knew in March
Save the Children said four clinics were hit.
Home prices fell for a third month.
Weather kept the rescuers away until noon.
Live rounds were fired, two witnesses said.
Next week's vote will decide it.
5 minutes later the second wave struck.
The clause appears on page 12.
Loading docks at the port were empty.
Tips from the public led police to the house.
We pay our taxes, the club said.
Mr. X. Photo of the year went to her.
She told AFP that the talks had failed, and Reuters that they had not.
The deal was first reported by the AP.
The poll was conducted by ABC News/Ipsos.
• Deadline: August 21. After that the bidder must walk away.
- People: the finance director goes in the autumn.
1. Speed matters. It took 31 hours.
HOST: More questions? You can listen here every day, I think.
So I've got questions. Like: who counts?
""".strip().splitlines()


@pytest.mark.parametrize("line", STAYS)
def test_a_sentence_of_the_article_stays(line: str) -> None:
    assert left_of(line) == (line,)


@pytest.mark.parametrize(
    ("paragraph", "left"),
    [
        ("Closing would not help, he said. Photo: T. Rusk. Read more: The works.", "Closing would not help, he said."),
        ("Nobody was hurt. Sign up here.", "Nobody was hurt."),
        ("The dam held. © 2031 BBT. All rights reserved.", "The dam held."),
        ("It rained. Additional reporting by M. Moss.", "It rained."),
    ],
)
def test_a_prompt_at_the_end_of_a_paragraph_goes_and_the_paragraph_stays(paragraph: str, left: str) -> None:
    assert left_of(f"{BEFORE} {paragraph}") == (f"{BEFORE} {left}",)


def test_what_a_link_tells_besides_its_headline_stays() -> None:
    linked = "Read more: Our 2024 report on the Corrigan fire, in which 12 people were hurt."
    assert left_of(linked) == ("Our 2024 report on the Corrigan fire, in which 12 people were hurt.",)


def test_a_list_of_other_articles_goes_and_the_text_goes_on_after_it() -> None:
    text = f"{BEFORE}\n\nRelated stories\n\nFerry fares to rise again\n\n• Five charts on the war\n\nWho owns the dam?\n\n{AFTER}"
    cleaned = clean(text)
    assert cleaned.paragraphs == (BEFORE, AFTER)
    assert {removed.rule for removed in cleaned.removed} == {"related stories"}


def test_top_stories_of_a_digest_are_the_article() -> None:
    text = "TOP STORIES\n\n• Rebels sign ceasefire in Malta after nine days of talks\n\n• Dam above Orlec holds"
    assert len(clean(text).paragraphs) == 3


def test_a_byline_at_the_head_goes_and_names_the_author() -> None:
    cleaned = clean(f"By Graziella Demicoli, Courier Staff\n\nPublished: 7 May 2031, 18:30\n\n{BEFORE}")
    assert cleaned.paragraphs == (BEFORE,)
    assert cleaned.byline == "Graziella Demicoli, Courier Staff"


@pytest.mark.parametrize(
    "line",
    ["By Sunday noon, monitors had recorded nine violations", "By last night 58 people were hurt", "By Friday Teatime"],
)
def test_a_sentence_that_begins_with_by_is_no_byline(line: str) -> None:
    assert clean(f"{line}\n\n{BEFORE}").paragraphs == (line, BEFORE)


@pytest.mark.parametrize(
    "line",
    ["July 2031 was the hottest month on record", "Updated toll: 12 dead", "Rebels signed on Friday, 7 March 2031."],
)
def test_a_headline_with_a_date_is_no_date_line(line: str) -> None:
    assert clean(f"{line}\n\n{BEFORE}").paragraphs == (line, BEFORE)


def test_a_chart_credit_repeated_through_a_text_goes_and_speakers_stay() -> None:
    credits = clean(
        "\n\n".join([BEFORE, "Hoya Charts", AFTER, "Hoya Charts", "It rained.", "Hoya Charts", "It stopped."])
    )
    assert credits.paragraphs == (BEFORE, AFTER, "It rained.", "It stopped.")
    spoken = clean(
        "\n\n".join(["HOST:", "Did it hold?", "SMITH:", "It did.", "HOST:", "All night?", "HOST:", "Thanks."])
    )
    assert len(spoken.paragraphs) == 8


def test_a_list_of_countries_is_no_article() -> None:
    assert clean("Country\n\n" + " ".join(["Canada", "Cuba", "Haiti", "Kenya", "Peru"] * 8)).paragraphs == ()


def test_a_signature_at_the_end_goes() -> None:
    assert clean(f"{BEFORE}\n\n{AFTER}\n\nWishing you as always good trading,\n\nGary S. Wagner").paragraphs == (
        BEFORE,
        AFTER,
    )


def test_headings_bullets_and_the_words_of_a_transcript_stay_as_they_are() -> None:
    text = "THE DEAL AT A GLANCE\n\n• Guns fall silent\n\n• Prisoners go home\n\nPRESENTER: Good evening. So no truce?\n\nIRESH: No."
    assert clean(text).text == text


def test_no_phrase_names_an_outlet() -> None:
    phrases = " ".join(
        [*EXACT, *LABELS, *(p.pattern for table in (OPENERS, PROMPTS, PATTERNS, NOTICES) for _, p in table)]
    )
    assert not [
        name for name in ("guardian", "new york times", "bbc", "fox news", "huff", "washington post") if name in phrases
    ]


def test_every_removal_carries_the_name_of_its_rule() -> None:
    removed = clean(f"{BEFORE}\n\nAdvertisement\n\n{AFTER}\n\nSubscribe now").removed
    assert [(one.rule, one.text) for one in removed] == [
        ("advertisement", "Advertisement"),
        ("newsletter", "Subscribe now"),
    ]
