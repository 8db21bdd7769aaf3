"""Where a statement stands on a decision, an answer or an acceptance: rejected, unlikely, undecided, open, accepted.

Read off the wording and the record without a model: what the decision verb says, what governs it, how firmly it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from detector.conflicts.signals import is_prescription, same_speaker
from detector.conflicts.stance_words import (
    ASKED,
    ASKING,
    AWAITED,
    BODIES,
    CERTAIN,
    COMMITTED,
    CONDITION,
    CONDITIONED,
    CONSIDERED,
    COOL,
    DECISIONS,
    DECLARED,
    FACTIVE,
    LEANING,
    MATTER,
    NEGATIONS,
    NOT_YET,
    OBJECT_IS_CLAIM,
    OPEN,
    PERHAPS,
    RELUCTANT,
    STUDIED,
    SUBORDINATE,
    UNDECIDED,
    UNINTERESTED,
    YET_TO,
)
from detector.records import STANCES, Entity, Side, Stance, Statement

_DECIDERS = frozenset({"PERSON", "ORG", "GPE", "NORP"})
_CLAUSE_WORDS = 3
"""A shorter beginning ("On Friday,") is no clause."""
_REACH = 4
"""Words between two decision words of which the first governs the second ("refused to formally accept")."""


def stance_of(statement: Statement) -> Stance | None:
    """The stance that a statement reports or takes; None when it is not about somebody's decision."""
    text = _plain(statement.wording)
    clause = _deciding_clause(text)
    if clause is None:
        tells = _names_a_decider(statement, text) and not is_prescription(statement)
        return _without_decision_word(text) if tells else None
    if ASKED.search(clause.before) or (ASKING.search(clause.text) and clause.ends > 0) or _prescribed(clause):
        return None
    stance = _weighed(clause)
    return _moderated(stance, statement) if clause.first else stance


def decider_of(statement: Statement) -> Entity | None:
    """Who decides: the first person, body or country that the deciding clause names before its decision word, or whose answer
    it says is awaited."""
    return _decider(statement.wording, statement.entities)


@lru_cache(maxsize=8192)  # a statement stands in some ten pairs
def _decider(wording: str, entities: tuple[Entity, ...]) -> Entity | None:
    plain = _plain(wording)
    clause = _deciding_clause(plain)
    awaited = AWAITED.search(clause.text if clause else plain)
    if clause is None and awaited is None:
        return None
    text = awaited.group() if awaited else clause.before if clause else ""
    agent = _AGENT.search(clause.after) if clause and not awaited and _PASSIVE.search(clause.before) else None
    if agent is not None:
        text = agent.group(1)
    named = [
        (place, one)
        for one in entities
        if one.label in _DECIDERS and (place := _named_at(one, text, awaited is None)) is not None
    ]
    return min(named, key=lambda found: found[0], default=(0, None))[1]


_PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|being)(?: \w+ly)?\s*$")
_AGENT = re.compile(r"^\W*by (.+)")


def _named_at(entity: Entity, text: str, owner: bool) -> int | None:
    """Where the text names the entity, as a word; with `owner` not where it only owns what is told of ("Putin's proposal was",
    but "Putin's government" and "Putin's acceptance")."""
    found = re.search(rf"(?<!\w){re.escape(_plain(entity.text))}(?!\w)", text)
    if found is None:
        return None
    after = text[found.end() :]
    if owner and re.match(r"'s?\s+\w", after) and not BODIES.search(after):
        return None
    return found.start()


def holder_of(statement: Statement) -> str | None:
    """Key of whose stance `stance_of` tells: who decides, or, where no word of a decision is told, the person who speaks."""
    decider = decider_of(statement)
    if decider is not None:
        return decider.key
    if statement.speaker is None or _deciding_clause(_plain(statement.wording)) is not None:
        return None
    speaking = (
        one for one in statement.entities if one.label == "PERSON" and same_speaker(statement.speaker, one.text)
    )
    return next((one.key for one in speaking), None)


def matters_of(statement: Statement) -> frozenset[str]:
    """Nouns of what can be decided on that it names, in the singular, a truce as a ceasefire."""
    return frozenset(_as_one(word) for word in MATTER.findall(_plain(statement.wording)))


_ALIKE = {
    "truce": "ceasefire",
    "cease-fire": "ceasefire",
    "bid": "offer",
    "pact": "deal",
    "agreement": "deal",
    "accord": "deal",
}


def _as_one(noun: str) -> str:
    singular = noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
    return _ALIKE.get(singular, singular)


def stance_of_side(exemplar: Statement, members: Sequence[Statement]) -> Stance | None:
    """The exemplar's stance; where it has none, that of most members, the one nearer the middle of two equals."""
    own = stance_of(exemplar)
    if own is not None:
        return own
    held = [stance for stance in map(stance_of, members) if stance is not None]
    if not held:
        return None
    return max(STANCES, key=lambda one: (held.count(one), -abs(STANCES.index(one) - STANCES.index("undecided"))))


def with_stances(sides: Sequence[Side], statements: Mapping[str, Statement]) -> tuple[Side, ...]:
    """The sides with their stances, where two or more of them stand in different places of the scale."""
    found = [
        stance_of_side(statements[side.exemplar_id], [statements[member] for member in side.statement_ids])
        for side in sides
    ]
    if len({stance for stance in found if stance is not None}) < 2:
        return tuple(sides)
    return tuple(replace(side, stance=stance) for side, stance in zip(sides, found, strict=True))


@dataclass(frozen=True, slots=True)
class _Clause:
    """The clause with the decision word: what stands before and after the chain of such words, and its polarity.

    `first` says that it is the first main clause, which the fields of the record describe.
    """

    text: str
    starts: int
    ends: int
    polarity: int
    first: bool
    condition: bool

    @property
    def before(self) -> str:
        return self.text[: self.starts]

    @property
    def after(self) -> str:
        return self.text[self.ends :]


def _plain(wording: str) -> str:
    """Lower case, straight apostrophes, no quotation marks, contracted negations written out."""
    text = wording.replace("’", "'").casefold()
    text = re.sub(r"[\"“”‘]|(?<!\w)'|'(?!\w)", "", text)
    text = re.sub(r"\bwon't\b", "will not", text)
    text = re.sub(r"\b(?:can't|cannot)\b", "can not", text)
    return re.sub(r"n't\b", " not", text)


def _names_a_decider(statement: Statement, text: str) -> bool:
    named = any(entity.label in _DECIDERS for entity in statement.entities)
    return named or statement.speaker is not None or BODIES.search(text) is not None


def _deciding_clause(text: str) -> _Clause | None:
    """The first main clause with a decision word, else the first that tells of one as a fact ("after it rejected ...")."""
    condition = CONDITION.search(text) is not None
    subordinate: _Clause | None = None
    first = True
    for opener, clause in _clauses(text):
        if SUBORDINATE.fullmatch(opener):
            continue
        main = FACTIVE.fullmatch(opener) is None
        chain = _chain(clause)
        if chain is not None:
            found = _Clause(clause, *chain, first=main and first, condition=condition)
            if main:
                return found
            subordinate = subordinate or found
        first = first and (not main or len(clause.split()) < _CLAUSE_WORDS)
    return subordinate


def _clauses(text: str) -> list[tuple[str, str]]:
    """Clauses with the word that opens each; a participle phrase between commas stays with what it follows."""
    openers = rf"(?:{SUBORDINATE.pattern}|{FACTIVE.pattern}|but|although|though|while)"
    cut = rf"\s*[,;:–—]\s+(?:and\s+)?(?:({openers})\b)?|\s+({openers})\b(?!\s+(?:of|to)\b)"
    first = re.match(rf"({openers})\s", text)
    opener, start = (first[1], first.end()) if first else ("", 0)
    found: list[tuple[str, str]] = []
    for edge in re.finditer(cut, text):
        if edge.start() >= start:
            found.append((opener, text[start : edge.start()]))
            opener, start = (edge[1] or edge[2] or ""), edge.end()
    found.append((opener, text[start:]))
    return found


def _chain(clause: str) -> tuple[int, int, int] | None:
    """Where the first decision word and those it governs stand, and the product of their polarities."""
    starts = ends = polarity = 0
    for word in DECISIONS.finditer(clause):
        if OBJECT_IS_CLAIM.match(clause, word.end()):
            return None
        own = 1 if word.lastgroup == "yes" else -1
        if not polarity:
            starts, ends, polarity = word.start(), word.end(), own
        elif _governed(clause[ends : word.start()], word.group()):
            ends, polarity = word.end(), polarity * own
        else:
            break
    return (starts, ends, polarity) if polarity else None


def _governed(between: str, word: str) -> bool:
    """ "refused *to* accept", "rejected commit*ting* to", "recommended that shareholders reject"."""
    words = between.split()
    if len(words) > _REACH:
        return False
    return bool({"to", "that"} & set(words)) or (len(words) <= 1 and word.split()[0].endswith("ing"))


def _prescribed(clause: _Clause) -> bool:
    return re.search(r"\b(?:must|should|ought to|needs? to)\b(?! have)", clause.before) is not None


def _weighed(clause: _Clause) -> Stance:
    """The stance from what governs the decision word; cues that ask for the weakest reading come first."""
    before, text = clause.before, clause.text
    if _undecided(clause):
        return "undecided"
    yes = clause.polarity > 0
    if RELUCTANT.search(before) or CERTAIN["unlikely"].search(clause.after):
        return "unlikely" if yes else "open"
    negations = len(NEGATIONS.findall(before))
    if negations % 2:
        return _refused(clause) if yes else "open"
    soft = LEANING.search(before) or PERHAPS.search(before) or CERTAIN["open"].search(clause.after)
    if soft and not COMMITTED.search(before):
        return "open" if yes else "unlikely"
    if STUDIED.match(text, clause.ends):
        return "open"
    if clause.condition and yes:
        return "open"
    return "accepted" if yes else "rejected"


def _undecided(clause: _Clause) -> bool:
    before, text = clause.before, clause.text
    if UNDECIDED.search(text) or CONSIDERED.search(before) or YET_TO.search(before):
        return True
    neither = re.search(r"\bneither\b", before) is not None and " nor " in clause.after
    return neither or AWAITED.search(text) is not None


def _refused(clause: _Clause) -> Stance:
    """A negated acceptance: flat ("did not"), as yet ("has not"), or softened ("may not", "not unless")."""
    if NOT_YET.search(clause.before):
        return "undecided"
    if re.search(r"\b(?:may|might) not\b", clause.before) or clause.condition:
        return "unlikely"
    return "rejected"


def _moderated(stance: Stance, statement: Statement) -> Stance:
    """A flat stance softened by what the record knows of the main clause: hedges and negation the wording hides."""
    if stance not in ("accepted", "rejected"):
        return stance
    yes = stance == "accepted"
    if statement.modality == "denied":
        return "rejected" if yes else stance
    if statement.modality == "uncertain":
        return "undecided"
    if statement.modality == "unlikely":
        return "unlikely" if yes else stance
    if statement.modality in ("likely", "possible", "conditional", "planned"):
        return "open" if yes else "unlikely"
    return "rejected" if yes and statement.negated else stance


def _without_decision_word(text: str) -> Stance | None:
    """The stance of a statement that tells of a decision by its wait, its weighing or its conditions alone."""
    if AWAITED.search(text) or DECLARED.search(text):
        return "undecided"
    if not MATTER.search(text):
        return None
    if UNINTERESTED.search(text):
        return "rejected"
    if UNDECIDED.search(text) or CONSIDERED.search(text):
        return "undecided"
    if COOL.search(text):
        return "unlikely"
    if OPEN.search(text) or (CONDITIONED.search(text) and CONDITION.search(text)):
        return "open"
    return None
