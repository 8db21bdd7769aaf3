"""Whether a statement asserts something that can be checked, and how much it is worth checking."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from detector.statements.spans import Sentence
from detector.statements.speakers import is_clause
from detector.statements.words import word_set

if TYPE_CHECKING:
    from spacy.tokens import Token

_BOILERPLATE = re.compile(
    r"^\W*(?:read more|see also|related:|also read|sign up|subscribe|follow us|click here|share this|like us|watch:|photo|image|credit|"
    r"advertisement|copyright|©|all rights reserved|additional reporting|reporting by|editing by|contact us|tip us|"
    r"download|listen to|get the|support for [\w ]+ comes from|more on this|back page|tickets for|to place a|leave a comment|"
    r"this (?:story|article|post|transcript) (?:has been|was|is)|posted|published|updated|filed under|tags?:)\b"
    r"|all rights reserved|contributed (?:reporting|to this (?:report|story|article))|newsletter|©|sign up (?:here|for)|"
    r"\bcan be (?:reached|found) at\b|https?://|www\.|\S+@\S+\.\w+|terms of (?:use|service)|"
    r"\bunsubscribe\b|cookies?\b.*\bsettings|may not be (?:reproduced|rebroadcast)|use the sharing tools|"
    r"^\(?(?:reporting|writing|editing|additional reporting) by\b",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\W*(?:good (?:morning|evening|afternoon|night)|hi|hello|hey|welcome|thanks?|thank you|see you|goodbye|bye|happy \w+day|"
    r"dear \w+|tell a friend|that's all|ok(?:ay)?,? deep breath|cheers|congratulations)\b",
    re.IGNORECASE,
)
_THANKS = re.compile(r"(?:\bthank you|\bthanks)(?: (?:so|very) much)?[.!,]?\W*$", re.IGNORECASE)
_STAGE = re.compile(
    r"^\W*[(\[](?:\w+\W{0,2}){1,4}[)\]]\W*$|^\W*(?:laughter|applause|laughs|music|crosstalk|video cannot be played)\W*$",
    re.IGNORECASE,
)
_TEASER = re.compile(
    r"\b(?:after the break|coming up|stay tuned|here(?:'s| is| are) (?:what|why|how|a|the|our|some|my|your|\w+ things?)\b|what (?:you need )?to know|"
    r"five things|things to know|what to (?:watch|ignore|expect)|more on (?:this|that)|keep reading|read on|scroll (?:down|to)|"
    r"these are the headlines|you can find|below (?:is|are)|(?:this|the) (?:article|post|story|guide|piece|chart|table|graph) (?:below )?(?:will|explains|looks|shows|breaks)|"
    r"let's (?:take a )?look|we(?:'ll| will) (?:look|explain|explore|discuss|break)|more to (?:come|follow)|will update|watch (?:this|the) (?:video|space))\b"
    r"|^\W*(?:here's|here are|next|in other news|first up|and finally|exclusive)\b",
    re.IGNORECASE,
)
_IGNORANCE = re.compile(
    r"\b(?:i|we) (?:really |just |honestly |still )?(?:do not|don't|didn't|did not|can't|cannot|couldn't) (?:really |yet |exactly )?"
    r"(?:know|remember|recall|say|tell|decide|understand)\b|\b(?:no idea|not sure|who knows|god knows|your guess|hard to say|"
    r"i'm not a (?:scientist|doctor|lawyer|expert))\b|\bwhat (?:i|we) don't know\b",
    re.IGNORECASE,
)
_SELF = re.compile(
    r"^\W*(?:[\w']+\W+){0,3}?(?:i|we) (?:\w+ )?(?:think|believe|feel|felt|hope|love|hate|wish|guess|suppose|suspect|prefer|doubt|"
    r"mean|agree|disagree|want|wanted|like|would like|bet|imagine|find it|reckon|trust|worry|fear|would say|would be|don't see)\b"
    r"|\bi (?:think|believe|guess|suppose|hope|reckon)[.!]?\W*$"
    r"|^\W*(?:[\w']+\W+){0,3}?i'd (?:say|rather|be|like|love|bet|make|shut)\b|\bif i had to\b|\bin (?:my|our) (?:opinion|view|book)\b"
    r"|\b(?:seems?|seemed|feels?) to me\b|\bfor what it's worth\b|\bmy (?:guess|hunch|advice|take) (?:is|would)\b"
    r"|^\W*(?:[\w']+\W+){0,3}?(?:i(?:'m| am)|we(?:'re| are)) (?:very |so |really )?(?:proud|sorry|glad|happy|sad|afraid|worried|"
    r"confident|optimistic|grateful|excited|thrilled|not (?:daft|worried|surprised|sure|saying))\b",
    re.IGNORECASE,
)
_YOU = re.compile(r"\b(?:you|your|you're|you'd|you'll|yourself|yours)\b", re.IGNORECASE)
_ADVICE = re.compile(
    r"\b(?:you(?:'ll)? (?:should|must|need to|can|may want|might want|have to|ought)|it(?:'s| is) (?:best|wise|important|a good idea) to|make sure|be sure|"
    r"consider (?:\w+ing)|(?:experts?|advisers?|advisors?) (?:recommend|suggest|advise)|if you(?:'re| are| have| ate| want| can| need|'d like)?)\b",
    re.IGNORECASE,
)
_VALUE = word_set(
    "good bad great terrible awful wonderful beautiful ugly best worst better worse excellent horrible disgraceful "
    "disgrace outrageous ridiculous absurd brilliant stupid smart wise foolish silly crazy insane fantastic amazing "
    "incredible remarkable extraordinary disappointing sad tragic shameful shame embarrassing pathetic nice lovely "
    "boring interesting fascinating important crucial vital wrong right fair unfair obvious clear unclear hard easy "
    "difficult impossible cheap rich gamble genius hero coward fool magic joke mess disaster nightmare dream "
    "triumph failure unlikely inevitable natural worthwhile reasonable sensible dangerous scary troubling "
    "concerning alarming surprising shocking stunning sobering telling odd strange weird bizarre funny"
)
_LOADED = re.compile(
    r"\b(?:simply|frankly|clearly|obviously|of course|surely|truly|really|literally|indeed|let's face it|to put it|arguably|in short|the truth is|make no mistake|imagine)\b",
    re.IGNORECASE,
)
_EVENT = word_set(
    "sign kill injure die arrest charge resign announce vote pass reject approve accept launch strike attack "
    "explode fire appoint elect win lose rise fall climb drop increase decrease grow shrink raise cut hike lower "
    "close open shut sell buy acquire merge recall ban suspend release free hold meet visit arrive leave return "
    "begin start end stop cancel delay postpone withdraw deploy move pull withdraw sue convict sentence indict "
    "investigate find test confirm deny report record receive pay fine spend earn cost employ hire lay own agree "
    "refuse order issue publish sign file lift impose evacuate hospitalize infect trace score transfer complete "
    "contain collapse crash hit reach exceed total number involve cause trigger spark happen occur take tell warn "
    "contract expand create add nominate endorse veto overturn rule defeat beat pledge demand replace name step "
    "sack dismiss break violate"
)
_VAGUE = word_set(
    "it this that these those they we i you people everyone everybody nobody somebody someone anyone anybody "
    "something nothing everything anything things some many others one who what which"
)
_ME = frozenset(("i", "we", "me", "my", "us", "our", "mine", "ours", "myself"))


@dataclass(frozen=True, slots=True)
class Judged:
    """Check-worthiness of a statement: `gate` names what it is instead of a claim."""

    score: float
    gate: str | None


WEIGHTS = {
    "bias": -0.15,
    "named": 0.45,
    "number": 1.0,
    "time": 0.45,
    "clause": 0.25,
    "past": 0.45,
    "event": 0.4,
    "concrete subject": 0.4,
    "length": 0.65,
    "speaker": 0.25,
    "self": -0.6,
    "you": -0.8,
    "value word": -0.5,
    "ought": -0.4,
    "loaded": -0.1,
    "exclaimed": -0.2,
    "plain": -0.5,
    "quote": -0.4,
    "headline": -0.4,
    "praise or blame": -0.6,
    "vague subject": -0.9,
    "generic": -0.45,
}
"""Weights of the score, from a logistic regression (L2, C = 0.5, rounded) on 185 statements labelled by hand; the bias is
raised by 0.35 because gated statements, mostly no claims, were drawn more often than they occur.

On 184 more that were held out: area under the curve .86; at a score of .35, .88 of the claims are kept and .74 of what is
kept are claims (half of that sample are none). Of 66 held-out statements with a gate, 7 were claims.
"""


def judge(
    sentence: Sentence,
    root: Token,
    *,
    dropped: set[int],
    named: int,
    numbers: int,
    times: int,
    tense: str,
    speaker: bool,
    grounded: bool = False,
) -> Judged:
    """Gate and score of a statement. The gate is decided by rule, the score by a weighted sum through a logistic."""
    kept = [token for token in sentence.span if token.i not in dropped]
    wording = "".join(token.text_with_ws for token in kept).strip(" \"',;:")
    features = _features(sentence, root, wording, kept, named, numbers, times, tense, speaker)
    if grounded:
        features["self"] = 0.0
    score = 1 / (1 + math.exp(-sum(WEIGHTS[name] * value for name, value in features.items())))
    gate = _gate(sentence, root, wording, kept, features)
    if gate is not None:
        score = min(score, 0.3)
    return Judged(round(score, 4), gate)


def _features(
    sentence: Sentence,
    root: Token,
    wording: str,
    kept: list[Any],
    named: int,
    numbers: int,
    times: int,
    tense: str,
    speaker: bool,
) -> dict[str, float]:
    words = {token.lower_ for token in kept}
    lemmas = {token.lemma_.lower() for token in kept}
    subject = next((child for child in root.children if child.dep_ in ("nsubj", "nsubjpass")), None)
    concrete = subject is not None and (
        subject.tag_ in ("NNP", "NNPS")
        or any(
            c.dep_ in ("det", "poss", "nummod", "compound") and c.lower_ not in ("a", "an", "any")
            for c in subject.children
        )
    )
    personal = subject is not None and subject.lower_ in ("he", "she")
    event = root.lemma_.lower() in _EVENT or bool(lemmas & _EVENT and tense == "past")
    plain = not named and not numbers and not times
    complement = [child for child in root.children if child.dep_ in ("acomp", "attr")]
    judged_by = any(
        child.lemma_.lower() in _VALUE or any(c.lemma_.lower() in _VALUE for c in child.children)
        for child in complement
    )
    return {
        "bias": 1.0,
        "named": min(named, 3) / 2,
        "number": min(numbers, 2) / 1.5,
        "time": float(min(times, 1)),
        "clause": float(is_clause(root)),
        "past": float(tense == "past"),
        "event": float(event),
        "concrete subject": float(concrete),
        "length": min(len(kept), 30) / 30,
        "speaker": float(speaker),
        "self": float(bool(words & _ME)),
        "you": float(bool(_YOU.search(wording))),
        "value word": float(judged_by),
        "ought": float(_ought(root)),
        "loaded": float(bool(_LOADED.search(wording))),
        "exclaimed": float(wording.endswith("!")),
        "plain": float(plain),
        "quote": float(sentence.quoted_share > 0.5),
        "headline": float(sentence.block.kind in ("title", "heading")),
        "praise or blame": min(sum(token.lemma_.lower() in _VALUE for token in kept), 2) / 2,
        "vague subject": float(subject is None or subject.lower_ in _VAGUE),
        "generic": float(plain and tense == "present" and not concrete and not personal),
    }


def _gate(sentence: Sentence, root: Token, wording: str, kept: list[Any], features: dict[str, float]) -> str | None:
    """First of the named reasons that applies."""
    text = sentence.text
    plain = not features["named"] and not features["number"] and not features["time"]
    headline = sentence.block.kind in ("title", "heading")
    if _BOILERPLATE.search(text):
        return "boilerplate"
    if _STAGE.search(text):
        return "stage direction"
    if _is_question(wording, text, headline):
        return "question"
    if _GREETING.search(wording) or (_THANKS.search(wording) and len(kept) < 10):
        return "greeting"
    if _TEASER.search(wording) and not features["number"] - features["time"] > 1:
        return "teaser"
    if _IGNORANCE.search(wording) and len(kept) < 25:
        return "ignorance"
    if not headline and ":" not in wording and _is_imperative(root, kept):
        return "imperative"
    if _ADVICE.search(wording) and features["you"]:
        return "advice"
    if _is_fragment(sentence, root, kept, features):
        return "fragment"
    if _SELF.search(wording):
        return "opinion"
    if features["value word"] and plain:
        return "opinion"
    if features["ought"] and not features["number"] and not features["speaker"]:
        return "opinion"
    if plain and (features["exclaimed"] or features["you"] or (features["loaded"] and features["generic"])):
        return "rhetoric"
    if features["generic"] and (_is_maxim(root) or (len(kept) < 12 and features["vague subject"])):
        return "rhetoric"
    return None


def _ought(root: Token) -> bool:
    """ "The transfer should have been blocked", "they need to be told"."""
    helpers = {child.lower_ for child in root.children if child.dep_ == "aux"}
    if helpers & {"should", "ought"}:
        return True
    return root.lemma_.lower() in ("deserve", "need") and any(child.dep_ == "xcomp" for child in root.children)


def _is_maxim(root: Token) -> bool:
    """ "A ceasefire is a promise about tomorrow": any such thing is said to be something."""
    subject = next((child for child in root.children if child.dep_ == "nsubj"), None)
    if subject is None or root.lemma_ != "be":
        return False
    return any(child.dep_ == "det" and child.lower_ in ("a", "an") for child in subject.children)


def _is_question(wording: str, text: str, headline: bool) -> bool:
    return wording.rstrip("\"' )").endswith("?") or text.rstrip("\"' )").endswith("?")


def _is_imperative(root: Token, kept: list[Any]) -> bool:
    """A bare verb without a subject that opens the sentence, or "let's"."""
    words = [token for token in kept if not token.is_punct and token.dep_ not in ("cc", "intj", "advmod")]
    if not words:
        return False
    first = words[0]
    if first.lower_ == "let" and len(words) > 1 and words[1].lower_ in ("'s", "us", "me"):
        return True
    bare = root.tag_ in ("VB", "VBP") and root.pos_ == "VERB"
    subject = any(child.dep_ in ("nsubj", "nsubjpass", "expl", "csubj") for child in root.children)
    helped = any(child.dep_ in ("aux", "auxpass") and child.lower_ not in ("do",) for child in root.children)
    if not bare or subject or helped or root.dep_ != "ROOT":
        return False
    return first.i == root.i or (
        first.lower_ in ("do", "don't", "please", "never", "always", "just") and root.i - first.i <= 3
    )


def _is_free_relative(first: Token, root: Token) -> bool:
    """ "What a dam is for": the question word belongs to the main clause, and nothing is asked."""
    if first.tag_ not in ("WP", "WRB", "WDT") or first.lower_ in ("which", "that"):
        return False
    token = first
    while token.i != root.i and token.head.i != token.i:
        if token.dep_ in ("csubj", "csubjpass", "advcl", "ccomp", "nsubj", "relcl") and token.i != first.i:
            return False
        token = token.head
    return True


def _is_fragment(sentence: Sentence, root: Token, kept: list[Any], features: dict[str, float]) -> bool:
    """No clause of its own; a headline or bullet that names or counts something stands for one."""
    words = [token for token in kept if not token.is_punct]
    if len(words) < 3:
        return not (len(words) == 2 and is_clause(root) and features["named"])
    told = round(features["named"] * 2) + bool(features["number"]) + bool(features["time"])
    clause = is_clause(root) or any(
        is_clause(t) and t.dep_ in ("ROOT", "ccomp", "conj", "parataxis", "dep") for t in kept
    )
    if _is_free_relative(words[0], root):
        return True
    kind = sentence.block.kind
    if kind == "heading" and words[0].tag_ in ("WP", "WRB", "WDT", "IN"):
        return True
    if kind in ("title", "heading", "bullet"):
        if kind != "bullet" and words[0].tag_ == "IN" and words[1].tag_ == "VBG":
            return True
        if kind == "title" and features["named"] and len(words) > 4:
            return False
        verb = clause or any(token.pos_ == "VERB" for token in kept)
        return not (
            clause or (verb and told) or told > 1 or (kind == "bullet" and features["number"] + features["time"])
        )
    finite = any(token.tag_ in ("VBD", "VBZ", "VBP", "MD") for token in words)
    return not (clause or (finite and len(words) > (4 if told else 9)) or (told > 1 and len(words) > 5))
