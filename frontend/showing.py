"""An assignment as the workspace shows it, and what comes back from its form."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.contrib.staticfiles import finders
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString

from annotate.assignment import Timing
from annotate.models import Assignment, Form, Project
from annotate.questions import Answers, Questions, Shown
from annotate.questions.base.text import RefusedText, check_text
from frontend import markdown, reading
from frontend.reading import ShownCompletion, Turn

if TYPE_CHECKING:
    from frontend.offers import Offer

LONGEST_DRAFT = 200_000  # characters in all fields together
MOST_FIELDS = 1_000
LONGEST_TOKEN = 500
CLOCKS_DIFFER = 60.0  # seconds by which a browser may have seen an item longer than we know


def turns(assignment: Assignment) -> list[Turn]:
    """The prompt's turns and passages, in the order of reading."""
    marked = _is_marked(assignment)
    return reading.prompt(assignment.item, project=_project(assignment), marked=marked)


def completions(assignment: Assignment) -> list[ShownCompletion]:
    """In the order drawn for this assignment; who wrote them is not told."""
    item = assignment.item
    rows = list(item.completions.order_by("position").values_list("text", "media"))
    project, marked = _project(assignment), _is_marked(assignment)
    return reading.completions(item, rows, assignment.order, project=project, marked=marked)


def _is_marked(assignment: Assignment) -> bool:
    """Whether parts of its texts may be marked."""
    return assignment.form_id is not None and form_of(assignment.form_id).parsed.needs_texts


def _project(assignment: Assignment) -> Project | None:
    """None for an example that is in no project."""
    return assignment.project if assignment.project_id else None


@lru_cache(maxsize=256)
def form_of(pk: int) -> Form:
    """A form never changes, so each process reads it once."""
    return Form.objects.get(pk=pk)


def questions(
    assignment: Assignment,
    filled: Answers,
    faults: Mapping[str, str],
    offered: Mapping[str, "Offer"] = MappingProxyType({}),
) -> Sequence[SafeString]:
    """The form's questions as HTML, with what is filled in (in the item's own order).

    ``offered`` is what others answered of it, by question.
    """
    form = form_of(assignment.form_id).parsed
    if not filled and not faults and not form.needs_texts:
        return _blank(assignment.form_id, tuple(assignment.order))
    texts = assignment.item.texts_for(form, assignment.order)
    return [
        question.html(
            Shown(
                order=assignment.order,
                answer=filled.get(question.name),
                error=faults.get(question.name, ""),
                texts=texts,
                render=markdown.render,
                **_suggested(offered.get(question.name)),
            )
        )
        for question in form
    ]


def _suggested(offer: "Offer | None") -> dict[str, Any]:
    return {} if offer is None else {"suggested": offer.answer, "suggested_by": offer.by}


@lru_cache(maxsize=1024)
def _blank(form: int, order: tuple[int, ...]) -> Sequence[SafeString]:
    """What most items start with; there are as many as forms have orders of completions."""
    return [question.html(Shown(order=order)) for question in form_of(form).parsed]


# ------------------------------------------------------------------------------- what is filled in


def filled_in(assignment: Assignment, data: Mapping[str, Any]) -> Answers:
    """What form fields hold, complete or not, to be shown again."""
    held = (
        (question.name, question.held(data, assignment.order))
        for question in form_of(assignment.form_id).parsed
    )
    return {name: answer for name, answer in held if answer is not None}


def begun(assignment: Assignment) -> Answers:
    """What was filled in before: a draft of this turn, else the answers that were undone."""
    draft = assignment.draft
    if draft and draft.get("key") == assignment.key:
        return filled_in(assignment, draft.get("fields", {}))
    if not assignment.undos:
        return {}
    annotation = assignment.annotations.current().first()
    return annotation.answers if annotation else {}


def drafted_at(assignment: Assignment) -> int:
    """When the browser wrote the stored draft, in its own milliseconds; 0 without one."""
    draft = assignment.draft
    return int(draft.get("at", 0)) if draft and draft.get("key") == assignment.key else 0


def read_draft(data: Mapping[str, str]) -> dict[str, Any]:
    """A draft out of a posted form; what cannot be stored is left out."""
    fields, size = {}, 0
    for name, value in islice(data.items(), MOST_FIELDS):
        size += len(name) + len(value)
        if name.startswith("answer-") and size <= LONGEST_DRAFT and _storable(name + value):
            fields[name] = value
    at = data.get("at", "")
    offered = data.get("offered", "")
    return {
        "key": data.get("key", "")[:40],
        "at": int(at) if at.isdecimal() and len(at) <= 15 else 0,
        "fields": fields,
        # Which judges' marks were filled in, signed.
        **({"offered": offered} if 0 < len(offered) <= LONGEST_TOKEN else {}),
    }


def _storable(text: str) -> bool:
    try:
        check_text(text)
    except RefusedText:
        return False
    return True


def read_answers(assignment: Assignment, data: Mapping[str, Any]) -> Answers:
    """Complete answers in the item's own order. Raises ``IncompleteAnswers``."""
    form, size = form_of(assignment.form_id).parsed, len(assignment.order)
    raw = form.read(data, completions=size)
    texts = assignment.item.texts_for(form, assignment.order) if form.needs_texts else None
    answers = form.parse(raw, completions=size, complete=True, texts=texts)
    return form.permute(answers, assignment.order)


def read_timing(assignment: Assignment, data: Mapping[str, str]) -> Timing:
    """Seconds as the browser measured them; none where they cannot be true."""
    open_for = (timezone.now() - assignment.opened_at).total_seconds() + CLOCKS_DIFFER
    active, focused, wall = (
        _seconds(data.get(f"{name}_seconds", "")) for name in ("active", "focused", "wall")
    )
    if active is None or focused is None or wall is None:
        return Timing()
    if not active <= focused <= wall <= open_for:
        return Timing()
    return Timing(active=active, focused=focused, wall=wall)


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return round(seconds, 1) if math.isfinite(seconds) and seconds >= 0 else None


# ------------------------------------------------------------------------------- styles and scripts


@dataclass(frozen=True)
class Assets:
    """``keys`` are templates with rows for the list of keys."""

    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    keys: tuple[str, ...] = ()


def assets(form: Questions) -> Assets:
    """Static files of the form's question kinds, and of what all kinds build on."""
    names = ["base", *dict.fromkeys(question.kind for question in form)]
    return Assets(
        styles=styles_of(names),
        scripts=tuple(path for name in names if _exists(path := f"questions/{name}.js")),
        keys=tuple(path for name in names if _is_template(path := f"questions/{name}_keys.html")),
    )


def styles_of(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the named kinds that have any; "base" is what all kinds build on."""
    return tuple(path for name in names if _exists(path := f"questions/{name}.css"))


@cache
def _exists(path: str) -> bool:
    return finders.find(path) is not None


@cache
def _is_template(path: str) -> bool:
    try:
        get_template(path)
    except TemplateDoesNotExist:
        return False
    return True
