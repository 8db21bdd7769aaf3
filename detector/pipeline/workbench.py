"""The models of one call, each loaded when first needed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

from detector import models
from detector.records import Probs, digest
from detector.settings import ModelSettings, Settings

if TYPE_CHECKING:
    from spacy.language import Language

_Model = TypeVar("_Model")


@dataclass(slots=True)
class Workbench:
    """The models of one call, each loaded when first needed and only then, and let go when a run has passed its stage.

    A given NLI model that is not the one of the settings is taken as calibrated.
    """

    settings: Settings
    _encoder: models.Encoder | None = None
    _nli: models.NLIModel | None = None
    _nlp: Language | None = None
    _calibrated: bool = field(init=False)
    _loaded: set[str] = field(init=False, default_factory=set)
    _loading: threading.RLock = field(init=False, default_factory=threading.RLock)
    _ahead_encoder: Future[models.Encoder] | None = field(init=False, default=None)
    _ahead_nli: Future[models.NLIModel] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._calibrated = self._nli is None or self._nli.scorer_id == models.scorer_id_of(self.settings.models)

    @property
    def encoder_id(self) -> str:
        return self._encoder.encoder_id if self._encoder else models.encoder_id_of(self.settings.models)

    @property
    def scorer_id(self) -> str:
        return self._nli.scorer_id if self._nli else models.scorer_id_of(self.settings.models)

    @property
    def encoder(self) -> models.Encoder:
        with self._loading:
            if self._encoder is None:
                ahead = self._ahead_encoder
                self._ahead_encoder = None
                self._encoder = ahead.result() if ahead is not None else models.load_encoder(self.settings.models)
                self._loaded.add("_encoder")
            return self._encoder

    @property
    def nli(self) -> models.NLIModel:
        with self._loading:
            if self._nli is None:
                ahead = self._ahead_nli
                self._ahead_nli = None
                self._nli = ahead.result() if ahead is not None else models.load_nli(self.settings.models)
            return self._nli

    def load_ahead(self, name: Literal["encoder", "nli"]) -> None:
        """Begin to load a model beside what runs meanwhile; what goes wrong there is told when the model is asked for."""
        with self._loading:
            if name == "encoder" and self._encoder is None and self._ahead_encoder is None:
                self._ahead_encoder = _beside(models.load_encoder, self.settings.models)
            if name == "nli" and self._nli is None and self._ahead_nli is None:
                self._ahead_nli = _beside(models.load_nli, self.settings.models)

    @property
    def starts_cold(self) -> bool:
        """Whether the encoder and the language pipeline are both still to be loaded, and spaCy was not imported yet."""
        return self._encoder is None and self._nlp is None and "spacy" not in sys.modules

    @property
    def nlp(self) -> Language:
        if self._nlp is None:
            from detector.statements import load_pipeline

            self._nlp = load_pipeline(self.settings.statements)
            self._loaded.add("_nlp")
        return self._nlp

    def let_go(self, name: Literal["_nlp", "_encoder"]) -> None:
        """Free the memory of a model that was loaded here; a given one stays. Needed again, it is loaded again."""
        if name in self._loaded:
            self._loaded.discard(name)
            setattr(self, name, None)

    @property
    def temperature(self) -> float:
        return models.temperature_of(self.settings.models) if self._calibrated else 1.0

    def probs(self, line: Iterable[float]) -> Probs:
        """One row of NLI scores, calibrated."""
        return Probs(*map(float, line)).tempered(self.temperature)

    @property
    def embedding_fingerprint(self) -> str:
        """Of what an article's vectors depend on."""
        return digest(self.statements_fingerprint, self.settings.fingerprint("embed"), self.encoder_id)

    @property
    def judging_fingerprint(self) -> str:
        """Of what is made of a pair of given statements, besides them."""
        from detector.conflicts import weights_digest

        return digest(self.scorer_id, self.temperature, self.settings.fingerprint("conflicts"), weights_digest())

    @property
    def statements_fingerprint(self) -> str:
        return self.settings.fingerprint("statements")


def _beside(load: Callable[[ModelSettings], _Model], settings: ModelSettings) -> Future[_Model]:
    """The model that a thread of its own loads."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="models")
    loading = thread.submit(load, settings)
    thread.shutdown(wait=False)
    return loading
