"""What each version of a reward model gives an item's completions, from the heads that are kept.

The scores of versions that are no longer promoted are not stored, but their heads and the texts'
vectors are. Plain numpy: the web process asks for this, and never imports torch.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from routing.models import Embedding, RewardModel
from routing.rewards.features import Side, features, surface

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotate.models import Item
    from routing.rewards.arrays import FloatArray

FORMAT = 1  # of heads, as in routing.rewards.head
NEWEST = 12


@dataclass(frozen=True)
class Weights:
    """A head without its posterior: what a reward takes."""

    encoder: str
    window: str
    mean: FloatArray
    scale: FloatArray
    weights: FloatArray

    def rewards(self, prompt: FloatArray, side: Side) -> FloatArray:
        prompts = np.repeat(prompt[None, :], len(side.vectors), axis=0)
        raw = features(prompts, side)
        return np.asarray((raw - self.mean) / self.scale @ self.weights)


@dataclass(frozen=True)
class VersionRewards:
    """Rewards of an item's completions, in the item's order, by one version.

    ``chance`` is the probability that the first compared completion wins; None without a pair.
    """

    version: int
    promoted: bool
    rewards: list[float]
    chance: float | None


def rewards_by_version(item: Item, positions: Sequence[int] | None) -> list[VersionRewards]:
    """By the newest versions that can still be applied, oldest first; none before a text is encoded.

    ``positions`` are those of the compared pair.
    """
    models = RewardModel.objects.filter(project=item.project_id).order_by("-version")
    found = []
    for pk, version, promoted in models.values_list("pk", "version", "promoted")[:NEWEST]:
        weights = _weights(pk)
        side = _encoded(item, weights) if weights is not None else None
        if weights is None or side is None:
            continue
        rewards = weights.rewards(*side).tolist()
        found.append(VersionRewards(version, promoted, rewards, _chance(rewards, positions)))
    return found[::-1]


def _chance(rewards: list[float], positions: Sequence[int] | None) -> float | None:
    if positions is None or max(positions) >= len(rewards):
        return None
    margin = rewards[positions[0]] - rewards[positions[1]]
    return float(1 / (1 + np.exp(-np.clip(margin, -700, 700))))


@lru_cache(maxsize=64)
def _weights(pk: int) -> Weights | None:
    """None for a head of another format than this program's."""
    stored = bytes(RewardModel.objects.values_list("heads", flat=True).get(pk=pk))
    try:
        with np.load(io.BytesIO(stored), allow_pickle=False) as archive:
            facts: dict[str, Any] = json.loads(archive["facts"].tobytes())
            if facts["format"] != FORMAT:
                return None
            parts = (archive["mean"], archive["scale"], archive["weights"])
    except (ValueError, KeyError, OSError, EOFError):
        return None
    return Weights(facts["encoder"], facts["window"], *parts)


def _encoded(item: Item, weights: Weights) -> tuple[FloatArray, Side] | None:
    """The prompt's vector and the completions', where all of them are stored."""
    completions = list(item.completions.all())
    hashes = [completion.text_hash for completion in completions]
    rows = Embedding.objects.filter(
        encoder=weights.encoder, window=weights.window, text_hash__in=[item.prompt_hash, *hashes]
    )
    vectors = {
        name: np.asarray(vector, dtype=np.float32)
        for name, vector in rows.values_list("text_hash", "vector")
    }
    if not completions or not {item.prompt_hash, *hashes} <= vectors.keys():
        return None
    prompt = prompt_text(item)
    texts = surface([prompt] * len(completions), [one.text for one in completions])
    return vectors[item.prompt_hash], Side(np.stack([vectors[name] for name in hashes]), texts)


def prompt_text(item: Item) -> str:
    """The prompt as the encoder reads it: the passages, then the turns (as in routing.artefacts)."""
    parts = ["\n".join(filter(None, (c.get("title"), c.get("text")))) for c in item.contexts]
    return "\n\n".join([*parts, item.prompt])
