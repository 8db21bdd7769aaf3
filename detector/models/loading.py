"""Loading: the embedded models and plain BERT or MPNet directories directly, every other model by its own library."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from detector.errors import ModelError
from detector.models.backends import Variant, open_graph, variant_of
from detector.models.backends.probe_pairs import PROBE_PAIRS
from detector.models.batches import (
    FEWEST_ROWS,
    Forward,
    Tokens,
    batches_of,
    bulk_tokeniser,
    encodable,
    in_parts,
    run_batches,
)
from detector.models.bert import Bert, is_plain_bert, longest_input
from detector.models.labels import label_order, prove_labels
from detector.models.naming import (
    EMBEDDED,
    directory_of,
    dtype_of,
    embedded_encoder_directory,
    encoder_dtype_of,
    encoder_id_of,
    nli_directory,
    read_json,
    scored_by,
)
from detector.models.protocols import Encoder, NLIModel, OnProgress
from detector.settings import ModelSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

ENCODER_MAX_TOKENS = 256
"""As sentence_bert_config.json of all-MiniLM-L6-v2 has it; its tokenizer.json says 128, which no one uses."""
SHAPE_CACHES = ("LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY")
"""How many compiled products torch and oneDNN keep, 1,024 each unless told: about every batch here has a shape of its own,
and 450 pairs scored with full caches left a process at 943 MB, with 32 at 392. Read at the first product."""
LOADING_ERRORS = (OSError, ValueError, RuntimeError, ImportError, KeyError, TypeError, AttributeError, SafetensorError)
"""What transformers and sentence-transformers raise for a model that is missing, broken or of an unknown kind."""

Tokenise = Callable[[Sequence[Any]], list[Tokens]]


def load_encoder(settings: ModelSettings) -> Encoder:
    """The encoder of the settings. Raises ModelError: missing, altered, or of an unknown kind."""
    prepare_torch(settings)
    return _EmbeddedEncoder(settings) if settings.encoder == EMBEDDED else _SentenceEncoder(settings)


def load_nli(settings: ModelSettings) -> NLIModel:
    """The NLI model of the settings, its label order proven on a few plain pairs.

    Raises ModelError: missing, of an unknown kind, without the three labels by name, or named in a wrong order.
    """
    directory = nli_directory(settings)
    prepare_torch(settings)
    if directory is not None and is_plain_bert(directory):
        nli = _bert_classifier(directory, settings)
    else:
        variant_of(settings)  # refuses a backend that cannot compute this model
        nli = _any_classifier(directory, settings)
    prove_labels(nli, source=settings.nli)
    return nli


def prepare_torch(settings: ModelSettings) -> None:
    import torch

    for name in SHAPE_CACHES:
        os.environ.setdefault(name, "32")
    if settings.threads:
        torch.set_num_threads(settings.threads)
    try:
        torch.empty(0, device=settings.device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelError(f'device {settings.device!r} cannot be used ({reason}); set device = "cpu"') from error


class _EmbeddedEncoder:
    """all-MiniLM-L6-v2: the mean of the last hidden states, normalised."""

    def __init__(self, settings: ModelSettings) -> None:
        directory = embedded_encoder_directory()
        self.encoder_id = encoder_id_of(settings)
        self._settings = settings
        self._bert = _load_bert(directory, settings)
        self._tokenise = bulk_tokeniser(directory / "tokenizer.json", max_length=ENCODER_MAX_TOKENS)
        self.dimensions = self._bert.dimensions

    def _forward(self, ids: Tensor, segments: Tensor) -> Tensor:
        from torch.nn.functional import normalize

        return normalize(self._bert.hidden(ids, segments, first_token_only=False).mean(dim=1), dim=1)

    def encode(self, texts: Sequence[str], *, progress: OnProgress | None = None) -> NDArray[np.float32]:
        return run_batches(
            self._tokenise(texts),
            self._forward,
            columns=self.dimensions,
            batch_tokens=self._settings.batch_tokens,
            device=self._settings.device,
            progress=progress,
        )


class _SentenceEncoder:
    """Whatever sentence-transformers loads; a directory is never looked up on the hub."""

    def __init__(self, settings: ModelSettings) -> None:
        directory = directory_of(settings.encoder)
        self.encoder_id = encoder_id_of(settings)
        self._settings = settings
        try:
            from sentence_transformers import SentenceTransformer

            _hide_bars(directory)
            self._model: Any = SentenceTransformer(
                str(directory or settings.encoder),
                device=settings.device,
                local_files_only=directory is not None,
                model_kwargs={"dtype": encoder_dtype_of(settings)},
            ).eval()
            self.dimensions = len(self._model.encode([""], show_progress_bar=False)[0])
        except LOADING_ERRORS as error:
            raise _not_loaded(settings.encoder, directory, error, wanted="a sentence-transformers model") from error

    def _token_count(self, text: str) -> int:
        """Of an input after truncation; 1 for models that neither pad nor attend."""
        features = self._preprocess([text])
        mask = features.get("attention_mask")
        return 1 if mask is None else int(mask.sum())

    def _preprocess(self, texts: list[str]) -> Any:
        named = getattr(self._model, "preprocess", None) or self._model.tokenize
        return named(texts)

    def encode(self, texts: Sequence[str], *, progress: OnProgress | None = None) -> NDArray[np.float32]:
        import numpy as np

        clean = [encodable(text) for text in texts]
        vectors = np.empty((len(clean), self.dimensions), np.float32)
        lengths = [self._token_count(text) for text in clean]
        done = 0
        for batch in batches_of(lengths, batch_tokens=self._settings.batch_tokens):
            filled = [clean[place] for place in batch] + [clean[batch[0]]] * (FEWEST_ROWS - len(batch))
            rows = self._model.encode(
                filled, batch_size=len(filled), normalize_embeddings=True, show_progress_bar=False
            )
            vectors[batch] = rows[: len(batch)]
            done += len(batch)
            if progress is not None:
                progress(done)
        return vectors


class _Classifier:
    """A three-way classifier: `forward` gives logits, `order` says which column is which label."""

    def __init__(
        self,
        tokenise: Tokenise,
        forward: Forward,
        *,
        order: tuple[int, int, int],
        fewest_rows: int,
        precision: str,
        settings: ModelSettings,
    ) -> None:
        self.scorer_id = scored_by(settings, precision)
        self._tokenise = tokenise
        self._forward = forward
        self._order = list(order)
        self._fewest_rows = fewest_rows
        self._settings = settings

    def _probabilities(self, ids: Tensor, segments: Tensor) -> Tensor:
        return self._forward(ids, segments).float().softmax(dim=-1)[:, self._order]

    def score(self, pairs: Sequence[tuple[str, str]], *, progress: OnProgress | None = None) -> NDArray[np.float32]:
        return run_batches(
            self._tokenise(pairs),
            self._probabilities,
            columns=3,
            batch_tokens=self._settings.batch_tokens,
            device=self._settings.device,
            fewest_rows=self._fewest_rows,
            progress=progress,
        )


def _load_bert(directory: Path, settings: ModelSettings, *, tops: Sequence[str] = ()) -> Bert:
    try:
        return Bert(directory, dtype=dtype_of(settings), device=settings.device, tops=tops)
    except (KeyError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{directory} holds no whole BERT or MPNet ({error}); fetch its files again") from error


def scoring_by_variant(
    settings: ModelSettings, directory: Path, variants: Sequence[Variant]
) -> dict[str, Callable[[], Callable[[], NDArray[np.float32]]]]:
    """How each variant is loaded, and then scores the probe pairs both ways, by the variants' names."""
    pairs = [pair for one in PROBE_PAIRS for pair in (one, one[::-1])]
    prepare_torch(settings)

    def load(variant: Variant) -> Callable[[], NDArray[np.float32]]:
        classifier = bert_variant(directory, settings, variant)
        return lambda: classifier.score(pairs)

    return {variant.name: partial(load, variant) for variant in variants}


def _bert_classifier(directory: Path, settings: ModelSettings) -> NLIModel:
    return bert_variant(directory, settings, variant_of(settings))


def bert_variant(directory: Path, settings: ModelSettings, variant: Variant) -> NLIModel:
    config = read_json(directory / "config.json")
    order = label_order(config.get("id2label", {}), source=str(directory))
    if variant.backend == "torch":
        forward, fewest_rows = _torch_forward(directory, settings), 1
    else:
        forward, fewest_rows = _graph_forward(directory, settings, variant), FEWEST_ROWS
    longest = min(settings.max_length, longest_input(directory))
    tokenise = bulk_tokeniser(directory / "tokenizer.json", max_length=longest)
    return _Classifier(
        tokenise, forward, order=order, fewest_rows=fewest_rows, precision=variant.name, settings=settings
    )


def _torch_forward(directory: Path, settings: ModelSettings) -> Forward:
    import torch
    from torch.nn.functional import linear

    bert = _load_bert(directory, settings, tops=("pooler.dense", "classifier"))
    pooler, classifier = bert.tops

    def forward(ids: Tensor, segments: Tensor) -> Tensor:
        first = bert.hidden(ids, segments, first_token_only=True)[:, 0].to(bert.dtype)
        return linear(torch.tanh(linear(first, *pooler)), *classifier)

    return forward


def _graph_forward(directory: Path, settings: ModelSettings, variant: Variant) -> Forward:
    import torch

    assert variant.backend != "torch"
    threads = settings.threads or torch.get_num_threads()
    run = open_graph(variant.backend, directory, form=variant.form, threads=threads)
    return lambda ids, segments: torch.from_numpy(run(ids.numpy(), segments.numpy()))


def _any_classifier(directory: Path | None, settings: ModelSettings) -> NLIModel:
    """A classifier of any kind that transformers knows."""
    import torch

    source = str(directory or settings.nli)
    options = {"revision": settings.revision, "local_files_only": directory is not None}
    try:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        _hide_bars(directory)
        tokenizer: Any = AutoTokenizer.from_pretrained(source, **options)
        dtype = getattr(torch, dtype_of(settings))
        model: Any = AutoModelForSequenceClassification.from_pretrained(source, dtype=dtype, **options)
    except LOADING_ERRORS as error:
        raise _not_loaded(settings.nli, directory, error, wanted="a sequence classifier of transformers") from error
    order = label_order(model.config.id2label, source=settings.nli)
    model = model.to(settings.device).eval()
    takes_segments = "token_type_ids" in tokenizer.model_input_names

    def forward(ids: Tensor, segments: Tensor) -> Tensor:
        kinds = {"token_type_ids": segments} if takes_segments else {}
        logits: Tensor = model(input_ids=ids, attention_mask=torch.ones_like(ids), **kinds).logits
        return logits

    tokenise = _pair_tokeniser(tokenizer, max_length=min(settings.max_length, tokenizer.model_max_length))
    precision = dtype_of(settings)
    return _Classifier(tokenise, forward, order=order, fewest_rows=FEWEST_ROWS, precision=precision, settings=settings)


def _pair_tokeniser(tokenizer: Any, *, max_length: int) -> Tokenise:
    import numpy as np

    def tokenise(pairs: Sequence[Any]) -> list[Tokens]:
        found = []
        for part in in_parts(pairs):
            premises, hypotheses = [pair[0] for pair in part], [pair[1] for pair in part]
            features = tokenizer(premises, hypotheses, truncation="longest_first", max_length=max_length)
            for row, ids in enumerate(features["input_ids"]):
                segments = features["token_type_ids"][row] if "token_type_ids" in features else [0] * len(ids)
                found.append(Tokens(np.array(ids, np.int32), np.array(segments, np.int32)))
        return found

    return tokenise


def _hide_bars(directory: Path | None) -> None:
    """No progress bars for files at hand; a download keeps its own."""
    if directory is not None:
        from transformers.utils import logging

        logging.disable_progress_bar()


def _not_loaded(name: str, directory: Path | None, error: Exception, *, wanted: str) -> ModelError:
    """One line on a model that its library could not load."""
    reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:200]
    if directory is None:
        advice = (
            f"expected a directory or the hub id of {wanted}: check the spelling and the network, or give a directory"
        )
    else:
        advice = f"expected the files of {wanted} in that directory"
    return ModelError(f"model {name!r} could not be loaded ({reason}); {advice}")
