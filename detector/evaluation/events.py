"""Whether topics gather the articles of one event: purity and completeness against events that people named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.errors import InputError
from detector.evaluation.gold import find_stories
from detector.pipeline import Workbench, ingest, split_pending, summarise_pending
from detector.records import Article, Topic
from detector.store import open_store
from detector.topics import find_topics

EVENT_FIELD = "event"


@dataclass(frozen=True, slots=True)
class Gathered:
    """`purity`: share of the articles that stand in a topic whose most frequent event is theirs; `completeness`: share that stand in
    the topic that most articles of their event are in. An article of no topic stands alone."""

    articles: int
    events: int
    topics: int
    purity: float
    completeness: float


def measure_topics(path: Path, *, bench: Workbench, workdir: Path) -> Gathered:
    """Of the articles of a .jsonl file whose rows name their `event`, or of a folder of stories, each an event; all in one store.

    Raises InputError: no event is named for an article.
    """
    from detector.corpus import read_paths

    with open_store(workdir / "events.db") as store:
        ingest(store, read_paths([path], bench.settings.reading))
        split_pending(store, bench, lambda _: None)
        summarise_pending(store, bench, lambda _: None)
        summaries, means = store.comparisons.summaries(bench.embedding_fingerprint)
        articles = {article.article_id: article for article in store.articles()}
    events = events_of(path, list(articles.values()))
    return gathered(find_topics(summaries, means, articles=articles, settings=bench.settings.topics), events)


def events_of(path: Path, articles: Sequence[Article]) -> dict[str, str]:
    """The event of each article by its id."""
    found = _events_of_rows(path, articles) if path.is_file() else _events_of_stories(path, articles)
    unnamed = [article.path for article in articles if not found.get(article.article_id)]
    if unnamed or not articles:
        raise InputError(
            f"{path}: no event is named for {len(unnamed)} of {len(articles)} articles ({', '.join(map(str, unnamed[:3]))}); expected a .jsonl file "
            f"whose rows have a url and an `{EVENT_FIELD}`, or a folder of stories"
        )
    return found


def _events_of_rows(path: Path, articles: Sequence[Article]) -> dict[str, str]:
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        by_url = {str(row["url"]): str(row[EVENT_FIELD]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: no events could be read ({error}); expected .jsonl rows with a url and an `{EVENT_FIELD}`"
        ) from error
    return {article.article_id: by_url.get(str(article.url), "") for article in articles}


def _events_of_stories(folder: Path, articles: Sequence[Article]) -> dict[str, str]:
    stories = [story.name for story in find_stories(folder)]
    return {
        article.article_id: next((name for name in stories if name in Path(article.path or "").parts), "")
        for article in articles
    }


def gathered(topics: Sequence[Topic], events: Mapping[str, str]) -> Gathered:
    """`events` by article id."""
    topic_of = {article_id: topic.topic_id for topic in topics for article_id in topic.article_ids}
    together = Counter((topic_of.get(article_id, article_id), event) for article_id, event in events.items())
    best_of_topic: Counter[str] = Counter()
    best_of_event: Counter[str] = Counter()
    for (topic, event), count in together.items():
        best_of_topic[topic] = max(best_of_topic[topic], count)
        best_of_event[event] = max(best_of_event[event], count)
    return Gathered(
        articles=len(events),
        events=len(best_of_event),
        topics=len(topics),
        purity=best_of_topic.total() / len(events),
        completeness=best_of_event.total() / len(events),
    )
