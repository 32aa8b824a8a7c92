"""The methods for answers that mark parts of texts: votes by character, for each label."""

import numpy as np

from annotate.aggregation.method import Data, Fitted, Method, Own, Settled, Shared
from annotate.aggregation.methods import dawid_skene as ds
from annotate.aggregation.methods import support
from annotate.aggregation.methods.numbers import Floats
from annotate.aggregation.methods.votes import Votes

MEASURE = "character F1 with the others"
TIGHT = 1e-7
PRIOR = 10.0  # stretches' worth of everybody's errors in each row of a confusion matrix


class Support(Method):
    name = "support"
    title = "Votes by character"
    about = (
        "A character has a label where more than the needed share of its annotators, as a rule half, "
        "gave it that label. Everybody counts the same."
    )
    measure = MEASURE

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        found, _ = support.f1_with_others(data.votes, _weight(data), data.owner)
        return Fitted(shared={}, own={}, newcomer={}, reliability=found, log_likelihood=None)

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        return Settled(shares=support.shares(data.votes), plain=True)


class WeightedSupport(Method):
    name = "weighted_support"
    title = "Weighted votes by character"
    about = (
        "The same, an annotator counting by how far their marks are those of the others: by the "
        "character F1 with them."
    )
    measure = MEASURE

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        found, weight = support.f1_with_others(data.votes, _weight(data), data.owner)
        return Fitted(
            shared={},
            own={"weight": weight},
            newcomer={"weight": np.ones(1)},
            reliability=found,
            log_likelihood=None,
        )

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        return Settled(shares=support.shares(data.votes, own["weight"]), plain=True)


class DawidSkeneCharacters(Method):
    name = "dawid_skene_characters"
    title = "Dawid-Skene by character"
    about = (
        "Learns how often each annotator marks what should be marked, and what should not, the same "
        "for all labels. A character has a label where that is likelier than the needed support."
    )
    measure = MEASURE

    def fit(self, data: Data, start: tuple[Shared, Own] | None = None) -> Fitted:
        """Everybody's errors together first: they are what those with few marks are taken to make.

        Without that prior the errors would be taken for as common as right answers among the many
        characters that nobody marks.
        """
        votes, weight = support.joined(data.votes, _weight(data))
        alone = Votes(
            votes.item, np.zeros_like(votes.annotator), votes.label, votes.items, 1, votes.classes
        )
        common = ds.dawid_skene(alone, tolerance=TIGHT, iterations=500, weight=weight)
        before = None
        if start is not None:
            before = np.array(start[0]["prevalence"]), start[1]["confusion"]
        found = ds.dawid_skene(
            votes,
            start=before or (common.prevalence, np.repeat(common.confusion, votes.annotators, 0)),
            prior=PRIOR * common.confusion[0],
            tolerance=TIGHT,
            iterations=500,
            weight=weight,
        )
        return Fitted(
            shared={"prevalence": found.prevalence.tolist()},
            own={"confusion": found.confusion},
            newcomer={"confusion": found.newcomer[None]},
            reliability=support.f1_with_others(data.votes, _weight(data), data.owner)[0],
            log_likelihood=found.log_likelihood,
        )

    def settle(self, data: Data, shared: Shared, own: Own) -> Settled:
        prevalence = np.array(shared["prevalence"])
        return Settled(shares=ds.expect(data.votes, prevalence, own["confusion"])[0])


def _weight(data: Data) -> Floats:
    return data.weight if len(data.weight) else np.ones(data.votes.items)


MARKED = (Support(), WeightedSupport(), DawidSkeneCharacters())
