"""Annotators whose accuracies, habits and scales are known, for tests of what is learnt of them."""

import numpy as np

from annotate.aggregation.methods.votes import Votes


def votes(rows, *, classes=2):
    """From (item, annotator, class)."""
    item, annotator, label = (np.array(part, dtype=np.intp) for part in zip(*rows, strict=True))
    return Votes(item, annotator, label, item.max() + 1, annotator.max() + 1, classes)


def empty(*, items=0, annotators=0, classes=2):
    nothing = np.empty(0, dtype=np.intp)
    return Votes(nothing, nothing, nothing, items, annotators, classes)


def crowd(*, items=2000, each=5, annotators=40, classes=2, least=0.55, most=0.95, seed=0):
    """Votes, the true classes and the accuracies; wrong answers are dealt evenly."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, classes, items)
    accuracy = draw.uniform(least, most, annotators)
    who = np.stack([draw.permutation(annotators)[:each] for _ in range(items)]).ravel()
    item = np.repeat(np.arange(items), each)
    wrong = (truth[item] + draw.integers(1, max(classes, 2), len(item))) % classes
    label = np.where(draw.random(len(item)) < accuracy[who], truth[item], wrong)
    return Votes(item, who, label, items, annotators, classes), truth, accuracy


def realised(planted, truth):
    """The share of each annotator's answers that were right as it happened."""
    right = planted.label == truth[planted.item]
    many = np.bincount(planted.annotator, minlength=planted.annotators)
    return np.bincount(planted.annotator, right, planted.annotators) / many


def accuracy_of(posterior, truth):
    return float((posterior.argmax(axis=1) == truth).mean())
