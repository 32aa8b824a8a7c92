"""Replays policies on finished items: how good a reward model each budget of people's labels buys.

Items count as finished when people and the judge have both labelled them. Each repeat splits them
by prompt; every policy decides about the training items, a reward model learns from people's
labels where it sends them to people and from the judge's elsewhere, and is scored on the held-out
items against people's majority. Importing this module imports torch; pages do not.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch

from annotate.models import Annotator, Item, Project
from routing import artefacts
from routing.features import look_at
from routing.policies import Case, Signal, decide, make_policy
from routing.rewards.arrays import BoolArray, FloatArray, IntArray
from routing.rewards.encode import BUNDLED
from routing.rewards.evaluate import Rows, hits
from routing.rewards.features import Side, differences, scaling
from routing.rewards.fit import Pairs
from routing.rewards.folds import Folds
from routing.rewards.quickfit import quick_fit
from routing.rewards.recipes import DEFAULT, recipe

CONTROL = "random"
HELD_OUT = 0.3
FIXED = {"all_human": 1.0, "all_judge": 0.0}
TO_PEOPLE = ("human", "both")
BATCH = 1000

Progress = Callable[[int, int], None]


class TooLittle(Exception):
    """There are not enough finished items to split."""


class NoSuchJudge(Exception):
    """The project has no LLM annotator of this name."""


@dataclass(frozen=True)
class Finished:
    """n items that people and the judge have labelled, each as a pair and as a case.

    Votes for the first, a tie and the second: ``people`` and ``judge`` have shape (n, 3).
    """

    pairs: artefacts.Pairs
    prompts: FloatArray
    first: Side
    second: Side
    cases: Sequence[Case]
    people: FloatArray
    judge: FloatArray

    @property
    def keys(self) -> Sequence[str]:
        """The prompts' hashes."""
        return self.pairs.keys

    @property
    def majority(self) -> FloatArray:
        return Rows(self.keys, self.people).majority

    def decided(self, mask: BoolArray) -> BoolArray:
        """The rows of ``mask`` on which people have a majority that is no tie."""
        return np.asarray(mask & (self.majority != 0))

    def right(self, margins: FloatArray, mask: BoolArray) -> float:
        """Share of the rows of ``mask`` on which ``margins`` (of these rows) side with people."""
        keys = [self.keys[row] for row in np.flatnonzero(mask).tolist()]
        return float(hits(Rows(keys, self.people[mask]), margins).mean())

    def differences(self, mask: BoolArray, scale: FloatArray) -> FloatArray:
        rows = np.flatnonzero(mask)
        first, second = self.first.rows(rows), self.second.rows(rows)
        return differences(self.prompts[rows], first, second, scale)

    def scale(self, mask: BoolArray) -> FloatArray:
        rows = np.flatnonzero(mask)
        return scaling(self.prompts[rows], self.first.rows(rows), self.second.rows(rows)).scale


@dataclass(frozen=True)
class Split:
    """Training and held-out rows of one repeat; no prompt is in both."""

    train: BoolArray
    test: BoolArray


@dataclass(frozen=True)
class Replayed:
    """One policy at one budget in one repeat."""

    policy: str
    budget: float
    human_share: float
    accuracy: float


# --------------------------------------------------------------------------------------- the data


def judge_named(project: Project, name: str) -> Annotator:
    """The newest version of an LLM annotator, whether asked by this program or imported."""
    llms = Annotator.objects.llms().filter(project=project)
    found = llms.filter(name=name).order_by("-version").first()
    if found is None:
        names = list(llms.order_by("name").values_list("name", flat=True).distinct())
        there = f"there are: {', '.join(names)}" if names else "import some, or create a judge"
        raise NoSuchJudge(f"Project {project.slug} has no LLM annotator {name!r}; {there}.")
    return found


def finished(
    project: Project,
    judge: Annotator,
    *,
    encoder: str = BUNDLED,
    progress: Progress | None = None,
) -> Finished:
    """What can be replayed. Raises ``NoPreference`` and ``TooLittle``."""
    labels = artefacts.labels_of(project)
    verdicts = _votes_of(labels, judge)
    mask = labels.by_people & (verdicts.sum(axis=1) > 0)
    if not mask.any():
        raise TooLittle(
            f"No item of {project.slug} has a label of people and one of {judge.name}; "
            "import some, or let both label a share."
        )
    pairs = artefacts.only(labels.pairs, mask)
    found = artefacts.vectors(pairs.by_hash(), encoder, progress=progress)
    return Finished(
        pairs=pairs,
        prompts=pairs.first.prompt_vectors(found),
        first=pairs.first.side(found),
        second=pairs.second.side(found),
        cases=_cases(project, pairs.items, judge),
        people=labels.people[mask],
        judge=verdicts[mask],
    )


def _votes_of(labels: artefacts.Labels, judge: Annotator) -> FloatArray:
    rows = {int(item): row for row, item in enumerate(labels.pairs.items)}
    votes = np.zeros((len(rows), 3))
    for vote in labels.votes:
        if vote.annotator == judge.pk:
            votes[rows[vote.item], vote.side] = 1
    return votes


def _cases(project: Project, items: IntArray, judge: Annotator) -> list[Case]:
    """As live routing sees them, each at the cost of one item."""
    cases: list[Case] = []
    for start in range(0, len(items), BATCH):
        ids = items[start : start + BATCH].tolist()
        page = list(Item.objects.filter(pk__in=ids).order_by("pk"))
        cases += [replace(case, cost=1, evaluation=False) for case in look_at(project, page, judge)]
    return cases


# ------------------------------------------------------------------------------------- the replay


def split(
    keys: Sequence[str], evaluation: BoolArray, *, seed: int, share: float = HELD_OUT
) -> Split:
    """Hold out the evaluation share's prompts, and more by the seed until ``share`` of all is out."""
    prompts = np.unique(np.array(keys, dtype=str))
    kept_apart = {key for key, apart in zip(keys, evaluation, strict=True) if apart}
    wanted = max(1, round(share * len(prompts)))
    others = [str(prompt) for prompt in prompts if prompt not in kept_apart]
    order = np.random.default_rng(seed).permutation(len(others))
    more = order[: max(0, wanted - len(kept_apart))]
    held_out = kept_apart | {others[number] for number in more}
    test = np.array([key in held_out for key in keys], dtype=bool)
    return Split(~test, test)


def people_of(kind: str, budget: float, cases: Sequence[Case], *, seed: int) -> BoolArray:
    """Which of the training items a policy sends to people when the budget alone holds it back."""
    policy = make_policy(kind, {"seed": seed}).unlimited()
    allowance = None if kind in FIXED else math.floor(budget * len(cases) + 1e-9)
    decisions = decide(policy, cases, allowance=allowance)
    return np.array([decision.route in TO_PEOPLE for decision in decisions], dtype=bool)


def replay(
    data: Finished, parts: Split, wanted: Sequence[tuple[str, float]], *, seed: int
) -> Iterator[Replayed]:
    """Each (policy, budget) on one split. Mixtures that come out the same are fitted once."""
    cases = [case for case, used in zip(data.cases, parts.train, strict=True) if used]
    learner = _Learner.of(data, parts)
    known: dict[bytes, float] = {}
    for kind, budget in wanted:
        people = people_of(kind, budget, cases, seed=seed)
        if people.tobytes() not in known:
            known[people.tobytes()] = learner.accuracy(people)
        yield Replayed(kind, budget, float(people.mean()), known[people.tobytes()])


@dataclass(frozen=True)
class _Learner:
    """One split's features, which every mixture of labels shares."""

    data: Finished
    parts: Split
    train: FloatArray
    test: FloatArray
    folds: IntArray
    penalties: Sequence[torch.Tensor]

    @classmethod
    def of(cls, data: Finished, parts: Split) -> Self:
        scale = data.scale(parts.train)
        keys = [key for key, used in zip(data.keys, parts.train, strict=True) if used]
        return cls(
            data=data,
            parts=parts,
            train=data.differences(parts.train, scale),
            test=data.differences(data.decided(parts.test), scale),
            folds=Folds.over(keys).of(keys),
            penalties=recipe(DEFAULT).penalties(data.prompts.shape[1]),
        )

    def accuracy(self, people: BoolArray) -> float:
        """Of a reward model that learnt from people's labels where ``people``, else the judge's."""
        train = self.parts.train
        votes = np.where(people[:, None], self.data.people[train], self.data.judge[train])
        totals = votes.sum(axis=1)
        targets = (votes[:, artefacts.FIRST] + votes[:, artefacts.TIE] / 2) / totals
        pairs = Pairs.of(self.train, targets, totals)
        weights = quick_fit(pairs, self.folds, self.penalties).fit.weights
        return self.data.right(self.test @ weights, self.data.decided(self.parts.test))


# ------------------------------------------------------------------------------------ the command


def simulate(
    data: Finished,
    *,
    policies: Sequence[str],
    budgets: Sequence[float],
    repeats: int,
    seed: int,
    held_out: float = HELD_OUT,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """All policies and budgets, always beside the random control, as JSON.

    Rows have the mean accuracy over ``repeats`` splits with its standard error; ``all_human``
    stands at a budget of 1 and ``all_judge`` at 0. ``against_random`` are the paired differences
    from the control on the same splits. Raises ``TooLittle``.
    """
    wanted = _wanted(policies, budgets)
    splits = [
        _enough(data, split(data.keys, data.pairs.evaluation, seed=s, share=held_out))
        for s in _seeds(seed, repeats)
    ]
    found: dict[tuple[str, float], list[Replayed]] = {pair: [] for pair in wanted}
    for number, (parts, s) in enumerate(zip(splits, _seeds(seed, repeats), strict=True)):
        for result in replay(data, parts, wanted, seed=s):
            found[result.policy, result.budget].append(result)
        if progress is not None:
            progress(number + 1, repeats)
    sizes = {
        "n_train": round(np.mean([parts.train.sum() for parts in splits])),
        "n_test": round(np.mean([data.decided(parts.test).sum() for parts in splits])),
        "repeats": repeats,
    }
    signals = Counter(case.signal for case in data.cases)
    return {
        "items": len(data.cases),
        "prompts": len(set(data.keys)),
        "held_out": held_out,
        "seed": seed,
        "rows": [_row(pair, results) | sizes for pair, results in found.items()],
        "against_random": _against_random(found),
        "baselines": _baselines(data, splits),
        "confidence_from": {signal.value: signals[signal] for signal in Signal if signals[signal]},
        "notes": _notes(signals, policies),
    }


def _wanted(policies: Sequence[str], budgets: Sequence[float]) -> list[tuple[str, float]]:
    kinds = dict.fromkeys([*policies, CONTROL])
    return list(
        dict.fromkeys(
            (kind, budget)
            for kind in kinds
            for budget in ([FIXED[kind]] if kind in FIXED else sorted(budgets))
        )
    )


def _seeds(seed: int, repeats: int) -> list[int]:
    return [seed * 100_003 + number for number in range(repeats)]


def _enough(data: Finished, parts: Split) -> Split:
    if not parts.train.any() or not data.decided(parts.test).any():
        raise TooLittle(
            f"{len(data.cases)} finished items with {len(set(data.keys))} prompts cannot be split "
            "into training and held-out ones; label more prompts by both, or hold out another share."
        )
    return parts


def _row(pair: tuple[str, float], results: Sequence[Replayed]) -> dict[str, Any]:
    accuracies = [result.accuracy for result in results]
    return {
        "policy": pair[0],
        "budget": pair[1],
        "human_share": float(np.mean([result.human_share for result in results])),
        "accuracy": float(np.mean(accuracies)),
        "se": standard_error(accuracies),
    }


def _against_random(
    found: Mapping[tuple[str, float], Sequence[Replayed]],
) -> list[dict[str, Any]]:
    rows = []
    for (kind, budget), results in found.items():
        control = found.get((CONTROL, budget))
        if control is None or kind == CONTROL or kind in FIXED:
            continue
        pairs = zip(results, control, strict=True)
        gains = [result.accuracy - other.accuracy for result, other in pairs]
        rows.append(
            {
                "policy": kind,
                "budget": budget,
                "difference": float(np.mean(gains)),
                "se": standard_error(gains),
            }
        )
    return rows


def standard_error(values: Sequence[float]) -> float | None:
    """Of the mean; None for a single value."""
    if len(values) < 2:
        return None
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))


def _baselines(data: Finished, splits: Sequence[Split]) -> dict[str, float]:
    """Mean accuracy on the held-out rows of the longer completion and of the judge's own label."""
    texts = zip(data.pairs.first.texts, data.pairs.second.texts, strict=True)
    longer = np.array([len(first) - len(second) for first, second in texts], dtype=np.float64)
    guesses = {
        "longer wins": longer,
        "judge": data.judge[:, artefacts.FIRST] - data.judge[:, artefacts.SECOND],
    }
    tests = [data.decided(parts.test) for parts in splits]
    return {
        name: float(np.mean([data.right(guess[test], test) for test in tests]))
        for name, guess in guesses.items()
    }


def _notes(signals: Mapping[Signal, int], policies: Sequence[str]) -> list[str]:
    if "confidence" not in policies:
        return []
    total = sum(signals.values())
    notes = []
    if signals[Signal.NONE] == total:
        notes.append(
            "Nothing tells how sure the judge is of its labels, so confidence spends its budget "
            "in a random order by the seed: it cannot differ from random but by chance."
        )
    elif signals[Signal.NONE]:
        notes.append(f"{signals[Signal.NONE]} of {total} labels come without any confidence.")
    if signals[Signal.JUDGES]:
        notes.append(
            f"{signals[Signal.JUDGES]} of {total} labels have no confidence of the judge's own; "
            "how many other judges agree stands in for it."
        )
    return notes
