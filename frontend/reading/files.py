"""Files as a page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from mimetypes import guess_extension

from django.urls import reverse

from annotate.media import KINDS
from annotate.models import Media, Project


@dataclass(frozen=True)
class ShownFile:
    """``kind`` is image, audio or video; empty for a file that is not there."""

    kind: str = ""
    url: str = ""
    width: int | None = None
    height: int | None = None
    alt: str = ""

    def with_words(self, alt: str) -> "ShownFile":
        return replace(self, alt=alt) if alt else self


def shown_files(project: Project, rows: Mapping[str, Media]) -> dict[str, ShownFile]:
    return {
        name: ShownFile(kind_of(row), address(row, project.slug), row.width, row.height)
        for name, row in rows.items()
    }


def kind_of(media: Media) -> str:
    return KINDS[media.content_type]


def address(media: Media, slug: str) -> str:
    """Without the file's own name, which may tell annotators who wrote what."""
    ending = _ENDINGS.get(media.content_type) or guess_extension(media.content_type) or ""
    return reverse("file", args=[slug, media.pk, f"{kind_of(media)}{ending}"])


# Where the system's table has another one, or none.
_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/mp4": ".m4a",
    "video/webm": ".webm",
}
