"""Files over the API."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.test import APIClient

from annotate.media import store
from annotate.models import Media
from tests import media
from tests.factories import make_item, make_member, make_project, make_user
from tests.frontend.roles import release

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def project():
    return make_project()


def client_of(user):
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def researcher(project):
    return client_of(make_member(project, role="researcher").user)


def files(project):
    return reverse("api-files", args=[project.slug])


def send(client, project, *uploads, **more):
    parts = [SimpleUploadedFile(name, content) for name, content in uploads]
    return client.post(files(project), {"file": parts, **more}, format="multipart")


def test_files_are_sent_listed_read_and_deleted(project, researcher):
    answer = send(researcher, project, ("cat.png", media.png()), ("dog.gif", media.gif()))
    assert answer.status_code == 201
    assert [one["name"] for one in answer.json()] == ["cat.png", "dog.gif"]
    [found] = researcher.get(files(project), {"name": "cat.png"}).json()["results"]
    assert (found["content_type"], found["width"], found["size"]) == (
        "image/png",
        3,
        len(media.png()),
    )
    content = researcher.get(found["url"])
    assert b"".join(content.streaming_content) == media.png()
    release(content)
    own = reverse("api-file", args=[project.slug, found["id"]])
    assert researcher.get(own).json() == found
    assert researcher.delete(own).status_code == 204
    assert researcher.get(own).status_code == 404


def test_a_single_file_may_be_named_anew(project, researcher):
    assert send(researcher, project, ("x.png", media.png()), name="pets/cat.png").status_code == 201
    assert Media.objects.get().name == "pets/cat.png"
    two = send(researcher, project, ("a.png", media.png()), ("b.png", media.png()), name="c.png")
    assert (two.status_code, two.json()["code"]) == (400, "invalid")


def test_what_is_refused_is_told_by_name_and_the_others_stay(project, researcher):
    answer = send(researcher, project, ("a.png", media.png()), ("b.svg", b"<svg onload=alert(1)>"))
    assert answer.status_code == 400
    assert list(answer.json()["faults"]) == ["b.svg"]
    assert Media.objects.get().name == "a.png"
    assert researcher.post(files(project), {}, format="multipart").status_code == 400
    assert researcher.post(files(project), {}, format="json").status_code == 415


def test_a_file_that_is_shown_cannot_be_deleted(project, researcher):
    row, _ = store(project, "cat.png", io.BytesIO(media.png()))
    make_item(project).completions.update(media=[{"file": "cat.png"}])
    answer = researcher.delete(reverse("api-file", args=[project.slug, row.pk]))
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")


def test_annotators_read_contents_and_nothing_else_and_strangers_find_nothing(project):
    row, _ = store(project, "cat.png", io.BytesIO(media.png()))
    content = reverse("api-file-content", args=[project.slug, row.pk])
    own = reverse("api-file", args=[project.slug, row.pk])
    annotator, stranger = client_of(make_member(project).user), client_of(make_user())
    given = annotator.get(content)
    assert given.status_code == 200
    release(given)
    assert [annotator.get(url).status_code for url in (own, files(project))] == [403, 403]
    assert send(annotator, project, ("a.png", media.png())).status_code == 403
    assert annotator.delete(own).status_code == 403
    assert [stranger.get(url).status_code for url in (content, own, files(project))] == [404] * 3


def test_an_assignment_tells_where_files_are_and_not_their_names(project):
    row, _ = store(project, "gpt-9.png", io.BytesIO(media.png()))
    item = make_item(project)
    item.completions.filter(position=0).update(media=[{"file": "gpt-9.png", "alt": "A cat"}])
    annotator = client_of(make_member(project).user)
    answer = annotator.post(reverse("api-next", args=[project.slug]))
    url = reverse("api-file-content", args=[project.slug, row.pk])
    shown = [one["media"] for one in answer.json()["item"]["completions"] if "media" in one]
    assert shown == [[{"url": url, "alt": "A cat"}]]
    assert "gpt-9" not in answer.content.decode()
