"""The page of files, and the files themselves."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotate.media import store
from annotate.models import Media
from tests import media
from tests.factories import make_item, make_project
from tests.frontend.roles import ADMIN, ANNOTATOR, RESEARCHER, release, sign_in, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def sound(project):
    return store(project, "talk.wav", io.BytesIO(media.wav()))[0]


def page(project):
    return reverse("files", args=[project.slug])


def address(row, name="audio.wav"):
    return reverse("file", args=[row.project.slug, row.pk, name])


def body(response):
    content = b"".join(response.streaming_content)
    release(response)
    return content


# ------------------------------------------------------------------------------------------ the file


def test_every_member_gets_a_file_and_to_strangers_it_does_not_exist(client, project, sound):
    assert statuses(client, project, "get", address(sound)) == [302, 404, 200, 200, 200]


def test_a_file_is_given_only_under_its_own_project(client, project, sound):
    other = make_project(slug="other")
    sign_in(client, other, ADMIN)
    assert client.get(reverse("file", args=["other", sound.pk, "audio.wav"])).status_code == 404


def test_a_file_runs_nothing_and_is_kept_by_the_browser(client, project, sound):
    sign_in(client, project, ANNOTATOR)
    response = client.get(address(sound))
    assert body(response) == media.wav()
    assert response["Content-Type"] == "audio/wav"
    assert response["Content-Length"] == str(len(media.wav()))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response["Accept-Ranges"] == "bytes"
    again = client.get(address(sound), headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_annotators_are_not_told_the_name_of_a_file(client, project):
    row, _ = store(project, "gpt-9/cat.png", io.BytesIO(media.png()))
    item = make_item(project)
    item.completions.filter(position=0).update(media=[{"file": row.name, "alt": "A cat"}])
    sign_in(client, project, ANNOTATOR)
    html = client.get(reverse("work", args=["pairs"])).content.decode()
    assert address(row, "image.png") in html
    answer = client.get(address(row, "image.png"))
    assert "gpt-9" not in html + str(answer.headers)
    release(answer)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=8000-", 8000, None),
        ("bytes=-5", -5, None),
        ("bytes=8040-99999", 8040, None),
        ("bytes=0-", 0, None),
    ],
)
def test_a_player_gets_the_part_it_asks_for(client, project, sound, asked, start, end):
    sign_in(client, project, ANNOTATOR)
    response = client.get(address(sound), headers={"Range": asked})
    part = media.wav()[start:end]
    first = start % len(media.wav())
    assert response.status_code == 206
    assert body(response) == part
    assert response["Content-Length"] == str(len(part))
    assert response["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(media.wav())}"


@pytest.mark.parametrize("asked", ["bytes=99999-", "bytes=8044-9000", "bytes=-0"])
def test_a_part_past_the_end_is_refused(client, project, sound, asked):
    sign_in(client, project, ANNOTATOR)
    response = client.get(address(sound), headers={"Range": asked})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(media.wav())}"


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,4-5", "bytes=" + "9" * 99 + "-", "x"]
)
def test_what_is_no_range_gets_the_whole_file(client, project, sound, asked):
    sign_in(client, project, ANNOTATOR)
    response = client.get(address(sound), headers={"Range": asked})
    assert (response.status_code, body(response)) == (200, media.wav())


def test_a_part_of_another_version_is_not_mixed_in(client, project, sound):
    sign_in(client, project, ANNOTATOR)
    headers = {"Range": "bytes=0-1", "If-Range": '"other"'}
    response = client.get(address(sound), headers=headers)
    assert (response.status_code, body(response)) == (200, media.wav())


def test_an_item_without_files_asks_for_none_and_one_with_files_once_for_each_side(client, project):
    store(project, "cat.png", io.BytesIO(media.png()))
    sign_in(client, project, ANNOTATOR)
    plain, shown = make_item(project, rank=1), make_item(project, rank=2)
    shown.completions.update(media=[{"file": "cat.png"}])
    assert _asked_for_files(client) == 0
    plain.delete()
    assert _asked_for_files(client) == 1
    shown.refresh_from_db()
    shown.messages[0]["media"] = [{"file": "cat.png"}]
    shown.save(update_fields=["messages"])
    assert _asked_for_files(client) == 2


def _asked_for_files(client):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse("work", args=["pairs"])).status_code == 200
    return sum("annotate_media" in one["sql"] for one in queries.captured_queries)


def test_a_file_that_is_gone_is_told_where_it_belongs(client, project):
    make_item(project, messages=[{"role": "user", "content": "?", "media": [{"file": "lost.png"}]}])
    sign_in(client, project, ANNOTATOR)
    html = client.get(reverse("work", args=["pairs"])).content.decode()
    assert "A file that belongs here is missing." in html


# ------------------------------------------------------------------------------------------ the page


def test_only_researchers_and_admins_bring_files_in_and_take_them_away(client, project, sound):
    assert statuses(client, project, "get", page(project)) == [302, 404, 403, 200, 200]
    delete = reverse("delete-file", args=["pairs", sound.pk])
    assert statuses(client, project, "post", delete)[:3] == [302, 404, 403]
    assert Media.objects.filter(pk=sound.pk).exists() is False
    upload = {"files": SimpleUploadedFile("cat.png", media.png())}
    sign_in(client, project, ANNOTATOR)
    assert client.post(page(project), upload).status_code == 403
    assert not Media.objects.exists()


def test_several_files_come_in_at_once_and_what_is_refused_is_told(client, project):
    sign_in(client, project, RESEARCHER)
    files = [
        SimpleUploadedFile("cat.png", media.png()),
        SimpleUploadedFile("page.html", b"<script>alert(1)</script>"),
        SimpleUploadedFile("dog.gif", media.gif()),
    ]
    response = client.post(page(project), {"files": files}, follow=True)
    html = response.content.decode()
    assert "2 files added." in html
    assert "Not added: &#x27;page.html&#x27; is none of PNG" in html
    assert set(project.media.values_list("name", flat=True)) == {"cat.png", "dog.gif"}
    assert "3 \u00d7 2" in html


def test_without_a_file_the_page_asks_for_one(client, project):
    sign_in(client, project, RESEARCHER)
    html = client.post(page(project), follow=True).content.decode()
    assert "Choose at least one file." in html
    assert "No files yet" in html


def test_a_file_that_an_item_shows_stays_and_the_page_links_to_the_item(client, project):
    row, _ = store(project, "cat.png", io.BytesIO(media.png()))
    item = make_item(
        project, messages=[{"role": "user", "content": "?", "media": [{"file": "cat.png"}]}]
    )
    sign_in(client, project, RESEARCHER)
    html = client.post(reverse("delete-file", args=["pairs", row.pk]), follow=True).content.decode()
    assert (
        f'Not deleted: item <a href="{item.get_absolute_url()}">{item.key}</a> shows cat.png'
        in html
    )
    item.delete()
    client.post(reverse("delete-file", args=["pairs", row.pk]))
    assert not Media.objects.exists()


def test_the_list_costs_the_same_however_many_files_there_are(
    client, project, django_assert_max_num_queries
):
    for n in range(3):
        store(project, f"{n}.png", io.BytesIO(media.png(n + 1)))
    sign_in(client, project, RESEARCHER)
    client.get(page(project))
    with django_assert_max_num_queries(8):
        client.get(page(project))
