"""The page that says how much suggestions move answers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.models import Annotation, Project
from tests.factories import make_annotator, make_item, make_project
from tests.frontend.roles import ADMIN, RESEARCHER, sign_in, statuses

pytestmark = pytest.mark.django_db
PAGE = "/projects/pairs/suggestions/"


@pytest.fixture
def project():
    return make_project(slug="pairs", name="Pairs")


def side(value):
    return {"overall": {"value": value, "both_bad": False}}


def label(item, annotator, value, *, arm, informed=False, **fields):
    shown = {"before": "before", "none": "none", "after": "after"}[arm]
    recorded = {
        "arm": arm,
        "shown": shown,
        "informed": informed,
        "from": "judges",
        "answers": side(1),
    }
    return Annotation.objects.create(
        project=item.project,
        item=item,
        annotator=annotator,
        answers=side(value),
        form=item.project.form,
        suggestions=recorded,
        active_seconds=10.0,
        **fields,
    )


def with_both_arms(project, items):
    annotators = [make_annotator(project) for _ in range(4)]
    for n in range(items):
        item = make_item(project)
        for place, annotator in enumerate(annotators):
            seen = (n + place) % 2 == 0
            label(item, annotator, 1 if seen else -1, arm="before" if seen else "none")


def test_to_annotators_and_strangers_it_does_not_exist(client, project):
    assert statuses(client, project, "get", PAGE) == [302, 404, 404, 200, 200]


def test_without_labels_it_says_what_would_come_here(client, project):
    sign_in(client, project, ADMIN)
    text = client.get(PAGE).text
    assert "for a random share of the items" in text
    assert "/projects/pairs/settings/#suggestions" in text
    Project.objects.update(suggestions="arm")
    assert "Figures come with the first labels" in client.get(PAGE).text


def test_the_difference_stands_with_its_interval_and_leads_to_the_rows(client, project):
    sign_in(client, project, RESEARCHER)
    with_both_arms(project, 6)
    text = client.get(PAGE).text
    assert "<b>+100.0</b> points" in text
    assert "interval +100.0 to +100.0" in text
    assert "Suggestions pull answers towards themselves" in text
    assert "Fewer than ten annotators" in text
    assert "<strong>1.00</strong> times as long" in text
    for name, many in (("seen", 6), ("held", 6)):
        assert f'items/?suggested={name}">12</a>' in text
        listed = client.get(f"/projects/pairs/items/?suggested={name}").context["rows"]
        assert len(listed) == many


def test_every_figure_of_the_chart_stands_in_the_table(client, project):
    sign_in(client, project, RESEARCHER)
    with_both_arms(project, 4)
    page = client.get(PAGE)
    [effect] = page.context["effects"]
    assert effect.chart.count("<circle") == len(effect.arms) == 1
    assert page.text.count("+100.0 (+100.0 to +100.0)") == 1


def test_changed_answers_are_counted_and_lead_to_their_items(client, project):
    sign_in(client, project, RESEARCHER)
    annotator, item = make_annotator(project), make_item(project)
    first = label(item, annotator, -1, arm="after")
    label(item, annotator, 1, arm="after", informed=True, supersedes=first, key="2")
    label(make_item(project), annotator, 1, arm="after")
    text = client.get(PAGE).text
    assert "<b>1</b> of 2 answers were changed" in text
    listed = client.get("/projects/pairs/items/?suggested=changed").context["rows"]
    assert [row["item"] for row in listed] == [item]


def test_it_takes_as_many_queries_for_many_labels_as_for_few_and_is_kept(client, project):
    sign_in(client, project, RESEARCHER)
    made, kept = [], []
    for items in (1, 5, 20):
        with_both_arms(project, items)
        for counts in (made, kept):
            with CaptureQueriesContext(connection) as queries:
                client.get(PAGE)
            counts.append(len(queries))
    assert made[1] == made[2]
    assert kept[1] == kept[2] == 8  # the last label, what was made of all, and marks


# --------------------------------------------------------------------------- marks, by question


def offered(item, annotator, *, shown="before", kept=(), changed=(), deleted=(), added=0, **more):
    one = {"shown": shown, "informed": shown == "before", "by": "mini v1", "answer": {}} | more
    if shown == "before":
        numbers = {"kept": list(kept), "changed": list(changed), "deleted": list(deleted)}
        one |= {**numbers, "added": added}
    return Annotation.objects.create(
        project=item.project,
        item=item,
        annotator=annotator,
        answers=side(1),
        form=item.project.form,
        suggestions={"questions": {"overall": one}},
    )


def test_what_became_of_marks_that_were_filled_in_is_counted(client, project):
    item, other = make_item(project), make_item(project)
    offered(item, make_annotator(project), kept=[0, 2], changed=[1], deleted=[3], added=2)
    offered(other, make_annotator(project), kept=[0, 1, 2, 3])
    sign_in(client, project, ADMIN)
    text = client.get(PAGE).text
    assert "<b>75.0" in text
    assert "Of 8 marks of mini v1: kept 6, changed 1, deleted 1" in text
    assert "Nothing to compare yet" not in text
    listed = client.get("/projects/pairs/items/?suggested=filled").text
    assert item.key in listed
    assert other.key in listed


def test_marks_shown_afterwards_are_counted_with_the_answers_changed_then(client, project):
    item, annotator = make_item(project), make_annotator(project)
    first = offered(item, annotator, shown="after")
    again = offered(make_item(project), annotator, shown="after", informed=True)
    sign_in(client, project, ADMIN)
    text = client.get(PAGE).text
    assert "Marks shown after the own answer" in text
    assert '<td class="number">1</td>' in text
    listed = client.get("/projects/pairs/items/?suggested=offered").text
    assert first.item.key in listed
    assert again.item.key in listed
    assert "filled in beforehand" not in text


def test_the_history_of_an_item_says_what_became_of_marks(client, project):
    item = make_item(project)
    offered(item, make_annotator(project), kept=[0], deleted=[1, 2])
    sign_in(client, project, ADMIN)
    text = client.get(f"/projects/pairs/items/{item.pk}/").text
    assert "of the marks of mini v1, filled in beforehand, kept 1, changed 0 and deleted 2" in text
