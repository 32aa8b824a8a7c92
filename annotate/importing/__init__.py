"""Storing items and labels that come in files: in batches, by COPY, so that a second run adds nothing.

A batch is one transaction. It holds the project's import lock, so two imports take turns batch by
batch, and it looks up what is there before it writes.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from django.db import transaction

from annotate.formats.base import Importer, Json
from annotate.garbage import collection_paused
from annotate.importing.pieces import Piece, pieces_of
from annotate.importing.reading import Reader
from annotate.importing.rows import Lines, Place, Result
from annotate.importing.storing import store_rows, take_turns
from annotate.models import Project

__all__ = ["JOBS", "Place", "Result", "import_file", "import_items"]

# What becomes due with an import.
JOBS = ("aggregate", "route", "index-texts")


def import_file(
    project: Project,
    file: Lines,
    importer: Importer,
    *,
    place: Place | None = None,
    result: Result | None = None,
    stored: Callable[[Place, Result], None] | None = None,
) -> Iterator[Place]:
    """Import a file from ``place`` on; yields after each batch, to be stopped there.

    While one batch is stored the next is read and parsed beside it. ``stored`` runs inside each
    batch's transaction: what it writes stands exactly when the batch does. Raises ``RefusedFile``
    when the format cannot use such records at all.
    """
    result = result if result is not None else Result()
    place = place or Place()
    pieces = pieces_of(file, importer, place)
    reader = Reader(project.questions, importer)
    with ThreadPoolExecutor(1, thread_name_prefix="import") as beside:
        coming = beside.submit(reader.read, pieces, place)
        while (batch := coming.result()) is not None:
            coming = beside.submit(reader.read, pieces, batch.end)
            result.add(batch.result)
            with transaction.atomic():
                take_turns(project)
                with collection_paused():
                    store_rows(project, batch.rows, result)
                if stored is not None:
                    stored(batch.end, result)
            yield batch.end


def import_items(
    project: Project, records: Iterable[Json], importer: Importer, *, result: Result | None = None
) -> Result:
    """Import records that are in memory already; they are numbered from 1. One transaction."""
    result = result if result is not None else Result()
    pieces = [Piece(number, json.dumps(one)) for number, one in enumerate(records, start=1)]
    rows = Reader(project.questions, importer).rows(pieces, result)
    with transaction.atomic():
        take_turns(project)
        store_rows(project, rows, result)
    return result
