"""Ways of answering that are worth a look, each with a test that says how surprising it is.

Every test asks whether an annotator is clearly beyond a margin, not merely different from the
others: with enough answers, everybody is different. A p-value is NaN where too little is there to
say anything. None of this says why: a look at the answers does.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotate.quality.intervals import (
    Array,
    IntArray,
    Interval,
    Mask,
    Z,
    at_least,
    at_most,
    kolmogorov,
    normal_tail,
    wilson,
)
from annotate.quality.votes import NOBODY, Votes

LEAST_TESTED = 30
LEAST_DRIFT = 60
# How far from what is usual is still nothing to speak of.
POSITION_MARGIN = 0.10
LENGTH_MARGIN = 0.10
DRIFT_MARGIN = 0.10
QUICK_SHARE = 0.25  # of the group's median time
LEAST_ROOM = 0.10  # between chance and the others, for anything to be said about being near chance

Details = dict[int, dict[str, Any]]


@dataclass(frozen=True)
class Pattern:
    """``details`` by annotator, of those with enough answers; ``p`` by annotator, NaN untested."""

    details: Details
    p: Array


def _untested(votes: Votes) -> Array:
    return np.full(votes.annotators, math.nan)


def _places(mask: Mask) -> list[int]:
    return [int(place) for place in np.flatnonzero(mask)]


def _unhappened(votes: Votes) -> Pattern:
    return Pattern({}, _untested(votes))


# --------------------------------------------------------------------------------------- agreement


def near_chance(votes: Votes) -> Pattern:
    """Whether agreement with the others is nearer to chance than to what they reach themselves.

    Chance deals an annotator's own answers out at random over the same units: the expectation and
    variance of the number of hits are those of a random matching. The null hypothesis is a share
    of hits half-way between chance and what other people reach on units like these.
    """
    n = votes.total(votes.compared, among=votes.compared)
    hits = votes.total(votes.hit, among=votes.compared)
    theirs = votes.total(votes.expected, among=votes.compared) / np.maximum(n, 1)
    chance, spread = _matching(votes, n)
    n_free = n / votes.units_of_a_label
    share = hits / np.maximum(n, 1)
    above = (hits - chance * n - 0.5) / np.maximum(spread, 1e-12)
    p_chance = normal_tail(above / np.sqrt(votes.units_of_a_label))
    room = theirs - chance > LEAST_ROOM
    tested = (n_free >= LEAST_TESTED) & room
    p = np.where(tested, at_most(share * n_free, n_free, (chance + theirs) / 2), math.nan)
    p = np.where(tested & (p_chance < 0.05), 1.0, p)
    return Pattern(
        {
            place: {"chance": float(chance[place]), "p_chance": float(p_chance[place])}
            for place in _places(n_free >= LEAST_TESTED)
        },
        p,
    )


def _matching(votes: Votes, n: Array) -> tuple[Array, Array]:
    """Expected share of hits when own answers are dealt at random, and the spread of their number.

    Matches of class c are hypergeometric: with a of one's own and b of the aggregate's answers,
    their variance is a b (n - a)(n - b) / (n² (n - 1)), the covariance of two classes
    a b a' b' / (n² (n - 1)).
    """
    size = votes.classes
    cell = (votes.annotator * size)[votes.compared]
    own = np.bincount(cell + votes.value[votes.compared], minlength=votes.annotators * size)
    agreed = np.bincount(cell + votes.agreed[votes.compared], minlength=votes.annotators * size)
    a, b = (counts.reshape(-1, size).astype(float) for counts in (own, agreed))
    products = a * b
    whole = np.maximum(n, 2)
    alone = (products * (n[:, None] - a) * (n[:, None] - b)).sum(axis=1)
    pairs = products.sum(axis=1) ** 2 - (products**2).sum(axis=1)
    variance = (alone + pairs) / (whole**2 * (whole - 1))
    return products.sum(axis=1) / whole**2, np.sqrt(np.maximum(variance, 0))


def drift(votes: Votes) -> Pattern:
    """Whether agreement falls along an annotator's own answers, beyond what the items explain.

    The largest deviation of a running sum from a straight line, by Kolmogorov's distribution: of
    the hits; of the hits less what others reach where they are as united; and less what they reach
    on units that came up at the same time. All have to stand out, since items may get harder, and
    others worse. Beside it the last third of the answers against the first. Labels that came with
    a file, without times, say nothing of it.
    """
    details: Details = {}
    p = _untested(votes)
    meanwhile = votes.rate_of_others(votes.hit, votes.period, among=votes.compared)
    for place, own in enumerate(votes.own):
        kept = np.flatnonzero(votes.compared[own]) + own.start
        units = float(votes.units_of_a_label[place])
        if not votes.dated[place] or len(kept) / units < LEAST_DRIFT:
            continue
        hit = votes.hit[kept].astype(float)
        series = (hit, hit - votes.expected[kept], hit - meanwhile[kept])
        change, *beyond = (_change(one, units) for one in series)
        p_change = max(_cusum(one, units) for one in series)
        least = max(change.value, *(one.value for one in beyond))
        others = round(change.value - beyond[1].value, 5)
        details[place] = {**change.as_json, "others": others, "p": p_change}
        p[place] = p_change if least < -DRIFT_MARGIN else 1.0
    return Pattern(details, p)


def _cusum(values: Array, units: float) -> float:
    centred = values - values.mean()
    spread = math.sqrt(float((centred**2).sum()) * units)
    return kolmogorov(float(np.abs(centred.cumsum()).max()) / spread) if spread > 1e-9 else 1.0


def _change(values: Array, units: float) -> Interval:
    """The mean of the last third less that of the first."""
    third = len(values) // 3
    first, last = values[:third], values[-third:]
    half = Z * math.sqrt(units * (float(first.var(ddof=1)) + float(last.var(ddof=1))) / third)
    middle = float(last.mean() - first.mean())
    return Interval(middle, middle - half, middle + half, third)


# ------------------------------------------------------------------------- place, length and speed


def position(votes: Votes) -> Pattern:
    """How often what is shown first is chosen; the order is drawn, so that it should be half.

    Nothing is said where one order was shown in over nine of ten cases: it was not drawn then.
    """
    if not votes.signed:
        return _unhappened(votes)
    tie = (votes.classes - 1) / 2
    decided = (votes.turned >= 0) & (votes.shown != tie)
    n = votes.total(decided, among=decided)
    first = votes.total(votes.shown < tie, among=decided)
    turned = votes.total(votes.turned == 1, among=decided)
    drawn = np.minimum(turned, n - turned) >= 0.1 * n
    tested = (n >= LEAST_TESTED) & drawn
    more = at_least(first, n, 0.5 + POSITION_MARGIN)
    fewer = at_most(first, n, 0.5 - POSITION_MARGIN)
    p = np.where(tested, np.minimum(1, 2 * np.minimum(more, fewer)), math.nan)
    return Pattern({k: wilson(first[k], n[k]).as_json for k in _places(tested)}, p)


def length(votes: Votes) -> Pattern:
    """How much more often the longer completion is chosen than others choose it on like units.

    Units are alike when the others are as many, as united, and on the same side of length.
    """
    if not votes.signed:
        return _unhappened(votes)
    tie = (votes.classes - 1) / 2
    known = (votes.longer != NOBODY) & (votes.value != tie)
    took = votes.value == votes.longer
    side = np.where(~votes.compared | (votes.agreed == tie), 0, 1 + (votes.agreed == votes.longer))
    expected = votes.rate_of_others(took, votes.stratum * 3 + side, among=known)
    n = votes.total(known, among=known)
    excess = votes.total(took - expected, among=known) / np.maximum(n, 1)
    spread = np.sqrt(votes.total(expected * (1 - expected), among=known)) / np.maximum(n, 1)
    tested = n >= LEAST_TESTED
    beyond = (np.abs(excess) - LENGTH_MARGIN) / np.maximum(spread, 1e-9)
    p = np.where(tested, np.minimum(1, 2 * normal_tail(beyond)), math.nan)
    share = votes.total(took, among=known) / np.maximum(n, 1)
    return Pattern(
        {
            k: {
                **Interval(
                    float(excess[k]),
                    float(excess[k] - Z * spread[k]),
                    float(excess[k] + Z * spread[k]),
                    int(n[k]),
                ).as_json,
                "share": float(share[k]),
            }
            for k in _places(tested)
        },
        p,
    )


def quick(votes: Votes) -> Pattern:
    """Whether most answers take less than a quarter of the time that is usual in the group.

    Usual is the median of people's medians; of fewer than three people there is none.
    """
    medians = np.array([_median(votes.seconds[own]) for own in votes.own])
    usual = medians[votes.people & ~np.isnan(medians)]
    if len(usual) < 3:
        return _unhappened(votes)
    limit = QUICK_SHARE * float(np.median(usual))
    timed = ~np.isnan(votes.seconds)
    n = votes.total(timed, among=timed)
    under = votes.total(votes.seconds < limit, among=timed)
    tested = (n >= LEAST_TESTED) & votes.people
    p = np.where(tested, at_least(under, n, 0.5), math.nan)
    found = {
        k: {"limit": round(limit, 2), **wilson(under[k], n[k]).as_json} for k in _places(tested)
    }
    return Pattern(found, p)


def _median(seconds: Array) -> float:
    given = seconds[~np.isnan(seconds)]
    return float(np.median(given)) if len(given) >= LEAST_TESTED else math.nan


# --------------------------------------------------------------------------- the same answer again


def same_answer(votes: Votes) -> Pattern:
    """Whether one answer, by its place on the page, is given nearly always.

    The null hypothesis is a share half-way between how often others give that answer on the same
    units and always.
    """
    details: Details = {}
    p = _untested(votes)
    share_shown = _shares_as_shown(votes)
    for place, own in enumerate(votes.own):
        n = own.stop - own.start
        n_free = n / votes.units_of_a_label[place]
        if n_free < LEAST_TESTED:
            continue
        given = np.bincount(votes.shown[own], minlength=votes.classes)
        most = int(given.argmax())
        usual = float(share_shown[own, most].mean())
        half = float(given[most]) / n
        p[place] = at_least(half * n_free, n_free, (1 + usual) / 2)
        details[place] = {
            "class": most,
            "usual": round(usual, 5),
            "bits": _bits(given),
            **wilson(half * n_free, n_free).as_json,
        }
    return Pattern(details, p)


def _bits(counts: IntArray) -> float:
    shares = counts[counts > 0] / counts.sum()
    return round(abs(float((shares * np.log2(shares)).sum())), 4)


def _shares_as_shown(votes: Votes) -> Array:
    """How likely other people give each answer, by its place on the page, (answers, classes).

    Their shares on the unit itself, with four answers' worth of what is usual in the project.
    """
    people = votes.by_person
    usual = np.bincount(votes.shown[people], minlength=votes.classes) + 0.5
    usual = usual / usual.sum()
    others = votes.others.astype(float)
    if votes.signed:
        others = np.where((votes.turned == 1)[:, None], others[:, ::-1], others)
    return np.asarray((others + 4 * usual) / (others.sum(axis=1)[:, None] + 4))


def runs(votes: Votes) -> Pattern:
    """Whether one answer, by its place on the page, comes so often in a row that chance is no reason.

    A run's probability is the product of the probabilities of its answers; see ``_likely``. Of n
    answers any could begin a run, so that the least probable run is taken n times (Bonferroni).
    """
    details: Details = {}
    p = _untested(votes)
    likely = _likely(votes)
    for place, own in enumerate(votes.own):
        shown, units = votes.shown[own], float(votes.units_of_a_label[place])
        if len(shown) / units < LEAST_TESTED:
            continue
        habit = np.bincount(shown, minlength=votes.classes) / len(shown)
        starts = np.flatnonzero(np.r_[True, shown[1:] != shown[:-1]])
        lengths = np.diff(np.r_[starts, len(shown)])
        # The first answer of a run is given; what surprises is that the others equal it.
        logs = np.log(np.maximum(likely[own], habit[shown]))
        surprise = np.add.reduceat(logs, starts) - logs[starts]
        p[place] = min(1.0, len(shown) * math.exp(float(surprise.min()) / units))
        longest = int(lengths.argmax())
        details[place] = {"longest": int(lengths[longest]), "class": int(shown[starts[longest]])}
    return Pattern(details, p)


def _likely(votes: Votes) -> Array:
    """How likely each answer was, given what the others answered there.

    The aggregate's answer: as likely as others give it where they are as united, or as often as the
    annotator agrees anywhere, whichever is more. Another answer: what is left, by the others' shares.
    """
    n = votes.total(votes.compared, among=votes.compared)
    hits = votes.total(votes.hit, among=votes.compared)
    agreeing = np.maximum(votes.expected, (hits / np.maximum(n, 1))[votes.annotator])
    rows = np.arange(len(votes))
    share = _shares_as_shown(votes)[rows, votes.shown]
    missed = np.where(votes.compared, (1 - votes.expected) * share, share)
    return np.asarray(np.where(votes.hit, agreeing, missed).clip(min=1e-9))
