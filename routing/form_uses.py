"""Judges that still answer with a form: scales do not change under them."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q

from annotate.form_versions import answers_with
from annotate.models import Project
from routing.models import Judge, JudgeCall


@answers_with
def judges_at_work(project: Project, forms: Collection[int]) -> list[str]:
    """In words; a judge that rests may still have a call in flight."""
    in_flight = JudgeCall.objects.filter(judge=OuterRef("pk"), state=JudgeCall.State.RESERVED)
    judges = Judge.objects.filter(Q(active=True) | Exists(in_flight), project=project)
    named = judges.filter(form__in=forms).order_by("name", "version")
    return [f"judge {judge} at work" for judge in named]
