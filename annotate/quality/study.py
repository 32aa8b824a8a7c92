"""Everything that one question's answers say about those who gave them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotate.quality import patterns
from annotate.quality.copying import Pair, pairs
from annotate.quality.intervals import (
    IntArray,
    Interval,
    Prior,
    discoveries,
    mean,
    median,
    prior_of,
    shrunk,
    wilson,
)
from annotate.quality.votes import Votes

# Nothing is said of less: the pages show how many there are of how many.
LEAST_COMPARED = 10
LEAST_TIMED = 10
LEAST_TESTED, LEAST_DRIFT = patterns.LEAST_TESTED, patterns.LEAST_DRIFT
# Of the annotators that one kind of sign is given to, so many may be false alarms.
RATE = 0.01
MOST_WINDOWS, LEAST_WINDOW = 12, 15

PATTERNS = {
    "chance": patterns.near_chance,
    "drift": patterns.drift,
    "position": patterns.position,
    "length": patterns.length,
    "quick": patterns.quick,
    "same": patterns.same_answer,
    "runs": patterns.runs,
}
COPIES = "copies"
SIGNS = (*PATTERNS, COPIES)


@dataclass
class Person:
    """What is known of one annotator; ``agreement`` is None while too little is there.

    ``data`` is JSON for the annotator's page; what has no figure yet is absent.
    """

    answers: int
    compared: int
    hits: int
    agreement: Interval | None = None
    seconds: float | None = None
    signs: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """By annotator, in the order of the votes; with the group that the small ones lean on."""

    people: list[Person]
    prior: Prior
    pairs: list[Pair]
    # By sign, how many annotators had enough answers to be tested.
    tested: dict[str, int]


def study(votes: Votes) -> Study:
    people, prior = _agreements(votes)
    _confusions(votes, people)
    _distributions(votes, people)
    _windows(votes, people)
    _paces(votes, people)
    _offsets(votes, people)
    tested = _patterns(votes, people)
    found = pairs(votes, rate=RATE)
    tested[COPIES] = len(found)
    _copies(found, people)
    return Study(people, prior, found, tested)


def _agreements(votes: Votes) -> tuple[list[Person], Prior]:
    """Agreement with the aggregate without themselves; people's shrunk towards people's share."""
    compared = votes.compared
    n = votes.total(compared, among=compared)
    hits = votes.total(votes.hit, among=compared)
    expected = votes.total(votes.expected, among=compared) / np.maximum(n, 1)
    n_free, hits_free = n / votes.units_of_a_label, hits / votes.units_of_a_label
    prior = prior_of(hits_free[votes.people], n_free[votes.people])
    wide = Prior(2 * prior.mean, 2 * (1 - prior.mean))
    own, other = (shrunk(hits_free, n_free, each) for each in (prior, wide))
    found = []
    for place, answers in enumerate(votes.own):
        value, low, high = (part[place] for part in (own if votes.people[place] else other))
        person = Person(answers.stop - answers.start, int(n[place]), int(hits[place]))
        if n_free[place] >= LEAST_COMPARED:
            person.agreement = Interval(float(value), float(low), float(high), int(n[place]))
            person.data["expected"] = round(float(expected[place]), 5)
        found.append(person)
    return found, prior


def _with(votes: Votes, people: list[Person], least: int) -> Iterator[tuple[int, Person, IntArray]]:
    """Those with at least so many labels that can be compared, with these's places in the votes."""
    for place, (person, own) in enumerate(zip(people, votes.own, strict=True)):
        if person.compared / votes.units_of_a_label[place] >= least:
            yield place, person, np.flatnonzero(votes.compared[own]) + own.start


def _confusions(votes: Votes, people: list[Person]) -> None:
    """Rows: what the others agree on; columns: what was answered."""
    size = votes.classes
    for _, person, kept in _with(votes, people, LEAST_TESTED):
        cells = np.bincount(votes.agreed[kept] * size + votes.value[kept], minlength=size * size)
        person.data["confusion"] = cells.reshape(size, size).tolist()


def _distributions(votes: Votes, people: list[Person]) -> None:
    """How often each class was given, and the mean of the others' shares on the same units."""
    totals = votes.others.sum(axis=1)
    for person, own in zip(people, votes.own, strict=True):
        given = np.bincount(votes.value[own], minlength=votes.classes)
        person.data["given"] = given.tolist()
        some = totals[own] > 0
        if np.count_nonzero(some) >= LEAST_COMPARED:
            shares = votes.others[own][some] / totals[own][some][:, None]
            person.data["others"] = [round(float(share), 5) for share in shares.mean(axis=0)]


def _parts(places: IntArray) -> list[IntArray]:
    """Equal parts of somebody's answers, in order of time; one where they are few."""
    number = min(MOST_WINDOWS, max(1, len(places) // LEAST_WINDOW))
    return np.array_split(places, number)


def _windows(votes: Votes, people: list[Person]) -> None:
    for place, person, kept in _with(votes, people, 2 * LEAST_WINDOW):
        if not votes.dated[place]:
            continue
        person.data["windows"] = [
            {
                "from": float(votes.at[part[0]]),
                "to": float(votes.at[part[-1]]),
                "expected": round(float(votes.expected[part].mean()), 5),
                **wilson(float(votes.hit[part].sum()), len(part)).as_json,
            }
            for part in _parts(kept)
        ]


def _paces(votes: Votes, people: list[Person]) -> None:
    """Median seconds a label, over all and over time."""
    for place, (person, own) in enumerate(zip(people, votes.own, strict=True)):
        timed = votes.starts_label[own] & ~np.isnan(votes.seconds[own])
        places = np.flatnonzero(timed) + own.start
        if len(places) < LEAST_TIMED:
            continue
        whole = median(votes.seconds[places])
        person.seconds = whole.value
        person.data["pace"] = whole.as_json
        if votes.dated[place] and len(places) >= 2 * LEAST_WINDOW:
            person.data["paces"] = [
                {"from": float(votes.at[part[0]]), "to": float(votes.at[part[-1]])}
                | median(votes.seconds[part]).as_json
                for part in _parts(places)
            ]


def _offsets(votes: Votes, people: list[Person]) -> None:
    """How much higher than the others' mean somebody rates, on average."""
    if votes.signed or not len(votes.scale):
        return
    totals = votes.others.sum(axis=1)
    means = votes.others @ votes.scale / np.maximum(totals, 1)
    above = votes.scale[votes.value] - means
    for person, own in zip(people, votes.own, strict=True):
        given = above[own][totals[own] > 0]
        if len(given) >= LEAST_COMPARED:
            person.data["offset"] = mean(given).as_json


def _patterns(votes: Votes, people: list[Person]) -> dict[str, int]:
    """Note what each test found; how many were tested, by sign."""
    tested = {}
    for name, test in PATTERNS.items():
        found = test(votes)
        stand_out = discoveries(found.p, RATE)
        tested[name] = int((~np.isnan(found.p)).sum())
        for place, details in found.details.items():
            p = float(found.p[place])
            people[place].data[name] = details | {"p_sign": None if math.isnan(p) else p}
        for place in np.flatnonzero(stand_out & votes.people).tolist():
            people[place].signs.append(name)
    return tested


def _copies(found: list[Pair], people: list[Person]) -> None:
    for pair in found:
        if not pair.stands_out:
            continue
        for one in (pair.first, pair.second):
            other = pair.second if one == pair.first else pair.first
            people[one].data.setdefault(COPIES, []).append(
                {
                    "with": other,
                    "follows": one in pair.followers,
                    "later": pair.later if one == pair.second else pair.earlier,
                    "shared": pair.shared,
                    "same": pair.same,
                    "apart": pair.apart,
                    "alike": pair.alike,
                    "lag": pair.lag,
                }
            )
        for one in pair.followers:
            if COPIES not in people[one].signs:
                people[one].signs.append(COPIES)
