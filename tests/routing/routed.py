"""Items on their way through routing, with what a judge has said of them."""

from annotate.models import Form, Item
from routing.models import Judge, JudgeCall, RoutingDecision
from routing.routing import due_projects
from tests.factories import make_annotation, make_annotator, make_item


def make_judge(project, name="judge"):
    return Judge.objects.create(
        project=project,
        annotator=make_annotator(project, kind="llm", name=name),
        name=name,
        kind="openai",
        form=Form.objects.get(project=project),
    )


def make_items(project, count, **fields):
    return [make_item(project, **fields) for _ in range(count)]


def ask(judge, item, *, state, order=0, **fields):
    """One of the judge's calls as it came back."""
    fields |= {"state": state, "shown_order": [1, 0] if order else [0, 1]}
    JudgeCall.objects.update_or_create(judge=judge, item=item, order=order, defaults=fields)


def answer(judge, item, *, confidence, value=1):
    """A finished verdict in both orders."""
    for order in (0, 1):
        ask(
            judge,
            item,
            state="answered",
            order=order,
            confidence=confidence,
            verdict={"overall": {"value": -value if order else value, "both_bad": False}},
        )
    make_annotation(item, judge.annotator, value=value)


def routes(items):
    """Route and what is waited for, item by item."""
    rows = {
        pk: (route, waits)
        for pk, route, waits in Item.objects.values_list("pk", "route", "waits_for")
    }
    return [rows[item.pk] for item in items]


def reasons(items):
    rows = RoutingDecision.objects.current().values_list("item_id", "reason")
    return [dict(rows).get(item.pk) for item in items]


def due(project):
    return project.pk in set(due_projects())
