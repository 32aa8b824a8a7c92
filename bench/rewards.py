"""How fast a head is fitted and texts are encoded.

    python bench/rewards.py --json

Prints, for 100,000 pairs with 384 features: the seconds of a cold fit and of a warm one (5 % of the
labels are new), beside scikit-learn on the same pairs where it is installed; and the texts a second
of the bundled encoder on texts of mixed lengths (about 68 tokens on average). Medians of five.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from routing.rewards.encode import Encoder
from routing.rewards.fit import fit_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = ("the", "of", "model", "answer", "people", "about", "a", "question", "because", "it", "is")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--features", type=int, default=384)
    parser.add_argument("--texts", type=int, default=1000)
    options = parser.parse_args()
    figures = {
        "fit": fitting(options.pairs, options.features),
        "encode": encoding(options.texts),
    }
    if options.json:
        print(json.dumps(figures))
    else:
        for name, part in figures.items():
            print(name, *(f"{key}={value}" for key, value in part.items()))


def fitting(pairs: int, features: int) -> dict[str, Any]:
    draw = np.random.default_rng(0)
    spectrum = np.arange(1, features + 1) ** -0.5
    x = (draw.standard_normal((pairs, features)) * spectrum).astype(np.float32)
    chances = 1 / (1 + np.exp(-x @ draw.standard_normal(features)))
    y = (draw.random(pairs) < chances).astype(np.float32)
    earlier = fit_pairs(x[: pairs * 19 // 20], y[: pairs * 19 // 20])
    cold = fit_pairs(x, y)
    figures = {
        "pairs": pairs,
        "features": features,
        "cold_seconds": seconds(lambda: fit_pairs(x, y)),
        "warm_seconds": seconds(lambda: fit_pairs(x, y, start=earlier)),
        "gradient": cold.gradient,
    }
    return figures | scikit_learn(x, y, cold.weights)


def scikit_learn(x: Any, y: Any, ours: Any) -> dict[str, Any]:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        return {}
    model = LogisticRegression(fit_intercept=False, tol=1e-6, max_iter=1000)
    taken = seconds(lambda: model.fit(x, y), repeats=1)
    return {
        "scikit_learn_seconds": taken,
        "loss_less_scikit_learn": loss(x, y, ours) - loss(x, y, model.coef_[0]),
    }


def loss(x: Any, y: Any, weights: Any) -> float:
    margins = x @ weights
    return float(np.mean(np.logaddexp(0, margins) - y * margins))


def encoding(count: int) -> dict[str, Any]:
    draw = np.random.default_rng(0)
    lengths = np.clip(draw.lognormal(3.7, 0.9, count), 3, 240).astype(int)
    texts = [" ".join(draw.choice(WORDS, length)) for length in lengths]
    encoder = Encoder()
    encoder.encode(texts[:100])
    taken = seconds(lambda: encoder.encode(texts))
    return {
        "encoder": encoder.name,
        "dtype": str(encoder.dtype).removeprefix("torch."),
        "mean_words": float(lengths.mean()),
        "texts_per_second": count / taken,
        "words_per_second": float(lengths.sum()) / taken,
    }


def seconds(work: Callable[[], object], *, repeats: int = 5) -> float:
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
