"""Which method makes the better one of several rankings, on planted orders.

    python bench/ranking_evidence.py [--json]

Completions have strengths drawn from N(0, 1); each ranking is of the strengths with noise: Gumbel's, as in
Plackett's and Luce's model, or normal noise that varies as much, as in Thurstone's. Told is the mean Kendall distance of the aggregate's order from the planted
one, over the items of five runs: 0 the same, 1 the reverse, 0.5 chance.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from annotate.aggregation.catalogue import METHODS  # noqa: E402  # needs Django
from annotate.aggregation.method import Data  # noqa: E402
from annotate.aggregation.methods.votes import Numbers, Votes  # noqa: E402
from annotate.questions.ranking.orders import fractional, kendall_distance  # noqa: E402

RUNS, ITEMS, PEOPLE = 5, 400, 30
NOISE = {
    "gumbel": lambda draw, n: draw.gumbel(0, 1, n),
    "normal": lambda draw, n: draw.normal(0, 1.28, n),
}
NAMES = ("mean", "plackett_luce", "adjusted_mean")


@dataclass(frozen=True)
class Case:
    """``seen`` of ``size`` completions are in each of ``each`` rankings of an item; ``random`` is the share
    of annotators who rank at random; ``levels`` rounds what is seen, which makes ties."""

    title: str
    size: int
    each: int
    seen: int
    random: float = 0.0
    levels: int = 0


CASES = (
    Case("4 completions, 3 rankings", 4, 3, 4),
    Case("the same, with ties (4 levels)", 4, 3, 4, levels=4),
    Case("the same, a third of annotators at random", 4, 3, 4, random=1 / 3),
    Case("8 completions, 3 rankings", 8, 3, 8),
    Case("4 completions, 1 ranking", 4, 1, 4),
    Case("8 completions, 6 rankings of 3 of them each", 8, 6, 3),
)


def planted(case: Case, noise_of: str, seed: int) -> tuple[Data, np.ndarray]:
    draw = np.random.default_rng(seed)
    strength = draw.normal(0, 1, (ITEMS, case.size))
    careless = int(case.random * PEOPLE)
    things, people, ranks = [], [], []
    for item in range(ITEMS):
        for who in draw.permutation(PEOPLE)[: case.each].tolist():
            seen = np.sort(draw.permutation(case.size)[: case.seen])
            noise = NOISE[noise_of](draw, case.seen)
            felt = noise if who < careless else strength[item][seen] + noise
            if case.levels:
                felt = np.digitize(felt, np.linspace(-1.5, 2.0, case.levels - 1))
            things += (item * case.size + seen).tolist()
            people += [who] * case.seen
            ranks += fractional((-felt).tolist())
    thing, who = np.array(things), np.array(people)
    many = ITEMS * case.size
    numbers = Numbers(thing, who, np.array(ranks, dtype=float), many, PEOPLE)
    none = np.empty(0, dtype=np.intp)
    owner = np.repeat(np.arange(ITEMS), case.size)
    return Data(Votes(none, none, none, many, PEOPLE, 0), numbers, owner=owner), strength


def distances(case: Case, noise_of: str) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in NAMES}
    for seed in range(RUNS):
        data, strength = planted(case, noise_of, seed)
        for name in NAMES:
            method = METHODS[name]
            fitted = method.fit(data)
            settled = method.settle(data, fitted.shared, fitted.own)
            assert settled.value is not None
            order = settled.value.reshape(ITEMS, case.size)
            for mine, true in zip(order, -strength, strict=True):
                seen = [None if np.isnan(rank) else round(float(rank), 6) for rank in mine]
                found[name].append(kendall_distance(seen, true.tolist()))
    return {name: float(np.mean(of)) for name, of in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    begin, rows = time.perf_counter(), []
    for noise_of, case in product(NOISE, CASES):
        rows.append({"case": case.title, "noise": noise_of, **distances(case, noise_of)})
        if not options.json:
            figures = "  ".join(f"{name} {rows[-1][name]:.3f}" for name in NAMES)
            print(f"{noise_of}  {case.title:50} {figures}")
    if options.json:
        print(json.dumps({"distances": rows, "seconds": time.perf_counter() - begin}))


if __name__ == "__main__":
    main()
