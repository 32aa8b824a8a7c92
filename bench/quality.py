"""How well odd ways of answering are found, how seldom good annotators are marked, and how fast.

    python bench/quality.py --json

``found`` says for each kind of planted annotator in how many of ``--seeds`` projects it got each
sign, beside twenty good ones, at two sizes; ``good_marked`` of how many good annotators any sign was
given to, beside the others and among themselves. ``million`` are the seconds of all figures of a
million labels by 200 people, of whom five answer each item, without reading them from the database.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")

import django

django.setup()

from annotate.quality.study import study  # noqa: E402 after Django is set up
from annotate.quality.votes import NOBODY, Votes  # noqa: E402 after Django is set up
from tests.annotate.planted_people import KINDS, planted  # noqa: E402 after Django is set up

SIZES = (600, 1_800)  # items of five labels each, by twenty good annotators and nine others


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--labels", type=int, default=1_000_000)
    options = parser.parse_args()
    figures: dict[str, Any] = {"load": os.getloadavg()[0], "seeds": options.seeds}
    figures["beside_others"] = {str(size): found(options.seeds, size) for size in SIZES}
    figures["among_themselves"] = alone(options.seeds)
    figures["million"] = seconds(options.labels)
    if options.json:
        print(json.dumps(figures))
        return
    for name, part in figures.items():
        print(f"{name}: {json.dumps(part, indent=1) if isinstance(part, dict) else part}")


def found(seeds: int, items: int) -> dict[str, Any]:
    """By kind of annotator, how often each sign was given."""
    signs: dict[str, Counter[str]] = {kind: Counter() for kind in ("good", *KINDS)}
    people: Counter[str] = Counter()
    labels = 0
    for seed in range(seeds):
        who, votes = planted(seed, others=KINDS, items=items)
        labels += len(votes)
        for kind, person in zip(who, study(votes).people, strict=True):
            people[kind] += 1
            signs[kind].update(person.signs)
            signs[kind]["any"] += bool(person.signs)
    return {
        "labels_each": round(labels / people.total()),
        "found": {kind: dict(signs[kind]) for kind in KINDS},
        "good_marked": [signs["good"]["any"], people["good"]],
    }


def alone(seeds: int) -> dict[str, Any]:
    """Twenty good annotators of 100 labels each: how many get any sign."""
    marked = people = 0
    for seed in range(10_000, 10_000 + seeds):
        _, votes = planted(seed)
        for person in study(votes).people:
            people += 1
            marked += bool(person.signs)
    return {"good_marked": [marked, people]}


def seconds(labels: int, *, people: int = 200, overlap: int = 5) -> dict[str, float]:
    votes = crowd(labels, people, overlap)
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        study(Votes(**vars_of(votes)))
        taken.append(time.perf_counter() - began)
    return {"labels": labels, "seconds": round(min(taken), 2), "most": round(max(taken), 2)}


def vars_of(votes: Votes) -> dict[str, Any]:
    """The arrays alone, without what was computed of them."""
    return {name: getattr(votes, name) for name in Votes.__dataclass_fields__}


def crowd(labels: int, people: int, overlap: int) -> Votes:
    """Answers that agree with the truth in four of five cases, in order of annotators and time."""
    rng = np.random.default_rng(0)
    items = labels // overlap
    start = rng.integers(people, size=items)
    step = rng.integers(1, people // overlap, size=items)
    who = ((start[:, None] + step[:, None] * np.arange(overlap)) % people).ravel()
    item = np.repeat(np.arange(items), overlap)
    truth = rng.integers(3, size=items)
    value = np.where(rng.random(labels) < 0.8, truth[item], rng.integers(3, size=labels))
    order = np.lexsort((item, who))
    none = np.full(items, NOBODY)
    return Votes(
        classes=3,
        signed=True,
        scale=np.array([-1.0, 0.0, 1.0]),
        unit=item[order],
        item=item[order],
        annotator=who[order],
        value=value[order],
        answer=value[order],
        at=(item[order] * 30).astype(float),
        turned=rng.integers(2, size=labels),
        longer=2 * rng.integers(2, size=items)[item[order]],
        seconds=rng.lognormal(3, 0.5, size=labels),
        review=none,
        reviewer=none,
        people=np.ones(people, dtype=bool),
    )


if __name__ == "__main__":
    main()
