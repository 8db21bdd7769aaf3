"""An invented run for the report tests: four conflicts of different kinds and lanes, wire copies, hostile text.

Outlets, places and people do not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from detector.records import (
    Agreement,
    Article,
    CandidatePair,
    Conflict,
    Entity,
    Gate,
    Kind,
    Lane,
    Modality,
    Outcome,
    PairFinding,
    PairScore,
    Probs,
    Quantity,
    Run,
    ScoreFactor,
    Side,
    Statement,
    Topic,
    digest,
    evidence_hash_of,
    outlet_id_of,
    pair_id_of,
    statement_id_of,
    text_hash_of,
)

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
WIRE = (
    "The council of Orrin approved the tram line on Tuesday evening by 31 votes to 12. "
    "Work on the first stretch is to begin in spring."
)


def article(
    outlet: str,
    text: str,
    *,
    title: str | None = None,
    published: str | None = None,
    url: str | None = None,
    path: str | None = None,
    owner: str | None = None,
    guessed: bool = False,
    revision: int = 1,
) -> Article:
    whole = f"{title}\n\n{text}" if title else text
    return Article(
        article_id=digest("article", outlet, url or title or path),
        outlet_id=outlet_id_of(outlet),
        outlet=outlet,
        text=whole,
        text_hash=text_hash_of(whole),
        revision=revision,
        title=title,
        url=url,
        path=path,
        owner=owner,
        outlet_guessed=guessed,
        language="en",
        published_at=datetime.fromisoformat(published).replace(tzinfo=UTC) if published else None,
    )


def statement(
    home: Article,
    text: str,
    *,
    speaker: str | None = None,
    via: str | None = None,
    modality: Modality = "asserted",
    quantities: tuple[Quantity, ...] = (),
    entities: tuple[Entity, ...] = (),
) -> Statement:
    """A statement of the article with up to 200 characters around it as context."""
    start = home.text.index(text)
    end = start + len(text)
    return Statement(
        statement_id=statement_id_of(home.article_id, home.revision, start, end),
        article_id=home.article_id,
        revision=home.revision,
        outlet_id=home.outlet_id,
        position=start,
        start=start,
        end=end,
        text=text,
        wording=text,
        text_hash=text_hash_of(text),
        form="sentence",
        context_start=max(0, start - 200),
        context_end=min(len(home.text), end + 200),
        speaker=speaker,
        via=via,
        modality=modality,
        quantities=quantities,
        entities=entities,
    )


def side(position: str, statements: Sequence[Statement], *, origins: int | None = None) -> Side:
    outlets = tuple(sorted({one.outlet_id for one in statements}))
    return Side(
        position,
        tuple(one.statement_id for one in statements),
        outlets,
        origins or len(outlets),
        statements[0].statement_id,
    )


def finding(
    left: Statement, right: Statement, probability: float, *, kind: Kind = "negation", lane: Lane = "conflict"
) -> PairFinding:
    first, second = sorted((left.statement_id, right.statement_id))
    pair = CandidatePair(pair_id_of(first, second), first, second, 0.7123456, "shared names")
    rest = (1 - probability) / 2
    probs = Probs(rest, rest, probability)
    return PairFinding(
        pair,
        PairScore(pair.pair_id, "scorer", probs, probs),
        "contradicts",
        probability,
        lane,
        kind,
        (
            Gate("same matter", True, "both name Orrin"),
            Gate("exclusion", True, f"probability {probability:.2f}, 0.6 needed"),
        ),
    )


def conflict(
    question: str,
    sides: Sequence[Side],
    pairs: Sequence[PairFinding],
    *,
    kind: Kind,
    lane: Lane = "conflict",
    score: float = 1.0,
    topic_id: str | None = None,
    note: str = "",
) -> Conflict:
    return Conflict(
        conflict_id=digest("conflict", question),
        question=question,
        kind=kind,
        lane=lane,
        sides=tuple(sides),
        pair_ids=tuple(one.pair.pair_id for one in pairs),
        factors=(
            ScoreFactor("excludes", score - 0.05, 1.0, "strongest pair"),
            ScoreFactor("origins", 0.5, 0.2, "3 independent origins"),
            ScoreFactor("hedging", 0.5, -0.1, "one side speaks with reserve"),
        ),
        evidence_hash=evidence_hash_of([question]),
        topic_id=topic_id,
        note=note,
    )


class Sample:
    """Run, outcome, articles and statements of the invented run."""

    def __init__(self) -> None:
        self.articles: list[Article] = []
        self.statements: list[Statement] = []
        self.findings: list[PairFinding] = []
        tram, toll, boss, hostile = self._tram(), self._toll(), self._boss(), self._hostile()
        agreement = self._agreement()
        topics = (
            Topic("t1", "tram line in Orrin", tuple(one.statement_id for one in self.statements[:9])),
            Topic("t2", "fire at Weir Dock", tuple(one.statement_id for one in self.statements[9:13])),
        )
        self.outcome = Outcome(topics, (tram, toll, boss, hostile), (agreement,), tuple(self.findings))
        self.run = Run(
            run_id="run-1",
            started_at=datetime(2031, 3, 9, 12, 0, tzinfo=UTC),
            finished_at=datetime(2031, 3, 9, 12, 4, tzinfo=UTC),
            status="succeeded",
            state_hash="0123abcd",
            settings={"pairs": {"floor": 0.35}, "conflicts": {"contradiction": 0.6}},
            versions={"claim-contradiction-detector": "0.1.0"},
            models={"nli": "sample", "encoder": "sample"},
            counts={"articles": len(self.articles), "skipped_language": 2},
            seconds={"score": 1.5},
        )

    def _say(self, home: Article, text: str, **options: object) -> Statement:
        self.articles += [home] if home not in self.articles else []
        made = statement(home, text, **options)  # type: ignore[arg-type]
        self.statements.append(made)
        return made

    def _against(self, left: Statement, right: Statement, probability: float, **options: object) -> PairFinding:
        made = finding(left, right, probability, **options)  # type: ignore[arg-type]
        self.findings.append(made)
        return made

    def _tram(self) -> Conflict:
        """Seven outlets with a wire text and one text of its own against two outlets."""
        copies = ["Norrland Wire", "Daily Ferry", "Harbour Times", "Orrin Post", "Evening Quay", "Coast Radio"]
        line = WIRE.split(". ")[0] + "."
        yes = [
            self._say(
                article(
                    name,
                    WIRE,
                    title="Orrin approves tram",
                    published=f"2031-03-04T{18 + place // 3}:{10 * (place % 3):02d}",
                    url=f"https://{outlet_id_of(name)}.example/tram",
                ),
                line,
                via="Norrland Wire" if place else None,
            )
            for place, name in enumerate(copies)
        ]
        own = article(
            "Tram Watch",
            "I sat in the gallery. The council of Orrin approved the line after midnight talks.",
            title="They did it",
            published="2031-03-05",
            path="tram-watch.txt",
        )
        yes.append(self._say(own, "The council of Orrin approved the line after midnight talks."))
        courier = article(
            "Orrin Courier",
            "It was a long evening. The council of Orrin did not approve the tram line on Tuesday. A new vote is set for May.",
            title="No tram yet",
            published="2031-03-05T06:30",
            url="https://courier.example/no-tram",
        )
        gazette = article(
            "Fell Gazette",
            "The tram line was never approved, Mayor Ida Storm said. Her staff would not add to that.",
            title="Storm: no approval",
            published="2031-03-05T07:00",
            owner="Fell Media",
        )
        no = [
            self._say(courier, "The council of Orrin did not approve the tram line on Tuesday."),
            self._say(
                gazette,
                "The tram line was never approved, Mayor Ida Storm said.",
                speaker="Ida Storm",
                modality="reported",
            ),
        ]
        pairs = [self._against(yes[0], no[0], 0.97), self._against(yes[6], no[1], 0.88)]
        return conflict(
            "Has the council of Orrin approved the tram line?",
            [side("The council did not approve the line", no), side("The council approved the line", yes, origins=2)],
            pairs,
            kind="negation",
            score=1.21,
            topic_id="t1",
        )

    def _toll(self) -> Conflict:
        """Three sides, a hedged one, an undated article of a guessed outlet and an edited one."""
        post = article(
            "Orrin Post",
            "Flames rose over Weir Dock. The fire hurt 12 people, the brigade said. Eleven of 40 boats burned.",
            title="Fire at Weir Dock",
            published="2031-03-06T09:00",
            url="https://orrin-post.example/fire",
            revision=2,
        )
        quay = article(
            "Evening Quay",
            "At least 30 people were hurt in the fire at Weir Dock. The harbour is closed.",
            title="Weir Dock burns",
            published="2031-03-06T11:00",
        )
        notes = article(
            "Dock Notes",
            "Saw it all from the pier. Around twenty were hurt, maybe more.",
            path="dock-notes.txt",
            guessed=True,
        )
        first = self._say(
            post,
            "The fire hurt 12 people, the brigade said.",
            speaker="the brigade",
            quantities=(Quantity("12 people", 12, 12, noun="people"),),
        )
        second = self._say(
            quay,
            "At least 30 people were hurt in the fire at Weir Dock.",
            quantities=(Quantity("At least 30 people", 30, float("inf"), noun="people"),),
        )
        third = self._say(
            notes,
            "Around twenty were hurt, maybe more.",
            modality="possible",
            quantities=(Quantity("Around twenty", 20, 20, noun="people", approximate=True),),
        )
        pairs = [
            self._against(first, second, 0.91, kind="number"),
            self._against(first, third, 0.72, kind="number"),
            self._against(second, third, 0.66, kind="number"),
        ]
        return conflict(
            "How many people were hurt in the fire at Weir Dock?",
            [
                side("12 people were hurt", [first]),
                side("At least 30 people were hurt", [second]),
                side("About 20 were hurt", [third]),
            ],
            pairs,
            kind="number",
            score=0.98,
            topic_id="t2",
        )

    def _boss(self) -> Conflict:
        """A later report that replaces an earlier one."""
        early = article(
            "Harbour Times",
            "Harbour chief Nils Brand will stay, the board said on Monday.",
            title="Brand stays",
            published="2031-03-03",
            url="https://harbour-times.example/brand",
        )
        late = article(
            "Coast Radio",
            "Harbour chief Nils Brand resigned on Saturday. The board met at noon.",
            title="Brand goes",
            published="2031-03-08T13:00",
        )
        before = self._say(
            early,
            "Harbour chief Nils Brand will stay, the board said on Monday.",
            speaker="the board",
            modality="planned",
        )
        after = self._say(late, "Harbour chief Nils Brand resigned on Saturday.")
        pairs = [self._against(before, after, 0.83, kind="outcome", lane="update")]
        return conflict(
            "Is Nils Brand still harbour chief?",
            [side("He stays", [before]), side("He resigned", [after])],
            pairs,
            kind="outcome",
            lane="update",
            score=0.80,
        )

    def _hostile(self) -> Conflict:
        """Markup, control and steering characters, formulas, links that must not be followed, and a word without end."""
        bad = article(
            "=cmd|'/c calc'!A1",
            f"{HOSTILE} The gate was \u202eshut\u202c at \x1b[31mnoon\x1b[0m [bold]by[/bold] *hand* | `rm`. </style></script>",
            title="<b>bold</b> [link](javascript:alert(1))",
            published="2031-03-07",
            url="javascript:window.hacked=1",
        )
        long = article(
            "Word" * 30,
            "The gate stayed open. " + "x" * 400,
            title="@sum",
            published="2031-03-07",
            url='https://long.example/"><script>window.hacked=1</script>',
        )
        first = self._say(bad, bad.text[bad.text.index("<img") :])
        second = self._say(long, "The gate stayed open. " + "x" * 400, speaker="+" + HOSTILE)
        pairs = [self._against(first, second, 0.61, kind="antonym", lane="dispute")]
        return conflict(
            f"Was the gate shut? {HOSTILE}",
            [side(f"=shut {HOSTILE}", [first]), side("-open", [second])],
            pairs,
            kind="antonym",
            lane="dispute",
            score=0.51,
            note=HOSTILE,
        )

    def _agreement(self) -> Agreement:
        homes = {one.outlet: one for one in self.articles if one.title in ("Fire at Weir Dock", "Weir Dock burns")}
        closed = [
            self._say(homes["Orrin Post"], "Flames rose over Weir Dock."),
            self._say(homes["Evening Quay"], "The harbour is closed."),
        ]
        return Agreement(
            digest("agreement", "fire"),
            "There was a fire at Weir Dock",
            tuple(one.statement_id for one in closed),
            tuple(sorted(one.outlet_id for one in closed)),
            2,
            0.9,
        )
