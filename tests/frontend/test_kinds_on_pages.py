"""Every page of a project has something to say of rankings, choices and criteria."""

import pytest

from annotate.aggregation.comparing import compare
from annotate.agreement import compute_agreement
from annotate.quality.report import refresh
from tests.annotate.test_aggregation_fits import bring_up_to_date
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.frontend.roles import ADMIN, sign_in

pytestmark = pytest.mark.django_db
OPTIONS = [{"value": value, "label": value.title()} for value in ("facts", "tone", "length")]
FORM = [
    {"kind": "ranking", "name": "order", "title": "In which order?", "criterion": "As a nurse"},
    {
        "kind": "choice",
        "name": "problems",
        "title": "What is wrong?",
        "options": OPTIONS,
        "several": True,
        "each": True,
        "none": "Nothing",
    },
    {"kind": "choice", "name": "use", "title": "Use it?", "options": OPTIONS},
]
TEXTS = ("One.", "Two.", "Three.")


@pytest.fixture
def project(client):
    project = make_project(slug="ranked", questions=FORM)
    people = [make_annotator(project) for _ in range(3)]
    judge = make_annotator(project, kind="llm")
    for number in range(12):
        item = make_item(project, completions=TEXTS)
        for place, person in enumerate([*people, judge]):
            odd = place == 2 and number % 3 == 0
            answers = {
                "order": {"ranks": [3, 1, 2] if odd else [1, 2, 2]},
                "problems": {"each": [[], ["facts"] if odd else ["facts", "tone"], ["length"]]},
                "use": {"chosen": ["tone" if odd else "facts"]},
            }
            make_annotation(item, person, answers=answers)
    bring_up_to_date(project)
    refresh(project)
    compare(project)
    compute_agreement(project)
    sign_in(client, project, ADMIN)
    return project


def text(client, path):
    response = client.get(f"/projects/ranked/{path}")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "items/",
        "people/",
        "agreement/",
        *(f"agreement/?question={name}" for name in ("order", "problems", "use")),
        *(f"aggregation/?question={name}" for name in ("order", "problems", "use")),
        "form/",
        "reward-models/",
        "routing/",
        "judges/new/",
        "export/",
        "suggestions/",
        "reviews/",
        "reviews/figures/",
    ],
)
def test_a_page_shows(client, project, path):
    assert text(client, path)


def test_an_item_tells_each_answer_and_what_they_come_to(client, project):
    item = project.items.first()
    page = text(client, f"items/{item.pk}/")
    assert "C = B" not in page
    assert "A &gt; B = C" in page
    assert "mean rank A 1.7, B 2.0, C 2.3" in page
    assert "A: Nothing; B: Facts, Tone; C: Length" in page
    assert "Facts 2 of 3, Tone 1 of 3" in page


def test_agreement_names_the_distance_and_aggregation_the_classes(client, project):
    assert "distance" in text(client, "agreement/?question=order")
    page = text(client, "aggregation/?question=use")
    assert "where “Facts” is right" in page or "where “Tone” is right" in page
    ranked = text(client, "aggregation/?question=order")
    assert "Plackett-Luce" in ranked
    assert "items and completions" in ranked


def test_a_reviewer_sees_every_label_and_decides(client, project):
    item = project.items.first()
    page = text(client, f"reviews/items/{item.pk}/")
    assert "A &gt; B = C" in page
    assert "questions/ranking.js" in page, "or a reviewer could not rank by hand"
    assert "As a nurse" in page


def test_every_person_s_page_shows(client, project):
    from annotate.models import Annotator

    for annotator in Annotator.objects.filter(annotations__project=project).distinct():
        assert client.get(f"/projects/ranked/people/{annotator.pk}/").status_code == 200
