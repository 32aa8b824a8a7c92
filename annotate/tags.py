"""Tags: short words on items, members and groups; and queues, which are named by tags."""

import re
from collections.abc import Collection, Iterable

JOINT = "+"
LONGEST_TAG, LONGEST_QUEUE = 40, 100
MOST_TAGS = 50
_TAG = re.compile(r"[^\W_][\w.-]*")


class BadTag(ValueError):
    """No such tag can be; the message gives the fault and the remedy."""


def read_tag(text: str) -> str:
    """``text`` as tags are kept: small letters, a hyphen for spaces. Raises ``BadTag``."""
    tag = "-".join(text.casefold().split())
    if not _TAG.fullmatch(tag):
        raise BadTag(
            f"{text!r} is no tag; write letters, digits, hyphens or dots, a letter or digit first."
        )
    if len(tag) > LONGEST_TAG:
        raise BadTag(f"The tag {tag[:20]}… has {len(tag)} characters; use {LONGEST_TAG} at most.")
    return tag


def read_tags(texts: str | Iterable[str]) -> list[str]:
    """Tags out of a list, or of a text with commas; sorted, each once. Raises ``BadTag``."""
    parts = texts.split(",") if isinstance(texts, str) else texts
    tags = sorted({read_tag(part) for part in parts if part.strip()})
    if len(tags) > MOST_TAGS:
        raise BadTag(f"{len(tags)} tags are too many; use {MOST_TAGS} at most.")
    return tags


def queue_of(tags: Iterable[str]) -> str:
    """The queue of items that ask for all of ``tags``. Raises ``BadTag`` when its name is too long."""
    queue = JOINT.join(sorted(set(tags)))
    if len(queue) > LONGEST_QUEUE:
        raise BadTag(
            f"The tags {queue[:40]}… come to {len(queue)} characters; "
            f"an item may ask for {LONGEST_QUEUE} at most."
        )
    return queue


def tags_of(queue: str) -> list[str]:
    return queue.split(JOINT) if queue else []


def queues_for(tags: Collection[str], queues: Iterable[str]) -> list[str]:
    """Those of ``queues`` that somebody with ``tags`` may draw from; "" is one for everybody."""
    return sorted({"", *(queue for queue in queues if set(tags_of(queue)) <= set(tags))})
