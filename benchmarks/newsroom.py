"""A generated newsroom of any size, for measuring growth: invented events, each told by eight of forty outlets.

Texts are of the length and variety of short news articles, and no two events share their names, so that a statement meets
few others that it could contradict, as in a real archive. Its figures say how the program grows, not how well it reads.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from detector.records import Article
from detector.testing import make_article, stems

TELLERS = 8
SENTENCES = 26
_OUTLETS = [
    f"{place} {kind}"
    for place in ("Harbour", "Valley", "Northern", "City", "Coastal", "Border", "Lakeside", "Upland")
    for kind in ("Post", "Courier", "Herald", "Ledger", "Observer")
]
_SYLLABLES = "ar bel cor dun el far gan hol is jor kel lam mor nev or pel quin ros sel tor ul var wen yar zel".split()
_EVENTS = (
    "a ferry ran aground off {town}", "a dam above {town} gave way", "the council of {town} fell apart over its budget",
    "{company} closed its plant in {town}", "two trains met on the line to {town}", "a fever broke out in {town}",
    "the teachers of {town} went on strike", "a court in {town} stopped the sale of {company}",
)  # fmt: skip
_TEMPLATES = (
    "{event}, the {office} said on {day}.", "At least {killed} people were killed and {hurt} were taken to hospital.",
    "{person}, who leads the {office}, spoke to reporters in {town} on {day}.",
    "“We {did} warn the {office} in {month},” {person} said.", "{company} {denies} that it had been told of the danger.",
    "The {office} put the damage at {cost} million euros.", "Repairs are expected to take {weeks} weeks.",
    "{rival} of the opposition called for {person} to {leave}.", "{person} {resigned} on {day} evening.",
    "The government in {capital} promised {aid} million euros for {town}.", "Schools in {town} stay closed until {day}.",
    "An inspection in {year} found {faults} faults, according to a report seen by this newspaper.",
    "{company} employs {staff} people in {town}.", "Its shares fell {percent} percent in {capital}.",
    "Police arrested {arrested} people in {town} on {day} night.", "The cause is {known}, the {office} said.",
    "{rival} said the {office} had {hidden} the figures since {month}.", "Some {moved} residents left their homes.",
    "The road from {town} to {capital} {road} on {day}.", "{person} is to appear before parliament on {day}.",
    "“Nobody was told anything,” said {witness}, a driver from {town}.", "{witness} had seen smoke at {hour} in the morning.",
    "It was the {count} accident of this kind since {year}.", "{company} {paid} the families of the victims.",
    "A judge in {capital} {freed} the manager of {company}.", "Ministers {agreed} to a new law on {day}.",
    "The union said that {strikers} workers had joined the strike.", "Talks between {company} and the union {talks} on {day}.",
    "{rival} wants a vote of no confidence in {month}.", "{person} has held the post since {year}.",
    "Water in the north of {town} {water} to drink, the {office} said.", "{killed2} of the dead were children.",
    "The mayor of {town} thanked the {helpers} helpers.", "The fire service needed {hours} hours to reach the place.",
    "A second inquiry {inquiry} in {month}.", "Insurers expect claims of {claims} million euros.",
)  # fmt: skip
_CHOICES = {
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday", "month": "January March May July October November",
    "denies": "denies confirms", "did": "did did|not", "resigned": "resigned refused|to|resign", "leave": "resign stay",
    "known": "known still|unknown", "hidden": "hidden published", "road": "reopened stayed|closed", "paid": "paid has|not|paid",
    "freed": "freed refused|to|free", "agreed": "agreed did|not|agree", "talks": "ended|in|agreement broke|down",
    "water": "is|safe is|not|safe", "inquiry": "will|begin has|been|called|off", "count": "second third fourth fifth",
    "office": "railway|office coast|guard health|office road|agency",
}  # fmt: skip
_NUMBERS = {
    "killed": (2, 60), "killed2": (2, 9), "hurt": (5, 200), "cost": (2, 90), "weeks": (2, 30), "aid": (2, 60), "faults": (2, 40),
    "staff": (90, 4000), "percent": (2, 30), "arrested": (2, 50), "moved": (50, 5000), "hour": (2, 11), "strikers": (90, 9000),
    "helpers": (20, 900), "hours": (2, 12), "claims": (5, 300), "year": (2011, 2029),
}  # fmt: skip
_START = datetime(2031, 1, 6)


def newsroom(statements: int, *, seed: int = 3) -> Iterator[Article]:
    """Articles that hold about so many statements, in the order in which they were published."""
    draw = random.Random(seed)
    for number in range(max(2 * TELLERS, round(statements / (SENTENCES + 1)))):
        if number % TELLERS == 0:
            names, facts = _names(draw), _facts(draw)
            tellers = draw.sample(_OUTLETS, TELLERS)
        told = facts | {key: value for key, value in _facts(draw).items() if draw.random() < 0.12}
        words = names | told
        words["event"] = str(words["event"]).format(**words)
        chosen = sorted(draw.sample(range(len(_TEMPLATES)), SENTENCES))
        text = " ".join(_sentence(_TEMPLATES[place].format(**words)) for place in chosen)
        day = _START + timedelta(hours=number // TELLERS)
        yield make_article(
            text,
            outlet=tellers[number % TELLERS],
            title=_sentence(f"{words['event']}: {told['killed']} dead, says {names['person']}"),
            published=day.date().isoformat(),
            url=f"https://outlet.example/{seed}/{number}",
        )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _name(draw: random.Random, syllables: int) -> str:
    return "".join(draw.choices(_SYLLABLES, k=syllables)).capitalize()


def _names(draw: random.Random) -> dict[str, str]:
    names = {key: _name(draw, 3) for key in ("town", "capital")}
    names |= {key: f"{_name(draw, 2)} {_name(draw, 3)}" for key in ("person", "rival", "witness")}
    return names | {"company": f"{_name(draw, 3)} Lines", "event": draw.choice(_EVENTS)}


def _facts(draw: random.Random) -> dict[str, str]:
    facts = {key: draw.choice(values.split()).replace("|", " ") for key, values in _CHOICES.items()}
    return facts | {key: str(draw.randint(*bounds)) for key, bounds in _NUMBERS.items()}


class WordVectors:
    """Stands for the encoder: a text's vector is the sum of fixed random vectors of its words, rarer ones longer, and of one
    that all texts share. Two texts of one matter then have a cosine of about .5, of two matters about .2, as with the
    shipped encoder; it takes no model's time, so that what is measured is the program."""

    encoder_id = "benchmark/word-vectors"
    dimensions = 384

    def __init__(self) -> None:
        self._words: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: list[str], *, progress: object = None) -> NDArray[np.float32]:
        rows = np.stack([self._vector(text) for text in texts]).astype(np.float32)
        unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def _vector(self, text: str) -> NDArray[np.float32]:
        total = 1.5 * self._word("")
        for word in stems(text):
            total = total + (1.5 if word[:1].isupper() else 1.0) * self._word(word)
        vector: NDArray[np.float32] = total
        return vector

    def _word(self, word: str) -> NDArray[np.float32]:
        if word not in self._words:
            seed = int.from_bytes(word.encode()[:8].ljust(8, b"\0"), "little") + len(word)
            self._words[word] = np.random.default_rng(seed).normal(size=self.dimensions).astype(np.float32)
        return self._words[word]


class DrawnScores:
    """Stands for the NLI model: scores drawn by a hash of the two texts, with as many contradictions and entailments among
    texts that share a name as the shipped model finds in real articles, a few in a hundred."""

    scorer_id = "benchmark/drawn-scores"

    def score(self, pairs: Sequence[tuple[str, str]], *, progress: object = None) -> NDArray[np.float32]:
        return np.asarray([self._probabilities(*pair) for pair in pairs], dtype=np.float32)

    def _probabilities(self, premise: str, hypothesis: str) -> tuple[float, float, float]:
        first, second = sorted((premise, hypothesis))
        drawn = zlib.crc32(f"{first}|{second}".encode()) % 1000
        names = {word for word in premise.split()[1:] if word[:1].isupper()}
        if drawn < 80 and names.intersection(hypothesis.split()):
            return (0.02, 0.03, 0.95) if drawn < 30 else (0.95, 0.03, 0.02)
        return (0.03, 0.94, 0.03)
