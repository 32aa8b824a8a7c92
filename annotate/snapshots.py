"""Frozen, citable sets of annotations."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef

from annotate import aggregation, audit
from annotate.aggregation.frozen import methods_of
from annotate.models import Annotation, Annotator, Project, Snapshot, User

PAGE = 5000
Ids = npt.NDArray[np.int64]


def pack_ids(ids: Iterable[int]) -> bytes:
    """Sorted ids as compressed differences: about a byte an id."""
    array = np.fromiter(ids, dtype="<i8")
    return zlib.compress(np.diff(array, prepend=0).astype("<i8").tobytes())


def unpack_array(packed: bytes | memoryview) -> Ids:
    """Sorted ids as an array: 8 bytes an id."""
    differences = np.frombuffer(zlib.decompress(bytes(packed)), dtype="<i8")
    return np.cumsum(differences).astype(np.int64)


def unpack_ids(packed: bytes | memoryview) -> list[int]:
    return [int(pk) for pk in unpack_array(packed)]


_CURRENT = """
    WITH archived AS MATERIALIZED (
        SELECT id FROM annotate_item WHERE project_id = %(project)s AND waits_for = 'archive')
    SELECT (SELECT array_agg(id ORDER BY id) FROM archived), (
        SELECT array_agg(label.id ORDER BY label.id) FROM annotate_annotation AS label
        WHERE label.project_id = %(project)s AND label.purpose IN ('work', 'review')
        AND label.item_id NOT IN (SELECT id FROM archived) AND label.answers <> '{}'
        AND NOT EXISTS (
            SELECT FROM annotate_annotation AS later WHERE later.supersedes_id = label.id))
"""


@dataclass(frozen=True)
class Standing:
    """Ids, ascending, of current work and review annotations, and of items that are archived.

    A decision that was taken back has no answers, and is none of them.
    """

    labels: list[int]
    archived: list[int]


def standing(project: Project) -> Standing:
    """What is labelled now, without archived items.

    One statement, so that an annotation and the one that supersedes it are never both in it, nor an
    archived item and its labels.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CURRENT, {"project": project.pk})
        archived, labels = cursor.fetchone()
    return Standing(labels or [], archived or [])


def current_ids(project: Project) -> list[int]:
    """Ids of the project's current work and review annotations, ascending."""
    return standing(project).labels


def take_snapshot(project: Project, *, user: User | None = None) -> Snapshot:
    """Freeze what is labelled now. The same labels again give back the snapshot there is."""
    now = standing(project)
    ids = now.labels
    form = project.forms.latest("version")
    guidelines = project.guideline_versions.order_by("-version").first()
    judges = _judges(project)
    last_item = project.items.aggregate(last=Max("pk"))["last"] or 0
    texts = texts_digest(project, last_item=last_item, without=now.archived)
    methods = methods_of(project)
    facts = {
        "annotations": hashlib.sha256(np.asarray(ids, dtype="<i8").tobytes()).hexdigest(),
        "form": form.version,
        "guidelines": guidelines.version if guidelines else None,
        "judges": judges,
        "aggregation": aggregation.VERSION,
        "methods": methods,
        "texts": texts,
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if (same := project.snapshots.filter(digest=digest).first()) is not None:
            return same
        number = (project.snapshots.aggregate(last=Max("number"))["last"] or 0) + 1
        snapshot = Snapshot.objects.create(
            project=project,
            number=number,
            annotation_ids=pack_ids(ids),
            count=len(ids),
            last_item=last_item,
            archived_ids=pack_ids(now.archived),
            form=form,
            guidelines=guidelines,
            judges=judges,
            aggregation_version=aggregation.VERSION,
            methods=methods,
            texts_digest=texts,
            digest=digest,
            created_by=user,
        )
        audit.record("snapshot.take", project=project, target=snapshot, labels=len(ids))
        return snapshot


def _judges(project: Project) -> list[dict[str, Any]]:
    labels = Annotation.objects.filter(annotator=OuterRef("pk"), project=project)
    judges = Annotator.objects.llms().filter(Exists(labels), project=project).order_by("pk")
    return [{"pk": one.pk, "name": one.name, "version": one.version} for one in judges]


def texts_digest(project: Project, *, last_item: int, without: Sequence[int] = ()) -> str:
    """SHA-256 over the hashes of every prompt and its completions, in the order of the items."""
    total = hashlib.sha256()
    after = 0
    while after < last_item:
        hashes, after = _page_of_hashes(project, after=after, last_item=last_item, without=without)
        total.update(hashes.encode())
    return total.hexdigest()


def _page_of_hashes(
    project: Project, *, after: int, last_item: int, without: Sequence[int]
) -> tuple[str, int]:
    """The joined hashes of a page of items, and the last of them: the database joins them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH item AS (
                SELECT id, prompt_hash FROM annotate_item
                WHERE project_id = %s AND id > %s AND id <= %s ORDER BY id LIMIT %s)
            SELECT string_agg(item.prompt_hash || COALESCE(texts.hashes, ''), '' ORDER BY item.id)
                    FILTER (WHERE item.id <> ALL(%s)),
                max(item.id)
            FROM item LEFT JOIN LATERAL (
                SELECT string_agg(text_hash, '' ORDER BY position) AS hashes
                FROM annotate_completion WHERE item_id = item.id) AS texts ON true
            """,
            [project.pk, after, last_item, PAGE, list(without)],
        )
        hashes, last = cursor.fetchone()
        return hashes or "", last or last_item


def annotations_of(snapshot: Snapshot) -> Iterator[list[Annotation]]:
    """The snapshot's annotations in batches, in the order of their ids."""
    ids = unpack_ids(snapshot.annotation_ids)
    for start in range(0, len(ids), PAGE):
        batch = Annotation.objects.filter(pk__in=ids[start : start + PAGE])
        yield list(batch.select_related("annotator").order_by("pk"))
