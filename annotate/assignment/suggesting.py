"""Who is shown what a judge or the reward model would answer, and when: drawn as items are claimed.

The draw is a hash of item and annotator, so that it can be checked afterwards and comes out the same
when a lease ran out and the item is claimed again. The evaluation share is left alone, since every
comparison is made there, and so is gold, which measures what people know by themselves.
"""

import hashlib
from typing import Any

from annotate.models import Assignment, Project
from annotate.models.projects import Suggest

When = Assignment.Suggest


def drawn_suggestion(project: Project, item: int, annotator: int) -> str:
    """What a new assignment of work is drawn to, for an item and an annotator by id.

    What is to be left alone is looked for as the row is written.
    """
    if project.suggestions == Suggest.OFF:
        return When.NOTHING
    if project.suggestions == Suggest.AFTER:
        return When.AFTER
    return When.BEFORE if draw(item, annotator) < project.suggestions_share else When.WITHOUT


def draw(item: int, annotator: int) -> float:
    """A number in [0, 1) that stays the same for an item (by id) and an annotator (by id)."""
    digest = hashlib.sha256(f"suggestion:{item}:{annotator}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def seen_by_now(recorded: Any) -> Any:
    """What is recorded of a suggestion, for an answer that takes the place of the one it came up after."""
    if recorded and recorded.get("shown") == "after":
        return {**recorded, "informed": True}
    return recorded
