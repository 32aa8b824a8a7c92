"""Votes on marked stretches of texts: how many marked them, and how far annotators mark alike.

Votes have two classes, not marked and marked; the items of ``Votes`` are stretches, each with a label,
``weight`` their lengths.
"""

import numpy as np

from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Indices, Reliability, Votes, counts, reliability

PULL = 4.0  # items' worth of the common F1 in every annotator's own
LEAST = 0.02  # so that nobody's marks count for nothing


def shares(votes: Votes, weights: Floats | None = None) -> Floats:
    """By stretch the weight of those who marked it, as a share: (items, 2)."""
    each = np.ones(len(votes)) if weights is None else weights[votes.annotator]
    marked = counts(votes.item, (votes.items,), each * (votes.label == 1))
    every = counts(votes.item, (votes.items,), each)
    share = np.divide(marked, every, out=np.zeros(votes.items), where=every > 0)
    return np.stack([1 - share, share], axis=1)


def joined(votes: Votes, weight: Floats) -> tuple[Votes, Floats]:
    """Stretches that the same annotators marked, and the same left unmarked, as one with their weight.

    Told apart by a sum of 62 random bits for each annotator and answer.
    """
    bits = np.random.default_rng(0).integers(1 << 62, size=2 * votes.annotators, dtype=np.int64)
    code = np.zeros(votes.items, dtype=np.int64)
    np.add.at(code, votes.item, bits[votes.code])
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    kept = np.isin(votes.item, first)
    place = np.zeros(votes.items, dtype=np.intp)
    place[first] = np.arange(len(first))
    item = place[votes.item[kept]]
    fewer = Votes(item, votes.annotator[kept], votes.label[kept], len(first), votes.annotators, 2)
    return fewer, counts(which.astype(np.intp), (len(first),), weight)


def f1_with_others(votes: Votes, weight: Floats, owner: Indices) -> tuple[Reliability, Floats]:
    """The character F1 of each annotator's marks with the others', and what it counts for.

    What the others say of a character is the share of them that marked it. The interval is that of a
    ratio of sums over items (``owner``, by stretch), which are taken for drawn anew. The second part
    is the F1 pulled to the common one, as a multiple of the mean.
    """
    marked = (votes.label == 1).astype(float)
    others = votes.received.sum(axis=1)[votes.item] - 1
    share = np.where(others > 0, votes.received[votes.item, 1] - marked, 0.0) / np.maximum(
        others, 1
    )
    length = np.where(others > 0, weight[votes.item], 0.0)
    items = int(owner.max(initial=-1)) + 1
    cells, place = np.unique(votes.annotator * items + owner[votes.item], return_inverse=True)
    shape = (votes.annotators,)
    above = counts(place, (len(cells),), 2 * length * marked * share)
    below = counts(place, (len(cells),), length * (marked + share))
    who = (cells // max(items, 1)).astype(np.intp)
    top, bottom = (counts(who, shape, part) for part in (above, below))
    value = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
    apart = (above - np.nan_to_num(value)[who] * below) ** 2
    variance = counts(who, shape, apart) / np.maximum(bottom, 1e-12) ** 2
    seen = counts(who, shape, np.where(below > 0, 1.0, 0.0))
    inner = np.clip(np.nan_to_num(value, nan=0.5), LEAST, 1 - LEAST)
    worth = np.minimum(inner * (1 - inner) / np.maximum(variance, 1e-9), seen)
    return reliability(value, np.where(seen > 0, worth, 0.0)), _pulled(value, seen, top, bottom)


def _pulled(value: Floats, seen: Floats, top: Floats, bottom: Floats) -> Floats:
    common = float(top.sum() / bottom.sum()) if bottom.sum() > 0 else 1.0
    own = (seen * np.nan_to_num(value, nan=common) + PULL * common) / (seen + PULL)
    return np.maximum(own, LEAST) / max(common, LEAST)
