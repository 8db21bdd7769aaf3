"""A statement as the yes/no question it answers: "The rebels signed it on Friday." -> "Did the rebels sign it on Friday?"

Subject-auxiliary inversion over the dependency parse (ClearNLP labels). Only plain main clauses with the subject before
the verb are turned; for anything else the answer is empty, since a clumsy question is worse than a quotation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

_SUBJECTS = {"nsubj", "nsubjpass", "csubj", "expl"}
_VAGUE_SUBJECTS = {
    "i",
    "you",
    "we",
    "this",
    "that",
    "these",
    "those",
    "there",
    "who",
    "which",
    "what",
    "it",
    "one",
    "some",
}
_MAX_WORDS = 32


def as_question(sentence: Span) -> str:
    """The question, or an empty string when the sentence is no plain clause. `sentence` is one parsed sentence."""
    root = sentence.root
    if sentence[0].tag_ in {"WP", "WDT", "WRB", "WP$"}:
        return ""
    if root.pos_ not in {"VERB", "AUX"} or root.tag_ not in {"VBD", "VBZ", "VBP", "VBN", "VBG", "VB", "MD"}:
        return ""
    subject = next((child for child in root.children if child.dep_ in _SUBJECTS and child.i < root.i), None)
    if subject is None or subject.lower_ in _VAGUE_SUBJECTS or sentence.text.rstrip().endswith("?"):
        return ""
    phrase = list(subject.subtree)
    if len(phrase) > 14 or phrase[-1].i >= root.i or any(token.dep_ == "relcl" for token in phrase):
        return ""
    head = _finite(root, phrase[-1].i)
    tail_end = _clause_end(root, sentence)
    negation = [child for child in root.children if child.dep_ == "neg"]
    skipped = {token.i for token in negation}
    if head is None:
        verb = [_do_form(root), *(_words(phrase, lower_first=True)), root.lemma_]
        rest = [
            token for token in sentence.doc[phrase[-1].i + 1 : tail_end] if token.i not in skipped and token.i != root.i
        ]
        before = [token for token in rest if token.i < root.i]
        after = [token for token in rest if token.i > root.i]
        words = [*verb[:-1], *_words(before), verb[-1], *_words(after)]
    else:
        skipped.add(head.i)
        rest = [token for token in sentence.doc[phrase[-1].i + 1 : tail_end] if token.i not in skipped]
        words = [_spelled(head).capitalize(), *_words(phrase, lower_first=True), *_words(rest)]
    if not 4 <= len(words) <= _MAX_WORDS:
        return ""
    return _joined(words)


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


def _clause_end(root: Token, sentence: Span) -> int:
    """Where the main clause ends: before a coordinated clause, an attribution or the final stop."""
    end: int = sentence.end
    for child in root.children:
        if child.i > root.i and child.dep_ in {"cc", "conj", "parataxis", "advcl", "ccomp", "punct"}:
            if child.dep_ == "ccomp" and child.left_edge.i == root.i + 1:
                continue
            if child.dep_ == "punct" and child.text in {'"', "'", "("}:
                continue
            end = min(end, child.left_edge.i)
    while end > root.i + 1 and sentence.doc[end - 1].text in {",", ";", ":", "-", ".", "!", "and", "but", '"'}:
        end -= 1
    return end


def _words(tokens: list[Token], *, lower_first: bool = False) -> list[str]:
    words = [token.text_with_ws for token in tokens]
    if (
        lower_first
        and words
        and tokens[0].ent_type_ == ""
        and tokens[0].pos_ in {"DET", "ADJ", "PRON", "NUM", "ADP", "NOUN"}
    ):
        words[0] = words[0][0].lower() + words[0][1:]
    return words


def _joined(words: list[str]) -> str:
    text = ""
    for word in words:
        text += word if not text or text.endswith((" ", "-", "(", "$")) or word[:1] in ",.;:'’)%-" else f" {word}"
    folded = " ".join(text.split()).rstrip(" ,;:-")
    if not folded.endswith(("a.m.", "p.m.", "U.S.", "U.N.")):
        folded = folded.rstrip(".")
    return f"{folded[0].upper()}{folded[1:]}?"
