"""The page about aggregation: what is known of annotators, and methods to choose from."""

import pytest
from django.urls import reverse

from annotate.aggregation import aggregate_stale
from annotate.aggregation.comparing import compare, comparison
from annotate.aggregation.fitting import fit_project
from annotate.gold import set_gold
from annotate.jobs import run_job
from annotate.labels import add_label
from annotate.models import AggregationFit, Annotation, AuditEntry, Hint, Reliability
from frontend.quality.aggregation import in_words, share
from tests.factories import make_annotation, make_annotator, make_item, make_member, make_project
from tests.frontend.roles import ADMIN, HTMX, RESEARCHER, sign_in, statuses

RATED = [
    {"kind": "preference", "name": "overall", "title": "Which is better?", "points": 5},
    {"kind": "rating", "name": "quality", "title": "How good is it?", "minimum": 1, "maximum": 5},
]


@pytest.fixture
def project(db):
    return make_project()


def labelled(project, *, items=12, people=4, contrary=1):
    annotators = [make_annotator(project) for _ in range(people)]
    made = [make_item(project) for _ in range(items)]
    for number, item in enumerate(made):
        truth = 1 if number % 2 else -1
        for place, person in enumerate(annotators):
            make_annotation(item, person, value=-truth if place < contrary else truth)
    while aggregate_stale(project):
        pass
    return made, annotators


def page(client, project, query="", **headers):
    return client.get(reverse("aggregation", args=[project.slug]) + query, headers=headers)


def test_each_role_sees_what_is_theirs(client, project):
    url = reverse("aggregation", args=[project.slug])
    assert statuses(client, project, "get", url) == [302, 404, 403, 200, 200]
    compare_url = reverse("compare-methods", args=[project.slug])
    assert statuses(client, project, "post", compare_url) == [302, 404, 403, 302, 302]
    choose = reverse("choose-method", args=[project.slug])
    data = {"question": "overall", "method": "mace"}
    assert statuses(client, project, "post", choose, data) == [302, 404, 403, 403, 302]
    assert client.get(choose).status_code == 405


def test_before_labels_the_page_says_what_will_come(client, project):
    sign_in(client, project, RESEARCHER)
    found = page(client, project)
    assert b"Nothing is known yet" in found.content
    assert b"Dawid-Skene" in found.content
    assert b'type="radio"' not in found.content


def test_a_form_of_texts_alone_has_nothing_to_aggregate(client, db):
    project = make_project(questions=[{"kind": "text", "name": "why", "title": "Why?"}])
    sign_in(client, project, RESEARCHER)
    assert b"Nothing here is made into one label" in page(client, project).content


def test_annotators_stand_with_intervals_and_the_surely_unreliable_come_first(client, project):
    _, annotators = labelled(project)
    fit_project(project)
    sign_in(client, project, RESEARCHER)
    found = page(client, project)
    shown = found.context["annotators"]
    assert shown[0].name == str(annotators[0])
    assert shown[0].estimate.value < 0.2 < 0.8 < shown[-1].estimate.value
    assert shown[0].url.endswith(f"?annotator={annotators[0].pk}")
    assert b'<svg class="chart rows"' in found.content
    assert b"which is" not in found.content.split(b"<main")[0]


def test_users_are_numbers_and_not_names(client, project):
    member = make_member(project)
    person = member.user.annotator_or_new
    for item, _ in zip(*[iter([make_item(project) for _ in range(4)])] * 2, strict=True):
        make_annotation(item, person, value=1)
        make_annotation(item, make_annotator(project), value=1)
    while aggregate_stale(project):
        pass
    fit_project(project)
    sign_in(client, project, RESEARCHER)
    content = page(client, project).content.decode()
    assert f"person {person.pk}" in content
    assert member.user.username not in content


def test_annotators_come_in_pages(client, project):
    labelled(project, items=2, people=25, contrary=0)
    fit_project(project)
    sign_in(client, project, RESEARCHER)
    first = page(client, project)
    assert len(first.context["annotators"]) == 20
    later = page(client, project, first.context["found"].later, **HTMX)
    assert len(later.context["annotators"]) == 5
    assert b"<h1>" not in later.content


def test_the_number_of_queries_does_not_grow(client, project, django_assert_num_queries):
    labelled(project, items=3, people=19, contrary=0)
    fit_project(project)
    compare(project)
    sign_in(client, project, ADMIN)
    page(client, project)
    with django_assert_num_queries(10):
        page(client, project)


def test_methods_are_compared_on_request_by_a_job(client, project):
    items, _ = labelled(project)
    set_gold(items[0], {"overall": {"value": -1, "both_bad": False}})
    set_gold(items[1], {"overall": {"value": -1, "both_bad": False}})
    sign_in(client, project, RESEARCHER)
    client.post(reverse("compare-methods", args=[project.slug]), {"question": "overall"})
    assert b"being compared" in page(client, project).content
    run_job("compare-methods", project.pk)
    found = page(client, project)
    rows = {row.method.name: row for row in found.context["compared"].rows}
    assert (rows["majority"].changed, rows["majority"].decided) == (0, 0)
    assert (rows["majority"].right.value, rows["majority"].right.n) == (0.5, 2)
    assert rows["dawid_skene"].chosen
    assert rows["dawid_skene"].default
    assert b"Share right" in found.content
    assert comparison(project)["questions"]["overall"]["labels"] == 48


def test_reviews_count_as_known_and_later_labels_are_told(client, project):
    items, annotators = labelled(project)
    reviewer = make_annotator(project)
    answers = {"overall": {"value": 2, "both_bad": False}}
    add_label(items[1], reviewer, answers, form=project.form, purpose=Annotation.Purpose.REVIEW)
    compare(project)
    make_annotation(make_item(project), annotators[0], value=1)
    sign_in(client, project, RESEARCHER)
    found = page(client, project).context["compared"]
    assert {row.right.n for row in found.rows} == {1}
    assert all(row.right.value == 1 for row in found.rows if row.method.name == "majority")
    assert found.behind == 1


def test_ratings_are_compared_by_their_points(project):
    rated = make_project(questions=RATED)
    item = make_item(rated)
    for values in ([5, 1], [4, 1], [5, 2]):
        answers = {"quality": {"values": values}}
        make_annotation(item, make_annotator(rated), answers=answers)
    set_gold(item, {"quality": {"values": [5, 2]}})
    [mean, adjusted] = compare(rated)["questions"]["quality"]["methods"]
    assert (mean["method"], adjusted["method"]) == ("mean", "adjusted_mean")
    assert (mean["units"], mean["changed"], mean["known"], mean["right"]) == (2, 0, 2, 1)


def test_an_admin_chooses_a_method(client, project):
    labelled(project, items=2)
    sign_in(client, project, ADMIN)
    url = reverse("choose-method", args=[project.slug])
    answer = client.post(url, {"question": "overall", "method": "glad"}, follow=True)
    assert b"is aggregated by GLAD" in answer.content
    assert b"being fitted anew" in answer.content
    assert AuditEntry.objects.filter(action="aggregation.method").count() == 1
    run_job("fit-annotators", project.pk)
    assert AggregationFit.objects.get(source="people", current=True).method == "glad"
    assert b"being fitted anew" not in page(client, project).content


def test_a_method_that_does_not_fit_and_a_question_that_is_not_there_are_refused(client, project):
    sign_in(client, project, ADMIN)
    url = reverse("choose-method", args=[project.slug])
    answer = client.post(url, {"question": "overall", "method": "magic"}, follow=True)
    assert b"use one of dawid_skene" in answer.content
    assert client.post(url, {"question": "gone", "method": "mace"}).status_code == 404
    assert not Hint.objects.filter(kind="fit-annotators").exists()


def test_questions_and_sources_are_switched(client, db):
    project = make_project(questions=RATED)
    labelled(project, items=3)
    judge = make_annotator(project, kind="llm")
    item = make_item(project)
    make_annotation(item, judge, value=1)
    make_annotation(item, make_annotator(project), answers={"quality": {"values": [3, 4]}})
    while aggregate_stale(project):
        pass
    fit_project(project)
    sign_in(client, project, RESEARCHER)
    judges = page(client, project, "?source=judges")
    assert [one.name for one in judges.context["annotators"]] == [str(judge)]
    rated = page(client, project, "?question=quality")
    assert rated.context["method"].name == "mean"
    assert page(client, project, "?question=x&source=x").context["question"].name == "overall"


def test_nothing_of_another_project_shows(client, project):
    labelled(make_project())
    sign_in(client, project, RESEARCHER)
    found = page(client, project)
    assert found.context["fit"] is None
    assert Reliability.objects.count() == 0


def test_what_is_known_of_somebody_is_said_in_words():
    confusion = [[0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [0.0, 0.1, 0.9]]
    names = ["the first", "a tie", "the second"]
    assert (
        in_words({"confusion": confusion}, names) == "says the second in 50 % where a tie is right"
    )
    assert (
        in_words({"habit": [0.1, 0.3]}, ["the first", "the second"])
        == "falls back on the second in 75 %"
    )
    assert in_words({"agreement": 0.5}, names) == "agrees with 50 % of the others"
    assert in_words({"agreement": None}, names) == ""
    assert in_words({"ability": 1.5}, names) == "ability 1.50"
    scale = {"offset": -0.5, "slope": 1.2, "noise": 0.3}
    assert in_words(scale, names) == "offset -0.50, slope 1.20, noise 0.30"


def test_a_share_has_wilson_s_interval():
    found = share(8, 10)
    assert (found.value, found.n) == (0.8, 10)
    assert found.low == pytest.approx(0.4902, abs=1e-3)
    assert found.high == pytest.approx(0.9433, abs=1e-3)
    assert share(0, 0) is None
