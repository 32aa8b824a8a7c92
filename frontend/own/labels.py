"""An annotator's own labels in a project, the newest first, with what was shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.text import Truncator

from annotate.models import Annotation, Membership
from annotate.questions import Answers, Questions
from frontend.items.history import answers_in_words
from frontend.paging import Page, keyset

EXCERPT = 140  # characters of a prompt
SIZE = 30  # labels a page


class DayForm(forms.Form):
    day = forms.DateField(
        required=False,
        label="Day (UTC)",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@dataclass(frozen=True)
class OwnLabel:
    """A label as its annotator knows it: completions by the letters that were shown."""

    annotation: Annotation
    prompt: str
    answers: Sequence[tuple[str, str]]
    corrected: bool


def labels_of(membership: Membership) -> QuerySet[Annotation]:
    """Those that stand: given here as work, and taken the place of by none; gold that was planted is among them."""
    own = Annotation.objects.filter(annotator=membership.user.annotator_or_new)
    rows = own.filter(project=membership.project_id, assignment__isnull=False)
    labels: QuerySet[Annotation] = rows.handed_out().current()
    return labels.prefetch_related("item", "form")  # of a page; joined they would all be sorted


def page_of(membership: Membership, query: QueryDict, day: date | None) -> Page[Annotation]:
    rows = labels_of(membership)
    if day is not None:
        start = datetime.combine(day, time.min, tzinfo=UTC)
        rows = rows.filter(created_at__gte=start, created_at__lt=start + timedelta(days=1))
    return keyset(rows, query, newest_first=True, size=SIZE)


def in_words(annotation: Annotation) -> OwnLabel:
    return OwnLabel(
        annotation=annotation,
        prompt=excerpt(annotation),
        answers=answers_in_words(
            annotation.form.parsed, as_shown(annotation.form.parsed, annotation)
        ),
        corrected=annotation.supersedes_id is not None,
    )


def excerpt(annotation: Annotation) -> str:
    """The last thing that somebody asks for, on one line."""
    messages = annotation.item.messages
    text = messages[-1]["content"] if messages else ""
    return Truncator(" ".join(text.split())).chars(EXCERPT) or "An item without a prompt"


def as_shown(questions: Questions, annotation: Annotation) -> Answers:
    """Answers in the order in which the completions stood on the page."""
    order, answers = annotation.order, dict(annotation.answers)
    if order is None:
        return answers
    places = [order.index(position) for position in range(len(order))]
    return dict(questions.permute(answers, places))
