"""The list of people: who sees whom under what name, in what order, at what cost."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotate import eligibility, members
from annotate.models import Annotator, AnnotatorQuality, Membership, QualityReport
from annotate.quality.report import refresh
from tests.factories import (
    make_annotation,
    make_annotator,
    make_assignment,
    make_item,
    make_member,
    make_project,
    make_user,
)
from tests.frontend.roles import ADMIN, ANNOTATOR, HTMX, RESEARCHER, sign_in, statuses

pytestmark = pytest.mark.django_db
PEOPLE = "/projects/pairs/people/"


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def admin(project, client):
    return sign_in(client, project, ADMIN)


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


def named(client, query=""):
    return [line.name for line in client.get(f"{PEOPLE}{query}").context["people"].lines]


def make_quality(annotator, **figures):
    figures = {"answers": 40, "compared": 40, "hits": 30} | figures
    return AnnotatorQuality.objects.create(
        project=annotator.project or Membership.objects.get(user=annotator.user).project,
        question="overall",
        annotator=annotator,
        **figures,
    )


def make_report(project, **fields):
    fields = {
        "kind": "preference",
        "classes": [{"value": v, "words": w} for v, w in ((-1, "A"), (0, "tie"), (1, "B"))],
        "labels": 100,
        "annotators": 3,
        "prior_a": 6.0,
        "prior_b": 2.0,
    } | fields
    return QualityReport.objects.create(project=project, question="overall", **fields)


# ---------------------------------------------------------------------------------------------- rights


def test_who_may_see_and_do_what(client, project):
    member = make_member(project)
    for url in (PEOPLE, f"{PEOPLE}groups/", f"{PEOPLE}member/{member.pk}/"):
        assert statuses(client, project, "get", url) == [302, 404, 403, 200, 200]
    person = reverse("person", args=["pairs", make_annotator(project).pk])
    assert statuses(client, project, "get", person) == [302, 404, 403, 200, 200]
    group = members.add_group(project, "Doctors")
    for url in (f"{PEOPLE}groups/{group.pk}/", f"{PEOPLE}invitations/"):
        assert statuses(client, project, "get", url) == [302, 404, 403, 403, 200]
    change = f"{PEOPLE}member/{member.pk}/change/"
    for url in (PEOPLE, f"{PEOPLE}groups/", f"{PEOPLE}groups/{group.pk}/", change):
        assert statuses(client, project, "post", url)[:4] == [302, 404, 403, 403]


def test_an_annotator_sees_not_even_the_own_page(client, project):
    user = sign_in(client, project, ANNOTATOR)
    own = user.annotator_or_new
    assert client.get(reverse("person", args=["pairs", own.pk])).status_code == 403
    assert client.get(PEOPLE, headers=HTMX).status_code == 403


def test_the_old_address_leads_here(client, admin):
    response = client.get("/projects/pairs/members/")
    assert (response.status_code, response["Location"]) == (301, PEOPLE)


def test_researchers_see_no_user_name_of_a_member_anywhere(client, project, researcher):
    secret = make_member(project, user=make_user("secretname"))
    make_annotation(make_item(project), secret.user.annotator_or_new)
    make_member(project, user=make_user("silentname"))  # without an annotator
    refresh(project)
    pages = [PEOPLE, f"{PEOPLE}?q=secret", f"{PEOPLE}groups/", f"{PEOPLE}?sort=labels"]
    pages += [reverse("person", args=["pairs", secret.user.annotator.pk])]
    pages += [reverse("member", args=["pairs", m.pk]) for m in project.memberships.all()]
    for url in pages:
        text = client.get(url, follow=True).text
        assert "secretname" not in text, url
        assert "silentname" not in text, url


def test_neither_order_nor_links_of_pages_tell_a_researcher_names(
    client, project, researcher, monkeypatch
):
    monkeypatch.setattr("frontend.people.listing.SIZE", 2)
    for name in ("zoe", "ada", "mia"):
        make_member(project, user=make_user(name)).user.annotator_or_new  # noqa: B018  # made here
    url, order = PEOPLE, []
    while url:
        response = client.get(url)
        assert not any(name in response.text for name in ("zoe", "ada", "mia"))
        people = response.context["people"]
        order += [line.annotator and line.annotator.user.username for line in people.lines]
        url = people.page.later and f"{PEOPLE}{people.page.later}"
    assert order == ["zoe", "ada", "mia", None]


def test_a_researcher_cannot_find_out_a_name_by_searching_for_it(client, project, researcher):
    make_member(project, user=make_user("secretname"))
    assert len(named(client, "?q=secret")) == len(named(client, "?q=nobody")) == 2


def test_admins_see_names_and_pay_and_researchers_do_not(client, project):
    member = make_member(project, user=make_user("ada"))
    Membership.objects.filter(pk=member.pk).update(pay_per_label_usd="7.5")
    sign_in(client, project, ADMIN)
    text = client.get(PEOPLE).text
    assert "ada" in text
    assert "7.5" in text
    sign_in(client, project, RESEARCHER)
    assert "7.5" not in client.get(PEOPLE).text


# ------------------------------------------------------------------------------------------- the list


def test_members_people_known_by_name_and_models_stand_apart(client, project, admin):
    make_annotator(project, name="crowd7")
    make_annotator(project, name="gpt", kind="llm")
    make_annotator(make_project(), name="elsewhere")
    assert named(client) == [admin.username]
    assert named(client, "?who=imported") == ["crowd7"]
    assert named(client, "?who=models") == ["gpt"]
    sorts = client.get(PEOPLE).context["people"].sorts
    assert [(key, count) for key, _, count in sorts] == [
        ("members", 1),
        ("imported", 1),
        ("models", 1),
    ]


def test_a_member_stands_with_role_groups_work_and_state(client, project, admin):
    group = members.add_group(project, "Doctors", ["medicine"])
    member = make_member(project, user=make_user("ada"))
    members.set_groups(member, [group])
    members.set_tags(member, ["german"])
    annotator = member.user.annotator_or_new
    make_annotation(make_item(project), annotator)
    old = timezone.now() - timedelta(days=30)
    make_annotation(make_item(project), annotator, created_at=old)
    make_assignment(make_item(project), member)
    members.pause(member, "Please call.")
    [line] = [each for each in client.get(PEOPLE).context["people"].lines if each.name == "ada"]
    assert (line.labels, line.lately, line.open) == (2, 1, 1)
    assert timezone.now() - line.seen_at < timedelta(minutes=1)
    text = client.get(PEOPLE).text
    for words in ("Doctors", "german", "paused", "Please call."):
        assert words in text


def test_figures_say_their_interval_or_that_there_is_too_little(client, project, admin):
    many, few = make_annotator(project), make_annotator(project)
    make_report(project)
    make_quality(many, agreement=0.72, low=0.63, high=0.8, seconds=14.2)
    make_quality(few, answers=12, compared=4, hits=4)
    text = client.get(f"{PEOPLE}?who=imported").text
    assert "72\N{NO-BREAK SPACE}% (63\N{EN DASH}80)" in text
    assert "14 s" in text
    assert "too few yet: 4 of 10" in text


def test_the_list_is_sorted_by_what_is_asked_those_without_a_figure_last(client, project, admin):
    a, b, c = (make_annotator(project, name=name) for name in "abc")
    make_quality(a, answers=5, agreement=0.5, low=0, high=1, seconds=9.0)
    make_quality(b, answers=9, agreement=0.9, low=0, high=1, signs=["chance"])
    assert named(client, "?who=imported") == ["a", "b", "c"]
    assert named(client, "?who=imported&sort=labels") == ["b", "a", "c"]
    assert named(client, "?who=imported&sort=agreement") == ["b", "a", "c"]
    assert named(client, "?who=imported&sort=pace") == ["a", "b", "c"]
    assert named(client, "?who=imported&sort=looks") == ["b", "a", "c"]
    assert c.pk


@pytest.mark.parametrize("sort", ["name", "labels", "agreement", "pace", "looks"])
def test_pages_follow_on_each_other_in_every_order_both_ways(
    client, project, admin, sort, monkeypatch
):
    monkeypatch.setattr("frontend.people.listing.SIZE", 3)
    for n in range(8):
        who = make_annotator(project, name=f"w{n}")
        if n % 3:  # equal figures, and some without any
            make_quality(
                who, answers=n // 2, agreement=0.5, low=0.4, high=0.6, seconds=float(n % 2)
            )
    url, seen = f"{PEOPLE}?who=imported&sort={sort}", []
    pages = []
    while url:
        people = client.get(url).context["people"]
        pages.append([line.name for line in people.lines])
        seen += pages[-1]
        back, url = people.page.earlier, people.page.later and f"{PEOPLE}{people.page.later}"
    assert sorted(seen) == [f"w{n}" for n in range(8)]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert named(client, back) == pages[1]


@pytest.mark.parametrize(
    "query",
    [
        "?after=x",
        "?after=~",
        "?after=a~99999999999999999999",
        "?sort=labels&after=nan~3",
        "?sort=agreement&after=inf~1",
        "?after=%00~1",
        "?who=nobody&sort=height&role=king&group=x&state=gone",
        "?tag=%00",
        "?q=%00&who=imported",
        "?group=999999",
        "?question=%00",
    ],
)
def test_whatever_stands_in_the_address_is_answered(client, project, admin, query):
    assert client.get(f"{PEOPLE}{query}").status_code == 200


def test_members_are_found_by_name_role_group_tag_and_state(client, project, admin):
    group = members.add_group(project, "Doctors", ["medicine"])
    ada, bob = (make_member(project, user=make_user(name)) for name in ("ada", "bob"))
    members.set_groups(ada, [group])
    members.set_tags(bob, ["law"])
    members.pause(bob, "Later.")
    assert named(client, "?q=AD") == ["ada"]
    assert named(client, "?role=admin") == [admin.username]
    assert named(client, f"?group={group.pk}") == ["ada"]
    assert named(client, "?tag=medicine") == ["ada"]
    assert named(client, "?tag=Law") == ["bob"]
    assert named(client, "?state=paused") == ["bob"]
    assert set(named(client, "?state=active")) == {"ada", admin.username}
    assert "Nobody fits" in client.get(f"{PEOPLE}?q=nobody").text


def test_htmx_gets_the_list_alone(client, project, admin):
    part = client.get(PEOPLE, headers=HTMX)
    assert 'id="people"' in part.text
    assert "<html" not in part.text


def test_names_from_files_run_nothing(client, project, admin):
    make_annotator(project, name="<script>alert(1)</script>")
    make_annotator(project, name="\N{RIGHT-TO-LEFT OVERRIDE}evil")
    text = client.get(f"{PEOPLE}?who=imported").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_everybody_in_one_picture_leads_to_each_person(client, project, admin):
    make_report(project)
    crowd = [make_annotator(project) for _ in range(3)]
    for n, who in enumerate(crowd):
        make_quality(who, compared=20 * (n + 1), hits=15, agreement=0.7, low=0.5, high=0.9)
    response = client.get(PEOPLE)
    for who in crowd:
        assert reverse("person", args=["pairs", who.pk]) in response.context["spread"]["svg"]
    AnnotatorQuality.objects.filter(annotator=crowd[0]).delete()
    assert client.get(PEOPLE).context["spread"] is None


def test_what_nobody_may_do_is_pointed_out(client, project, admin):
    eligibility.note_queues(project, ["latin"])
    for _ in range(2):
        make_item(project, queue="latin")
    text = client.get(PEOPLE).text
    assert "open items ask for “latin”; nobody may do them" in text
    members.set_tags(make_member(project), ["latin"])
    assert "nobody may do" not in client.get(PEOPLE).text
    assert "1 member may do them" in client.get(f"{PEOPLE}groups/").text


@pytest.mark.parametrize(("who", "queries"), [("members", 19), ("imported", 17)])
def test_the_list_takes_as_many_queries_for_many_as_for_few(
    client, project, admin, who, queries, django_assert_num_queries
):
    make_report(project)
    group = members.add_group(project, "Doctors")
    for size in (2, 30):
        while project.memberships.count() < size:
            member = make_member(project)
            members.set_groups(member, [group])
            make_quality(member.user.annotator_or_new, agreement=0.5, low=0.4, high=0.6)
        while Annotator.objects.filter(project=project).count() < size:
            named = make_annotator(project)
            make_annotation(make_item(project), named)
            make_quality(named, agreement=0.5, low=0.4, high=0.6)
        client.get(f"{PEOPLE}?who={who}")
        with django_assert_num_queries(queries):
            client.get(f"{PEOPLE}?who={who}")


# --------------------------------------------------------------------------------------------- joining


def test_somebody_is_added_by_name_with_a_role(client, project, admin):
    user = make_user("grace")
    response = client.post(PEOPLE, {"username": "grace", "role": "researcher"}, follow=True)
    assert project.memberships.get(user=user).role == Membership.Role.RESEARCHER
    assert "grace joins as researcher" in response.text


@pytest.mark.parametrize(
    ("name", "fault"), [("nobody", "Nobody is called"), ("grace", "already"), ("n\x00", "Null")]
)
def test_members_that_cannot_be_added_are_refused(client, project, admin, name, fault):
    make_member(project, user=make_user("grace"))
    response = client.post(PEOPLE, {"username": name, "role": "annotator"})
    assert response.status_code == 422
    assert fault in response.text


# ---------------------------------------------------------------------------------------------- groups


def test_groups_are_made_renamed_filled_and_removed(client, project, admin):
    member = make_member(project, user=make_user("ada"))
    client.post(f"{PEOPLE}groups/", {"name": "Doctors", "tags": "Medicine, german"})
    group = project.groups.get()
    assert group.tags == ["german", "medicine"]
    url = f"{PEOPLE}groups/{group.pk}/"
    assert "ada" in client.get(url).text
    client.post(url, {"name": "Medics", "tags": "medicine", "members": [member.pk]})
    group.refresh_from_db()
    assert (group.name, group.tags, list(group.members.all())) == ("Medics", ["medicine"], [member])
    client.post(url, {"remove": "1"})
    assert not project.groups.exists()
    assert project.memberships.filter(pk=member.pk).exists()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"name": "Doctors", "tags": ""}, "choose another name"),
        ({"name": "", "tags": ""}, "required"),
        ({"name": "x", "tags": "a+b"}, "is no tag"),
        ({"name": "n\x00", "tags": ""}, "Null characters"),
    ],
)
def test_groups_that_cannot_be_are_refused(client, project, admin, fields, fault):
    group = members.add_group(project, "Doctors")
    other = members.add_group(project, "Nurses")
    made = client.post(f"{PEOPLE}groups/", fields)
    assert made.status_code == 422
    assert fault in made.text
    changed = client.post(f"{PEOPLE}groups/{other.pk}/", fields)
    assert changed.status_code == 422
    other.refresh_from_db()
    assert other.name == "Nurses"
    assert group.pk


def test_groups_of_another_project_are_out_of_reach(client, project, admin):
    elsewhere = members.add_group(make_project(), "Others")
    assert client.get(f"{PEOPLE}groups/{elsewhere.pk}/").status_code == 404
    assert client.post(f"{PEOPLE}groups/{elsewhere.pk}/", {"remove": "1"}).status_code == 404
    stranger = make_member(elsewhere.project)
    own = members.add_group(project, "Own")
    response = client.post(
        f"{PEOPLE}groups/{own.pk}/", {"name": "Own", "tags": "", "members": [stranger.pk]}
    )
    assert response.status_code == 422
    assert not own.members.exists()
