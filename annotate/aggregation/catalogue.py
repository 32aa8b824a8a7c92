"""The methods a project may choose from, by name."""

import numpy as np

from annotate.aggregation.marked_methods import MARKED
from annotate.aggregation.method import Data, Fitted, Method, Own, Settled, Shared
from annotate.aggregation.methods import (
    adjusted_mean,
    agreement,
    bradley_terry,
    glad,
    mace,
    mean,
    rankings,
)
from annotate.aggregation.methods import dawid_skene as ds
from annotate.aggregation.methods.accuracy import accuracy
from annotate.aggregation.methods.numbers import Floats, normal_cdf
from annotate.aggregation.methods.votes import Votes

TIGHT = 1e-7  # so that a warm start ends where a cold one does
DS_PRIOR = 10.0  # answers' worth of the common accuracy in each row of a confusion matrix


class Majority(Method):
    name = "majority"
    title = "Majority vote"
    about = (
        "Every answer counts the same. Its confidence takes everybody to be right equally often, "
        "as often as answers to the same item agree."
    )
    measure = "accuracy, from agreement with others"

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        found = agreement.agreement(data.votes)
        _, likelihood = agreement.vote(data.votes, np.full(data.votes.annotators, found.common))
        return Fitted(
            shared={"accuracy": found.common},
            own={"agreement": found.share},
            newcomer={},
            reliability=agreement.agreement_reliability(found, data.votes.classes),
            log_likelihood=likelihood,
        )

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        common = shared.get("accuracy", agreement.UNKNOWN)
        everybody = np.full(data.votes.annotators, common)
        return Settled(shares=agreement.vote(data.votes, everybody)[0], plain=True)


class Weighted(Method):
    name = "weighted"
    title = "Weighted vote"
    about = (
        "An answer counts by how often its annotator agrees with others: as the logarithm of the "
        "odds of being right."
    )
    measure = "accuracy, from agreement with others"

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        found = agreement.agreement(data.votes)
        _, likelihood = agreement.vote(data.votes, found.accuracy)
        return Fitted(
            shared={"accuracy": found.common},
            own={"agreement": found.share, "accuracy": found.accuracy},
            newcomer={"accuracy": np.array([found.common])},
            reliability=agreement.agreement_reliability(found, data.votes.classes),
            log_likelihood=likelihood,
        )

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        return Settled(shares=agreement.vote(data.votes, own["accuracy"])[0])


class DawidSkene(Method):
    name = "dawid_skene"
    title = "Dawid-Skene"
    about = (
        "Learns what each annotator answers where each class is true, and how common the classes "
        "are. Those with few answers are taken to be like everybody."
    )
    measure = "accuracy"

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        before = None
        if start is not None:
            before = np.array(start[0]["prevalence"]), start[1]["confusion"]
        votes = data.votes
        common = agreement.agreement(votes).common
        prior = ds.equal_errors(common, votes.classes, DS_PRIOR)
        found = ds.dawid_skene(votes, start=before, prior=prior, tolerance=TIGHT, iterations=500)
        chances = ds.chances(votes, found.confusion)
        return Fitted(
            shared={"prevalence": found.prevalence.tolist()},
            own={"confusion": found.confusion},
            newcomer={"confusion": found.newcomer[None]},
            reliability=accuracy(votes, found.posterior, chances),
            log_likelihood=found.log_likelihood,
        )

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        prevalence = np.array(shared["prevalence"])
        return Settled(shares=ds.expect(data.votes, prevalence, own["confusion"])[0])


class Mace(Method):
    name = "mace"
    title = "MACE"
    about = (
        "An annotator either knows the answer or falls back on a habit, such as always the first. "
        "Made to find those who do not look."
    )
    measure = "competence: share of answers known, lucky ones left out"

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        before = None
        if start is not None:
            before = mace.Habits(*(start[1][name] for name in ("knowing", "habit", "competence")))
        votes = data.votes
        found = mace.mace(votes, start=before, iterations=200)
        return Fitted(
            shared={},
            own=_habits(found.habits),
            newcomer=_habits(found.newcomer),
            reliability=mace.mace_reliability(votes, found),
            log_likelihood=found.log_likelihood,
        )

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        habits = mace.Habits(own["knowing"], own["habit"], own["competence"])
        return Settled(shares=mace.expect(data.votes, habits)[0])


def _habits(habits: mace.Habits) -> Own:
    return {
        "knowing": habits.knowing,
        "habit": habits.habit,
        "competence": habits.competence,
    }


class Glad(Method):
    name = "glad"
    title = "GLAD"
    about = (
        "Annotators differ in ability and items in difficulty: agreement on a hard item counts for "
        "less."
    )
    measure = "accuracy"

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        votes = data.votes
        found = glad.glad(votes, start=None if start is None else start[1]["ability"])
        chances = glad.chances(votes, found.ability, found.log_ease)
        answered = votes.given.sum(axis=1) > 0
        usual = float(found.ability[answered].mean()) if answered.any() else glad.PRIOR
        return Fitted(
            shared={},
            own={"ability": found.ability},
            newcomer={"ability": np.array([usual])},
            reliability=accuracy(votes, found.posterior, chances),
            log_likelihood=found.log_likelihood,
        )

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        """An item's ease is fitted to its own answers, with the abilities as they are."""
        return Settled(shares=glad.glad(data.votes, start=own["ability"], known=True).posterior)


class BradleyTerry(Method):
    name = "bradley_terry"
    title = "Noisy Bradley-Terry"
    about = (
        "Completions have strengths, which all comparisons of the same text inform; annotators "
        "compare, or answer out of habit. For sets in which completions recur."
    )
    measure = "share of answers that compare"
    needs_pairs = True

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        before = None
        if start is not None:
            before = bradley_terry.Annotators(start[1]["attentive"], start[1]["habit"])
        assert data.pairs is not None
        pairs = data.pairs
        compared = bradley_terry.Comparisons(data.votes, pairs.first, pairs.second, pairs.things)
        found = bradley_terry.bradley_terry(compared, start=before)
        return Fitted(
            shared={"tie": found.tie, "unknown": found.unknown},
            own=_attention(found.annotators),
            newcomer=_attention(found.newcomer),
            reliability=bradley_terry.attention(compared, found),
            log_likelihood=found.log_likelihood,
            kept={"rest_mean": found.rest.mean, "rest_variance": found.rest.variance},
        )

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        """What other items say of an item is what the fit kept with it."""
        nothing = np.full(data.votes.items, np.nan)
        rest = bradley_terry.Rest(
            np.nan_to_num(data.kept.get("rest_mean", nothing), nan=0.0),
            np.nan_to_num(data.kept.get("rest_variance", nothing), nan=shared["unknown"]),
        )
        people = bradley_terry.Annotators(own["attentive"], own["habit"])
        return Settled(shares=bradley_terry.settle(data.votes, rest, people, shared["tie"])[0])


def _attention(people: bradley_terry.Annotators) -> Own:
    return {"attentive": people.attentive, "habit": people.habit}


class Mean(Method):
    name = "mean"
    title = "Mean"
    about = "The plain mean of the answers, with the standard error that their spread gives."
    measure = "correlation with the others' mean"

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        noise = mean.noise_of(data.numbers)
        value = np.nan_to_num(mean.mean(data.numbers, noise).value, nan=0.0)
        return Fitted(
            shared={"noise": noise, "edge": _tie_edge(data.votes, value)},
            own={},
            newcomer={},
            reliability=mean.correlation(data.numbers),
            log_likelihood=None,
        )

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        found = mean.mean(data.numbers, shared.get("noise", 1.0))
        value = np.nan_to_num(found.value, nan=0.0)
        shares = _side_shares(value, found.deviation, shared.get("edge", 0.5), data.votes.classes)
        return Settled(shares=shares, value=found.value, deviation=found.deviation)


class AdjustedMean(Method):
    name = "adjusted_mean"
    title = "Adjusted mean"
    about = (
        "Takes out each annotator's own use of the scale (an offset and a slope) and counts steady "
        "annotators for more."
    )
    measure = "squared correlation with the true values"

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        before = None
        if start is not None:
            before = adjusted_mean.Scales(
                *(start[1][name] for name in ("offset", "slope", "noise"))
            )
        found = adjusted_mean.adjusted_mean(data.numbers, start=before)
        return Fitted(
            shared={
                "centre": found.centre,
                "spread": found.spread,
                "edge": _tie_edge(data.votes, found.value),
            },
            own=_scales(found.scales),
            newcomer=_scales(found.newcomer),
            reliability=adjusted_mean.scale_reliability(data.numbers, found),
            log_likelihood=found.log_likelihood,
        )

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        scales = adjusted_mean.Scales(own["offset"], own["slope"], own["noise"])
        value, variance, _ = adjusted_mean.values(
            data.numbers, scales, shared["centre"], shared["spread"]
        )
        deviation = np.sqrt(variance)
        shares = _side_shares(value, deviation, shared["edge"], data.votes.classes)
        return Settled(shares=shares, value=value, deviation=deviation)


class PlackettLuce(Method):
    name = "plackett_luce"
    title = "Plackett-Luce"
    about = (
        "Each completion has a strength, and a ranking is made by choosing the best of what is left "
        "again and again. Made for rankings of a part; shown as expected ranks."
    )
    measure = "Kendall's tau with the others' mean ranks"

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        """Nothing is learnt of annotators: all count the same. Their tau is there to be looked at."""
        return Fitted(
            shared={},
            own={},
            newcomer={},
            reliability=rankings.agreement_with_others(data.numbers, data.owner),
            log_likelihood=None,
        )

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        found = rankings.expected_ranks(data.numbers, data.owner)
        return Settled(value=found.rank, deviation=found.deviation)


def _tie_edge(votes: Votes, value: Floats) -> float:
    """How near to 0 a value is a tie: so that items are ties as often as votes are."""
    if votes.classes != 3 or not len(votes):
        return 0.0
    near = np.sort(np.abs(value[votes.received.sum(axis=1) > 0]))
    ties = round(len(near) * votes.given[:, 1].sum() / len(votes))
    if ties in (0, len(near)):
        return float(near[-1]) + 1.0 if ties else 0.0
    return float(near[ties - 1] + near[ties]) / 2


def _side_shares(value: Floats, deviation: Floats, edge: float, classes: int) -> Floats | None:
    """Probabilities of first, tie and second (or of the two sides) for signed values."""
    if classes not in (2, 3):
        return None
    first = normal_cdf((-edge - value) / deviation)
    second = normal_cdf((value - edge) / deviation)
    between = [np.maximum(1 - first - second, 0.0)] if classes == 3 else []
    return np.stack([first, *between, second], axis=1)


def _scales(scales: adjusted_mean.Scales) -> Own:
    return {"offset": scales.offset, "slope": scales.slope, "noise": scales.noise}


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Majority(),
        Weighted(),
        DawidSkene(),
        Mace(),
        Glad(),
        BradleyTerry(),
        Mean(),
        AdjustedMean(),
        PlackettLuce(),
        *MARKED,
    )
}
