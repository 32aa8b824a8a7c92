"""Stretches that have enough support, joined to spans again."""

from typing import TYPE_CHECKING

import numpy as np

from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.support import shares as shares_of
from annotate.agreement.tables import meetings
from annotate.marking import target_of
from annotate.questions.base.marks import Mark, Settlement, Supported
from annotate.stretches import IntArray, Mask

if TYPE_CHECKING:
    from annotate.aggregation.stretched import Stretched

EVEN = 1e-9


def join(found: "Stretched", support: Floats, *, plain: bool) -> dict[int, Settlement]:
    """By item id. ``support`` (units,) is a share of annotators, where ``plain``, or a probability."""
    shares = np.asarray(shares_of(found.data.votes)[:, 1])
    agreed = _mean(found, np.where(_over(found, support), shares, 1 - shares))
    sure = {} if plain else _mean(found, np.maximum(support, 1 - support))
    settlements = {
        item: Settlement(share=share, confidence=sure.get(item)) for item, share in agreed.items()
    }
    for place, one in zip(*_spans(found, support), strict=True):
        settlements[place].spans.append(one)
    for place, one in zip(*_missing(found, support), strict=True):
        settlements[place].missing.append(one)
    return settlements


def _over(found: "Stretched", support: Floats) -> Mask:
    """By unit, whether it has enough support; an exact share is not over itself by rounding."""
    return np.asarray(support > found.question.support + EVEN)


def _mean(found: "Stretched", values: Floats) -> dict[int, float]:
    """By item id, the mean over what somebody marked, by its length."""
    marked = found.of.stretched + found.of.missing
    owner, weight = found.data.owner[:marked], found.data.weight[:marked]
    items = found.texts.items
    total = np.bincount(owner, weight, minlength=len(items))
    summed = np.bincount(owner, weight * values[:marked], minlength=len(items))
    mean = summed / np.maximum(total, 1e-12)
    places = np.flatnonzero(total > 0)
    return dict(zip(items[places].tolist(), mean[places].tolist(), strict=True))


def _spans(found: "Stretched", support: Floats) -> tuple[list[int], list[Supported]]:
    """Items and spans, by text and from front to back."""
    units, chosen = found.of, _chosen(found, support)
    order = chosen[np.lexsort((units.start[chosen], units.label[chosen], units.text[chosen]))]
    begins = _begins(found, order)
    starts = np.flatnonzero(begins)
    last = np.append(starts, len(order))[1:] - 1
    text, label = units.text[order[starts]], units.label[order[starts]]
    start, end = units.start[order[starts]], units.end[order[last]]
    length = (units.end - units.start)[order].astype(float)
    which = np.cumsum(begins) - 1
    mean = np.bincount(which, length * support[order]) / np.maximum(end - start, 1)
    severity = _severities(found, text, label, start, end)
    by_place = np.lexsort((label, -end, start, text)).tolist()
    items = found.texts.item[text].tolist()
    targets, labels = found.texts.target[text].tolist(), found.given.labels
    spans = [
        Supported(
            Mark(target_of(targets[n]), int(start[n]), int(end[n]), labels[label[n]], severity[n]),
            float(mean[n]),
        )
        for n in by_place
    ]
    return [items[n] for n in by_place], spans


def _chosen(found: "Stretched", support: Floats) -> IntArray:
    """Stretches with enough support; of labels that may not overlap the one with most of it."""
    units = found.of
    enough = np.flatnonzero(_over(found, support)[: units.stretched])
    if found.question.overlapping:
        return enough
    order = np.lexsort((units.label[enough], -support[enough], units.stretch[enough]))
    ordered = enough[order]
    first = np.diff(units.stretch[ordered], prepend=-1) != 0
    return np.sort(ordered[first])


def _begins(found: "Stretched", order: IntArray) -> Mask:
    """Whether a stretch begins a span: nothing joins it to the one before, or most part them.

    Of those who mark both with the label, more end a mark between them than mark on.
    """
    units = found.of
    text, label, stretch = units.text[order], units.label[order], units.stretch[order]
    apart = (np.diff(stretch, prepend=-2) != 1) | (np.diff(label, prepend=-1) != 0)
    apart |= np.diff(text, prepend=-1) != 0
    apart[:1] = True
    return np.asarray(apart | (~apart & (_parted(found, order) > 0)))


def _parted(found: "Stretched", order: IntArray) -> Floats:
    """By stretch: of those who mark it and the one before, who part the two less who do not."""
    rows, units = found.stretches, found.of
    many = len(rows) * rows.labels
    code = (rows.answer * len(rows) + rows.stretch) * rows.labels + rows.label
    goes_on = np.isin(code - rows.labels, code)  # the same answer and label, one stretch before
    goes_on &= rows.stretch > 0
    own = np.isin(code, _edges(found))
    apart = np.where(own, 1.0, -1.0) * goes_on
    unit = rows.stretch * rows.labels + rows.label
    total = np.bincount(unit, apart, minlength=max(many, 1))
    return np.asarray(total[units.stretch[order] * rows.labels + units.label[order]])


def _edges(found: "Stretched") -> IntArray:
    """Where an answer's own marks with a label begin or end, coded as the rows are."""
    marks, rows = found.marks, found.stretches
    place = rows.text * (1 << 32) + rows.start
    codes = []
    for offset in (marks.start, marks.end):
        stretch = np.searchsorted(place, marks.text * (1 << 32) + offset)
        codes.append((marks.answer * len(rows) + stretch) * rows.labels + marks.label)
    return np.concatenate(codes)


def _severities(
    found: "Stretched", text: IntArray, label: IntArray, start: IntArray, end: IntArray
) -> list[str]:
    """By span, what most of its characters were said to be by marks with its label."""
    marks, names, spans = found.marks, found.given.severities, len(text)
    if not any(names) or not spans:
        return [""] * spans
    labels = len(found.given.labels)
    key = np.concatenate([text * labels + label, marks.text * labels + marks.label])
    one, other = meetings(key)
    span, mark = np.minimum(one, other), np.maximum(one, other) - spans
    kept = (span < spans) & (mark >= 0)
    span, mark = span[kept], mark[kept]
    shared = np.minimum(end[span], marks.end[mark]) - np.maximum(start[span], marks.start[mark])
    said = found.severity[mark]
    counted = np.bincount(
        span * len(names) + said, np.maximum(shared, 0), minlength=spans * len(names)
    ).reshape(spans, len(names))
    counted[:, [place for place, name in enumerate(names) if not name]] = -1
    most = counted.argmax(axis=1)
    known = counted.max(axis=1) > 0
    return [
        names[place] if there else ""
        for place, there in zip(most.tolist(), known.tolist(), strict=True)
    ]


def _missing(found: "Stretched", support: Floats) -> tuple[list[int], list[Supported]]:
    units = found.of
    places = np.arange(units.stretched, units.stretched + units.missing)
    places = places[_over(found, support)[places]]
    text = units.text[places]
    items = found.texts.item[text].tolist()
    labels = found.given.labels
    spans = [
        Supported(Mark(target_of(target), None, None, labels[label]), share)
        for target, label, share in zip(
            found.texts.target[text].tolist(),
            units.label[places].tolist(),
            support[places].tolist(),
            strict=True,
        )
    ]
    return items, spans
