"""A trained head: everything that turns features into rewards, without what it learnt from."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from routing.rewards.features import Side, chunks, differences, features
from routing.rewards.folds import Folds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.rewards.arrays import FloatArray

FORMAT = 1


class OtherFormat(ValueError):
    """The bytes of a head are of another format than this code's."""


@dataclass(frozen=True)
class Head:
    """Linear in standardised features; ``mean`` and ``scale`` (d,) were frozen when it was trained.

    ``factor`` (d, d) is the lower Cholesky factor of the penalised Hessian: a Laplace posterior.
    ``fold_weights`` (folds, d) are the heads that never saw a fold.
    """

    recipe: str
    encoder: str
    window: str
    l2: float
    mean: FloatArray
    scale: FloatArray
    weights: FloatArray
    factor: FloatArray
    folds: Folds
    fold_weights: FloatArray

    def scores(self, prompts: FloatArray, side: Side) -> FloatArray:
        """Rewards of n completions; the average completion of the training rows has 0."""
        out = np.empty(len(prompts))
        for rows in chunks(len(prompts)):
            x = self._standardised(prompts[rows], side, rows)
            out[rows] = x @ self.weights
        return out

    def spreads(self, prompts: FloatArray, side: Side) -> FloatArray:
        """Posterior standard deviation of each reward."""
        out = np.empty(len(prompts))
        for rows in chunks(len(prompts)):
            out[rows] = np.sqrt(self._variances(self._standardised(prompts[rows], side, rows)))
        return out

    def margins(
        self, prompts: FloatArray, first: Side, second: Side
    ) -> tuple[FloatArray, FloatArray]:
        """First reward less second, and the posterior variance of that, for n pairs."""
        margins, variances = np.empty(len(prompts)), np.empty(len(prompts))
        for rows in chunks(len(prompts)):
            x = self._differences(prompts, first, second, rows)
            margins[rows] = x @ self.weights
            variances[rows] = self._variances(x)
        return margins, variances

    def out_of_fold(
        self, prompts: FloatArray, first: Side, second: Side, keys: Sequence[str]
    ) -> FloatArray:
        """First reward less second by the heads that never saw a label of the row's prompt.

        ``keys`` are the prompts' hashes. A prompt outside all folds is given to the head itself,
        which has not seen it either.
        """
        heads = np.vstack((self.fold_weights, self.weights))
        folds = self.folds.of(keys)
        margins = np.empty(len(prompts))
        for rows in chunks(len(prompts)):
            x = self._differences(prompts, first, second, rows)
            margins[rows] = (x * heads[folds[rows]]).sum(axis=1)
        return margins

    def _standardised(self, prompts: FloatArray, side: Side, rows: slice) -> FloatArray:
        raw = features(prompts, side.part(rows))
        return (raw - self.mean) / self.scale

    def _differences(
        self, prompts: FloatArray, first: Side, second: Side, rows: slice
    ) -> FloatArray:
        return differences(prompts[rows], first.part(rows), second.part(rows), self.scale)

    def _variances(self, x: FloatArray) -> FloatArray:
        columns = torch.from_numpy(np.ascontiguousarray(x.T, dtype=np.float32))
        factor = torch.from_numpy(np.asarray(self.factor, dtype=np.float32))
        solved = torch.linalg.solve_triangular(factor, columns, upper=False)
        return np.asarray((solved * solved).sum(0).numpy(), dtype=np.float64)

    def to_bytes(self) -> bytes:
        """A NumPy archive without pickled objects."""
        facts = {
            "format": FORMAT,
            "recipe": self.recipe,
            "encoder": self.encoder,
            "window": self.window,
            "l2": self.l2,
            "prompts": self.folds.prompts,
        }
        lower = np.tril_indices(len(self.factor))
        buffer = io.BytesIO()
        np.savez(
            buffer,
            facts=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
            mean=self.mean,
            scale=self.scale,
            weights=self.weights,
            factor=self.factor[lower].astype(np.float32),
            fold_weights=self.fold_weights.astype(np.float32),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Head:
        """Raises ``OtherFormat``."""
        with np.load(io.BytesIO(bytes(stored)), allow_pickle=False) as archive:
            facts = json.loads(archive["facts"].tobytes())
            if facts["format"] != FORMAT:
                raise OtherFormat(f"The head has format {facts['format']}, not {FORMAT}; retrain.")
            d = len(archive["weights"])
            factor = np.zeros((d, d), dtype=np.float32)
            factor[np.tril_indices(d)] = archive["factor"]
            return cls(
                recipe=facts["recipe"],
                encoder=facts["encoder"],
                window=facts["window"],
                l2=facts["l2"],
                mean=archive["mean"],
                scale=archive["scale"],
                weights=archive["weights"],
                factor=factor,
                folds=Folds(tuple(facts["prompts"])),
                fold_weights=archive["fold_weights"],
            )
