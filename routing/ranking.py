"""Applies the promoted reward model: scores of all completions, and the order of the open items.

First come the items whose label would teach the model most: the expected information of one more
vote, ``log(1 + p (1 - p) v)``, where ``p`` is the chance that the first completion wins and ``v``
the posterior variance of the margin. A random share of the items takes a random place instead, so
that estimates stay unbiased. Ranks lie in [0, 1], smaller first.

Archived items are scored too, so that one that is restored has its reward and rank at once.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from annotate.models import Completion, Item, Project
from routing.models import RewardModel, Score

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from routing.rewards.arrays import FloatArray
    from routing.rewards.features import Side
    from routing.rewards.head import Head

log = logging.getLogger(__name__)

BATCH = 1000
QUANTILES = 101

_DUE = """
    SELECT model.project_id FROM routing_rewardmodel AS model WHERE model.promoted
    AND (model.ranked_at IS NULL OR EXISTS (
        SELECT 1 FROM annotate_item AS item
        WHERE item.project_id = model.project_id AND item.id > model.scored_to))
"""
_LOCK = "SELECT id FROM annotate_item WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
_RANK = """
    UPDATE annotate_item AS item SET rank = new.rank
    FROM unnest(%s::bigint[], %s::float8[]) AS new (id, rank)
    WHERE item.id = new.id AND item.seats_left > 0 AND item.rank <> new.rank
"""
_SCORE = """
    INSERT INTO routing_score (reward_model_id, completion_id, reward, spread)
    SELECT %s, * FROM unnest(%s::bigint[], %s::float8[], %s::float8[])
    ON CONFLICT (completion_id, reward_model_id)
    DO UPDATE SET reward = excluded.reward, spread = excluded.spread
"""
_MARGIN = """
    INSERT INTO annotate_itemsummary (item_id, project_id, people, judges, margin)
    SELECT item.id, item.project_id, 0, 0, new.margin
    FROM unnest(%s::bigint[], %s::float8[]) AS new (id, margin)
    JOIN annotate_item AS item ON item.id = new.id ORDER BY item.id
    ON CONFLICT (item_id) DO UPDATE SET margin = excluded.margin
    WHERE annotate_itemsummary.margin IS DISTINCT FROM excluded.margin
"""


def due_projects() -> list[int]:
    """Projects with a promoted model that has not ranked yet, or with items that it has not seen."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE)
        return [pk for (pk,) in cursor.fetchall()]


@dataclass(frozen=True)
class Page:
    """Some items in the order of their ids.

    ``gains`` (n,) and ``margins`` (n,), first reward less second, are NaN where nothing can be
    compared.
    """

    items: list[int]
    gains: FloatArray
    margins: FloatArray


def apply_promoted(project: Project) -> int:
    """Score and rank what the promoted model has not yet: all items, later the new ones alone.

    Gives the number of items. May be killed at any time and run again.
    """
    model = RewardModel.objects.promoted_for(project)
    if model is None:
        return 0
    pages = list(_score_pages(model))
    ids = [pk for page in pages for pk in page.items]
    gains = np.concatenate([page.gains for page in pages]) if pages else np.zeros(0)
    if model.ranked_at is None:
        known = gains[~np.isnan(gains)]
        steps = np.linspace(0, 1, QUANTILES)
        model.metrics["gain_quantiles"] = np.quantile(known, steps).tolist() if len(known) else []
    _rank(project, ids, ranks(ids, gains, model.metrics.get("gain_quantiles", []), project, model))
    _finish(model, ids)
    if ids:
        log.info(
            "items ranked",
            extra={"project": project.slug, "version": model.version, "items": len(ids)},
        )
    return len(ids)


def ranks(
    ids: Sequence[int],
    gains: FloatArray,
    quantiles: Sequence[float],
    project: Project,
    model: RewardModel,
) -> FloatArray:
    """The share of items that would teach more; for the random share a number drawn by hash.

    Items that nothing is known of take a place in the middle.
    """
    if not quantiles:
        return np.full(len(ids), 0.5)
    places = 1 - np.interp(np.nan_to_num(gains), quantiles, np.linspace(0, 1, len(quantiles)))
    places[np.isnan(gains)] = 0.5
    drawn = np.array([_draws(model.pk, pk) for pk in ids]).reshape(-1, 2)
    return np.where(drawn[:, 0] < project.random_share, drawn[:, 1], places)


def _draws(model: int, item: int) -> list[float]:
    """Two numbers in [0, 1) that stay the same however often a model ranks an item."""
    digest = hashlib.sha256(f"rank:{model}:{item}".encode()).digest()
    return [int.from_bytes(digest[n : n + 8], "big") / 2**64 for n in (0, 8)]


def _rank(project: Project, ids: Sequence[int], places: FloatArray) -> None:
    """Write ranks in batches, each locking its items in the order of their ids; then say so."""
    order = np.argsort(np.array(ids, dtype=np.int64))
    for start in range(0, len(ids), BATCH):
        batch = [ids[n] for n in order[start : start + BATCH]]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LOCK, [batch])
            cursor.execute(_RANK, [batch, places[order[start : start + BATCH]].tolist()])
    if ids:
        Project.objects.filter(pk=project.pk).update(ranking=F("ranking") + 1)


def _finish(model: RewardModel, ids: Sequence[int]) -> None:
    """Remember how far it came, and let the scores of other versions go."""
    model.scored_to = max((model.scored_to, *ids))
    model.ranked_at = model.ranked_at or timezone.now()
    model.save(update_fields=["scored_to", "ranked_at", "metrics"])
    others = Score.objects.filter(
        reward_model__in=RewardModel.objects.filter(project=model.project_id, promoted=False)
    )
    while old := list(others.values_list("pk", flat=True)[: 10 * BATCH]):
        Score.objects.filter(pk__in=old).delete()


def _score_pages(model: RewardModel) -> Iterator[Page]:
    """Store the scores of the items that the model has not seen, page by page."""
    from routing import artefacts

    head = artefacts.head_of(model)
    question = model.project.questions.main_preference()
    positions = question.config.pair if question is not None else (0, 1)
    after = model.scored_to if model.ranked_at else 0
    while prompts := _prompts(model.project_id, after):
        completions = _completions(list(prompts))
        written = artefacts.Written(
            [prompts[c.item_id][0] for c in completions],
            [prompts[c.item_id][1] for c in completions],
            [c.text for c in completions],
            [c.text_hash for c in completions],
        )
        found = artefacts.vectors_for(head, written.by_hash())
        vectors, side = written.prompt_vectors(found), written.side(found)
        _store(model, completions, head.scores(vectors, side), head.spreads(vectors, side))
        page = _page(head, list(prompts), completions, positions, vectors, side)
        _summarise(page)
        yield page
        after = max(prompts)


def _prompts(project: int, after: int) -> dict[int, tuple[str, str]]:
    """Texts and hashes of the next items' prompts, by the items' ids, ascending."""
    from routing.artefacts import prompt_text

    rows = Item.objects.filter(project=project, pk__gt=after).order_by("pk")
    return {
        pk: (prompt_text(messages, contexts), name)
        for pk, name, messages, contexts in rows.values_list(
            "pk", "prompt_hash", "messages", "contexts"
        )[:BATCH]
    }


def _completions(items: list[int]) -> list[Completion]:
    rows = Completion.objects.filter(item__in=items).order_by("item_id", "position")
    return list(rows.only("item_id", "position", "text", "text_hash"))


def _store(
    model: RewardModel, completions: list[Completion], rewards: FloatArray, spreads: FloatArray
) -> None:
    ids = [completion.pk for completion in completions]
    with connection.cursor() as cursor:
        cursor.execute(_SCORE, [model.pk, ids, rewards.tolist(), spreads.tolist()])


def _page(
    head: Head,
    items: list[int],
    completions: list[Completion],
    positions: Sequence[int],
    prompts: FloatArray,
    side: Side,
) -> Page:
    place = {(c.item_id, c.position): row for row, c in enumerate(completions)}
    pairs = {
        row: (place[item, positions[0]], place[item, positions[1]])
        for row, item in enumerate(items)
        if all((item, position) in place for position in positions)
    }
    gains, margins = np.full(len(items), np.nan), np.full(len(items), np.nan)
    if pairs:
        first, second = np.array(list(pairs.values())).T
        of_pairs, variances = head.margins(prompts[first], side.rows(first), side.rows(second))
        gains[list(pairs)] = information(of_pairs, variances)
        margins[list(pairs)] = of_pairs
    return Page(items, gains, margins)


def _summarise(page: Page) -> None:
    """Keep how far the rewards of each item's pair lie apart, for lists to be sorted by."""
    sizes = [None if np.isnan(margin) else abs(margin) for margin in page.margins.tolist()]
    with connection.cursor() as cursor:
        cursor.execute(_MARGIN, [page.items, sizes])


def information(margins: FloatArray, variances: FloatArray) -> FloatArray:
    """Expected information of one more vote on each pair, in nats, times two."""
    chances = 1 / (1 + np.exp(-np.clip(margins, -700, 700)))
    return np.asarray(np.log1p(chances * (1 - chances) * variances))
