"""Who asserts a statement: the verb of saying, its subject, and which words are only attribution."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from detector.records import Modality, outlet_id_of
from detector.statements.entities import Mention, Person
from detector.statements.spans import Sentence, subtree
from detector.statements.words import (
    AGENCIES,
    COMMIT,
    DENY,
    OUTLET_ENDINGS,
    PERSON_NOUNS,
    SAY,
    THINK,
    word_set,
)

if TYPE_CHECKING:
    from spacy.tokens import Token

SUBJECTS = ("nsubj", "nsubjpass", "csubj")
_CALL = word_set("call describe label brand dub term denounce praise criticise criticize condemn hail")
_FINITE = ("VBD", "VBZ", "VBP", "MD")
_SPEECH = SAY | DENY | COMMIT | _CALL | frozenset(THINK)
_MODIFIERS = word_set(
    "aux auxpass dobj dative prep advmod npadvmod punct mark prt expl agent cc oprd acomp det nmod intj dep"
)
_CLAUSES = ("relcl", "acl", "advcl", "ccomp")
_SOURCE_DASH = re.compile(r"[\"']\s*[—–-]{1,2}\s*(?P<who>[^\"—–]{2,60}?)\s*\.?$")
_HEADLINE_COLON = re.compile(r"^(?P<who>[A-Z][\w.'-]*(?:\s+[A-Z][\w.'-]*){0,3}):\s+(?=\S)")
_MOSTLY_QUOTED, _TITLE, _ASIDE = 0.25, 7, 16
"""The share of a sentence that is quoted where a quotation is its matter; how many tokens a verb and a title, or an aside in
commas, may take beside a name."""
_CITING = re.compile(r"\bciting\s+(?P<who>[\w' -]{3,60}?)(?=[,.;]|$)")


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """What a sentence itself says about who speaks.

    `subject` is the token that names the speaker (a pronoun may still have to be resolved); `drop` are the tokens that
    are attribution and nothing else, empty when the sentence cannot be shortened safely; `content` is the root
    of what is asserted; `firmness` is the modality that the verb lends to it.
    """

    verb: Any
    subject: Any
    phrase: str
    content: Any
    drop: frozenset[int] = frozenset()
    firmness: Modality = "reported"
    own: bool = False
    via: str | None = None
    quoting: bool = False


def attribution_of(sentence: Sentence, mentions: list[Mention], outlet: str) -> Attribution | None:
    """The attribution of a sentence, None where it makes none."""
    dash = _SOURCE_DASH.search(sentence.text)
    if dash and sentence.quoted_share > 0.4:
        first = sentence.span.start_char + dash.start() + 1
        drop = frozenset(token.i for token in sentence.span if token.idx >= first)
        return Attribution(None, None, dash.group("who"), sentence.span.root, drop, quoting=True)
    according = _according(sentence, outlet)
    if according and sentence.quoted_share < _MOSTLY_QUOTED:
        return according
    for verb in _speech_verbs(sentence):
        subject = _subject_of(verb)
        found = _from_verb(sentence, verb, subject, outlet) if subject is not None else None
        if found is not None:
            return found
    if according:
        return according
    return _headline_source(sentence, mentions) or _beside_quotation(sentence, mentions)


def _from_verb(sentence: Sentence, verb: Token, subject: Token, outlet: str) -> Attribution | None:
    phrase = noun_phrase(subject)
    lemma = verb.lemma_.lower()
    if subject.lower_ == "you" and sentence.in_quote(subject):
        return None
    if any(child.lower_ in ("no", "yes", "so", "goodbye") and child.dep_ != "det" for child in verb.children):
        return None
    if lemma in THINK and not _thinks(subject, phrase):
        return None
    negated = any(child.dep_ == "neg" for child in verb.children) or _refused(verb)
    own = is_own_voice(subject, phrase, outlet, sentence)
    via = _told_outlet(verb, outlet)
    if is_outlet_name(phrase) and not own:
        cited = _CITING.search(sentence.text)
        via = phrase
        phrase = cited.group("who") if cited else ""
    content = _content_of(verb, sentence)
    firmness: Modality = "reported"
    if lemma in DENY:
        firmness = "denied"
    elif negated:
        firmness = "uncertain"
    elif lemma in THINK:
        firmness = THINK[lemma]  # type: ignore[assignment]
    quoting = any(not sentence.in_quote(token) for token in (verb,)) and sentence.quoted_share > 0.25
    if content is None:
        commits = lemma in COMMIT and any(child.dep_ == "xcomp" for child in verb.children)
        if quoting and lemma not in COMMIT | DENY | _CALL:
            drop = _outside_quotes(sentence, verb, subject)
            return Attribution(verb, subject, phrase, root_inside(sentence), drop, firmness, own, via, quoting)
        if commits or lemma in DENY | _CALL or quoting:
            return Attribution(verb, subject, phrase, None, frozenset(), firmness, own, via, quoting)
        return None
    if any(child.dep_ == "mark" and child.lower_ in ("whether", "if") for child in content.children):
        firmness = "uncertain"
        negated = True
    drop = frozenset()
    if not negated and lemma not in DENY:
        drop = _droppable(sentence, verb, content)
        if quoting and not drop:
            drop = _outside_quotes(sentence, verb, subject)
    return Attribution(verb, subject, phrase, content, drop, firmness, own, via, quoting)


def _thinks(subject: Token, phrase: str) -> bool:
    """People and bodies think; berries do not ("berries suspected")."""
    return subject.pos_ in ("PROPN", "PRON") or is_person_phrase(phrase) or subject.ent_type_ in ("ORG", "GPE", "NORP")


def _refused(verb: Token) -> bool:
    """ "declined to say", "refused to confirm"."""
    head = verb.head
    return verb.dep_ == "xcomp" and head.lemma_.lower() in ("decline", "refuse", "fail")


def _speech_verbs(sentence: Sentence) -> Iterator[Any]:
    """Verbs of saying, thinking or denying that may govern the sentence: its root first, then asides.

    Inside quotation marks only where the whole sentence is quoted.
    """
    root = sentence.span.root
    whole = sentence.quoted_share > 0.95
    found: list[Any] = []
    for token in sentence.span:
        if token.pos_ not in ("VERB", "AUX") or token.lemma_.lower() not in _SPEECH:
            continue
        if sentence.in_quote(token) and not whole:
            continue
        if token.i == root.i:
            found.insert(0, token)
        elif token.dep_ in ("parataxis", "advcl", "ccomp", "conj", "dep") and _is_tail(token, sentence):
            found.append(token)
    return iter(found)


def _is_tail(verb: Token, sentence: Sentence) -> bool:
    """A verb of saying set off by commas: "..., filings show", "..., two officials said on Friday"."""
    if verb.dep_ in ("relcl", "acl"):
        return False
    subject = _subject_of(verb)
    if subject is None:
        return False
    first = min(subject.left_edge.i, verb.i)
    before = sentence.passage.doc[first - 1] if first > sentence.span.start else None
    if before is None or before.text not in (",", '"', "—", "–", "-"):
        return bool(sentence.quotes) and before is not None and before.text == '"'
    after = verb.nbor(1) if verb.i + 1 < len(sentence.passage.doc) else None
    if after is not None and after.text == ",":
        return True
    rest = {t.i for t in sentence.span if t.i > verb.i and not t.is_punct}
    return rest <= subtree(verb) or bool(sentence.quotes)


def _subject_of(verb: Token) -> Any:
    subject = next((child for child in verb.children if child.dep_ in SUBJECTS and child.dep_ != "csubj"), None)
    if subject is None and verb.dep_ == "conj" and verb.head.lemma_.lower() in SAY:
        return _subject_of(verb.head)
    if subject is not None and subject.lower_ in ("which", "that", "who", "there"):
        return None
    if any(child.dep_ == "auxpass" for child in verb.children):
        return None
    return None if subject is not None and subject.lower_ in ("nobody", "none", "nothing") else subject


def _content_of(verb: Token, sentence: Sentence) -> Any:
    """Root of the clause that the verb reports."""
    clauses = [child for child in verb.children if child.dep_ == "ccomp" and is_clause(child)]
    if clauses:
        return max(clauses, key=lambda child: len(subtree(child)))
    root = sentence.span.root
    aside = verb.dep_ in ("parataxis", "dep") or (verb.dep_ in ("ccomp", "advcl", "conj") and verb.head.i < verb.i)
    return root if aside and verb.i != root.i and is_clause(root) else None


def is_clause(token: Token) -> bool:
    """Whether a token heads a clause with a subject and a finite verb."""
    if token.pos_ not in ("VERB", "AUX"):
        return False
    children = list(token.children)
    has_subject = any(child.dep_ in (*SUBJECTS, "expl") for child in children)
    finite = token.tag_ in _FINITE or any(
        child.dep_ in ("aux", "auxpass") and child.tag_ in _FINITE for child in children
    )
    return has_subject and finite


def _droppable(sentence: Sentence, verb: Token, content: Token) -> frozenset[int]:
    """Tokens of an attribution clause that holds nothing but who told whom and when; empty when it holds more."""
    every = {token.i for token in sentence.span}
    if content.i == sentence.span.root.i:
        outside = subtree(verb) & every
        plain = _plain_clause(sentence, verb, None, longest=24)
        return frozenset(_with_commas(outside, sentence)) if plain else frozenset()
    if verb.i != sentence.span.root.i or not _plain_clause(sentence, verb, content):
        return frozenset()
    inside = subtree(content) & every
    inside |= {i for child in verb.children if _trails(sentence, child, content) for i in subtree(child)}
    inside -= {child.i for child in content.children if child.dep_ == "mark" and child.lower_ == "that"}
    return frozenset(every - inside)


def _trails(sentence: Sentence, child: Token, content: Token) -> bool:
    """A clause hung on the verb of saying that goes with what was said: "said the fee is €52m, beating the record"."""
    if child.dep_ != "advcl" or child.i < content.i or child.lower_ == "citing" or child.lemma_.lower() in SAY:
        return False
    if sentence.in_quote(content) and not sentence.in_quote(child):
        return False
    return not any(mark.lower_ in ("as", "while", "before", "after", "when") for mark in child.children)


def _plain_clause(sentence: Sentence, verb: Token, content: Token | None, longest: int = 16) -> bool:
    for child in verb.children:
        if content is not None and (child.i == content.i or _trails(sentence, child, content)):
            continue
        size = len(subtree(child))
        if child.dep_ in SUBJECTS:
            if size > 24 or any(_says_more(part) for part in child.subtree):
                return False
        elif child.dep_ == "advcl":
            if size > 8:
                return False
        elif (child.dep_ not in _MODIFIERS) or size > longest or any(_says_more(part) for part in child.subtree):
            return False
    return True


def _says_more(part: Token) -> bool:
    """A clause about the speaker that is news of its own: long, or with a number or a date."""
    if part.dep_ not in ("relcl", "advcl", "ccomp"):
        return False
    below = list(part.subtree)
    return len(below) > 12 or any(token.like_num or token.ent_type_ in ("DATE", "TIME") for token in below)


def _with_commas(outside: set[int], sentence: Sentence) -> set[int]:
    doc = sentence.passage.doc
    grown = set(outside)
    for i in outside:
        for near in (i - 1, i + 1):
            if sentence.span.start <= near < sentence.span.end and doc[near].text == ",":
                grown.add(near)
    return grown


def root_inside(sentence: Sentence) -> Any:
    """The highest verb inside the quotation marks, else the sentence's root."""
    inside = [token for token in sentence.span if sentence.in_quote(token)]
    heads = [token for token in inside if token.pos_ in ("VERB", "AUX") and not sentence.in_quote(token.head)]
    clauses = [token for token in inside if is_clause(token)]
    return next(iter(heads or clauses), sentence.span.root)


def _outside_quotes(sentence: Sentence, verb: Token, subject: Token) -> frozenset[int]:
    """All tokens outside the quotation marks, when they hold nothing but the attribution."""
    inside = [token for token in sentence.span if sentence.in_quote(token) and token.text != '"']
    opens = sentence.span[0].text == '"' or sentence.in_quote(sentence.span[0])
    if len(inside) < 3 or not (opens or any(token.tag_ in _FINITE for token in inside)):
        return frozenset()
    outside = [token for token in sentence.span if not sentence.in_quote(token)]
    named = subtree(subject)
    other = [t for t in outside if is_clause(t) and t.i != verb.i and t.dep_ not in ("relcl", "advcl", "pcomp")]
    other += [t for t in outside if t.dep_ == "advcl" and t.lemma_.lower() in SAY and t.i > verb.i]
    other = [t for t in other if t.i not in named and not (t.dep_ == "conj" and t.lemma_.lower() in SAY)]
    return frozenset() if other else frozenset(token.i for token in outside)


def _according(sentence: Sentence, outlet: str) -> Attribution | None:
    """ "according to two people briefed on the matter", at either end of the sentence."""
    for token in sentence.span:
        if token.lower_ != "according" or token.i + 2 >= sentence.span.end or token.nbor(1).lower_ != "to":
            continue
        if sentence.in_quote(token):
            continue
        objects = [child for child in token.nbor(1).children if child.dep_ == "pobj"]
        if not objects:
            return None
        phrase = noun_phrase(objects[0])
        drop = (subtree(token) | subtree(token.nbor(1))) & {t.i for t in sentence.span}
        heavy = any(part.dep_ in ("relcl",) for part in objects[0].subtree) or len(drop) > 18
        edge = min(drop) <= sentence.span.start + 1 or max(drop) >= sentence.span.end - 2
        contiguous = max(drop) - min(drop) + 1 == len(drop)
        root = sentence.span.root
        kept = (
            frozenset(_with_commas(drop, sentence))
            if edge and contiguous and not heavy and root.i not in drop
            else frozenset()
        )
        via = phrase if is_outlet_name(phrase) and outlet_id_of(phrase) != outlet_id_of(outlet) else None
        return Attribution(token, objects[0], "" if via else phrase, root, kept, via=via)
    return None


def _headline_source(sentence: Sentence, mentions: list[Mention]) -> Attribution | None:
    """ "Rubio: the ball is in Russia's court": a headline's or bullet's named source before a colon."""
    if sentence.block.kind == "paragraph":
        return None
    match = _HEADLINE_COLON.match(sentence.text)
    if match is None:
        return None
    person = next((m for m in mentions if m.entity.label == "PERSON" and m.entity.text in match.group("who")), None)
    if person is None:
        return None
    last = sentence.span.start_char + match.end()
    drop = frozenset(token.i for token in sentence.span if token.idx < last)
    rest = [token for token in sentence.span if token.i not in drop]
    if not any(is_clause(token) for token in rest):
        return None
    content = next(token for token in rest if is_clause(token))
    return Attribution(None, None, match.group("who"), content, drop)


def _beside_quotation(sentence: Sentence, mentions: list[Mention]) -> Attribution | None:
    """ "One tray is too many," shrugged Bram Hoekstra: whom the words behind a quotation name, whatever the verb."""
    if not sentence.quotes or sentence.quoted_share < _MOSTLY_QUOTED or sentence.text[:1] != '"':
        return None
    outside = [t for t in sentence.span if not sentence.in_quote(t) and t.text != '"' and t.i > sentence.span.start + 1]
    if not outside:
        return None
    first = outside[0].i
    doc = sentence.passage.doc
    closed = [token for token in doc[sentence.span.start : first] if token.text != '"']
    named = next((m for m in mentions if m.entity.label == "PERSON" and first <= m.first < first + _TITLE), None)
    if not closed or closed[-1].text not in (",", "!", "?") or named is None:
        return None
    if doc[named.last - 1].dep_ in ("poss", "compound") or doc[named.last : named.last + 1].text == "'s":
        return None
    before = doc[first : named.first]
    if any(token.pos_ in ("ADP", "PUNCT", "CCONJ", "PRON", "ADV") for token in before):
        return None
    told = len(before) > 0 and before[0].pos_ == "VERB"
    if told or (not any(token.pos_ in ("VERB", "AUX") for token in before) and _acts(named, sentence)):
        return Attribution(None, None, named.entity.text, root_inside(sentence), quoting=True)
    return None


def _acts(named: Mention, sentence: Sentence) -> bool:
    """Whether a verb follows the name, or the aside in commas behind it: "Bram Hoekstra, who runs the authority, told us"."""
    behind = [token for token in sentence.span if token.i >= named.last]
    if behind and behind[0].text == ",":
        comma = next((place for place, token in enumerate(behind[1:_ASIDE], 1) if token.text == ","), None)
        behind = behind[comma + 1 :] if comma is not None else []
    passive = bool(behind) and any(child.dep_ == "nsubjpass" for child in behind[0].head.children)
    return bool(behind) and behind[0].pos_ in ("VERB", "AUX") and not passive


def noun_phrase(head: Token, limit: int = 12) -> str:
    """A noun phrase as one would say it in passing: without relative clauses, appositions and asides."""
    skip: set[int] = set()
    for part in head.subtree:
        clause = part.dep_ in ("relcl", "advcl", "appos", "ccomp") or (part.dep_ == "acl" and len(subtree(part)) > 8)
        if part.i != head.i and (clause or (part.is_punct and part.text not in ("-", "'", "/", "&", "."))):
            skip |= subtree(part)
        if part.dep_ == "conj" and part.pos_ == "VERB":
            skip |= subtree(part)
    tokens = [token for token in head.subtree if token.i not in skip]
    tokens = [token for token in tokens if _joined(token, head, tokens)][:limit]
    text = "".join(token.text_with_ws for token in tokens).strip(" ,;:\"'—–-")
    if (
        tokens
        and tokens[0].tag_ not in ("NNP", "NNPS", "PRP")
        and not text[:3].isupper()
        and text.split()[0] not in ("U.S.", "U.N.", "U.K.")
    ):
        text = text[:1].lower() + text[1:]
    return re.sub(r"\s+", " ", text)


def _joined(token: Token, head: Token, tokens: list[Any]) -> bool:
    if token.dep_ == "cc":
        return any(other.dep_ == "conj" and other.i > token.i for other in tokens)
    return True


def is_person_phrase(phrase: str) -> bool:
    return any(word.lower().rstrip("s.,") in PERSON_NOUNS for word in phrase.split())


def is_outlet_name(phrase: str) -> bool:
    """ "Reuters", "the Wall Street Journal": a newsroom by its name."""
    words = re.sub(r"^(?:the|The)\s+", "", phrase).replace("'s", "").split()
    if not words or len(words) > 5 or not all(word[0].isupper() or word in ("of", "and") for word in words):
        return False
    lower = [word.lower().strip(".,") for word in words]
    if len(words) == 1 and lower[0] in AGENCIES:
        return True
    return len(words) > 1 and (
        lower[-1] in OUTLET_ENDINGS
        or " ".join(lower) in ("associated press", "fox news")
        or (lower[0] in AGENCIES and lower[-1] in ("news", "newsroom"))
    )


def is_own_voice(subject: Any, phrase: str, outlet: str, sentence: Sentence) -> bool:
    """Whether the speaker is the outlet itself: "the Argus understands", "we counted six howitzers"."""
    if subject is not None and subject.lower_ in ("we", "i"):
        return not sentence.in_quote(subject) and not sentence.block.label
    words = set(outlet_id_of(phrase).split("-")) if phrase else set()
    outlet_words = set(outlet_id_of(outlet).split("-"))
    return bool(words) and words <= outlet_words and phrase != phrase.lower()


def _told_outlet(verb: Token, outlet: str) -> str | None:
    """The newsroom that a speaker told: "told Reuters", "told the New York Times"."""
    for child in verb.children:
        if child.dep_ in ("dobj", "dative", "pobj") or (child.dep_ in ("prep", "dative") and child.lower_ == "to"):
            target = child if child.dep_ != "prep" else next((c for c in child.children if c.dep_ == "pobj"), child)
            phrase = noun_phrase(target)
            if is_outlet_name(phrase) and not set(outlet_id_of(phrase).split("-")) <= set(
                outlet_id_of(outlet).split("-")
            ):
                return re.sub(r"^the\s+", "", phrase)
    return None


def speaker_name(subject: Any, phrase: str, mentions: list[Mention]) -> tuple[str, Person | None]:
    """Full name where the article knows the person whom the phrase names, else the phrase."""
    if subject is None:
        found = next((m for m in mentions if m.person and m.entity.text in phrase), None)
        return (found.person.name, found.person) if found and found.person else (phrase, None)
    near = [subject, *(child for child in subject.children if child.dep_ == "appos")]
    if subject.dep_ == "appos":
        near.append(subject.head)
    for token in near:
        for mention in mentions:
            if mention.first <= token.i < mention.last and mention.entity.label == "PERSON":
                return (mention.person.name if mention.person else mention.entity.text), mention.person
    return phrase, None
