"""Frozen, citable sets of annotations."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator

import numpy as np
from django.db import transaction
from django.db.models import Max

from annotate import aggregation
from annotate.models import Annotation, Annotator, Item, Project, Snapshot, User

PAGE = 5000


def pack_ids(ids: Iterable[int]) -> bytes:
    """Sorted ids as compressed differences: about a byte an id."""
    array = np.fromiter(ids, dtype="<i8")
    return zlib.compress(np.diff(array, prepend=0).astype("<i8").tobytes())


def unpack_ids(packed: bytes | memoryview) -> list[int]:
    differences = np.frombuffer(zlib.decompress(bytes(packed)), dtype="<i8")
    return [int(pk) for pk in np.cumsum(differences)]


def current_ids(project: Project, *, after: int = 0) -> Iterator[int]:
    """Ids of the project's current work and review annotations, ascending, page by page."""
    wanted = Annotation.objects.current().filter(project=project)
    wanted = wanted.exclude(purpose=Annotation.Purpose.QUALIFICATION).order_by("pk")
    while page := list(wanted.filter(pk__gt=after).values_list("pk", flat=True)[:PAGE]):
        yield from page
        after = page[-1]


def take_snapshot(project: Project, *, user: User | None = None) -> Snapshot:
    """Freeze what is labelled now. The same labels again give back the snapshot there is."""
    ids = list(current_ids(project))
    form = project.forms.latest("version")
    guidelines = project.guideline_versions.order_by("-version").first()
    judges = list(
        Annotator.objects.filter(annotations__project=project, kind=Annotator.Kind.LLM)
        .distinct()
        .order_by("pk")
        .values("pk", "name", "version")
    )
    texts = _texts_digest(project)
    packed = pack_ids(ids)
    facts = {
        "annotations": hashlib.sha256(np.asarray(ids, dtype="<i8").tobytes()).hexdigest(),
        "form": form.version,
        "guidelines": guidelines.version if guidelines else None,
        "judges": judges,
        "aggregation": aggregation.VERSION,
        "texts": texts,
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if (same := project.snapshots.filter(digest=digest).first()) is not None:
            return same
        number = (project.snapshots.aggregate(last=Max("number"))["last"] or 0) + 1
        return Snapshot.objects.create(
            project=project,
            number=number,
            annotation_ids=packed,
            count=len(ids),
            form=form,
            guidelines=guidelines,
            judges=judges,
            aggregation_version=aggregation.VERSION,
            texts_digest=texts,
            digest=digest,
            created_by=user,
        )


def _texts_digest(project: Project) -> str:
    """SHA-256 over the hashes of every prompt and completion, in the order of the items."""
    total = hashlib.sha256()
    after = 0
    while page := list(
        Item.objects.filter(project=project, pk__gt=after)
        .order_by("pk")
        .prefetch_related("completions")[:PAGE]
    ):
        for item in page:
            total.update(item.prompt_hash.encode())
            for completion in item.completions.all():
                total.update(completion.text_hash.encode())
        after = page[-1].pk
    return total.hexdigest()


def annotations_of(snapshot: Snapshot) -> Iterator[list[Annotation]]:
    """The snapshot's annotations in batches, in the order of their ids."""
    ids = unpack_ids(snapshot.annotation_ids)
    for start in range(0, len(ids), PAGE):
        batch = Annotation.objects.filter(pk__in=ids[start : start + PAGE])
        yield list(batch.select_related("annotator").order_by("pk"))
