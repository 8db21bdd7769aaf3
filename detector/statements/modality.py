"""How firmly a statement stands: modality, negation and tense of its main clause."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from detector.records import Modality
from detector.statements.spans import Sentence
from detector.statements.speakers import Attribution, is_clause
from detector.statements.words import CLAIM_NOUNS, DENY, NEGATIVE, PLAN, PLANNED_STATE, word_set

if TYPE_CHECKING:
    from spacy.tokens import Token

Tense = Literal["past", "present", "future", ""]

_UNCERTAIN = re.compile(
    r"\b(?:unclear|uncertain|undecided|unknown|not (?:yet )?(?:known|clear|decided)|(?:not|n't|yet to) (?:immediately |yet )?"
    r"(?:be )?(?:clear|decided?|say|said|comment|respond|specify|replied|reply|responded)|remains? to be seen|"
    r"neither confirmed nor denied|declined to (?:say|comment|confirm|give)|mulling|weighing|considering|"
    r"awaits?|awaiting|in doubt|open question|wonder(?:s|ed|ing)?|questioned whether|too early to)\b",
    re.IGNORECASE,
)
_UNLIKELY = re.compile(
    r"\b(?:unlikely|improbable|not (?:expected|likely|about|set)|isn't (?:expected|likely)|aren't (?:expected|likely)|doubt(?:s|ed|ful)?|"
    r"no chance|little chance|far-fetched)\b",
    re.IGNORECASE,
)
_LIKELY = re.compile(
    r"\b(?:likely|probably|presumably|expected to|expects? (?:\w+ ){0,8}to|seems?(?: likely)? to|appears? to|seems|appears|appeared to|seemed to|"
    r"almost certainly|poised to|predicted to|on course to)\b",
    re.IGNORECASE,
)
_POSSIBLE = re.compile(
    r"\b(?:may|might|could|possibly|perhaps|maybe|potentially|possible|suspected|suspects?|suggests?|risks?)\b",
    re.IGNORECASE,
)
_HEARSAY = re.compile(
    r"\b(?:reportedly|allegedly|apparently|purportedly|supposedly|rumou?red|(?:is|are|was|were|been) "
    r"(?:said|understood|believed|thought|reported|alleged|rumou?red) to)\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    rf"\b(?:(?:{'|'.join(sorted(verb.rstrip('e') for verb in PLAN))})(?:e?s|e?d|ing|ning|e|)? (?:\w+ )?to \w+|"
    rf"(?:is|are|was|were|'s|be) (?:{'|'.join(sorted(PLANNED_STATE))}) to|(?:is|are|'s) to [a-z]+|scheduled for|is due|are due)\b"
)
_NEGATIVE_SUBJECTS = word_set("no nobody none nothing neither never nowhere")


def clause_root(sentence: Sentence, attribution: Attribution | None) -> Any:
    """Root of the main clause of what is asserted."""
    if attribution is not None and attribution.content is not None:
        content = attribution.content
        if attribution.firmness in ("uncertain", "denied") and not attribution.drop and attribution.verb is not None:
            return attribution.verb
        if content.i not in attribution.drop:
            return content
        inside = [token for token in sentence.span if token.i not in attribution.drop and is_clause(token)]
        if inside:
            return next((token for token in inside if token.head.i in attribution.drop), inside[0])
    return sentence.span.root


def tense_of(root: Token) -> Tense:
    """Tense of a clause; a back-shifted "would" looks ahead, a present perfect back."""
    helpers = [child for child in root.children if child.dep_ in ("aux", "auxpass")]
    words = {child.lower_ for child in helpers}
    if words & {"will", "'ll", "shall", "wo"} or ("would" in words and "have" not in words):
        return "future"
    if any(child.lower_ == "going" for child in (root,)) and any(child.dep_ == "xcomp" for child in root.children):
        return "future"
    if root.tag_ == "VBN" and "'s" in words:
        return "past"
    if (
        root.tag_ == "VBD"
        or any(child.tag_ == "VBD" for child in helpers)
        or "have" in words
        or "has" in words
        or "'ve" in words
    ):
        return "past"
    if root.tag_ in ("VBZ", "VBP") or any(child.tag_ in ("VBZ", "VBP") for child in helpers):
        return "present"
    if words & {"may", "might", "could", "can", "must", "should"}:
        return "past" if "have" in words else "present"
    return "past" if root.tag_ == "VBN" else ""


def is_negated(root: Token) -> bool:
    """Negation of the main clause; a negated verb of refusal counts as affirmed ("did not reject")."""
    negations = 0
    for child in root.children:
        if child.dep_ == "neg" or child.lower_ == "never":
            negations += 1
        elif child.dep_ in ("nsubj", "nsubjpass", "dobj", "attr", "expl", "det", "acomp", "advmod"):
            inner = {part.lower_ for part in child.children if part.dep_ in ("det", "advmod", "neg", "preconj")}
            if child.lower_ in _NEGATIVE_SUBJECTS or (
                inner & _NEGATIVE_SUBJECTS and not child.lower_.startswith("doubt")
            ):
                negations += 1
        elif (
            child.dep_ == "prep" and child.lower_ == "without" and any(c.dep_ == "pcomp" for c in child.children)
        ) or (child.dep_ == "xcomp" and any(c.dep_ == "neg" for c in child.children)):
            negations += 1
    lemma = root.lemma_.lower()
    bare = lemma in ("fail", "decline", "refuse") and not any(c.dep_ == "xcomp" for c in root.children)
    ruled_out = lemma == "rule" and any(child.lower_ == "out" for child in root.children)
    said_no = lemma == "say" and any(child.lower_ == "no" for child in root.children if child.dep_ != "det")
    if (lemma in NEGATIVE and not bare) or ruled_out or (said_no and negations == 0):
        negations += 1
    return negations % 2 == 1


def denies(root: Token) -> bool:
    """A denial of someone's claim: "denied", "rejected the report", "ruled out"."""
    lemma = root.lemma_.lower()
    if any(child.dep_ == "neg" for child in root.children):
        return False
    if lemma in DENY and root.pos_ == "VERB":
        return True
    if lemma == "rule" and any(child.lower_ == "out" for child in root.children):
        return True
    if lemma in ("reject", "dismiss"):
        objects = [child for child in root.children if child.dep_ in ("dobj", "nsubjpass")]
        return any(token.lemma_.lower() in CLAIM_NOUNS for token in objects)
    return False


def modality_of(sentence: Sentence, root: Token, attribution: Attribution | None, *, attributed: bool) -> Modality:
    """The weakest reading that the words of the statement ask for.

    Order: denied, uncertain, unlikely, conditional, possible, likely, planned, reported, asserted.
    """
    dropped = attribution.drop if attribution is not None else frozenset()
    kept = [token for token in sentence.span if token.i not in dropped]
    clause = "".join(token.text_with_ws for token in kept if _governs(token, root))
    if denies(root) or (attribution is not None and attribution.firmness == "denied"):
        return "denied"
    if attribution is not None and attribution.firmness == "uncertain":
        return "uncertain"
    if _UNCERTAIN.search(clause):
        return "uncertain"
    if _UNLIKELY.search(clause) or (attribution is not None and attribution.firmness == "unlikely"):
        return "unlikely"
    helpers = {child.lower_ for child in root.children if child.dep_ == "aux"}
    if _has_condition(root) or (
        helpers & {"would", "'d"} and "have" not in helpers and not attributed and root.tag_ == "VB"
    ):
        return "conditional"
    if _possible(clause, helpers):
        return "possible"
    if _LIKELY.search(clause):
        return "likely"
    if _PLANNED.search(clause):
        return "planned"
    if attribution is not None and attribution.firmness in ("likely", "possible"):
        return attribution.firmness
    if attributed or _HEARSAY.search(clause):
        return "reported"
    return "asserted"


def _possible(clause: str, helpers: set[str]) -> bool:
    found = _POSSIBLE.search(clause)
    if found is None:
        return False
    word = found.group().lower()
    return word not in ("may", "might", "could") or bool(helpers & {"may", "might", "could"}) or word == "might"


def _governs(token: Token, root: Token) -> bool:
    """Whether a token belongs to the main clause and not to a relative or adverbial clause inside it."""
    while token.i != root.i and token.head.i != token.i:
        if token.dep_ in ("relcl", "advcl", "acl", "parataxis"):
            return False
        token = token.head
    return True


def _has_condition(root: Token) -> bool:
    for child in root.children:
        if child.dep_ == "advcl" and any(
            mark.lower_ in ("if", "unless", "provided", "should")
            for mark in child.children
            if mark.dep_ in ("mark", "aux", "advmod")
        ):
            return not any(mark.lower_ == "as" for mark in child.children)
        if child.dep_ == "prep" and child.lower_ in ("unless",):
            return True
    return False
