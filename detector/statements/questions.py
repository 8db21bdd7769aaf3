"""A statement as the yes/no question it answers: "The rebels signed it on Friday." -> "Did the rebels sign it on Friday?"

Subject-auxiliary inversion over the dependency parse (ClearNLP labels). Only plain main clauses with the subject before
the verb are turned; for anything else the answer is empty, since a clumsy question is worse than a quotation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detector.statements.words import SAY, THINK

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

_SUBJECTS = {"nsubj", "nsubjpass", "csubj", "expl"}
_VAGUE_SUBJECTS = frozenset(
    "i you we he she they him them his her this that these those there who which what it one some most many none nobody "
    "nothing both each others another".split()
)
_POINTING = frozenset("this that these those such".split())
_RELATIVE = frozenset("which whom whose".split())
_WH_TAGS = frozenset(("WP", "WP$", "WRB", "WDT"))
_COMMON = frozenset(("NN", "NNS", "JJ", "JJR", "JJS", "RB", "VBG", "VBN"))
_FINITE = frozenset(("VBD", "VBZ", "VBP", "MD"))
_TELLING = (SAY | frozenset(THINK)) - {"doubt"}
_MAX_WORDS = 32
_ABBREVIATIONS = ("a.m.", "p.m.", "U.S.", "U.N.", "Inc.", "Corp.")


def as_question(sentence: Span) -> str:
    """The question, or an empty string when the sentence is no plain clause. `sentence` is one parsed sentence."""
    if sentence[0].tag_ in _WH_TAGS:
        return ""
    root = _told(sentence.root)
    if root.pos_ not in {"VERB", "AUX"} or root.tag_ not in {"VBD", "VBZ", "VBP", "VBN", "VBG", "VB", "MD"}:
        return ""
    subject = next((child for child in root.children if child.dep_ in _SUBJECTS and child.i < root.i), None)
    if subject is None or _is_vague(subject) or sentence.text.rstrip().endswith("?"):
        return ""
    phrase = list(subject.subtree)
    if any(child.i < phrase[0].i and child.dep_ in {"ccomp", "dep", *_SUBJECTS} for child in root.children):
        return ""
    if (
        len(phrase) > 14
        or phrase[-1].i >= root.i
        or any(token.dep_ == "relcl" or token.text == ":" or token.lower_ in _RELATIVE for token in phrase)
        or _asks_half(phrase)
    ):
        return ""
    skipped = {child.i for child in root.children if child.dep_ == "neg"}
    head = _finite(root, phrase[-1].i)
    if head is not None and head.tag_ == "TO":
        return ""
    rest = [token for token in sentence.doc[phrase[-1].i + 1 : _clause_end(root)] if token.i not in skipped]
    if head is None:
        before = [token for token in rest if token.i < root.i]
        after = [token for token in rest if token.i > root.i]
        pieces = [_do_form(root), _subject(phrase), _text(before), str(root.lemma_), _text(after)]
    else:
        rest = [token for token in rest if token.i != head.i]
        pieces = [_spelled(head).capitalize(), _subject(phrase), _text(rest)]
    question = " ".join(piece for piece in pieces if piece).rstrip(" ,;:-")
    if not question.endswith(_ABBREVIATIONS):
        question = question.rstrip(".")
    return f"{question}?" if 4 <= len(question.split()) <= _MAX_WORDS else ""


def _told(root: Token) -> Token:
    """The verb of what is told: "The Klaxon understands that a contractor was welding" asks about the welding."""
    while root.lemma_.lower() in _TELLING and not any(child.dep_ == "neg" for child in root.children):
        clauses = [child for child in root.children if child.dep_ == "ccomp"]
        if len(clauses) != 1 or not any(root.i < child.i and child.dep_ in _SUBJECTS for child in clauses[0].children):
            break
        root = clauses[0]
    return root


def _asks_half(phrase: list[Token]) -> bool:
    """A "what" or "how" in the subject whose verb is not in it: the parse took that for the main one."""
    asked = next((place for place, token in enumerate(phrase) if token.tag_ in _WH_TAGS), None)
    return asked is not None and not any(token.pos_ in {"VERB", "AUX"} for token in phrase[asked:])


def _is_vague(subject: Token) -> bool:
    """A pronoun, a number of nothing ("Six involved small arms"), or what only the sentence before names ("These factors")."""
    pointed_at = any(child.lower_ in _POINTING for child in subject.children if child.i < subject.i)
    return subject.lower_ in _VAGUE_SUBJECTS or pointed_at or (subject.pos_ == "NUM" and not any(subject.children))


def _finite(root: Token, subject_end: int) -> Token | None:
    """The auxiliary or copula to put first; None when "do" must be supplied."""
    auxiliaries = [
        child for child in root.children if child.dep_ in {"aux", "auxpass"} and subject_end < child.i < root.i
    ]
    if auxiliaries:
        return auxiliaries[0]
    return root if root.lemma_ == "be" and root.tag_ in {"VBD", "VBZ", "VBP"} else None


def _spelled(auxiliary: Token) -> str:
    """Contractions written out ("'ll" -> "will", "wo" of "won't" -> "will")."""
    full = {"'ll": "will", "'s": "is", "'re": "are", "'ve": "have", "'d": "would", "wo": "will", "ca": "can"}
    word = str(auxiliary.lower_)
    return full.get(word, word)


def _do_form(root: Token) -> str:
    forms = {"VBD": "Did", "VBN": "Did", "VBZ": "Does"}
    return forms.get(str(root.tag_), "Do")


def _clause_end(root: Token) -> int:
    """Where the main clause ends: before a coordinated clause, an attribution or the final stop.

    A clause that says when, why or on which condition stays: without it another question is asked.
    """
    end: int = root.right_edge.i + 1
    for child in root.children:
        if child.i > root.i and child.dep_ in {"cc", "conj", "parataxis", "advcl", "ccomp", "punct"}:
            if child.dep_ == "ccomp" and child.left_edge.i == root.i + 1:
                continue
            if child.dep_ == "advcl" and child.left_edge.dep_ in {"mark", "advmod"}:
                continue
            if child.dep_ == "punct" and child.text in {'"', "'", "(", "["}:
                continue
            end = min(end, child.left_edge.i)
    after = root.doc[root.i + 1 : end]
    end = min([end, *(token.i for token in after if _joins_a_clause(token) or _says_why_not(token, root))])
    while end > root.i + 1 and root.doc[end - 1].text in {",", ";", ":", "-", ".", "!", "and", "but", '"'}:
        end -= 1
    return end


def _joins_a_clause(token: Token) -> bool:
    """An "and" that joins a finite verb to what is none ("has doses left and will run"): the parse took a clause for a part."""
    if token.dep_ != "cc":
        return False
    joined = next((child for child in token.head.children if child.dep_ == "conj" and child.i > token.i), None)
    return joined is not None and _is_finite(joined) and not _is_finite(token.head)


def _says_why_not(token: Token, root: Token) -> bool:
    """Where the reason of a doubt begins, which is none of what is doubted: "does not believe that it failed because ..."."""
    doubted = root.lemma_ in THINK and any(child.dep_ == "neg" for child in root.children)
    return doubted and token.lower_ == "because" and token.dep_ == "mark"


def _is_finite(verb: Token) -> bool:
    return verb.tag_ in _FINITE or any(
        child.dep_ in {"aux", "auxpass"} and child.tag_ in _FINITE for child in verb.children
    )


def _subject(phrase: list[Token]) -> str:
    """The subject's words, its first one small unless it can be a name."""
    first = phrase[0]
    if first.lower_ == "no" and first.dep_ == "det":
        return f"any {_text(phrase[1:])}"
    text = _text(phrase)
    plain = first.pos_ in {"DET", "PRON", "ADP", "NUM"} or (first.tag_ in _COMMON and not first.text.isupper())
    named = first.ent_type_ not in {"", "CARDINAL", "ORDINAL", "DATE", "TIME", "QUANTITY", "MONEY", "PERCENT"}
    return text[0].lower() + text[1:] if plain and not named else text


def _text(tokens: list[Token]) -> str:
    """Tokens with their own spacing; a gap between them is one space."""
    text = ""
    for position, token in enumerate(tokens):
        gap = position and token.i != tokens[position - 1].i + 1 and not text.endswith(" ")
        text += (" " if gap else "") + str(token.text_with_ws)
    return " ".join(_without_lone_marks(text).split())


def _without_lone_marks(text: str) -> str:
    """Quotation marks and brackets whose partner was cut off would open what never ends."""
    opened: list[int] = []
    for place, mark in enumerate(text):
        if mark == "(":
            opened.append(place)
        elif mark == ")" and opened:
            opened.pop()
    text = text[: opened[0]] if opened else text
    return text.replace('"', "") if text.count('"') % 2 else text
