"""Files that items show: images, audio and video, kept in the project's own storage.

Content decides what a file is, never its name. A content that comes twice is stored once a project.
Storing, removing and importing take turns by the project's import lock, so that an item never names a
file that is just being removed.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from annotate import audit
from annotate.importing.storing import take_turns
from annotate.media.kinds import KINDS, UnknownKind, kind_of
from annotate.media.sizes import size_of_image
from annotate.models import Item, Media, Project

__all__ = [
    "KINDS",
    "MediaInUse",
    "RefusedMedia",
    "media_named",
    "names_in",
    "remove",
    "remove_all",
    "store",
]

LONGEST_NAME = 300
HEAD = 64 * 1024  # bytes that tell what a file is
_ODD = re.compile(r"[\x00-\x1f\x7f\\\u202a-\u202e\u2066-\u2069]|(?:^|/)\.{1,2}(?:/|$)|//|^/|/$")


class RefusedMedia(ValueError):
    """A file that is not taken in; the message gives the fault, the value and the remedy."""


class MediaInUse(Exception):
    """The file is part of ``item``, so it stays."""

    def __init__(self, item: Item) -> None:
        super().__init__(f"Item {item.key} shows it.")
        self.item = item


def store(project: Project, name: str, file: IO[bytes]) -> tuple[Media, bool]:
    """Keep ``file`` under ``name``; whether it is new. The same name and content again changes nothing.

    Raises ``RefusedMedia`` for what is too large, of no known kind, or another file of that name.
    """
    name = _checked_name(name)
    size, digest = _measured(name, file)
    file.seek(0)
    head = file.read(HEAD)
    try:
        content_type = kind_of(head)
    except UnknownKind as fault:
        raise RefusedMedia(f"{name!r} {fault}.") from fault
    width, height = size_of_image(file, content_type) or (None, None)
    with transaction.atomic():
        take_turns(project)
        present = project.media.filter(name=name).first()
        if present is not None:
            return _same(present, digest), False
        row = Media(
            project=project,
            name=name,
            digest=digest,
            content_type=content_type,
            size=size,
            width=width,
            height=height,
        )
        row.file.name = _stored(project, digest, file)
        row.save()
        return row, True


def remove(media: Media) -> None:
    """Delete a file that no item shows. Raises ``MediaInUse``."""
    with transaction.atomic():
        take_turns(media.project)
        if (item := item_with(media)) is not None:
            raise MediaInUse(item)
        audit.record("media.delete", project=media.project, target=media)
        path = media.file.name or ""
        media.delete()
        if not Media.objects.filter(file=path).exists():
            default_storage.delete(path)


def remove_all(project: Project) -> None:
    """Delete the contents of a project's files once the transaction that deletes the project stands."""
    for path in set(project.media.values_list("file", flat=True)):
        transaction.on_commit(partial(default_storage.delete, path))


def item_with(media: Media) -> Item | None:
    """An item of the project that shows the file."""
    named = [{"file": media.name}]
    within = [{"media": named}]
    items = media.project.items.order_by()
    return (
        items.filter(completions__media__contains=named).first()
        or items.filter(messages__contains=within).first()
        or items.filter(contexts__contains=within).first()
    )


def media_named(project: Project, names: Iterable[str]) -> dict[str, Media]:
    """The project's files by name, those that are there; no query for no names."""
    wanted = set(names)
    if not wanted:
        return {}
    return {row.name: row for row in project.media.filter(name__in=wanted)}


def names_in(*parts: Sequence[Mapping[str, Any]]) -> list[str]:
    """The files that turns, passages or completions name."""
    return [one["file"] for part in parts for holder in part for one in holder.get("media") or ()]


def _checked_name(name: str) -> str:
    if not name or len(name) > LONGEST_NAME or _ODD.search(name):
        raise RefusedMedia(
            f"{name[:60]!r} cannot be the name of a file; use letters, digits and single slashes, "
            f"at most {LONGEST_NAME} characters."
        )
    return str(PurePosixPath(name))


def _measured(name: str, file: IO[bytes]) -> tuple[int, str]:
    """Size in bytes and SHA-256 (hex). Raises ``RefusedMedia`` for what is empty or too large."""
    most, size, digest = settings.LARGEST_MEDIA, 0, hashlib.sha256()
    file.seek(0)
    while part := file.read(1 << 20):
        size += len(part)
        if size > most:
            raise RefusedMedia(
                f"{name!r} is larger than {most // 2**20} MiB; make it smaller, or raise "
                "ANNOTATE_LARGEST_FILE_MIB."
            )
        digest.update(part)
    if not size:
        raise RefusedMedia(f"{name!r} is empty; send the file itself.")
    return size, digest.hexdigest()


def _same(present: Media, digest: str) -> Media:
    if present.digest != digest:
        raise RefusedMedia(
            f"{present.name!r} is there already with another content; give the new file another name."
        )
    return present


def _stored(project: Project, digest: str, file: IO[bytes]) -> str:
    """The path of the content in storage, where it is put unless it is there."""
    twin = project.media.filter(digest=digest).first()
    if twin is not None:
        return twin.file.name or ""
    file.seek(0)
    return default_storage.save(f"media/{project.pk}/{digest[:2]}/{digest}", File(file))
