"""What every two answers that mark parts of texts have in common, summed once for all figures.

F1 is 2 |A and B| / (|A| + |B|); of two answers that mark nothing it is not defined. By chance, A and
B would share |A| |B| / L of the L characters of a text: the mean over all rotations of the one.
"""

from dataclasses import dataclass

import numpy as np

from annotate.agreement.matching import Pairs, matches
from annotate.agreement.tables import Array, IntArray
from annotate.stretches import Marks, Stretches, cut


@dataclass(frozen=True)
class Overlap:
    """Of each pair: what they share, what they would by chance, and what both mark together."""

    shared: Array
    by_chance: Array
    total: Array


@dataclass(frozen=True)
class Marked:
    """Answers (answers,) and pairs of them, with all that figures are sums of.

    ``size`` counts the characters that could be marked, ``covered`` those that are; ``squares`` the
    squared lengths of the units. ``value``: a label, or a set of them, of an answer, with how many
    characters; ``value_answer`` says whose.
    """

    pairs: Pairs
    size: Array
    covered: Array
    squares: Array
    value_answer: IntArray
    value: IntArray
    value_length: Array
    # Characters that both mark, and that both mark with the same labels.
    both: Array
    alike: Array
    characters: Overlap
    labelled: Overlap
    near: Overlap
    exact: Overlap
    missing: Overlap
    said_missing: IntArray
    by_label: dict[int, Overlap]
    # By label: characters and number of spans of each answer.
    label_length: dict[int, Array]
    label_spans: dict[int, IntArray]

    @property
    def has_missing(self) -> bool:
        return bool(self.said_missing.any())


def marked(
    marks: Marks,
    missing: Marks,
    *,
    item: IntArray,
    text_item: IntArray,
    lengths: IntArray,
    labels: int,
) -> Marked:
    """``item`` (answers,) says what each answers; ``text_item`` and ``lengths`` describe the texts.

    ``missing`` are marks without a range: only answer, text and label count.
    """
    marks, pairs, answers = marks.once(), Pairs.of(item), len(item)
    size = np.bincount(text_item, lengths, minlength=int(item.max(initial=-1)) + 1)[item]
    stretches = cut(marks, labels=labels)
    rows = stretches.covered
    answer, stretch = stretches.answer[rows], stretches.stretch[rows]
    length = stretches.row_length[rows]
    first, second, pair = pairs.meet(stretch, answer)
    same = stretches.label_set[first] == stretches.label_set[second]
    value_answer, value, value_length = _values(stretches)
    by_label, labelled = _labelled(stretches, pairs, lengths)
    tolerant, tolerant_chance = matches(marks, pairs, lengths)
    exact, exact_chance = matches(marks, pairs, lengths, tolerance=0)
    both = pairs.summed(pair, length[first])
    covered = np.bincount(answer, length, minlength=answers).astype(float)
    spans = _total(pairs, np.bincount(marks.answer, minlength=answers))
    chance = _by_chance(pairs, answer, stretches.text[stretch], length, lengths)
    return Marked(
        pairs=pairs,
        size=size.astype(float),
        covered=covered,
        squares=_squares(stretches, answers),
        value_answer=value_answer,
        value=value,
        value_length=value_length,
        both=both,
        alike=pairs.summed(pair[same], length[first][same]),
        characters=Overlap(both, chance, _total(pairs, covered)),
        labelled=labelled,
        near=Overlap(tolerant, tolerant_chance, spans),
        exact=Overlap(exact, exact_chance, spans),
        missing=_missing(missing, pairs, answers, labels),
        said_missing=np.bincount(missing.answer, minlength=answers),
        by_label=by_label,
        label_length={
            label: _of_label(stretches, stretches.row_length, label, answers)
            for label in range(labels)
        },
        label_spans={
            label: np.bincount(marks.answer[marks.label == label], minlength=answers)
            for label in range(labels)
        },
    )


def _total(pairs: Pairs, of_answers: Array | IntArray) -> Array:
    return np.asarray(of_answers[pairs.one] + of_answers[pairs.other], dtype=float)


def _of_label(stretches: Stretches, weights: IntArray, label: int, answers: int) -> Array:
    rows = stretches.label == label
    return np.bincount(stretches.answer[rows], weights[rows], minlength=answers).astype(float)


def _squares(stretches: Stretches, answers: int) -> Array:
    """Sums of the squared lengths of an answer's units."""
    rows = stretches.covered
    units = np.bincount(stretches.unit, stretches.row_length[rows])
    whose = stretches.answer[rows][np.flatnonzero(np.diff(stretches.unit, prepend=-1))]
    return np.bincount(whose, units**2, minlength=answers).astype(float)


def _values(stretches: Stretches) -> tuple[IntArray, IntArray, Array]:
    """By answer and set of labels, how many characters: (values,) each."""
    rows = stretches.covered
    most = int(stretches.label_set.max(initial=0)) + 1
    code = stretches.answer[rows] * most + stretches.label_set
    codes, place = np.unique(code, return_inverse=True)
    length = np.bincount(place, stretches.row_length[rows], minlength=len(codes))
    answer, value = np.divmod(codes, most)
    return answer, value, length.astype(float)


def _by_chance(
    pairs: Pairs, answer: IntArray, place: IntArray, length: IntArray, lengths: IntArray
) -> Array:
    """What pairs would share of the texts ``place`` by chance: rows of what an answer marks."""
    most = int(place.max(initial=0)) + 1
    codes, row = np.unique(answer * most + place, return_inverse=True)
    summed = np.bincount(row, length, minlength=len(codes))
    whose, text = np.divmod(codes, most)
    first, second, pair = pairs.meet(text, whose)
    return pairs.summed(pair, summed[first] * summed[second] / lengths[text[first]])


def _labelled(
    stretches: Stretches, pairs: Pairs, lengths: IntArray
) -> tuple[dict[int, Overlap], Overlap]:
    """What pairs mark with the same label, by label and together."""
    answers = pairs.answers
    found = {}
    for label in range(stretches.labels):
        rows = np.flatnonzero(stretches.label == label)
        answer, stretch = stretches.answer[rows], stretches.stretch[rows]
        length = stretches.row_length[rows]
        first, _, pair = pairs.meet(stretch, answer)
        found[label] = Overlap(
            pairs.summed(pair, length[first]),
            _by_chance(pairs, answer, stretches.text[stretch], length, lengths),
            _total(pairs, np.bincount(answer, length, minlength=answers)),
        )
    zero = np.zeros(len(pairs))
    together = [
        sum((getattr(one, name) for one in found.values()), zero)
        for name in ("shared", "by_chance", "total")
    ]
    return found, Overlap(*together)


def _missing(missing: Marks, pairs: Pairs, answers: int, labels: int) -> Overlap:
    """What is said to be missing, by text and label; chance keeps how often each label is."""
    places = missing.text * labels + missing.label
    rows = np.unique(np.stack([missing.answer, places], axis=1), axis=0)
    answer, place = rows[:, 0], rows[:, 1]
    first, _, pair = pairs.meet(place, answer)
    said = np.bincount(answer, minlength=answers)
    nothing = np.full(len(pairs), np.nan)
    return Overlap(pairs.summed(pair, np.ones(len(first))), nothing, _total(pairs, said))
