"""People whose ways of answering are known, for tests and figures of ``annotate.quality``."""

from collections.abc import Sequence

import numpy as np

from annotate.quality.votes import NOBODY, Votes

FIRST, TIE, SECOND = range(3)
KINDS = (
    "random",
    "always first",
    "mostly first",
    "longer",
    "drifter",
    "always tie",
    "quick",
    "copier",
    "presser",
)
GUESS = (0.45, 0.1, 0.45)


def planted(
    seed: int,
    *,
    good: int = 20,
    others: Sequence[str] = (),
    items: int = 400,
    overlap: int = 5,
    longer_is_better: float = 0.65,
) -> tuple[list[str], Votes]:
    """Who each annotator is, and their answers to which of two completions is better.

    Good ones answer rightly with a probability of 0.7 to 0.9, less on hard items, and guess
    otherwise. The copier takes over the first annotator's answers on the items that both have.
    """
    rng = np.random.default_rng(seed)
    who = ["good"] * good + list(others)
    truth = rng.choice(3, p=GUESS, size=items)
    hard = rng.beta(2, 5, size=items)
    longer = np.where(rng.random(items) < longer_is_better, truth, 2 - truth)
    longer = np.where(truth == TIE, rng.choice([FIRST, SECOND], size=items), longer)
    skill = rng.uniform(0.7, 0.9, size=len(who))
    seats = _seats(rng, who, items, overlap)
    due, seen = np.bincount(seats.ravel(), minlength=len(who)), np.zeros(len(who), dtype=int)
    rows: list[tuple[float, ...]] = []
    for item in rng.permutation(items):
        given: dict[int, int] = {}
        for one in sorted(seats[item], key=lambda one: who[one] == "copier"):
            turned = int(rng.integers(2))
            on_the_left = SECOND if turned else FIRST
            seconds = float(rng.lognormal(3, 0.5))
            right = rng.random() < skill[one] and rng.random() > hard[item] / 2
            value = int(truth[item] if right else rng.choice(3, p=GUESS))
            late = seen[one] > due[one] / 2
            match who[one]:
                case "random":
                    value = int(rng.choice(3, p=GUESS))
                case "always first":
                    value = on_the_left
                case "mostly first" if rng.random() < 0.6:
                    value = on_the_left
                case "longer" if rng.random() < 0.6:
                    value = int(longer[item])
                case "drifter" if late:
                    value = int(rng.choice(3, p=GUESS))
                case "always tie" if rng.random() < 0.85:
                    value = TIE
                case "quick":
                    seconds /= 8
                case "copier" if 0 in given:
                    value = given[0]
                case "presser" if seen[one] // 40 % 2:
                    value = on_the_left
            given[one] = value
            seen[one] += 1
            rows.append((item, one, value, turned, int(longer[item]), seconds, len(rows) * 30.0))
    return who, votes_of(rows, items=items, people=len(who))


def _seats(rng: np.random.Generator, who: list[str], items: int, overlap: int) -> np.ndarray:
    seats = np.array([rng.permutation(len(who))[:overlap] for _ in range(items)])
    if "copier" in who:
        copier = who.index("copier")
        for item in np.flatnonzero(rng.random(items) < 0.7):
            rest = [one for one in seats[item] if one not in (0, copier)]
            seats[item] = [0, copier, *rest][:overlap]
    return seats


def votes_of(rows, *, items: int, people: int, people_mask=None, **more) -> Votes:
    """Votes from rows of item, annotator, class, turned, class of the longer, seconds, time."""
    table = np.array(rows, dtype=float).reshape(-1, 7)
    table = table[np.lexsort((table[:, 6], table[:, 1]))]
    whole = table[:, :5].astype(np.int64).T
    nobody = np.full(items, NOBODY)
    return Votes(
        **{
            "classes": 3,
            "signed": True,
            "scale": np.array([-1.0, 0.0, 1.0]),
            "unit": whole[0],
            "item": whole[0],
            "annotator": whole[1],
            "value": whole[2],
            "answer": whole[2],
            "turned": whole[3],
            "longer": whole[4],
            "seconds": table[:, 5],
            "at": table[:, 6],
            "review": nobody,
            "reviewer": nobody,
            "people": np.ones(people, dtype=bool) if people_mask is None else np.array(people_mask),
        }
        | more
    )
