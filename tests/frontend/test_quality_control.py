"""What researchers and admins see and do about tests, planted gold and limits."""

import pytest

from annotate.audit import acting
from annotate.gold_checks import ACTOR
from annotate.members import pause
from annotate.models import Assignment, AuditEntry, Gold, Membership, Project
from annotate.onboarding import answer_test, begin_test
from frontend.overview.gold import attention_to_gold
from tests.annotate.golden import WRONG, make_gold
from tests.factories import make_assignment, make_item, make_member, make_project
from tests.frontend.roles import ADMIN, ANNOTATOR, RESEARCHER, sign_in, statuses

pytestmark = pytest.mark.django_db
SETTINGS = "/projects/pairs/settings/"


@pytest.fixture
def project():
    project = make_project(
        slug="pairs", qualification_pass=0.5, qualification_size=1, qualification_tries=1
    )
    make_gold(project, Gold.Use.QUALIFICATION)
    return project


@pytest.fixture
def failed(project):
    """An annotator without a try left."""
    member = make_member(project)
    [assignment] = begin_test(member).open
    answer_test(member, assignment, WRONG, key=assignment.key)
    member.refresh_from_db()
    return member


def change(member):
    return f"/projects/pairs/people/member/{member.pk}/change/"


def page_of(member):
    return f"/projects/pairs/people/{member.user.annotator.pk}/"


# ------------------------------------------------------------------------------------------- people


@pytest.mark.parametrize("act", ["try", "qualify", "reinstate"])
def test_researchers_may_let_annotators_go_on(client, project, failed, act):
    assert statuses(client, project, "post", change(failed), {"do": act}) == [
        *(302, 404, 403),
        *(303, 303),
    ]


@pytest.mark.parametrize("act", ["set", "pause", "remove"])
def test_what_else_is_changed_of_members_is_for_admins(client, project, failed, act):
    found = statuses(client, project, "post", change(failed), {"do": act, "reason": "x"})
    assert found[:4] == [302, 404, 403, 403]


def test_researchers_change_nothing_of_those_who_steer(client, project):
    admin = make_member(project, role=ADMIN)
    pause(admin, "Away.")
    sign_in(client, project, RESEARCHER)
    assert client.post(change(admin), {"do": "reinstate"}).status_code == 403
    admin.refresh_from_db()
    assert admin.paused_at


def test_a_persons_page_says_how_the_test_went_and_gives_another_try(client, project, failed):
    sign_in(client, project, RESEARCHER)
    page = client.get(page_of(failed)).text
    assert "not passed: 0" in page
    assert "Give one more try" in page
    assert failed.user.username not in page
    told = client.post(change(failed), {"do": "try"}, follow=True).text
    assert "can take the test once more" in told
    assert failed.user.username not in told
    begin_test(failed)
    assert "under way: 0 of 1 answered" in client.get(page_of(failed)).text
    client.post(change(failed), {"do": "qualify"})
    assert "qualified" in client.get(page_of(failed)).text
    entry = AuditEntry.objects.get(action="member.qualify")
    assert entry.target_id == failed.pk


def test_researchers_let_those_go_on_whom_gold_has_paused(client, project, failed):
    with acting(ACTOR):
        pause(failed, "Too few right.")
    sign_in(client, project, RESEARCHER)
    page = client.get(page_of(failed)).text
    assert "Too few right." in page
    assert "go on</button>" in page
    client.post(change(failed), {"do": "reinstate"})
    failed.refresh_from_db()
    assert failed.paused_at is None


def test_admins_set_how_many_labels_one_person_may_give(client, project, failed):
    sign_in(client, project, ADMIN)
    data = {"do": "set", "member-role": ANNOTATOR, "member-tags": "", "member-most": "7"}
    client.post(change(failed), data)
    failed.refresh_from_db()
    assert failed.most_labels == 7
    assert client.post(change(failed), data | {"member-most": "0"}).status_code == 422
    assert AuditEntry.objects.get(action="member.most").details["after"] == 7


def test_those_who_have_not_passed_can_be_listed(client, project, failed):
    passed = make_member(project)
    Membership.objects.filter(pk=passed.pk).update(qualified_at="2026-01-01T00:00Z")
    sign_in(client, project, ADMIN)
    page = client.get("/projects/pairs/people/?state=untested").text
    assert failed.user.username in page
    assert passed.user.username not in page


# -------------------------------------------------------------------------------------- what is amiss


def words(project):
    project = Project.objects.get(pk=project.pk)
    return [one.words for one in attention_to_gold(project)]


def test_nothing_is_looked_up_where_nothing_is_switched_on(django_assert_num_queries):
    project = make_project()
    with django_assert_num_queries(0):
        assert list(attention_to_gold(project)) == []


def test_a_test_without_items_or_with_too_few_is_named(project):
    assert words(project) == []
    Project.objects.update(qualification_size=3)
    assert words(project) == ["The qualification test asks 3 items, and 1 are there"]
    Gold.objects.all().delete()
    assert words(project) == ["The qualification test has no items: nobody new can work"]


def test_people_without_a_try_left_are_named(project, failed):
    assert words(project) == ["1 person has no try of the test left"]


def test_gold_that_is_missing_or_used_up_is_named(project):
    Project.objects.update(qualification_pass=None, gold_every=5)
    assert words(project) == ["Gold is to be planted, and there is none"]
    gold = make_gold(project)
    assert words(project) == []
    member = make_member(project)
    make_item(project)
    Assignment.objects.create(
        project=project,
        item=gold,
        annotator=member.user.annotator_or_new,
        state="submitted",
        purpose="planted",
        order=[0, 1],
        form=project.form,
        expires_at="2026-01-01T00:00Z",
        closed_at=member.created_at,
    )
    assert words(project) == ["Planted gold has run out for 1 person at work"]
    make_gold(project)
    assert words(project) == []


def test_those_whom_gold_has_paused_are_named_until_they_go_on(project):
    Project.objects.update(qualification_pass=None, gold_every=5)
    make_gold(project)
    member, by_hand = make_member(project), make_member(project)
    with acting(ACTOR):
        pause(member, "Too few right.")
    pause(by_hand, "Please call.")
    assert words(project) == ["Planted gold has paused 1 person"]
    pause(member, "Looked at it.")  # now somebody's own decision
    assert words(project) == []


# ----------------------------------------------------------------------------------------- settings


def shown(client):
    form = client.get(SETTINGS).context["form"]
    data = {}
    for name in form.fields:
        value = form[name].value()
        if value is not None and value is not False:
            data[name] = data[form[name].html_initial_name] = value
    return data


def test_settings_are_saved_in_shares_and_left_empty_for_none(client, project):
    sign_in(client, project, ADMIN)
    data = shown(client) | {"gold_every": "8", "gold_pass": "70", "most_labels_each": "500"}
    data |= {"qualification_pass": "", "open_to_all": "on", "dispute_overlap": "4"}
    response = client.post(SETTINGS, data)
    assert response.status_code == 302, response.context["form"].errors
    project.refresh_from_db()
    assert (project.gold_every, project.gold_pass, project.most_labels_each) == (8, 0.7, 500)
    assert (project.qualification_pass, project.open_to_all, project.dispute_overlap) == (
        *(None, True),
        4,
    )
    data = shown(client)
    data.pop("open_to_all")
    client.post(SETTINGS, data)
    project.refresh_from_db()
    assert not project.open_to_all
    assert project.gold_every == 8


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gold_every", "1"),
        ("gold_pass", "101"),
        ("gold_window", "0"),
        ("gold_window", ""),
        ("qualification_pass", "-1"),
        ("qualification_pass", "nan"),
        ("qualification_size", "0"),
        ("qualification_tries", "0"),
        ("most_labels_each", "0"),
        ("dispute_overlap", "1"),
    ],
)
def test_numbers_out_of_range_are_refused_by_field(client, project, name, value):
    sign_in(client, project, ADMIN)
    response = client.post(SETTINGS, shown(client) | {name: value})
    assert response.status_code == 422
    assert name in response.context["form"].errors


def test_the_page_warns_where_gold_is_missing_for_what_is_switched_on(client, project):
    sign_in(client, project, ADMIN)
    assert "1 item</a> is marked" in client.get(SETTINGS).text
    Gold.objects.all().delete()
    Project.objects.update(gold_every=5)
    page = client.get(SETTINGS).text
    assert "nobody can take it" in page
    assert "No item is planted yet" in page


# ---------------------------------------------------------------------------------------------- API


def test_the_api_says_by_code_why_nothing_is_handed_out(client, project, failed):
    client.force_login(failed.user)
    response = client.post("/api/projects/pairs/next/")
    assert (response.status_code, response.json()["code"]) == (403, "not_qualified")
    Project.objects.update(qualification_pass=None, most_labels_each=1)
    item = make_item(project)
    make_item(project)
    make_assignment(item, failed, state="submitted")
    response = client.post("/api/projects/pairs/next/")
    assert (response.status_code, response.json()["code"]) == (403, "enough_labels")


def test_neither_the_api_nor_the_page_tells_gold_from_work(client, project, failed, monkeypatch):
    monkeypatch.setattr("annotate.assignment.claiming.is_due", lambda every, since: True)
    Project.objects.update(qualification_pass=None, gold_every=2)
    make_item(project)
    gold = make_gold(project, note="SECRET")
    client.force_login(failed.user)
    page = client.get("/projects/pairs/work/")
    assert page.context["assignment"].item_id == gold.pk
    told = client.post("/api/projects/pairs/next/").json()
    assert "purpose" not in told
    for text in (page.text, str(told)):
        assert "SECRET" not in text
        assert "planted" not in text
        assert "gold" not in text.lower()
