"""The pages for participants of a crowd platform, and for the admins of a study."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.assignment import Timing, claim, submit
from annotate.crowd import Visitor, come_in, set_up
from annotate.members import pause
from annotate.models import Annotation, Crowd, CrowdVisit, Item, User
from tests.factories import make_item, make_member, make_project
from tests.frontend.roles import ADMIN, sign_in, statuses

pytestmark = pytest.mark.django_db
STUDY, END, WORK = (
    *("/projects/pairs/people/crowd/", "/projects/pairs/end/", "/projects/pairs/work/"),
)
IDS = "PROLIFIC_PID=p1&STUDY_ID=s1&SESSION_ID=t1"


@pytest.fixture
def project():
    project = make_project(slug="pairs", name="Pairs")
    for _ in range(3):
        make_item(project)
    return project


@pytest.fixture
def secret(project):
    return set_up(project, completion_code="C0DE", labels_each=2)[1]


def come(client, secret, ids=IDS):
    response = client.get(f"/crowd/{secret}/?{ids}")
    assert response.headers["Location"] == "/crowd/"
    return client.get("/crowd/")


def label(client):
    assignment = client.get(WORK).context["assignment"]
    data = {"assignment": assignment.pk, "key": assignment.key, "answer-overall": "1"}
    return client.post(WORK, data)


# ----------------------------------------------------------------------------------- participants


def test_looking_makes_nothing_and_going_on_signs_the_participant_in(client, secret):
    page = come(client, secret)
    assert "Begin" in page.text
    assert not CrowdVisit.objects.exists()
    response = client.post("/crowd/")
    assert response.headers["Location"] == WORK
    visit = CrowdVisit.objects.get()
    assert client.session["_auth_user_id"] == str(visit.membership.user_id)


def test_opening_the_link_again_goes_on(client, secret):
    come(client, secret)
    client.post("/crowd/")
    assert come(client, secret).headers["Location"] == WORK
    client.logout()
    assert "Welcome back" in come(client, secret).text
    client.post("/crowd/")
    assert User.objects.filter(username__startswith="prolific").count() == 1


def test_after_all_labels_there_is_the_code_and_a_way_back(client, secret):
    come(client, secret)
    client.post("/crowd/")
    label(client)
    assert "Not at the end yet" in client.get(END).text
    assert CrowdVisit.objects.get().finished_at is None
    label(client)
    page = client.get(WORK, follow=True)
    assert page.redirect_chain[-1][0] == END
    assert "https://app.prolific.com/submissions/complete?cc=C0DE" in page.text
    assert CrowdVisit.objects.get().finished_at
    assert come(client, secret).headers["Location"] == WORK


def test_when_others_took_the_last_items_what_was_given_is_enough(client, secret):
    come(client, secret)
    client.post("/crowd/")
    label(client)
    Item.objects.update(seats_left=0, overlap=1)
    Item.objects.filter(annotations=None).update(route="judge")
    assert "so that counts as the whole" in client.get(WORK, follow=True).text


def test_who_finds_nothing_at_all_is_asked_to_return_the_submission(client, secret):
    Item.objects.update(route="judge")
    come(client, secret)
    client.post("/crowd/")
    page = client.get(WORK, follow=True)
    assert "Nothing is left for you" in page.text
    assert "C0DE" not in page.text


def test_who_is_paused_is_told_why_and_gets_no_code(client, secret):
    come(client, secret)
    client.post("/crowd/")
    pause(CrowdVisit.objects.get().membership, "Too quick.")
    page = client.get(WORK, follow=True)
    assert "Too quick." in page.text
    assert "C0DE" not in page.text


def test_who_fails_the_test_for_good_is_sent_back_kindly(client, project, secret):
    project.qualification_pass, project.qualification_tries = 0.5, 1
    project.save()
    come(client, secret)
    client.post("/crowd/")
    page = client.get(END, follow=True)
    assert page.redirect_chain[-1][0] == "/projects/pairs/start/"


@pytest.mark.parametrize(
    ("ids", "fault"),
    [
        ("", "PROLIFIC_PID is missing"),
        ("PROLIFIC_PID=%7B%7B%25PROLIFIC_PID%25%7D%7D", "which is no id"),
        ("PROLIFIC_PID=a%00", "which is no id"),
        (f"PROLIFIC_PID={'a' * 3000}", "which is no id"),
    ],
)
def test_a_malformed_link_is_refused_in_words(client, secret, ids, fault):
    response = client.get(f"/crowd/{secret}/?{ids}")
    assert response.status_code == 400
    assert fault in response.text
    assert not CrowdVisit.objects.exists()


def test_a_wrong_or_closed_link_says_so(client, project, secret):
    client.get(f"/crowd/nonsense/?{IDS}")
    assert client.get("/crowd/").status_code == 404
    set_up(project, completion_code="C0DE", labels_each=2, is_open=False)
    page = come(client, secret)
    assert (page.status_code, "closed" in page.text) == (410, True)
    assert client.post("/crowd/").status_code == 410
    assert not CrowdVisit.objects.exists()


def test_who_is_signed_in_as_somebody_else_is_told_before(client, project, secret):
    admin = sign_in(client, project, ADMIN)
    assert f"signs {admin.username} out" in come(client, secret).text
    client.post("/crowd/")
    assert client.session["_auth_user_id"] != str(admin.pk)


def test_too_many_tries_from_one_address_are_refused(client, secret, settings):
    settings.ACCOUNT_RATE_LIMITS = {"join": "2/m/ip"}
    codes = [client.get(f"/crowd/{n}/?{IDS}").status_code for n in range(4)]
    assert codes[-1] == 429


def test_the_end_is_for_participants_alone(client, project, secret):
    client.force_login(make_member(project).user)
    assert client.get(END).status_code == 404


# ----------------------------------------------------------------------------------------- admins


def test_only_admins_see_the_study(client, project, secret):
    assert statuses(client, project, "get", STUDY) == [302, 404, 403, 403, 200]
    assert statuses(client, project, "get", f"{STUDY}file/") == [302, 404, 403, 403, 200]
    data = {"code": "X", "labels": 3}
    assert statuses(client, project, "post", STUDY, data)[:4] == [302, 404, 403, 403]


def test_the_link_is_shown_once_with_prolifics_placeholders(client, project):
    sign_in(client, project, ADMIN)
    page = client.post(STUDY, {"code": "C0DE", "labels": 5, "is_open": "on"})
    link = page.context["link"]
    assert link.endswith(
        "?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
    )
    assert page.headers["Cache-Control"] == "no-store"
    secret = link.split("/crowd/")[1].split("/")[0]
    assert secret not in client.get(STUDY).text
    renewed = client.post(STUDY, {"renew": "1"}).context["link"]
    assert secret not in renewed
    assert client.post(STUDY, {"code": "N3W", "labels": 5}).status_code == 303
    assert (Crowd.objects.get().completion_code, Crowd.objects.get().is_open) == ("N3W", False)


@pytest.mark.parametrize(
    "data", [{"code": "a b", "labels": 2}, {"code": "C", "labels": 0}, {"code": "C"}, {}]
)
def test_what_a_study_cannot_be_comes_back_with_the_fault(client, project, data):
    sign_in(client, project, ADMIN)
    data = data or {"code": ""}
    assert client.post(STUDY, data).status_code == 422
    assert not Crowd.objects.exists()


def test_the_file_has_a_line_for_each_participant(client, project, secret):
    crowd = Crowd.objects.get()
    for name in ("p1", "p2"):
        come_in(crowd, Visitor(name, "-1"))
    member = CrowdVisit.objects.get(participant="p1").membership
    assignment = claim(member)
    answers = {"overall": {"value": 1, "both_bad": False}}
    submit(assignment, answers, key=assignment.key, timing=Timing(90, 90, 90))
    assert Annotation.objects.count() == 1
    sign_in(client, project, ADMIN)
    text = b"".join(client.get(f"{STUDY}file/").streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["participant"], row["labels"], row["active_minutes"]) for row in rows] == [
        ("p1", "1", "1.5"),
        ("p2", "0", "0.0"),
    ]
    assert rows[0]["study"] == "'-1"
    page = client.get(STUDY).text
    assert "p1" in page
    assert '1 <span class="muted">of 2</span>' in page


def test_the_page_asks_as_many_queries_for_many_as_for_one(client, project, secret):
    crowd = Crowd.objects.get()
    sign_in(client, project, ADMIN)
    counts = []
    for number in range(2):
        for part in range(1 + 5 * number):
            come_in(crowd, Visitor(f"p{number}-{part}"))
        with CaptureQueriesContext(connection) as queries:
            client.get(STUDY)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14
