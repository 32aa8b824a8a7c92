"""How well the methods of aggregation do: on planted annotators, and on public sets.

    python bench/aggregation_evidence.py [FOLDER] --json

Prints five tables. `planted`: the share of items whose label is the planted truth, by what the
annotators are like; `ratings`: the root mean squared error of means on a scale from 1 to 5. With FOLDER, which holds sets of pairs in the `bench` format (see docs/formats.md):
`gold`, the share of pairs on which the LLMs' likelier side is the published answer; `held_out`, of items
with three labels or more one is kept back at random and the others' aggregate has to say it (share right,
and the mean logarithm of the probability it gave, labels other than the aggregate's taken to be equally
likely); and `workers`, correlations of annotators' reliability with what is published of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from annotate.aggregation.method import Data

SIDES = {"a": 0, "tie": 1, "b": 2}
METHODS = ("majority", "weighted", "dawid_skene", "mace", "glad", "bradley_terry", "adjusted_mean")
GOLD_SETS = ("mtbench200", "llmeval2")
CROWD_SETS = ("ukpconvarg1", "llmfao", "pandalm")
SEEDS = 5
Table = dict[str, dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, help="sets of pairs, each in a folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "annotate.settings"
    import django

    django.setup()
    found = {"planted": planted(), "ratings": ratings()}
    if options.folder:
        found |= {
            "gold": gold(options.folder),
            "held_out": held_out(options.folder),
            "workers": workers(options.folder),
        }
    if options.json:
        print(json.dumps(found))
        return
    for name, table in found.items():
        print(name)
        for row, cells in table.items():
            words = (
                f"{k} {v:.4f}" if isinstance(v, float) else f"{k} {v}" for k, v in cells.items()
            )
            print(f"  {row:<28}", "  ".join(words))


# --------------------------------------------------------------------------------------- planted


def planted() -> Table:
    kinds: dict[str, dict[str, Any]] = {
        "equal, 3 each": {"least": 0.75, "most": 0.75},
        "mixed, 3 each": {"least": 0.45, "most": 0.95},
        "mixed, 5 each": {"least": 0.45, "most": 0.95, "each": 5},
        "mixed, 1 each": {"least": 0.45, "most": 0.95, "each": 1},
        "mixed, 20 labels a head": {"least": 0.45, "most": 0.95, "annotators": 150},
        "a third press one key": {"least": 0.6, "most": 0.95, "spammers": 1 / 3},
        "hard and easy items": {"least": 0.45, "most": 0.95, "hard": 0.5},
        "2 annotators": {"least": 0.6, "most": 0.9, "annotators": 2, "each": 2},
    }
    return {
        name: {
            method: float(np.mean([_planted_score(method, seed, **how) for seed in range(SEEDS)]))
            for method in METHODS
        }
        for name, how in kinds.items()
    }


def _planted_score(
    method: str,
    seed: int,
    *,
    least: float,
    most: float,
    each: int = 3,
    annotators: int = 30,
    spammers: float = 0.0,
    hard: float = 0.0,
    items: int = 1000,
) -> float:
    """Three classes, a tie in a fifth of the items; wrong answers are dealt evenly."""
    draw = np.random.default_rng(seed)
    truth = draw.choice(3, items, p=[0.4, 0.2, 0.4])
    accuracy = draw.uniform(least, most, annotators)
    who = np.stack([draw.permutation(annotators)[:each] for _ in range(items)]).ravel()
    item = np.repeat(np.arange(items), each)
    chance = accuracy[who]
    if hard:
        chance = np.where(draw.random(items)[item] < hard, 1 / 3 + (chance - 1 / 3) / 4, chance)
    label = np.where(
        draw.random(len(who)) < chance,
        truth[item],
        (truth[item] + draw.integers(1, 3, len(who))) % 3,
    )
    spam = who < spammers * annotators
    label = np.where(spam, (who * 7 + 1) % 3, label)
    return float((sides(method, data(item, who, label)).argmax(axis=1) == truth).mean())


def ratings() -> Table:
    kinds: dict[str, dict[str, Any]] = {
        "alike, 3 each": {"offsets": 0.0, "slopes": 0.0},
        "own offsets, 3 each": {"offsets": 0.6, "slopes": 0.0},
        "own offsets, 1 each": {"offsets": 0.6, "slopes": 0.0, "each": 1},
        "own scales, 3 each": {"offsets": 0.6, "slopes": 0.4},
        "own scales, 15 labels a head": {"offsets": 0.6, "slopes": 0.4, "annotators": 200},
    }
    return {
        name: {
            method: float(np.mean([_rating_error(method, seed, **how) for seed in range(SEEDS)]))
            for method in ("mean", "adjusted_mean")
        }
        for name, how in kinds.items()
    }


def _rating_error(
    method: str, seed: int, *, offsets: float, slopes: float, each: int = 3, annotators: int = 30
) -> float:
    from annotate.aggregation.catalogue import METHODS as CATALOGUE
    from annotate.aggregation.method import Data
    from annotate.aggregation.methods.votes import Numbers, Votes

    draw = np.random.default_rng(seed)
    items = 1000
    truth = np.clip(draw.normal(3, 1, items), 1, 5)
    offset = draw.normal(0, offsets, annotators)
    slope = 1 + draw.uniform(-slopes, slopes, annotators)
    who = np.stack([draw.permutation(annotators)[:each] for _ in range(items)]).ravel()
    item = np.repeat(np.arange(items), each)
    value = 3 + offset[who] + slope[who] * (truth[item] - 3) + draw.normal(0, 0.6, len(item))
    value = np.clip(np.round(value), 1, 5)
    nothing = np.empty(0, dtype=np.intp)
    data = Data(
        Votes(nothing, nothing, nothing, items, annotators, 0),
        Numbers(item, who, value, items, annotators),
    )
    fitted = CATALOGUE[method].fit(data)
    found = CATALOGUE[method].settle(data, fitted.shared, fitted.own).value
    assert found is not None
    return float(np.sqrt(np.mean((found - truth) ** 2)))


# ------------------------------------------------------------------------------------ real sets


def gold(folder: Path) -> Table:
    found = {}
    for name in GOLD_SETS:
        rows = read(folder / name)
        item, who, label, _ = labels(rows, "llm")
        truth = np.array([SIDES[row["gold"]] for row in rows])
        for model, keep in (("all 8", None), ("without GPT-4", "GPT-4")):
            used = np.array([keep is None or not one.startswith(keep) for one in who])
            _, number = np.unique(np.array(who)[used], return_inverse=True)
            part = data(item[used], number, label[used], pairs=pairs_of(rows))
            found[f"{name}, {model}"] = {"pairs": len(rows)} | {
                method: _decided(sides(method, part), truth) for method in METHODS
            }
    return found


def _decided(shares: Any, truth: Any) -> float:
    """The published answers know no tie: the likelier side counts, half where neither is."""
    margin = (shares[:, 2] - shares[:, 0]) * (truth - 1)
    return float(np.where(np.abs(margin) < 1e-9, 0.5, margin > 0).mean())


def held_out(folder: Path) -> Table:
    found: Table = {}
    for name in CROWD_SETS:
        rows = read(folder / name)
        item, who, label, _ = labels(rows, "human")
        _, number = np.unique(np.array(who), return_inverse=True)
        scores: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for seed in range(SEEDS if len(item) < 20_000 else 2):
            kept = _kept_back(item, seed)
            part = data(
                item[~kept],
                number[~kept],
                label[~kept],
                pairs=pairs_of(rows),
                items=len(rows),
                annotators=number.max() + 1,
            )
            for method in METHODS:
                shares = sides(method, part)
                said, confidence = shares.argmax(axis=1), shares.max(axis=1)
                right = said[item[kept]] == label[kept]
                scores[method].append(
                    (float(right.mean()), _log_score(confidence[item[kept]], right))
                )
        for place, what in enumerate(("share right", "log score")):
            found[f"{name}, {what}"] = {
                method: float(np.mean([score[place] for score in of_method]))
                for method, of_method in scores.items()
            }
    return found


def _kept_back(item: Any, seed: int) -> Any:
    """One answer of every item that has three or more."""
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(item))
    _, first = np.unique(item[order], return_index=True)
    kept = np.zeros(len(item), dtype=bool)
    kept[order[first]] = True
    return kept & (np.bincount(item)[item] >= 3)


def _log_score(confidence: Any, right: Any) -> float:
    """The best that a monotone use of the confidence gives: ten bins, each with its own share."""
    edges = np.quantile(confidence, np.linspace(0, 1, 11)[1:-1])
    place = np.searchsorted(edges, confidence)
    shares = (np.bincount(place, right, 10) + 0.5) / (np.bincount(place, minlength=10) + 1)
    chance = np.where(right, shares[place], (1 - shares[place]) / 2)
    return float(np.log(chance).mean())


def workers(folder: Path) -> Table:
    from scipy.stats import pearsonr, spearmanr

    from annotate.aggregation.catalogue import METHODS as CATALOGUE
    from annotate.aggregation.methods.mace import mace

    found: Table = {}
    for name in ("ukpconvarg1", "llmfao"):
        rows = read(folder / name)
        item, who, label, raw = labels(rows, "human")
        names, number = np.unique(np.array(who), return_inverse=True)
        published = [one.get("mace_competence") for one in raw]
        many = np.bincount(number)
        theirs = np.full(len(names), np.nan)
        for worker, value in zip(number, published, strict=True):
            if value is not None:
                theirs[worker] = value
        if np.isnan(theirs).all():
            theirs, what = _agreement_with_judge(rows, item, number, label, len(names)), "gpt-4"
        else:
            what = "upstream's MACE"
        part = data(item, number, label, pairs=pairs_of(rows))
        used = (many >= 20) & ~np.isnan(theirs)
        reliabilities = {
            method: CATALOGUE[method].fit(part).reliability.value for method in METHODS
        }
        reliabilities["mace, plain EM"] = mace(part.votes, variational=False).habits.competence
        for method, ours in reliabilities.items():
            found[f"{name}, {method}"] = {
                "with": what,
                "workers": int(used.sum()),
                "spearman": float(spearmanr(ours[used], theirs[used])[0]),
                "pearson": float(pearsonr(ours[used], theirs[used])[0]),
            }
    return found


def _agreement_with_judge(rows: list[Any], item: Any, who: Any, label: Any, workers: int) -> Any:
    """By worker: the share of answers that are GPT-4's."""
    said = [
        next((SIDES[one["label"]] for one in row["llm"] if one["annotator"] == "gpt-4"), -1)
        for row in rows
    ]
    same = label == np.array(said)[item]
    return np.bincount(who, same, workers) / np.bincount(who, minlength=workers)


def read(folder: Path) -> list[dict[str, Any]]:
    with (folder / "pairs.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def labels(rows: list[dict[str, Any]], kind: str) -> tuple[Any, list[str], Any, list[Any]]:
    given = [
        (number, f"{one['annotator']} {one.get('method', '')}".strip(), SIDES[one["label"]], one)
        for number, row in enumerate(rows)
        for one in row.get(kind, ())
        if one["label"] is not None
    ]
    item, who, label, raw = zip(*given, strict=True)
    return np.array(item), list(who), np.array(label), list(raw)


def pairs_of(rows: list[dict[str, Any]]) -> Any:
    """Things are texts below a prompt."""
    things: dict[tuple[str, str], int] = {}

    def thing(row: dict[str, Any], side: str) -> int:
        text = row.get(f"arg_{side}") or row[f"response_{side}"]
        return things.setdefault((row["prompt"], text), len(things))

    first, second = (np.array([thing(row, side) for row in rows]) for side in "ab")
    return first, second, len(things)


def data(
    item: Any,
    who: Any,
    label: Any,
    *,
    pairs: Any = None,
    items: int | None = None,
    annotators: int | None = None,
) -> Data:
    from annotate.aggregation.method import Data, Pairs
    from annotate.aggregation.methods.votes import Numbers, Votes

    items = items or int(item.max()) + 1
    annotators = annotators or int(who.max()) + 1
    first, second, things = pairs or (np.arange(items), np.arange(items) + items, 2 * items)
    return Data(
        Votes(item, who, label, items, annotators, 3),
        Numbers(item, who, label - 1.0, items, annotators),
        Pairs(first, second, things),
    )


def sides(method: str, of: Data) -> Any:
    """The shares of the classes of each item (items, 3), after a fit on the same answers."""
    from annotate.aggregation.catalogue import METHODS as CATALOGUE
    from annotate.aggregation.method import Data

    fitted = CATALOGUE[method].fit(of)
    again = Data(of.votes, of.numbers, of.pairs, fitted.kept)
    found = CATALOGUE[method].settle(again, fitted.shared, fitted.own)
    assert found.shares is not None
    return found.shares


if __name__ == "__main__":
    main()
