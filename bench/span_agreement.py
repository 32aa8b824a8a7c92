"""How alike people mark spans on real sets, how well aggregates foretell them, and what it costs.

    python bench/span_agreement.py [FOLDER] [--json]

FOLDER has the sets ``wmt23_mqm`` and ``lamp``; without it only the planted project is timed. Of each
set: every figure of agreement with its interval, and, by method of aggregation, the character F1 of a
person's marks with the aggregate of all others' (fitted without them). ``found`` is that of the
aggregates with planted spans, by annotators and method, mean of three runs. ``planted`` is a project
of so many items on texts of 1,000 characters: seconds, least of three.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")

import django

django.setup()

from annotate.aggregation.arranging import Answers  # noqa: E402 after Django is set up
from annotate.aggregation.catalogue import METHODS  # noqa: E402 after Django is set up
from annotate.aggregation.stretched import arrange_marks  # noqa: E402 after Django is set up
from annotate.agreement.marked import marked  # noqa: E402 after Django is set up
from annotate.agreement.spans import Spans  # noqa: E402 after Django is set up
from annotate.marking import Texts, given, placed  # noqa: E402 after Django is set up
from annotate.questions import parse_question  # noqa: E402 after Django is set up
from tests.annotate import planted_spans  # noqa: E402 after Django is set up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from annotate.questions import Question

Row = tuple[int, int, dict[str, Any]]  # item, annotator, answer
SETS = {
    "wmt23_mqm zh-en": ("wmt23_mqm/segments_zhen.jsonl", "target_text"),
    "wmt23_mqm en-de": ("wmt23_mqm/segments_ende.jsonl", "target_text"),
    "lamp": ("lamp/spans.jsonl", "response"),
}
LENGTH = 1_000
# The share of the planted spans that each annotator finds, and how many others they mark in a text,
# more of them those who find less.
CROWDS = (
    ((0.7,) * 3, 0.5),
    ((0.9, 0.6, 0.3), 1),
    ((0.95, 0.9, 0.5, 0.3, 0.2), 2),
    ((0.95, 0.95, 0.1, 0.1, 0.1), 2),
    ((0.4,) * 3, 0.5),
    ((0.4,) * 5, 0.5),
    ((0.8, 0.5), 0.5),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, help="the folder with the real sets")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--items", type=int, default=20_000)
    options = parser.parse_args()
    found: dict[str, Any] = {
        "load": os.getloadavg()[0],
        "planted": planted(options.items),
        "found": what_is_found(),
    }
    if options.folder is not None:
        found["sets"] = {
            name: of_set(options.folder / path, text) for name, (path, text) in SETS.items()
        }
    if options.json:
        print(json.dumps(found))
        return
    print(f"planted {json.dumps(found['planted'])}")
    for who, methods in found["found"].items():
        print(f"{who:<40}{json.dumps(methods)}")
    for name, part in found.get("sets", {}).items():
        print(f"\n{name}: {part['items']} items, {part['labels']} labels, {part['spans']} spans")
        for figure, one in part["agreement"].items():
            chance = "" if one["chance"] is None else f", by chance {one['chance']:.3f}"
            print(
                f"  {figure:<22}{one['value']:6.3f} ({one['low']:.3f} to {one['high']:.3f}){chance}"
            )
        for method, share in part["kept_back"].items():
            print(f"  kept back, {method:<24}{share:6.3f}")


# ------------------------------------------------------------------------------------- real sets


def of_set(path: Path, text: str) -> dict[str, Any]:
    rows, lengths, labels = read(path, text)
    question = spans_question(labels)
    spans = spans_of(question, rows, lengths)
    found = spans.figures()
    return {
        "items": len(lengths),
        "labels": len(rows),
        "spans": spans.settings["spans"],
        "agreement": {name: figure.as_json for name, figure in found.items()},
        "kept_back": kept_back(question, rows, lengths),
    }


def read(path: Path, text: str) -> tuple[list[Row], list[int], list[str]]:
    """People's answers; spans of the source text, and those without a place, are left out."""
    rows: list[Row] = []
    people: dict[str, int] = {}
    lengths, labels = [], set()
    for item, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        record = json.loads(line)
        lengths.append(len(record[text]))
        for label in record["annotations"]:
            if label["kind"] != "human":
                continue
            there = [
                (span["start"], span["end"], _value(span["category"]))
                for span in label["spans"]
                if span["start"] is not None and span.get("side", "target") == "target"
            ]
            labels |= {category for _, _, category in there}
            who = people.setdefault(label["annotator"], len(people))
            rows.append((item, who, answer(there)))
    return rows, lengths, sorted(labels)


def _value(category: str) -> str:
    return re.sub("[^a-z0-9]+", "-", category.lower()).strip("-")[:40]


def answer(marks: Iterable[tuple[int, int, str]]) -> dict[str, Any]:
    spans = [
        {"completion": 0, "start": start, "end": end, "label": label} for start, end, label in marks
    ]
    return {"spans": spans} if spans else {"spans": [], "clean": [0]}


def spans_question(labels: list[str]) -> Question[Any]:
    options = [{"value": label, "label": label} for label in labels]
    return parse_question({"kind": "spans", "name": "errors", "title": "Errors", "labels": options})


def texts_of(items: np.ndarray, lengths: list[int]) -> Texts:
    return Texts(items, items, np.zeros(len(items), np.int64), np.array(lengths)[items])


def spans_of(question: Question[Any], rows: list[Row], lengths: list[int]) -> Spans:
    item, annotator = (np.array([row[place] for row in rows]) for place in (0, 1))
    texts = texts_of(np.arange(len(lengths)), lengths)
    answers = given(question, [row[2] for row in rows])
    found = placed(answers, np.arange(len(rows)), item, texts)
    table = marked(
        found.marks,
        found.missing,
        item=item,
        text_item=texts.owner,
        lengths=texts.length,
        labels=len(answers.labels),
    )
    day = np.zeros(len(item), dtype=np.int64)
    return Spans(item, annotator, day, table, answers.labels, np.arange(len(item)))


def kept_back(question: Question[Any], rows: list[Row], lengths: list[int]) -> dict[str, float]:
    """Character F1 (labels count) of each annotator with the aggregate of the others; the mean.

    Over annotators with others beside them, of the characters of all their items together.
    """
    people = sorted({who for _, who, _ in rows})
    found: dict[str, float] = {}
    for name in question.methods:
        shares = []
        for left_out in people:
            own = {item: one for item, who, one in rows if who == left_out}
            others = [row for row in rows if row[1] != left_out]
            beside = {item for item, _, _ in others}
            shares.append(_foretold(question, name, own, others, beside, lengths))
        found[name] = float(np.mean([share for share in shares if share is not None]))
    return found


def _foretold(
    question: Question[Any],
    method: str,
    own: dict[int, Any],
    others: list[Row],
    beside: set[int],
    lengths: list[int],
) -> float | None:
    arranged = arrange_marks(
        question,
        answers := Answers.of(others),
        texts=texts_of(np.unique(answers.item), lengths),
    )
    fitted = METHODS[method].fit(arranged.data)
    settled = arranged.by_item(METHODS[method].settle(arranged.data, fitted.shared, fitted.own))
    shared = total = 0
    for item in beside & set(own):
        first = _characters((s["start"], s["end"], s["label"]) for s in own[item]["spans"])
        marks = [one.mark for one in settled[item].spans] if item in settled else []
        second = _characters((mark.start, mark.end, mark.label) for mark in marks)
        shared += 2 * len(first & second)
        total += len(first) + len(second)
    return shared / total if total else None


def _characters(marks: Iterable[tuple[Any, ...]]) -> set[tuple[int, str]]:
    return {(place, label) for start, end, label in marks for place in range(start, end)}


# --------------------------------------------------------------------------------------- planted


def planted(items: int) -> dict[str, Any]:
    """Three annotators an item, five spans each, of eight labels."""
    rows, lengths = planted_rows(items)
    question = spans_question(sorted({s["label"] for _, _, one in rows for s in one["spans"]}))
    spans = spans_of(question, rows, lengths)
    answers = Answers(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        np.arange(len(rows)),
        [row[2] for row in rows],
    )
    texts = texts_of(np.arange(items), lengths)
    seconds = {
        "arrays and table of pairs": least(lambda: spans_of(question, rows, lengths)),
        "unitised alpha, with its interval": least(lambda: spans.figures(["alpha"])),
        "all figures": least(spans.figures),
        "by label": least(spans.by_label),
        "stretches to vote on": least(lambda: arrange_marks(question, answers, texts=texts)),
    }
    arranged = arrange_marks(question, answers, texts=texts)
    for name in question.methods:
        method = METHODS[name]
        seconds[f"{name}, fit"] = least(partial(method.fit, arranged.data))
        fitted = method.fit(arranged.data)
        settled = method.settle(arranged.data, fitted.shared, fitted.own)
        seconds[f"{name}, spans again"] = least(partial(arranged.by_item, settled))
    return {
        "items": items,
        "labels": len(rows),
        "spans": spans.settings["spans"],
        "votes": len(arranged.data.votes),
        "seconds": {name: round(taken, 3) for name, taken in seconds.items()},
    }


def what_is_found() -> dict[str, dict[str, float]]:
    """Of spans in 150 texts of 600 characters, by annotators with different eyes."""
    question = planted_spans.spans_question()
    table: dict[str, dict[str, float]] = {}
    for shares, invented in CROWDS:
        runs: dict[str, list[float]] = {name: [] for name in question.methods}
        for seed in range(3):
            rows, truth = planted_spans.planted(
                np.random.default_rng(seed), items=150, found=shares, invented=invented
            )
            for name, reached in runs.items():
                settled = planted_spans.settled(question, rows, name)
                marks = {item: planted_spans.ranges(one) for item, one in settled.items()}
                reached.append(planted_spans.character_f1(marks, truth))
        who = f"find {', '.join(map(str, shares))}; invent {invented}"
        table[who] = {name: round(float(np.mean(reached)), 3) for name, reached in runs.items()}
    return table


def planted_rows(items: int) -> tuple[list[Row], list[int]]:
    draw = np.random.default_rng(0)
    truth = np.sort(draw.integers(0, LENGTH - 80, size=(items, 5)), axis=1)
    rows: list[Row] = []
    for item in range(items):
        for who in range(3):
            starts = truth[item] + draw.integers(-10, 11, size=5)
            ends = starts + draw.integers(5, 60, size=5)
            labels = draw.integers(8, size=5)
            marks = zip(
                np.maximum(starts, 0).tolist(),
                np.maximum(ends, 5).tolist(),
                (f"label-{label}" for label in labels),
                strict=True,
            )
            rows.append((item, who, answer(marks)))
    return rows, [LENGTH] * items


def least(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


if __name__ == "__main__":
    main()
