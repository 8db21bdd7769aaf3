"""From an article to its statements: the stage itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from detector.errors import InputError, ModelError
from detector.records import (
    Article,
    Entity,
    Statement,
    StatementForm,
    statement_id_of,
    text_hash_of,
)
from detector.settings import StatementSettings
from detector.statements.claims import judge
from detector.statements.entities import Mention, Names, Person, mentions_in, names_of, person_named
from detector.statements.layout import Block, blocks_of, turn_speakers
from detector.statements.memory import Memory
from detector.statements.modality import clause_root, is_negated, modality_of, tense_of
from detector.statements.normal import cases_of
from detector.statements.quantities import quantities_in
from detector.statements.questions import as_question
from detector.statements.spans import Sentence, passages_of, sentences_of
from detector.statements.speakers import Attribution, attribution_of
from detector.statements.times import times_in
from detector.statements.turns import Voice, voices_of
from detector.statements.wording import Wording, compose, lemmas_of
from detector.statements.words import AGENCIES, STOP_LEMMAS

if TYPE_CHECKING:
    from spacy.language import Language

_FORMS: dict[str, StatementForm] = {"title": "headline", "heading": "headline", "bullet": "bullet"}


def load_pipeline(settings: StatementSettings) -> Language:
    """The spaCy pipeline named in the settings.

    Raises ModelError: the package or directory is missing, or it lacks a parser, tagger or entity recogniser.
    """
    import spacy

    try:
        nlp = spacy.load(settings.pipeline)
    except OSError as error:
        raise ModelError(
            f"spaCy pipeline {settings.pipeline!r} is not installed; expected a package or directory that spacy.load can "
            f"open; install it with: pip install {settings.pipeline.replace('_', '-')}"
        ) from error
    missing = {"tagger", "parser", "ner", "lemmatizer"} - set(nlp.pipe_names)
    if missing:
        raise ModelError(
            f"spaCy pipeline {settings.pipeline!r} has no {', '.join(sorted(missing))}; expected a full English pipeline "
            "such as en_core_web_sm"
        )
    return nlp


def split_articles(
    articles: Sequence[Article],
    *,
    nlp: Language,
    settings: StatementSettings,
    progress: Callable[[int], None] | None = None,
) -> Iterator[tuple[Article, tuple[Statement, ...]]]:
    """Each article with its statements in reading order; an article in a language that is not read has none.

    The statements of an article depend on that article and the settings alone. `progress` is told 1 for each article.
    """
    for article in articles:
        yield article, _statements_of(article, nlp, settings)
        if progress is not None:
            progress(1)


def read_claim(text: str, *, nlp: Language, settings: StatementSettings) -> Statement:
    """A user's claim as one statement of a made-up article.

    Raises InputError: the claim holds no words.
    """
    claim = text.strip()
    if not any(char.isalpha() for char in claim):
        raise InputError(f"the claim is {text!r}; expected a sentence such as 'The bridge was closed on Friday'")
    article = Article(article_id="claim", outlet_id="claim", outlet="claim", text=claim, text_hash=text_hash_of(claim))
    block = Block("paragraph", 0, len(claim), 0)
    return _read(article, [block], nlp, settings, whole=True)[0]


def _statements_of(article: Article, nlp: Language, settings: StatementSettings) -> tuple[Statement, ...]:
    language = (article.language or settings.languages[0]).lower().replace("_", "-").split("-")[0]
    if language not in settings.languages:
        return ()
    return _read(article, blocks_of(article), nlp, settings)


def _read(
    article: Article, blocks: list[Block], nlp: Language, settings: StatementSettings, *, whole: bool = False
) -> tuple[Statement, ...]:
    cases = cases_of(article.text[len(article.title or "") :])
    passages = list(passages_of(article.text, blocks, cases, nlp=nlp, whole=whole))
    names = names_of(passages)
    sentences = sentences_of(passages)
    mentions = [mentions_in(sentence, names) for sentence in sentences]
    found = [attribution_of(s, m, article.outlet) for s, m in zip(sentences, mentions, strict=True)]
    turns = turn_speakers(article, blocks)
    memory = Memory()
    voices = voices_of(sentences, mentions, found, turns, names, memory)
    dateline = next((block.agency for block in blocks if block.agency), "")
    agency = dateline if dateline.lower() in AGENCIES and dateline.lower() not in article.outlet.lower() else None
    statements = []
    memory = Memory()
    for position in range(len(sentences)):
        reading = _Reading(
            article, settings, sentences, position, mentions[position], found[position], voices[position]
        )
        statements.append(reading.statement(names, memory, agency))
    return tuple(_with_questions(statements, sentences, nlp))


@dataclass(frozen=True, slots=True)
class _Reading:
    """One sentence on its way to a statement."""

    article: Article
    settings: StatementSettings
    sentences: list[Sentence]
    position: int
    mentions: list[Mention]
    attribution: Attribution | None
    voice: Voice

    def statement(self, names: Names, memory: Memory, agency: str | None) -> Statement:
        sentence, article = self.sentences[self.position], self.article
        attribution = self.attribution
        wording, draft = compose(
            sentence,
            attribution,
            (self.voice.speaker, self.voice.person),
            self.mentions,
            names,
            memory,
            max_words=self.settings.max_words,
        )
        memory.note(sentence, self.mentions, draft.people, self.voice.person, self.voice.speaker)
        root = clause_root(sentence, attribution)
        tense = tense_of(root)
        times, quantities = self._figures(sentence, draft, tense)
        entities = _entities(self.mentions, draft, names)
        judged = judge(
            sentence,
            root,
            dropped=draft.dropped,
            named=len(entities),
            numbers=len(quantities),
            times=len(times),
            tense=tense,
            speaker=self.voice.speaker is not None,
            grounded=draft.spoke,
        )
        first, last = self._context()
        return Statement(
            statement_id=statement_id_of(article.article_id, article.revision, sentence.start, sentence.end),
            article_id=article.article_id,
            revision=article.revision,
            outlet_id=article.outlet_id,
            position=self.position,
            start=sentence.start,
            end=sentence.end,
            text=article.text[sentence.start : sentence.end],
            wording=wording or sentence.text,
            text_hash=text_hash_of(wording or sentence.text),
            form=_form(sentence),
            context_start=first,
            context_end=last,
            speaker=self.voice.speaker,
            via=self.voice.via or agency,
            modality=modality_of(
                sentence, root, attribution, attributed=self.voice.speaker is not None or self.voice.via is not None
            ),
            negated=is_negated(root),
            tense=tense,
            claim_score=judged.score,
            claim_gate=judged.gate,
            entities=entities,
            quantities=quantities,
            times=times,
            lemmas=lemmas_of(sentence, draft, STOP_LEMMAS),
        )

    def _figures(self, sentence: Sentence, draft: Wording, tense: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Times and quantities of what is asserted; the times of the saying only where the content has none."""
        found = list(times_in(sentence.text, self.article.published_at, tense))
        skip = [(time.start, time.end) for time in found]
        base = sentence.span.start_char
        gone = [(t.idx - base, t.idx - base + len(t.text)) for t in sentence.span if t.i in draft.dropped]

        def kept(start: int, end: int) -> bool:
            return not any(start < stop and end > begin for begin, stop in gone)

        inside = [time for time in found if kept(time.start, time.end)] or found
        quantities = quantities_in(sentence.span, skip, published=self.article.published_at)
        counted = [q for q in quantities if kept(q.start, q.end)]
        return tuple(time.mention for time in inside), tuple(q.quantity for q in counted)

    def _context(self) -> tuple[int, int]:
        reach = self.settings.context_sentences
        near = self.sentences[max(0, self.position - reach) : self.position + reach + 1]
        return min(s.start for s in near), max(s.end for s in near)


def _with_questions(statements: list[Statement], sentences: list[Sentence], nlp: Language) -> Iterator[Statement]:
    """The statements with the question that each claim answers; only wordings that differ from the sentence are parsed
    again, together."""
    changed = [
        s for s, sentence in zip(statements, sentences, strict=True) if not s.claim_gate and s.wording != sentence.text
    ]
    parsed = dict(
        zip(
            (statement.position for statement in changed),
            nlp.pipe([statement.wording for statement in changed], batch_size=64),
            strict=True,
        )
    )
    for statement, sentence in zip(statements, sentences, strict=True):
        if statement.claim_gate is None:
            doc = parsed.get(statement.position)
            asked = as_question(next(doc.sents) if doc is not None else sentence.span)
            yield replace(statement, question=asked)
        else:
            yield statement


def _form(sentence: Sentence) -> StatementForm:
    form = _FORMS.get(sentence.block.kind)
    if form is not None:
        return form
    return "quote" if sentence.quoted_share >= 0.5 else "sentence"


def _entities(mentions: list[Mention], draft: Wording, names: Names) -> tuple[Entity, ...]:
    """Entities of the sentence and of what came in for its pronouns, each key once."""
    found: dict[str, Entity] = {}
    for mention in mentions:
        found.setdefault(mention.entity.key, mention.entity)
    for person in draft.people:
        found.setdefault(person.key, Entity(person.name, "PERSON", person.key))
    for name in draft.names:
        person_or_none: Person | None = person_named(name, names)
        if person_or_none is not None:
            found.setdefault(person_or_none.key, Entity(name, "PERSON", person_or_none.key))
        elif name in names.keys:
            found.setdefault(names.keys[name], Entity(name, names.labels[name], names.keys[name]))
    return tuple(found.values())
