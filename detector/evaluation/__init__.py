"""Gold stories, how reports and NLI models are scored, and the floors their figures must keep."""

from detector.evaluation.gold import GoldStory, check_story, find_stories, load_gold
from detector.evaluation.metrics import StoryScore, score_report
from detector.evaluation.stories import (
    Evaluation,
    RunStory,
    Table,
    evaluate_corpus,
    evaluate_story,
    evaluate_together,
    kind_table,
    plain_text,
    story_table,
)

__all__ = [
    "Evaluation",
    "GoldStory",
    "RunStory",
    "StoryScore",
    "Table",
    "check_story",
    "evaluate_corpus",
    "evaluate_story",
    "evaluate_together",
    "find_stories",
    "kind_table",
    "load_gold",
    "plain_text",
    "score_report",
    "story_table",
]
