"""What a round over the sources brought."""

from __future__ import annotations

from dataclasses import dataclass, field

from detector.pipeline import IngestResult


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the web: lists and pages, how many of them were unchanged, how many failed, how many wait."""

    lists: int = 0
    lists_unchanged: int = 0
    pages: int = 0
    pages_unchanged: int = 0
    failed: int = 0
    waiting: int = 0

    def __add__(self, other: Asked) -> Asked:
        return Asked(
            self.lists + other.lists,
            self.lists_unchanged + other.lists_unchanged,
            self.pages + other.pages,
            self.pages_unchanged + other.pages_unchanged,
            self.failed + other.failed,
            self.waiting + other.waiting,
        )


@dataclass(frozen=True, slots=True)
class Gathered:
    """What became of each text; `left` are the files of a drop folder or a watched folder that are still being written."""

    result: IngestResult = field(default_factory=IngestResult)
    asked: Asked = field(default_factory=Asked)
    left: int = 0

    def __add__(self, other: Gathered) -> Gathered:
        return Gathered(merged(self.result, other.result), self.asked + other.asked, self.left + other.left)

    @property
    def arrived(self) -> int:
        """New and revised articles."""
        return len(self.result.accepted) + len(self.result.revised)


def merged(*results: IngestResult) -> IngestResult:
    return IngestResult(
        tuple(article for one in results for article in one.accepted),
        tuple(article for one in results for article in one.unchanged),
        tuple(article for one in results for article in one.revised),
        tuple(rejection for one in results for rejection in one.rejected),
    )
