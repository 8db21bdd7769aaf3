"""A corpus for measuring when no real articles are at hand: invented accidents, each told by several outlets.

Its figures say how the program scales, not how well it reads: real articles are longer and less alike.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

_OUTLETS = ("Harbour Post", "Valley Courier", "The Lantern", "Northern Wire", "Daily Beacon", "City Ledger")
_TOWNS = (
    "Arvelle",
    "Brunmoor",
    "Castrel",
    "Dunhaven",
    "Estmark",
    "Farrowby",
    "Glenport",
    "Hollin",
    "Istvale",
    "Jorvan",
)
_EVENTS = {
    "a train left the rails": ("railway", "driver", "passengers"),
    "a warehouse burned down": ("fire service", "owner", "workers"),
    "a bridge gave way": ("road agency", "engineer", "drivers"),
    "a ferry ran aground": ("coast guard", "captain", "travellers"),
    "a gas main exploded": ("gas company", "inspector", "residents"),
}
_SENTENCES = (
    "The {office} of {town} said that {hurt} {people} were hurt when {event}.",
    "It happened at {hour} in the morning, according to the {office}.",
    "The {head} told reporters that nobody had been warned.",
    "Repairs will take {weeks} weeks and cost {cost} million euros, the mayor said.",
    "Residents of {town} had asked for an inspection in {year}.",
    "The {office} {denies} that the last inspection had been put off.",
    "A court in {town} will hear the first witnesses in {month}.",
    "The {head} has {resigned} since the accident.",
    "Two of the {people} remain in hospital.",
    "The cause is still unknown, an expert said on Thursday.",
    "Schools in {town} stayed closed for {days} days.",
    "The government promised {aid} million euros for the {people} and their families.",
)
_MONTHS = ("March", "April", "June", "September")


def articles(count: int, *, seed: int = 11) -> Iterator[dict[str, str]]:
    """`count` articles, six to an event; outlets differ on some of the figures. The same for the same seed."""
    draw = random.Random(seed)
    start = datetime(2031, 1, 6)
    for number in range(count):
        if number % len(_OUTLETS) == 0:
            town, event = draw.choice(_TOWNS), draw.choice(sorted(_EVENTS))
            facts = _facts(draw)
        told = facts | {key: value for key, value in _facts(draw).items() if draw.random() < 0.2}
        office, head, people = _EVENTS[event]
        words = {"town": town, "event": event, "office": office, "head": head, "people": people, **told}
        chosen = sorted(draw.sample(range(len(_SENTENCES)), 9))
        outlet = _OUTLETS[number % len(_OUTLETS)]
        yield {
            "outlet": outlet,
            "title": f"{town}: {event}, {told['hurt']} hurt",
            "published": (start + timedelta(days=number // len(_OUTLETS))).date().isoformat(),
            "url": f"https://{outlet.lower().replace(' ', '-')}.example/{number}",
            "text": " ".join(_SENTENCES[index].format(**words) for index in chosen),
        }


def _facts(draw: random.Random) -> dict[str, str]:
    return {
        "hurt": str(draw.randint(3, 60)),
        "hour": str(draw.randint(2, 11)),
        "weeks": str(draw.randint(2, 30)),
        "cost": str(draw.randint(2, 90)),
        "year": str(draw.randint(2018, 2029)),
        "days": str(draw.randint(2, 9)),
        "aid": str(draw.randint(1, 40)),
        "month": draw.choice(_MONTHS),
        "denies": draw.choice(("denied", "confirmed")),
        "resigned": draw.choice(("resigned", "refused to resign")),
    }


def write_articles(path: Path, count: int) -> None:
    path.write_text("".join(f"{json.dumps(article)}\n" for article in articles(count)), encoding="utf-8")
