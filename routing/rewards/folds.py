"""Which fold a prompt belongs to: its labels never train the head that predicts them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from routing.rewards.arrays import IntArray

FOLDS = 10
FEW_PROMPTS = 50


@dataclass(frozen=True)
class Folds:
    """Ten folds by the hash of the prompt, or one for each of ``prompts`` where there are few.

    The fold of a prompt does not change as labels come in, so versions can be compared on rows
    that neither has learnt from.
    """

    prompts: tuple[str, ...] = ()

    @classmethod
    def over(cls, prompts: Sequence[str]) -> Folds:
        distinct = sorted(set(prompts))
        return cls(tuple(distinct) if len(distinct) < FEW_PROMPTS else ())

    @property
    def count(self) -> int:
        return len(self.prompts) or FOLDS

    def of(self, prompts: Sequence[str]) -> IntArray:
        """The fold of each row; -1 for a prompt that no fold has, so no fold's head leaves it out."""
        distinct, rows = np.unique(np.array(prompts, dtype=str), return_inverse=True)
        if self.prompts:
            known = {prompt: fold for fold, prompt in enumerate(self.prompts)}
            folds = [known.get(str(prompt), -1) for prompt in distinct]
        else:
            folds = [hash_fold(str(prompt)) for prompt in distinct]
        return np.array(folds, dtype=np.int64)[rows]


def hash_fold(prompt: str) -> int:
    return int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8], "big") % FOLDS
