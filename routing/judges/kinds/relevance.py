"""An offline judge: how close a completion is to its prompt, checked for length and repetition.

After the idea of Kim et al., "Preference-free Alignment Learning with Regularized Relevance Reward"
(2024): similarity to the prompt alone can be gamed by short echoes and by repetition, so that an
incentive for length and a penalty for repeated word triples stand beside it. Here the similarity is
the cosine of an encoder's vectors and length counts as a logarithm up to a limit. Its answers are
guesses from the outside of a text: it knows nothing of truth, and its agreement with people, which
is measured, is modest.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from annotate.hashes import prompt_hash, text_hash
from annotate.questions.preference.kind import Preference
from annotate.questions.rating.kind import Rating
from routing.judges.base import InvalidJudge, Kind, Settings, Spec, Verdict, View, number
from routing.judges.faults import Fault, Misconfigured, Unanswerable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from annotate.questions import Answer, Question
    from routing.judges.base import Meter
    from routing.rewards.arrays import FloatArray

# Scripts without spaces count one character as a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+")
FEWEST_ITEMS = 20
FEWEST_LABELS = 50
_STEPS = 21

# Where a project has too few items or labels: measured over pandalm, llmfao, tulu1 and ukpconvarg1.
TYPICAL: dict[str, Any] = {
    "items": 0,
    "labels": 0,
    "differences": [0.0, 0.028, 0.058, 0.093, 0.132, 0.186, 0.257, 0.336, 0.434, 0.644, 1.666],
    "scores": [-0.022, 0.731, 0.907, 1.017, 1.123, 1.219, 1.292, 1.361, 1.452, 1.54, 1.839],
    "intercept": 0.07,
    "slope": 1.22,
}


@dataclass(frozen=True, kw_only=True)
class RelevanceSettings(Settings):
    concurrency: int = number(1, least=1, most=1, words="calls at a time")
    encoder: str = "all-MiniLM-L6-v2"
    length_weight: float = number(1.0, least=0, most=10, words="what length counts for")
    enough_words: int = number(400, least=2, most=100_000, words="longer than this is no better")
    repetition_weight: float = number(0.3, least=0, most=10, words="what repetition costs")
    tie_share: float = number(
        0.1, least=0, most=0.9, words="share of the closest pairs that are ties"
    )
    # Names of the questions that it answers; none stands for the main one.
    questions: tuple[str, ...] = ()
    # Quantiles and calibration, fixed when the judge first meets the project's items.
    frozen: Mapping[str, Any] | None = None


class RelevanceJudge(Kind[RelevanceSettings]):
    name = "relevance"
    title = "Relevance (offline)"
    about = (
        "Similarity of prompt and completion with length and repetition; free, modest, no model."
    )
    Settings = RelevanceSettings
    offline = True
    both_orders = False  # each completion is scored on its own
    batch = 64

    @classmethod
    def check(cls, spec: Spec) -> None:
        names = spec.settings.get("questions", ())
        encoder = spec.settings.get("encoder", "x")
        if not isinstance(encoder, str) or not encoder:
            raise InvalidJudge(f"Setting encoder is {encoder!r}; name an encoder.")
        if not isinstance(names, list | tuple):
            raise InvalidJudge(f"Setting questions is {names!r}; write a list of names.")
        for name in names:
            if name not in spec.questions or not _can_answer(spec.questions[name]):
                raise InvalidJudge(
                    f"The form has no preference or rating {name!r} for a relevance judge."
                )
        if not names and _main(spec) is None:
            raise InvalidJudge("A relevance judge needs a form with a preference or a rating.")

    @property
    def needs_freezing(self) -> bool:
        return self.settings.frozen is None

    def freeze(self, views: Sequence[View], sides: Sequence[int | None]) -> dict[str, Any]:
        """The scale of scores and differences on a sample of items, and how far to trust them.

        ``sides`` has people's majority on the main preference, -1 first, 1 second, else None.
        """
        question = _main(self.spec)
        scores = self.scores(views)
        pair = question.config.pair if isinstance(question, Preference) else (0, 1)
        pairs = [(s[pair[0]], s[pair[1]]) if len(s) > max(pair) else None for s in scores]
        frozen = dict(TYPICAL)
        differences = np.array([abs(p[1] - p[0]) for p in pairs if p is not None])
        if len(differences) >= FEWEST_ITEMS:
            frozen |= {
                "items": len(differences),
                "differences": _quantiles(differences),
                "scores": _quantiles(np.concatenate([np.array(s) for s in scores])),
            }
        judged = [(p, s) for p, s in zip(pairs, sides, strict=True) if p is not None and s]
        labelled = [(p[1] - p[0], s) for p, s in judged if p[0] != p[1]]
        if len(labelled) >= FEWEST_LABELS:
            share = np.array([_share(abs(d), frozen["differences"]) for d, _ in labelled])
            agrees = np.array([(d > 0) == (s > 0) for d, s in labelled], dtype=float)
            frozen["intercept"], frozen["slope"] = fit_logistic(share, agrees)
            frozen["labels"] = len(labelled)
        return frozen

    def scores(self, views: Sequence[View]) -> list[list[float]]:
        """For each view one score a completion, in the shown order."""
        similarities = self.similarities(views)
        return [
            [
                similarity
                + self.settings.length_weight * _length(text, enough=self.settings.enough_words)
                - self.settings.repetition_weight * repetition(text)
                for similarity, text in zip(row, view.completions, strict=True)
            ]
            for row, view in zip(similarities, views, strict=True)
        ]

    def similarities(self, views: Sequence[View]) -> list[list[float]]:
        """Cosines of prompt and completion; the vectors are those that reward models use."""
        from routing import artefacts  # with torch, which the web process does without
        from routing.rewards.encode import UnknownEncoder

        prompts = [prompt_hash(list(view.messages), list(view.contexts)) for view in views]
        texts = {text_hash(text): text for view in views for text in view.completions}
        for name, view in zip(prompts, views, strict=True):
            texts[name] = artefacts.prompt_text(view.messages, view.contexts)
        try:
            vectors = artefacts.vectors(texts, self.settings.encoder)
        except UnknownEncoder as error:
            raise Misconfigured(str(error)) from error
        return [
            [
                float(value)
                for value in vectors.of([text_hash(text) for text in view.completions])
                @ vectors.of([name])[0]
            ]
            for name, view in zip(prompts, views, strict=True)
        ]

    def ask(self, view: View, meter: Meter) -> Verdict:
        [answer] = self.ask_many([view], [meter])
        if isinstance(answer, Fault):
            raise answer
        return answer

    def ask_many(self, views: Sequence[View], meters: Sequence[Meter]) -> list[Verdict | Fault]:
        return [
            self._verdict(scores, len(view.completions))
            for view, scores in zip(views, self.scores(views), strict=True)
        ]

    def _verdict(self, scores: list[float], completions: int) -> Verdict | Fault:
        answers: dict[str, Answer] = {}
        for question in self._answered():
            raw = self._answer(question, scores)
            if raw is not None:
                answers[question.name] = question.parse(raw, completions=completions)
        if not answers:
            return Unanswerable("the completions score alike, or there are too few of them")
        raw_scores = {"scores": [round(score, 4) for score in scores]}
        return Verdict(answers=answers, confidence=self._confidence(scores), raw=raw_scores)

    def _answered(self) -> list[Question[Any]]:
        names = self.settings.questions
        if names:
            return [self.spec.questions[name] for name in names]
        main = _main(self.spec)
        return [main] if main is not None else []

    def _answer(self, question: Question[Any], scores: list[float]) -> object | None:
        if isinstance(question, Rating):
            span = len(question.scale)
            shares = [_share(score, self._frozen["scores"]) for score in scores]
            return {
                "values": [question.config.minimum + min(int(s * span), span - 1) for s in shares]
            }
        question = cast("Preference", question)
        first, second = question.config.pair
        if max(first, second) >= len(scores):
            return None
        value = self._strength(scores[second] - scores[first], question)
        return None if value is None else {"value": value, "both_bad": False}

    def _strength(self, difference: float, question: Preference) -> int | None:
        """A point of the scale: ties by their share, the rest in equal shares by strength."""
        share = _share(abs(difference), self._frozen["differences"])
        ties = self.settings.tie_share if question.has_tie else 0.0
        if difference == 0 or share < ties:
            return 0 if question.has_tie else None
        size = 1 + min(int((share - ties) / (1 - ties) * question.k), question.k - 1)
        return size if difference > 0 else -size

    def _confidence(self, scores: list[float]) -> float | None:
        question = _main(self.spec)
        if not isinstance(question, Preference) or max(question.config.pair) >= len(scores):
            return None
        first, second = question.config.pair
        share = _share(abs(scores[second] - scores[first]), self._frozen["differences"])
        logit = self._frozen["intercept"] + self._frozen["slope"] * share
        return round(1 / (1 + math.exp(-logit)), 4)

    @property
    def _frozen(self) -> Mapping[str, Any]:
        return self.settings.frozen or TYPICAL


def _main(spec: Spec) -> Question[Any] | None:
    """The question that one number can stand for: the main preference, else the first rating."""
    ratings = spec.questions.of_kind("rating")
    return spec.questions.main_preference() or (ratings[0] if ratings else None)


def _can_answer(question: Question[Any]) -> bool:
    return isinstance(question, Preference | Rating)


def _length(text: str, *, enough: int) -> float:
    """0 for no word, 1 for ``enough`` words and more."""
    return min(math.log1p(len(_WORD.findall(text))) / math.log1p(enough), 1.0)


def repetition(text: str) -> float:
    """The share of word triples that stood in the text before: 0 for none."""
    words = _WORD.findall(text.lower())
    triples = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(triples)) / len(triples) if triples else 0.0


def _quantiles(values: FloatArray) -> list[float]:
    return [round(float(q), 5) for q in np.quantile(values, np.linspace(0, 1, _STEPS))]


def _share(value: float, quantiles: Sequence[float]) -> float:
    """The share of the sample that lies below ``value``, by the frozen quantiles."""
    return float(np.interp(value, quantiles, np.linspace(0, 1, len(quantiles))))


def fit_logistic(x: FloatArray, y: FloatArray, *, ridge: float = 1.0) -> tuple[float, float]:
    """Intercept and slope of P(y = 1), shrunk a little towards 0; Newton's method."""
    design = np.column_stack([np.ones_like(x), x])
    beta = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (p - y) + ridge * beta
        hessian = (design.T * (p * (1 - p))) @ design + ridge * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        beta -= step
        if np.abs(step).max() < 1e-9:
            break
    return round(float(beta[0]), 4), round(float(beta[1]), 4)


KIND = RelevanceJudge
