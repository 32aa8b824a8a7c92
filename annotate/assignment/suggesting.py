"""Who is shown what a judge or the reward model would answer, and when: drawn as items are claimed.

The draw is a hash of item and annotator, so that it can be checked afterwards and comes out the same
when a lease ran out and the item is claimed again. The evaluation share is left alone, since every
comparison is made there, and so is gold, which measures what people know by themselves.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from annotate.models import Assignment, Project
from annotate.models.projects import Suggest
from annotate.questions import Answer, Answers
from annotate.questions.base.filled_in import became

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


def seen_by_now(recorded: Any, answers: Answers | None = None) -> Any:
    """What is recorded of suggestions, for an answer that takes the place of the one they came up after.

    ``answers`` are those that it is for now, where what was filled in is to be held against them.
    """
    if not recorded:
        return recorded
    found = {**recorded, "informed": True} if recorded.get("shown") == "after" else recorded
    if "questions" not in recorded:
        return found
    by_question = {
        name: {**one, "informed": True}
        if one["shown"] == "after" or answers is None
        else became_of(one, answers.get(name))
        for name, one in recorded["questions"].items()
    }
    return {**found, "questions": by_question}


def became_of(seen: Mapping[str, Any], answer: Answer | None) -> dict[str, Any]:
    """What is recorded of parts that were filled in, with what ``answer`` made of them."""
    return {**seen, **became(seen["answer"], answer)}
