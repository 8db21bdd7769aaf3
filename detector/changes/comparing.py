"""Two runs in, what became of each conflict and each article between them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detector.changes.matching import Match, Matches, match_conflicts, places_in
from detector.changes.sentences import Alignment, align
from detector.changes.values import (
    Changes,
    ChangeState,
    ConflictChange,
    Edit,
    RevisedArticle,
    SentenceChange,
    SettledReason,
    SideChange,
    Snapshot,
)
from detector.records import Article, Conflict, Run, Statement

MOVED_PLACES = 3
"""Places that a conflict must rise or fall among those found by both runs to have moved; less is shuffling."""
MOVED_SHARE = 0.25
"""And as a share of the higher of its two places from the top of the list: 40th to 44th tells a reader nothing."""
_DECISIVE_SETTINGS = ("statements", "topics", "pairs", "conflicts", "models")
_PROGRAM = "claim-contradiction-detector"


def compare(before: Snapshot, after: Snapshot) -> Changes:
    """What is different in the later run; conflicts in its order, then those that only the earlier one found."""
    revised = _revised(before, after)
    alignments = {article_id: align(old.text, new.text) for article_id, (old, new) in revised.items()}
    sentences = {article_id: alignment.changes() for article_id, alignment in alignments.items()}
    matches = match_conflicts(before, after, alignments)
    texts = _Texts(before, after, alignments, sentences)
    return Changes(
        before=before.run,
        after=after.run,
        conflicts=(*_later(before, after, matches, texts), *_settled(before, after, matches, texts)),
        added=_added(before, after),
        revised=tuple(
            RevisedArticle(
                old, new, tuple(sentences[article_id].values()), after.seen_at.get((article_id, new.revision))
            )
            for article_id, (old, new) in revised.items()
        ),
        setup=setup_changes(before.run, after.run),
        complete=bool(before.revisions),
    )


def seen_of(before: Mapping[str, int], after: Mapping[str, int]) -> set[tuple[str, int]]:
    """Ids and revisions of the articles that a comparison of two runs needs, by what each run saw."""
    if not before:
        return set()
    new = {(article_id, revision) for article_id, revision in after.items() if before.get(article_id) != revision}
    return new | {(article_id, before[article_id]) for article_id, _ in new if article_id in before}


def _revised(before: Snapshot, after: Snapshot) -> dict[str, tuple[Article, Article]]:
    """Both texts of each article that was edited in between, by its id; without those of which a text is kept no longer."""
    keys = {
        article_id: ((article_id, before.revisions[article_id]), (article_id, revision))
        for article_id, revision in sorted(after.revisions.items())
        if before.revisions.get(article_id, revision) != revision
    }
    return {
        article_id: (before.articles[old], after.articles[new])
        for article_id, (old, new) in keys.items()
        if old in before.articles and new in after.articles
    }


def _added(before: Snapshot, after: Snapshot) -> tuple[Article, ...]:
    """Articles that the earlier run had not seen, by outlet and time; none where it is not known what it had seen."""
    if not before.revisions:
        return ()
    keys = [
        (article_id, revision) for article_id, revision in after.revisions.items() if article_id not in before.revisions
    ]
    found = [after.articles[key] for key in keys if key in after.articles]
    return tuple(sorted(found, key=lambda one: (one.outlet.casefold(), str(one.published_at or "~"), one.article_id)))


def setup_changes(before: Run, after: Run) -> tuple[str, ...]:
    """What else than the articles may have made a difference."""
    found = [
        f"settings [{section}]"
        for section in _DECISIVE_SETTINGS
        if before.settings.get(section) != after.settings.get(section)
    ]
    found += [
        f"model: {name}"
        for name in sorted({*before.models, *after.models})
        if before.models.get(name) != after.models.get(name)
    ]
    versions = [run.versions.get(_PROGRAM, "") for run in (before, after)]
    return (*found, *(["program version"] if versions[0] != versions[1] else []))


class _Texts:
    """What became of the sentences that conflicts rest on."""

    def __init__(
        self,
        before: Snapshot,
        after: Snapshot,
        alignments: Mapping[str, Alignment],
        sentences: Mapping[str, Mapping[tuple[int | None, int | None], SentenceChange]],
    ) -> None:
        self._before, self._after = before, after
        self._starts = {
            article_id: ([one.start for one in found.before], [one.start for one in found.after])
            for article_id, found in alignments.items()
        }
        self._old: dict[str, dict[int, SentenceChange]] = {}
        self._new: dict[str, dict[int, SentenceChange]] = {}
        for article_id, changes in sentences.items():
            self._old[article_id] = {i: change for (i, _), change in changes.items() if i is not None}
            self._new[article_id] = {j: change for (_, j), change in changes.items() if j is not None}

    def edits(self, before: Conflict | None, after: Conflict | None) -> tuple[Edit, ...]:
        """The edited sentences among the statements of a conflict, each once, in the order of its sides."""
        found: dict[int, Edit] = {}
        for conflict, old in ((before, True), (after, False)):
            for statement in self._statements(conflict, old=old):
                article_id = statement.article_id
                for change in self._changed(statement, old=old):
                    article = self._after.articles[article_id, self._after.revisions[article_id]]
                    found.setdefault(id(change), Edit(article, change))
        return tuple(found.values())

    def gone(self, conflict: Conflict) -> tuple[int, ...]:
        """Places of the sides of which no sentence stands in the later texts as it was."""
        return tuple(
            place
            for place, side in enumerate(conflict.sides)
            if not any(self._stands(self._before.statements.get(one)) for one in side.statement_ids)
        )

    def withdrawn(self, conflict: Conflict) -> bool:
        """Whether an article of the conflict is kept no longer."""
        if not self._after.revisions:
            return False
        return any(one.article_id not in self._after.revisions for one in self._statements(conflict, old=True))

    def _statements(self, conflict: Conflict | None, *, old: bool) -> list[Statement]:
        known = self._before.statements if old else self._after.statements
        sides = conflict.sides if conflict else ()
        return [known[one] for side in sides for one in side.statement_ids if one in known]

    def _changed(self, statement: Statement, *, old: bool) -> list[SentenceChange]:
        changes = (self._old if old else self._new).get(statement.article_id)
        if not changes:
            return []
        starts = self._starts[statement.article_id][0 if old else 1]
        return [changes[place] for place in places_in(starts, statement.start, statement.end) if place in changes]

    def _stands(self, statement: Statement | None) -> bool:
        if statement is None or (self._after.revisions and statement.article_id not in self._after.revisions):
            return False
        return not self._changed(statement, old=True)


def _later(before: Snapshot, after: Snapshot, matches: Matches, texts: _Texts) -> list[ConflictChange]:
    earlier = before.outcome.conflicts
    kept = {match.after: match for match in matches.kept}
    moved = _moved(matches.kept)
    found = []
    for place, conflict in enumerate(after.outcome.conflicts):
        match = kept.get(place)
        if match is None:
            origin = matches.split.get(place)
            related = earlier[origin].conflict_id if origin is not None else None
            edits = texts.edits(None, conflict)
            found.append(ConflictChange("new", conflict, None, place + 1, None, edits=edits, related_id=related))
            continue
        old = earlier[match.before]
        sides = side_changes(old, conflict, match.sides)
        edits = texts.edits(old, conflict)
        lane_before = old.lane if old.lane != conflict.lane else None
        state = _state(sides, edits, moved=place in moved or lane_before is not None)
        found.append(ConflictChange(state, conflict, old, place + 1, match.before + 1, sides, edits, lane_before))
    return found


def _state(sides: Sequence[SideChange], edits: Sequence[Edit], *, moved: bool) -> ChangeState:
    """The most telling of what happened: who came, who went, what was reworded, where it stands in the list."""
    joined = {outlet for side in sides for outlet in side.joined}
    left = {outlet for side in sides for outlet in side.left}
    if joined - left:
        return "grown"
    if left - joined:
        return "shrunk"
    if edits or joined:
        return "edited"
    return "moved" if moved else "unchanged"


def side_changes(before: Conflict, after: Conflict, same: Mapping[int, int]) -> tuple[SideChange, ...]:
    """The sides with other outlets than before, later sides first; `same` maps earlier places to later ones."""
    earlier = {later: place for place, later in same.items()}
    found = []
    for place, side in enumerate(after.sides):
        old = earlier.get(place)
        known = set(before.sides[old].outlet_ids) if old is not None else set()
        joined = tuple(sorted(set(side.outlet_ids) - known))
        left = tuple(sorted(known - set(side.outlet_ids)))
        if joined or left:
            found.append(SideChange(place, old, joined, left))
    gone = [place for place in range(len(before.sides)) if place not in same]
    return (*found, *(SideChange(None, place, (), tuple(sorted(before.sides[place].outlet_ids))) for place in gone))


def _moved(kept: Sequence[Match]) -> set[int]:
    """Later places of the conflicts that rose or fell among those found by both runs; newcomers move nobody."""
    old_order = {match.before: place for place, match in enumerate(sorted(kept, key=lambda match: match.before))}
    found = set()
    for place, match in enumerate(kept):
        was = old_order[match.before]
        step = max(MOVED_PLACES, MOVED_SHARE * (min(place, was) + 1))
        if abs(place - was) >= step:
            found.add(match.after)
    return found


def _settled(before: Snapshot, after: Snapshot, matches: Matches, texts: _Texts) -> list[ConflictChange]:
    kept = {match.before for match in matches.kept}
    later = after.outcome.conflicts
    found = []
    for place, conflict in enumerate(before.outcome.conflicts):
        if place in kept:
            continue
        into = matches.merged.get(place)
        edits, gone = texts.edits(conflict, None), texts.gone(conflict)
        reason: SettledReason = (
            "merged"
            if into is not None
            else "withdrawn"
            if texts.withdrawn(conflict)
            else "side-gone"
            if gone
            else "edited"
            if edits
            else "not-found"
        )
        related = later[into].conflict_id if into is not None else None
        found.append(
            ConflictChange(
                "settled", None, conflict, None, place + 1, edits=edits, reason=reason, gone=gone, related_id=related
            )
        )
    return found
