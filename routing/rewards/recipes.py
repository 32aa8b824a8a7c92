"""Recipes by name: which features a head uses, and how strongly each part of them is held back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from routing.rewards.features import SURFACE

DEFAULT = "bt"


class UnknownRecipe(Exception):
    """No recipe has this name."""


@dataclass(frozen=True)
class Recipe:
    """``grid`` are the penalties that cross-validation chooses from, strongest first.

    The penalty holds back the embedding; the product with the prompt's is held back
    ``product_factor`` times as much. The few surface features have a weak one of their own, so that
    a project with few labels still learns from length, and are never worse held back than the
    embedding. Features have unit variance.
    """

    name: str
    summary: str
    grid: tuple[float, ...] = tuple(float(l2) for l2 in np.logspace(5, 1, 7))
    product_factor: float = 4.0
    surface_l2: float = 10.0

    def penalties(self, dimension: int) -> list[torch.Tensor]:
        """For each penalty of the grid, one for each of the 2 * ``dimension`` + 6 features."""
        return [self._penalty(l2, dimension) for l2 in self.grid]

    def _penalty(self, l2: float, dimension: int) -> torch.Tensor:
        penalty = torch.full((2 * dimension + len(SURFACE),), l2, dtype=torch.float64)
        penalty[dimension : 2 * dimension] *= self.product_factor
        penalty[2 * dimension :] = min(l2, self.surface_l2)
        return penalty


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "bt",
            "Bradley-Terry on the shares of the votes, over the embedding, its product with the "
            "prompt's, and six surface features.",
        ),
    )
}


def recipe(name: str) -> Recipe:
    """Raises ``UnknownRecipe``."""
    if name not in RECIPES:
        raise UnknownRecipe(f"There is no recipe “{name}”; use one of {', '.join(RECIPES)}.")
    return RECIPES[name]
