"""Imports and exports in the background: they show their progress and go on after a fault."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.files import File
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from annotate import audit
from annotate.exporting import exporter_for, item_count, write_snapshot
from annotate.formats import RefusedFile, exporter, importer
from annotate.importing import JOBS, Place, Result, import_file
from annotate.models import Project, Snapshot, Transfer, User
from annotate.snapshots import take_snapshot

log = structlog.get_logger(__name__)

STRETCH_SECONDS = 5.0
State = Transfer.State


class Overtaken(Exception):
    """Another process has stored a batch of this import meanwhile, and goes on from there."""


@transaction.atomic
def start_import(
    project: Project,
    file: "File[bytes]",
    *,
    format: str,  # noqa: A002  its name everywhere
    options: Mapping[str, str] | None = None,
    user: User | None = None,
) -> Transfer:
    """Store an uploaded file and have it imported. Raises ``RefusedFile`` for unknown options."""
    importer(format, project.questions, options or {})
    return _start(
        Transfer(
            project=project,
            user=user,
            direction=Transfer.Direction.IMPORT,
            format=format,
            options=dict(options or {}),
            file=file,
            file_name=Path(file.name or "").name[-200:],
            total=file.size,
        )
    )


@transaction.atomic
def start_export(
    project: Project,
    *,
    format: str,  # noqa: A002  its name everywhere
    options: Mapping[str, str] | None = None,
    snapshot: Snapshot | None = None,
    user: User | None = None,
) -> Transfer:
    """Have a snapshot written, or what is labelled now. Raises ``RefusedFile``."""
    exporter(format, project.questions, options or {})
    return _start(
        Transfer(
            project=project,
            user=user,
            direction=Transfer.Direction.EXPORT,
            format=format,
            options=dict(options or {}),
            snapshot=snapshot,
        )
    )


def _start(transfer: Transfer) -> Transfer:
    transfer.save()
    _record(transfer)
    _hint(transfer.project, "transfer")
    return transfer


def _record(transfer: Transfer) -> None:
    """Who had items brought in or taken out, and how."""
    said: dict[str, Any] = {"format": transfer.format, "options": transfer.options}
    if transfer.direction == Transfer.Direction.IMPORT:
        said["file"] = transfer.file_name
    if transfer.snapshot is not None:
        said["snapshot"] = transfer.snapshot.number
    audit.record(
        f"transfer.{transfer.direction}", project=transfer.project, target=transfer, **said
    )


def _hint(project: Project, *kinds: str) -> None:
    from annotate.jobs import hint  # whose job runs the transfers below

    for kind in kinds:
        hint(project.pk, kind)


def go_on(project: Project) -> bool:
    """Do a part of the project's oldest unfinished transfer; whether there was one.

    A fault that comes from the file or the code ends that transfer and lets the next one pass; one
    that comes from the connection to the database is left to the job, which tries again.
    """
    unfinished = project.transfers.filter(state__in=(State.WAITING, State.RUNNING))
    transfer = unfinished.order_by("pk").first()
    if transfer is None:
        return False
    try:
        if transfer.direction == Transfer.Direction.IMPORT:
            _import_part(transfer)
            _hint(project, *JOBS)
        else:
            _export(transfer)
    except (OperationalError, InterfaceError):
        raise
    except Overtaken:
        log.info("import overtaken", transfer=transfer.pk, project=project.slug)
    except RefusedFile as fault:
        _fail(transfer, str(fault))
    except Exception as error:
        log.exception("transfer failed", transfer=transfer.pk, project=project.slug)
        _fail(transfer, f"The program failed ({type(error).__name__}); its log says where.")
    return True


def _fail(transfer: Transfer, fault: str) -> None:
    transfer.refresh_from_db()
    transfer.result["fault"] = fault
    _save(transfer, state=State.FAILED, finished_at=timezone.now(), result=transfer.result)


def _save(transfer: Transfer, **changes: Any) -> None:
    """Write these columns, and no others that somebody else may have changed."""
    for name, value in changes.items():
        setattr(transfer, name, value)
    transfer.save(update_fields=list(changes))


def _import_part(transfer: Transfer) -> None:
    """Import for a few seconds, from where the last part stopped."""
    reader = importer(transfer.format, transfer.project.questions, transfer.options)
    progress = dict(transfer.result)
    place = Place(
        line=progress.pop("next_line", 1),
        offset=transfer.done,
        record=progress.pop("records_before", 0),
    )
    result = Result(**progress)

    def stored(place: Place, result: Result) -> None:
        """In the batch's own transaction, so that a batch is counted exactly when it is stored.

        A job may run twice, and a killed process's last batch may be committed after its death:
        whoever finds the import further than it left it has counted that batch as present already.
        """
        counts = result.as_json() | {"next_line": place.line, "records_before": place.record}
        here = Transfer.objects.filter(pk=transfer.pk, done=transfer.done)
        if not here.update(state=State.RUNNING, done=place.offset, result=counts):
            raise Overtaken
        transfer.done = place.offset

    end = time.monotonic() + STRETCH_SECONDS
    with transfer.file.open("rb") as file:
        for _ in import_file(
            transfer.project, file, reader, place=place, result=result, stored=stored
        ):
            if time.monotonic() > end:
                return
    _save(transfer, state=State.DONE, finished_at=timezone.now(), result=result.as_json())


class _Written(File):  # type: ignore[type-arg]  # generic for mypy alone
    """A finished file, which the storage moves to its place instead of copying it."""

    def temporary_file_path(self) -> str:
        return str(self.name)


def _export(transfer: Transfer) -> None:
    """Write the whole file under a temporary name; after a fault it is begun anew."""
    snapshot = transfer.snapshot or take_snapshot(transfer.project, user=transfer.user)
    _save(transfer, state=State.RUNNING, snapshot=snapshot, total=item_count(snapshot), done=0)
    writer = exporter_for(snapshot, transfer.format, transfer.options)
    part = Path(settings.MEDIA_ROOT) / "parts" / f"transfer-{transfer.pk}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("w", encoding="utf-8", newline="\n") as file:
        result = write_snapshot(
            snapshot, writer, file, progress=lambda done: _save(transfer, done=done)
        )
    name = f"{transfer.project.slug}-{snapshot.number}-{transfer.format}.{writer.extension}"
    with part.open("rb") as file:
        transfer.file.save(name, _Written(file, name=str(part)), save=False)
    part.unlink(missing_ok=True)
    _save(
        transfer,
        file=transfer.file,
        file_name=name,
        state=State.DONE,
        finished_at=timezone.now(),
        result=result.as_json() | {"snapshot": snapshot.number, "digest": snapshot.digest},
    )
