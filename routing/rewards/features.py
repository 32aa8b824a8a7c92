"""What a head sees of a completion: its vector, its product with the prompt's, six surface features."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routing.rewards.arrays import FloatArray, IntArray

# The first five come from the texts, the last from their vectors.
SURFACE = (
    "log length",  # characters
    "log new words",  # distinct words that the prompt does not have
    "log lines",
    "finished",  # 1 where it ends as a sentence, a quotation or code does
    "variety",  # distinct words over the square root of all of them
    "prompt similarity",  # cosine
)
TEXT_SURFACE = len(SURFACE) - 1
CHUNK_ROWS = 8192

# Scripts without spaces count one character as a word.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+")
# Western, then CJK, Arabic and Devanagari.
ENDINGS = tuple(".!?)]}`\"'\u201d\u2019\u2026\u3002\uff01\uff1f\u300d\u061f\u0964")


@dataclass(frozen=True)
class Side:
    """``vectors`` (n, e) of n completions and what ``surface`` says of their texts (n, 5)."""

    vectors: FloatArray
    surface: FloatArray

    def part(self, rows: slice) -> Side:
        return Side(self.vectors[rows], self.surface[rows])

    def rows(self, numbers: IntArray) -> Side:
        return Side(self.vectors[numbers], self.surface[numbers])


@dataclass(frozen=True)
class Scaling:
    """Mean and standard deviation of each feature over the completions a head learnt from."""

    mean: FloatArray
    scale: FloatArray


def surface(prompts: Sequence[str], completions: Sequence[str]) -> FloatArray:
    """The five surface features that need only the texts, shape (completions, 5)."""
    rows = [_surface(prompt, text) for prompt, text in zip(prompts, completions, strict=True)]
    return np.array(rows, dtype=np.float32).reshape(len(rows), TEXT_SURFACE)


def _surface(prompt: str, completion: str) -> tuple[float, ...]:
    words = WORD.findall(completion.lower())
    distinct = set(words)
    return (
        np.log1p(len(completion)),
        np.log1p(len(distinct - _words(prompt))),
        np.log1p(completion.count("\n")),
        float(completion.rstrip().endswith(ENDINGS)),
        len(distinct) / (len(words) + 1) ** 0.5,
    )


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(text.lower()))


def width(dimension: int) -> int:
    return 2 * dimension + len(SURFACE)


def features(prompts: FloatArray, side: Side) -> FloatArray:
    """Raw features, shape (n, 2e + 6), float32; ``prompts`` (n, e) are the prompts' vectors."""
    products = prompts * side.vectors
    similarity = products.sum(axis=1, keepdims=True)
    return np.concatenate((side.vectors, products, side.surface, similarity), axis=1)


def scaling(prompts: FloatArray, *sides: Side) -> Scaling:
    """Over the completions of all ``sides``; a feature that never varies is left as it is."""
    d = width(prompts.shape[1])
    count, total, squares = 0, np.zeros(d), np.zeros(d)
    for side in sides:
        for rows in chunks(len(prompts)):
            x = features(prompts[rows], side.part(rows)).astype(np.float64)
            count += len(x)
            total += x.sum(axis=0)
            squares += (x * x).sum(axis=0)
    mean = total / max(count, 1)
    deviation = np.sqrt(np.maximum(squares / max(count, 1) - mean * mean, 0))
    return Scaling(mean, np.where(deviation > 1e-6, deviation, 1.0))


def differences(prompts: FloatArray, first: Side, second: Side, scale: FloatArray) -> FloatArray:
    """Features of the first completions less those of the second, divided by ``scale``."""
    out = np.empty((len(prompts), width(prompts.shape[1])), dtype=np.float32)
    for rows in chunks(len(prompts)):
        x = prompts[rows]
        out[rows] = features(x, first.part(rows)) - features(x, second.part(rows))
    out /= scale.astype(np.float32)
    return out


def chunks(n: int) -> Iterator[slice]:
    return (slice(start, start + CHUNK_ROWS) for start in range(0, n, CHUNK_ROWS))
