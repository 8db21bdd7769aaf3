"""Gold stories: what people found in a story's articles, read from its gold.json."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from detector.errors import InputError

GOLD_NAME = "gold.json"
UNFLAGGED_KINDS = ("update", "disputed")
GOLD_KINDS = (
    *("negation", "number", "date", "location", "entity", "cause", "outcome", "attribution", "antonym", "implicit"),
    *UNFLAGGED_KINDS,
)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_MARKDOWN_MARKS = re.compile(
    r"^\s{0,3}(?:#{1,6}|>|[-*+]|\d+\.)\s+|\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)", re.MULTILINE
)


class _Gold(BaseModel):
    """Unknown keys are left alone: gold of other projects may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class GoldArticle(_Gold):
    """`record` is the line of a .jsonl file, counted from 0."""

    file: str = Field(min_length=1)
    outlet: str = Field(min_length=1)
    record: int | None = Field(None, ge=0)
    published: str | None = None


class Evidence(_Gold):
    """An exact piece of an article's visible text, white space folded."""

    file: str = Field(min_length=1)
    outlet: str = Field(min_length=1)
    quote: str = Field(min_length=1)
    record: int | None = Field(None, ge=0)


class GoldSide(_Gold):
    position: str = Field(min_length=1)
    evidence: tuple[Evidence, ...] = Field(min_length=1)


class GoldConflict(_Gold):
    """`should_flag` is false for what must not be called a conflict: updates, and disputes inside one article."""

    id: str = Field(min_length=1)
    kind: str = Field(min_length=1)
    question: str = Field(min_length=1)
    sides: tuple[GoldSide, ...] = Field(min_length=2)
    difficulty: int = Field(ge=1, le=3)
    should_flag: bool
    note: str = ""


class GoldAgreement(_Gold):
    question: str = Field(min_length=1)
    evidence: tuple[Evidence, ...] = Field(min_length=2)


class Decoy(_Gold):
    """Two statements that look like a conflict and are none."""

    why: str = Field(min_length=1)
    pair: tuple[Evidence, Evidence]


class GoldStory(_Gold):
    """Everything that is labelled in one story."""

    story: str = Field(min_length=1)
    articles: tuple[GoldArticle, ...] = Field(min_length=1)
    conflicts: tuple[GoldConflict, ...]
    agreements: tuple[GoldAgreement, ...] = ()
    decoys: tuple[Decoy, ...] = ()

    @property
    def flagged(self) -> tuple[GoldConflict, ...]:
        return tuple(conflict for conflict in self.conflicts if conflict.should_flag)

    @property
    def unflagged(self) -> tuple[GoldConflict, ...]:
        return tuple(conflict for conflict in self.conflicts if not conflict.should_flag)

    def evidence(self) -> tuple[Evidence, ...]:
        """Every quote of the story."""
        sides = [quote for conflict in self.conflicts for side in conflict.sides for quote in side.evidence]
        agreed = [quote for agreement in self.agreements for quote in agreement.evidence]
        return (*sides, *agreed, *(quote for decoy in self.decoys for quote in decoy.pair))


def load_gold(path: Path) -> GoldStory:
    """The gold of a story folder, or of a gold file itself.

    Raises InputError: the file is missing, no JSON, or not of the form.
    """
    file = path / GOLD_NAME if path.is_dir() else path
    try:
        return GoldStory.model_validate_json(file.read_bytes())
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); expected a gold file") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(f"{file}: {where}: {first['msg']}; see corpus/README.md for the form") from error


def find_stories(folder: Path) -> tuple[Path, ...]:
    """The story folders in a folder, or the folder itself when it is one; by name.

    Raises InputError: none holds a gold file.
    """
    if (folder / GOLD_NAME).is_file():
        return (folder,)
    stories = tuple(sorted(path.parent for path in folder.glob(f"*/{GOLD_NAME}")))
    if not stories:
        raise InputError(f"{folder}: no {GOLD_NAME} in it or in its folders; expected a story or a folder of stories")
    return stories


def merge_gold(stories: Sequence[GoldStory], *, name: str) -> GoldStory:
    """One gold for several stories kept in one store; ids become "story:id"."""
    conflicts = [
        conflict.model_copy(update={"id": f"{story.story}:{conflict.id}"})
        for story in stories
        for conflict in story.conflicts
    ]
    return GoldStory(
        story=name,
        articles=tuple(article for story in stories for article in story.articles),
        conflicts=tuple(conflicts),
        agreements=tuple(agreement for story in stories for agreement in story.agreements),
        decoys=tuple(decoy for story in stories for decoy in story.decoys),
    )


def folded(text: str) -> str:
    """White space runs become one space."""
    return " ".join(text.split())


def visible_text(file: Path, record: int | None = None) -> str:
    """What a reader of the file sees, white space folded: tags, front matter and markdown marks are gone.

    Raises InputError: the record is not in the file.
    """
    raw = file.read_text(encoding="utf-8")
    if record is not None:
        return folded(_record_text(file, raw, record))
    if file.suffix in {".html", ".htm"}:
        return folded(_html_text(raw))
    if file.suffix == ".md":
        return folded(_MARKDOWN_MARKS.sub("", _FRONT_MATTER.sub("", raw)))
    return folded(raw)


def _record_text(file: Path, raw: str, record: int) -> str:
    lines = [line for line in raw.splitlines() if line.strip()]
    if record >= len(lines):
        raise InputError(f"{file}: record {record} asked, {len(lines)} there; records are counted from 0")
    fields = json.loads(lines[record])
    return f"{fields.get('title', '')}\n\n{fields['text']}"


def _html_text(raw: str) -> str:
    from lxml import html

    tree = html.document_fromstring(raw.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8"))
    for hidden in tree.xpath("//script|//style|//head"):
        hidden.drop_tree()
    return str(tree.text_content())


def check_story(folder: Path) -> tuple[str, ...]:
    """What is wrong with a story's gold, one line each; empty when nothing is."""
    gold = load_gold(folder)
    texts: dict[tuple[str, int | None], str] = {}
    problems = [f"{folder.name}: the gold names the story {gold.story!r}"] if gold.story != folder.name else []
    for article in gold.articles:
        if (folder / article.file).is_file():
            texts[article.file, article.record] = visible_text(folder / article.file, article.record)
        else:
            problems.append(f"{article.file}: listed in the gold and not in the folder")
    outlets = {(article.file, article.record): article.outlet for article in gold.articles}
    problems += _conflict_problems(gold.conflicts)
    for evidence in gold.evidence():
        place = (evidence.file, evidence.record)
        if outlets.get(place) != evidence.outlet:
            problems.append(f"{evidence.file}: no article of {evidence.outlet!r} there for {evidence.quote!r}")
        elif folded(evidence.quote) not in texts.get(place, ""):
            problems.append(f"{evidence.file}: not in the visible text: {evidence.quote!r}")
    return tuple(problems)


def _conflict_problems(conflicts: Iterable[GoldConflict]) -> list[str]:
    counted = Counter(conflict.id for conflict in conflicts)
    problems = [f"conflict id {name!r} is used {count} times" for name, count in counted.items() if count > 1]
    for conflict in conflicts:
        if conflict.kind not in GOLD_KINDS:
            problems.append(f"{conflict.id}: kind {conflict.kind!r} is none of {', '.join(GOLD_KINDS)}")
        if conflict.should_flag == (conflict.kind in UNFLAGGED_KINDS):
            problems.append(f"{conflict.id}: kind {conflict.kind!r} and should_flag {conflict.should_flag} do not fit")
    return problems
