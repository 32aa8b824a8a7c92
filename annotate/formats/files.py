"""Files that turns, passages and completions show: ``media``, a list of ``{"file", "alt"}``."""

from collections.abc import Mapping
from typing import Any

from annotate.formats.base import BadLine, Json, brief, list_of, object_of, only, text_of

MEDIA = frozenset({"file", "alt"})
MOST = 20  # files of one turn, passage or completion
LONGEST_NAME = 300
LONGEST_ALT = 2_000


def media_of(record: Mapping[str, Any], what: str) -> list[Json]:
    """The files of a turn, passage or completion, in order. Raises ``BadLine``."""
    if not record.get("media"):
        return []
    try:
        media = list_of(record, "media")
        if len(media) > MOST:
            raise BadLine(f"'media' has {len(media)} files; show {MOST} at most")
        return [_file(one, f"file {number}") for number, one in enumerate(media, start=1)]
    except BadLine as fault:
        raise BadLine(f"{what}: {fault}") from fault


def _file(value: object, what: str) -> Json:
    record = object_of(value, what)
    only(record, MEDIA, what, "use 'file' and 'alt'")
    name = text_of(record, "file", longest=LONGEST_NAME)
    if not name:
        raise BadLine(f"{what} has the name {brief(name)}; name a file of the project")
    alt = text_of(record, "alt", default="", longest=LONGEST_ALT)
    return {"file": name, "alt": alt} if alt else {"file": name}
