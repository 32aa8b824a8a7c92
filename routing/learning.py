"""Training versions of a project's reward model: when, on what, and which one is promoted.

The web process may import this module: what needs torch is imported where it is used.
"""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Max

from annotate.jobs import hint
from annotate.models import Annotation, Project, Snapshot, User
from annotate.snapshots import take_snapshot, unpack_ids
from routing.models import Review, RewardModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.artefacts import Labels, Progress
    from routing.rewards.arrays import BoolArray, FloatArray
    from routing.rewards.evaluate import Comparison, Rows

log = logging.getLogger(__name__)

RECIPE = "bt"
ENCODER = "all-MiniLM-L6-v2"
# Versions are compared on the evaluation share once it has so many rows, else on all.
ENOUGH_TO_COMPARE = 50
# A label is looked at again when the model gives its side less than this, worst first.
DISPUTED_BELOW = 0.1
MOST_DISPUTED = 100

LONGER, JUDGE = "longer wins", "judge"


@dataclass(frozen=True)
class Settings:
    recipe: str = RECIPE
    encoder: str = ENCODER
    seed: int = 0


# ------------------------------------------------------------------------------------ what is due

RECENT_LABELS = 10_000
_DUE = """
    SELECT project.id FROM annotate_project AS project
    LEFT JOIN LATERAL (
        SELECT created_at, (metrics ->> 'newest_annotation')::bigint AS newest
        FROM routing_rewardmodel WHERE project_id = project.id ORDER BY version DESC LIMIT 1
    ) AS last ON true
    WHERE project.retrain_after_labels > 0
    AND (last.created_at IS NULL
        OR last.created_at <= now() - make_interval(mins => project.retrain_every_minutes))
    AND project.retrain_after_labels <= (
        SELECT count(*) FROM (
            SELECT 1 FROM annotate_annotation AS label
            WHERE label.project_id = project.id AND label.id > COALESCE(last.newest, 0)
            AND label.purpose IN ('work', 'review') LIMIT project.retrain_after_labels
        ) AS new)
"""


def due_projects() -> list[int]:
    """Projects with enough new labels whose last version is old enough; 0 labels means never."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        ids = [pk for (pk,) in cursor.fetchall()]
    projects = Project.objects.filter(pk__in=ids)
    return [p.pk for p in projects if _has_labels(p)]


def _has_labels(project: Project) -> bool:
    """Whether any newer label answers what is compared: none does where a form has just changed it."""
    main = project.questions.main_preference()
    if main is None:
        return False
    newest = project.annotations.order_by("-pk").values("pk")[:RECENT_LABELS]
    answered = Annotation.objects.filter(pk__in=newest, answers__has_key=main.name)
    return bool(answered.exists())


def train_if_new(project: Project) -> RewardModel | None:
    """Train as the last version was, unless it has learnt from just these labels."""
    last = project.reward_models.order_by("-version").defer("heads").first()
    settings = Settings() if last is None else Settings(last.recipe, last.encoder, last.seed)
    snapshot = take_snapshot(project)
    if last is not None and last.snapshot_id == snapshot.pk:
        return None
    return train(project, settings, snapshot=snapshot)


# -------------------------------------------------------------------------------------- training


def train(
    project: Project,
    settings: Settings | None = None,
    *,
    snapshot: Snapshot | None = None,
    user: User | None = None,
    progress: Progress | None = None,
) -> RewardModel:
    """Train a version on a snapshot of the labels, promote it unless it is worse, and say why.

    ``progress`` counts the texts that have to be encoded. Raises ``NoPreference``,
    ``NothingToLearn``, ``UnknownRecipe``, ``UnknownEncoder``.
    """
    from routing import artefacts
    from routing.rewards import train as learn
    from routing.rewards.encode import libraries
    from routing.rewards.recipes import recipe

    started = time.monotonic()
    settings = settings or Settings()
    chosen = recipe(settings.recipe)
    artefacts.comparison(project)
    snapshot = snapshot or take_snapshot(project, user=user)
    labels = artefacts.labels_of(project, snapshot)
    found = artefacts.vectors(labels.pairs.by_hash(), settings.encoder, progress=progress)
    used = labels.training.sum(axis=1) > 0
    trained = learn.train(
        labels.labelled(found, labels.training, used),
        recipe=chosen,
        encoder=settings.encoder,
        window=artefacts.encoder_named(settings.encoder).window,
    )
    margins = np.full(len(used), np.nan)
    margins[used] = trained.margins
    judged = judged_rows(labels, margins)
    before = RewardModel.objects.promoted_for(project)
    comparison = compare_with(before, labels, judged, seed=settings.seed) if before else None
    model = RewardModel(
        project=project,
        recipe=settings.recipe,
        encoder=settings.encoder,
        window=trained.head.window,
        snapshot=snapshot,
        seed=settings.seed,
        code_version=artefacts.code_version(),
        libraries=libraries(),
        metrics={
            **judged.metrics(labels, seed=settings.seed),
            "trained_on": _trained_on(labels, used),
            "texts_encoded": found.encoded,
            "texts_encoded_in_windows": found.windowed,
            "l2": trained.head.l2,
            "losses": {f"{l2:g}": loss for l2, loss in trained.losses.items()},
            "compared": comparison.as_json() if comparison else None,
            "newest_annotation": max(unpack_ids(snapshot.annotation_ids), default=0),
        },
        heads=trained.head.to_bytes(),
        promoted=comparison is None or not comparison.worse,
        verdict=_verdict(before, comparison),
        seconds_spent=time.monotonic() - started,
    )
    _store(model)
    if model.promoted:
        dispute(model, labels, margins)
        hint(project.pk, "rank")
    log.info("reward model trained", extra={"project": project.slug, "version": model.version})
    return model


@transaction.atomic
def _store(model: RewardModel) -> None:
    """Number the version and take the promotion from the one before."""
    Project.objects.select_for_update(no_key=True).get(pk=model.project_id)
    versions = RewardModel.objects.filter(project=model.project_id)
    model.version = (versions.aggregate(last=Max("version"))["last"] or 0) + 1
    if model.promoted:
        versions.filter(promoted=True).update(promoted=False)
    model.save(force_insert=True)


def _trained_on(labels: Labels, used: BoolArray) -> dict[str, int]:
    return {
        "pairs": int(used.sum()),
        "pairs_by_people": int((used & labels.by_people).sum()),
        "pairs_by_judges": int((used & ~labels.by_people).sum()),
        "votes": int(labels.training.sum()),
    }


# ------------------------------------------------------------------------------------ evaluating


@dataclass(frozen=True)
class Judged:
    """The pairs that predictions are held against: people's where there are any, else judges'.

    ``mask`` picks them out of the labelled pairs; ``margins`` are the out-of-fold predictions.
    """

    mask: BoolArray
    rows: Rows
    margins: FloatArray
    against: str

    def metrics(self, labels: Labels, *, seed: int) -> dict[str, Any]:
        from routing.rewards.evaluate import evaluate

        guesses = {
            name: guess[self.mask] for name, guess in baselines(labels, self.against).items()
        }
        found = evaluate(self.rows, self.margins, guesses=guesses, seed=seed)
        return found | {"against": self.against}


def judged_rows(labels: Labels, margins: FloatArray) -> Judged:
    from routing.rewards.evaluate import Rows

    known = ~np.isnan(margins)
    against = "people" if labels.by_people.any() else "judges"
    votes = labels.people if against == "people" else labels.judges
    mask = known & (votes.sum(axis=1) > 0)
    keys = [key for key, kept in zip(labels.pairs.keys, mask, strict=True) if kept]
    return Judged(mask, Rows(keys, votes[mask]), margins[mask], against)


def baselines(labels: Labels, against: str) -> Mapping[str, FloatArray]:
    """What each baseline says of every labelled pair: 1 first, -1 second, 0 cannot say, NaN nothing."""
    first, second = (
        np.array([len(text) for text in side.texts])
        for side in (labels.pairs.first, labels.pairs.second)
    )
    guesses: dict[str, FloatArray] = {LONGER: np.sign(first - second).astype(np.float64)}
    if against == "people" and labels.by_judge:
        from routing.rewards.evaluate import Rows

        said = Rows(labels.pairs.keys, labels.judges).majority
        guesses[JUDGE] = np.where(labels.judges.sum(axis=1) > 0, said, np.nan)
        if len(labels.by_judge) > 1:
            guesses |= labels.by_judge
    return guesses


def compare_with(
    before: RewardModel, labels: Labels, judged: Judged, *, seed: int
) -> Comparison | None:
    """New predictions less those of ``before``, both out of fold, on the same rows.

    The evaluation share where it has enough rows, else all; None where ``before`` cannot be used.
    """
    from routing import artefacts
    from routing.rewards.encode import UnknownEncoder
    from routing.rewards.evaluate import compare
    from routing.rewards.head import OtherFormat

    evaluation = labels.pairs.evaluation & judged.mask
    shared = evaluation if evaluation.sum() >= ENOUGH_TO_COMPARE else judged.mask
    try:
        head = artefacts.head_of(before)
        pairs = artefacts.only(labels.pairs, shared)
        found = artefacts.vectors_for(head, pairs.by_hash())
    except (artefacts.EncoderChanged, UnknownEncoder, OtherFormat) as fault:
        log.warning(
            "version cannot be compared", extra={"version": before.version, "fault": str(fault)}
        )
        return None
    prompts = pairs.first.prompt_vectors(found)
    old = head.out_of_fold(prompts, pairs.first.side(found), pairs.second.side(found), pairs.keys)
    kept = shared[judged.mask]
    return compare(judged.rows.only(kept), old, judged.margins[kept], seed=seed)


def _verdict(before: RewardModel | None, comparison: Comparison | None) -> str:
    if before is None:
        return "Promoted: the first version."
    if comparison is None:
        return f"Promoted: version {before.version} cannot be used any more."
    if comparison.accuracy is None:
        return f"Promoted: no decided pair to compare it with version {before.version} on."
    value, low, high = (100 * part for part in asdict(comparison.accuracy).values())
    change = f"{value:+.1f} points of accuracy (95 % interval {low:+.1f} to {high:+.1f})"
    outcome = "Not promoted: worse than" if comparison.worse else "Promoted: not worse than"
    return (
        f"{outcome} version {before.version} on {comparison.rows} shared pairs, {change}, "
        f"{comparison.log_loss.value if comparison.log_loss else 0:+.4f} of log loss."
    )


# ------------------------------------------------------------------------------------- disputing


@transaction.atomic
def dispute(model: RewardModel, labels: Labels, margins: FloatArray) -> int:
    """Make review rows for people's labels that the model gives little chance; how many stand.

    Only out-of-fold predictions count. Open reviews that this model no longer backs go away.
    """
    from routing.artefacts import FIRST, TIE
    from routing.rewards.evaluate import sigmoid

    row = {int(item): n for n, item in enumerate(labels.pairs.items)}
    found: list[tuple[float, int]] = []
    for vote in labels.votes:
        margin = margins[row[vote.item]]
        if vote.human and not vote.review and vote.side != TIE and not np.isnan(margin):
            chance = float(sigmoid(margin if vote.side == FIRST else -margin))
            if chance < DISPUTED_BELOW:
                found.append((chance, vote.annotation))
    worst = sorted(found)[:MOST_DISPUTED]
    reviews = Review.objects.filter(project=model.project_id)
    reviews.filter(state=Review.State.OPEN).exclude(
        annotation__in=[annotation for _, annotation in worst]
    ).delete()
    Review.objects.bulk_create(
        (
            Review(
                project_id=model.project_id,
                annotation_id=annotation,
                reward_model=model,
                probability=chance,
            )
            for chance, annotation in worst
        ),
        ignore_conflicts=True,
    )
    return len(worst)
