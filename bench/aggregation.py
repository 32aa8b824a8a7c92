"""How fast one label is made of several: a million labels at once, and one more label.

    python bench/aggregation.py --json

Annotators are planted: 1,000 of them with accuracies from 55 to 95 %, five answers an item. Prints seconds
(the best of `--repeats`, indices built anew each time) of majority vote, Dawid-Skene, one restart of MACE
with all of its 50 iterations, and GLAD, with the share of labels that are the planted ones; beside
Dawid-Skene crowd-kit's on the same rows, where it is installed, with the share of labels that are the same.
Then, in a database of its own, the milliseconds that `aggregate_stale` takes to fold one new label in
(median and 95th percentile), and the seconds of a fit of all that is there with the aggregates rewritten.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotate.aggregation.methods.votes import Votes
    from annotate.models import Annotator, Item, Project

EACH, ANNOTATORS, ITERATIONS = 5, 1000, 50
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--labels", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--items", type=int, default=2_000, help="of the project in the database")
    parser.add_argument("--without-database", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tandem-bench-") as folder:
        figures = measure(folder, options)
    if options.json:
        print(json.dumps(figures))
        return
    for name, part in figures.items():
        words = (f"{k}={v:.6g}" if isinstance(v, float) else f"{k}={v}" for k, v in part.items())
        print(f"{name:<14}", *words)


def measure(folder: str, options: argparse.Namespace) -> dict[str, Figures]:
    os.environ |= {"ANNOTATE_VAR": folder, "DJANGO_SETTINGS_MODULE": "annotate.settings"}
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    figures = arrays(options.labels, options.classes, options.repeats)
    if not options.without_database:
        figures["database"] = in_database(options.items)
    return figures


# ----------------------------------------------------------------------------------------- arrays


def planted(labels: int, classes: int) -> tuple[Any, Any]:
    """(item, annotator, class) columns in the order of the items, and the true classes."""
    draw = np.random.default_rng(0)
    items = labels // EACH
    truth = draw.integers(0, classes, items)
    accuracy = draw.uniform(0.55, 0.95, ANNOTATORS)
    first, step = draw.integers(0, ANNOTATORS, items), draw.integers(1, ANNOTATORS // EACH, items)
    who = ((first[:, None] + step[:, None] * np.arange(EACH)) % ANNOTATORS).ravel()
    item = np.repeat(np.arange(items), EACH)
    wrong = (truth[item] + draw.integers(1, classes, len(item))) % classes
    label = np.where(draw.random(len(item)) < accuracy[who], truth[item], wrong)
    return (item, who, label), truth


def arrays(labels: int, classes: int, repeats: int) -> dict[str, Figures]:
    from annotate.aggregation.methods.dawid_skene import dawid_skene
    from annotate.aggregation.methods.glad import glad
    from annotate.aggregation.methods.mace import mace
    from annotate.aggregation.methods.votes import Votes

    columns, truth = planted(labels, classes)

    def votes() -> Votes:
        item, who, label = columns
        return Votes(item, who, label, len(truth), ANNOTATORS, classes)

    runs: dict[str, Callable[[], Any]] = {
        "majority": lambda: votes().shares,
        "dawid_skene": lambda: dawid_skene(votes()).posterior,
        "mace": lambda: mace(votes(), restarts=1, iterations=ITERATIONS, tolerance=-1).posterior,
        "glad": lambda: glad(votes()).posterior,
    }
    figures: dict[str, Figures] = {}
    for name, run in runs.items():
        taken, shares = best(run, repeats)
        right = float((shares.argmax(axis=1) == truth).mean())
        figures[name] = {
            "labels": len(columns[0]),
            "classes": classes,
            "seconds": taken,
            "right": right,
        }
    ours = runs["dawid_skene"]().argmax(axis=1)
    figures["dawid_skene"] |= crowd_kit(columns, truth, ours)
    return figures


def crowd_kit(columns: Any, truth: Any, ours: Any) -> Figures:
    try:
        import pandas as pd  # type: ignore[import-untyped]  # its stubs are not worth a dependency
        from crowdkit.aggregation import DawidSkene
    except ImportError:
        return {}
    rows = pd.DataFrame(dict(zip(("task", "worker", "label"), columns, strict=True)))
    taken, labels = best(lambda: DawidSkene().fit_predict(rows), 1)
    theirs = labels.sort_index().to_numpy()
    return {
        "crowd_kit_seconds": taken,
        "crowd_kit_right": float((theirs == truth).mean()),
        "same_labels": float((theirs == ours).mean()),
    }


def best(run: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    taken, found = [], None
    for _ in range(repeats):
        begin = time.perf_counter()
        found = run()
        taken.append(time.perf_counter() - begin)
    return min(taken), found


# --------------------------------------------------------------------------------------- database


def in_database(items: int) -> Figures:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    server = settings.EMBEDDED
    assert server is not None
    server.use()
    try:
        call_command("migrate", verbosity=0, skip_checks=True)
        return _in_database(items)
    finally:
        connection.close()
        server.leave()


def _in_database(items: int, people: int = 50, folds: int = 200) -> Figures:
    from annotate.aggregation import aggregate_stale
    from annotate.aggregation.fitting import fit_project
    from annotate.models import Annotation, Item
    from annotate.presets import create_project, preset_named

    project = create_project(name="Bench", slug="bench", preset=preset_named("pairwise"))
    annotators = _fill(project, items, people)
    while aggregate_stale(project):
        pass
    begin = time.perf_counter()
    fits = fit_project(project)
    fit_seconds = time.perf_counter() - begin
    taken = []
    for number, item in enumerate(Item.objects.filter(project=project).order_by("pk")[:folds]):
        label = _label(item, annotators[(number + EACH) % people], 1)
        Annotation.objects.bulk_create([label])
        Item.objects.filter(pk=item.pk).update(stale=True)
        begin = time.perf_counter()
        aggregate_stale(project)
        taken.append(1000 * (time.perf_counter() - begin))
    return {
        "items": items,
        "labels": fits[0].labels,
        "method": fits[0].method,
        "fit_and_rewrite_seconds": fit_seconds,
        "fold_ms": statistics.median(taken),
        "fold_p95_ms": statistics.quantiles(taken, n=20)[-1],
    }


def _fill(project: Project, items: int, people: int) -> list[Annotator]:
    from annotate.models import Annotation, Annotator, Completion, Item

    annotators = Annotator.objects.bulk_create(
        Annotator(project=project, kind="human", name=f"person-{n}") for n in range(people)
    )
    made = Item.objects.bulk_create(
        Item(
            project=project, key=f"item-{n}", messages=[{"role": "user", "content": f"{n}?"}],
            prompt_hash=f"{n:064d}", overlap=EACH, seats_left=0, route="human", stale=True,
        )
        for n in range(items)
    )  # fmt: skip
    Completion.objects.bulk_create(
        Completion(item=item, position=place, text="", text_hash=f"{item.pk:063d}{place}")
        for item in made
        for place in (0, 1)
    )
    draw = np.random.default_rng(0)
    Annotation.objects.bulk_create(
        _label(item, annotators[(number + place) % people], int(draw.integers(-2, 3)))
        for number, item in enumerate(made)
        for place in range(EACH)
    )
    return annotators


def _label(item: Item, annotator: Annotator, value: int) -> Any:
    from annotate.models import Annotation

    return Annotation(
        project=item.project, item=item, annotator=annotator, form=item.project.form,
        answers={"overall": {"value": value, "both_bad": False}},
    )  # fmt: skip


if __name__ == "__main__":
    main()
