import json

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from annotate.models import Hint, Item, Transfer
from annotate.transfers import go_on
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.frontend.roles import ADMIN, HTMX, RESEARCHER, release, sign_in, statuses

pytestmark = pytest.mark.django_db
IMPORT, EXPORT = "/projects/pairs/import/", "/projects/pairs/export/"


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


def upload(*rows, name="items.jsonl"):
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    return SimpleUploadedFile(name, "\n".join(lines).encode())


def row(key="one", **fields):
    return {"key": key, "prompt": "Why?", "completions": [{"text": "a"}, {"text": "b"}]} | fields


def finish(project):
    while go_on(project):
        pass


def test_only_researchers_and_admins_move_files(client, project):
    transfer = Transfer.objects.create(project=project, direction="import", format="tandem")
    for url in (IMPORT, EXPORT, reverse("transfer", args=["pairs", transfer.pk])):
        assert statuses(client, project, "get", url) == [302, 404, 403, 200, 200]
    for url in (IMPORT, EXPORT):
        assert statuses(client, project, "post", url)[:3] == [302, 404, 403]


def test_a_file_comes_in_by_a_worker_and_the_page_shows_what_came_of_it(
    client, project, researcher
):
    response = client.post(IMPORT, {"format": "tandem", "file": upload(row("one"), row("two"))})
    transfer = Transfer.objects.get()
    assert response["Location"] == reverse("transfer", args=["pairs", transfer.pk])
    assert Hint.objects.filter(project=project, kind="transfer").exists()
    assert "waits for a worker" in client.get(response["Location"]).text
    finish(project)
    text = client.get(response["Location"]).text
    assert Item.objects.count() == 2
    assert ">2</a></b> items added" in text
    assert "every 1s" not in text


def test_bad_lines_are_listed_by_number_with_the_remedy(client, project, researcher):
    file = upload(row("one"), "{not json", {"key": "x", "prompt": "<b>Why</b>"})
    response = client.post(IMPORT, {"format": "tandem", "file": file})
    finish(project)
    page = client.get(response["Location"])
    assert [fault["line"] for fault in page.context["faults"]] == [2, 3]
    assert "write one object a line" in page.text


def test_progress_is_polled_as_a_part(client, project, researcher):
    transfer = Transfer.objects.create(
        project=project, direction="import", format="tandem", state="running", done=50, total=200
    )
    response = client.get(reverse("transfer", args=["pairs", transfer.pk]), headers=HTMX)
    assert "25 %" in response.text
    assert "every 1s" in response.text
    assert "<html" not in response.text


@pytest.mark.parametrize(
    ("data", "fault"),
    [({}, "required"), ({"file": SimpleUploadedFile("empty.jsonl", b"")}, "empty")],
)
def test_an_import_without_a_usable_file_is_refused(client, researcher, data, fault):
    response = client.post(IMPORT, {"format": "tandem"} | data)
    assert response.status_code == 422
    assert fault in response.text
    assert not Transfer.objects.exists()


def test_a_format_that_does_not_fit_the_form_says_so(client):
    rating = [{"kind": "rating", "name": "tone", "title": "Tone"}]
    sign_in(client, make_project(slug="rated", questions=rating), ADMIN)
    response = client.post("/projects/rated/export/", {"format": "trl"})
    assert response.status_code == 422
    assert "asks no preference" in response.text


def test_a_failed_transfer_says_why(client, project, researcher):
    transfer = Transfer.objects.create(
        project=project,
        direction="import",
        format="trl",
        state="failed",
        result={"fault": "The file is no JSON Lines."},
    )
    assert (
        "The file is no JSON Lines."
        in client.get(reverse("transfer", args=["pairs", transfer.pk])).text
    )


def exported(client, project, **fields):
    response = client.post(EXPORT, {"format": "trl"} | fields)
    finish(project)
    return Transfer.objects.get(pk=int(response["Location"].rstrip("/").rsplit("/", 1)[1]))


def test_an_export_names_its_snapshot_and_counts_ties_left_out(client, project, researcher):
    annotator = make_annotator(project)
    make_annotation(make_item(project), annotator, value=1)
    make_annotation(make_item(project), annotator, value=0)
    transfer = exported(client, project)
    page = client.get(reverse("transfer", args=["pairs", transfer.pk]))
    assert transfer.result["rows"] == 1
    assert sum(page.context["left_out"].values()) == 1
    assert transfer.snapshot.digest[:16] in page.text
    again = exported(client, project, snapshot=str(transfer.snapshot.number))
    assert again.snapshot == transfer.snapshot


def test_an_export_is_downloaded_as_a_file_that_no_browser_shows(client, project, researcher):
    make_annotation(make_item(project), make_annotator(project), value=1)
    transfer = exported(client, project)
    response = client.get(reverse("transfer-file", args=["pairs", transfer.pk]))
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Type"] == "application/octet-stream"
    [line] = b"".join(response.streaming_content).decode().splitlines()
    release(response)
    assert set(json.loads(line)) >= {"prompt", "chosen", "rejected"}


def test_a_download_is_for_researchers_of_the_project_alone(client, project):
    sign_in(client, project, RESEARCHER)
    transfer = exported(client, project)
    url = reverse("transfer-file", args=["pairs", transfer.pk])
    assert statuses(client, project, "get", url) == [302, 404, 403, 200, 200]
    other = make_project(slug="other")
    sign_in(client, other, ADMIN)
    assert client.get(reverse("transfer-file", args=["other", transfer.pk])).status_code == 404


def test_what_was_uploaded_cannot_be_downloaded(client, project, researcher):
    transfer = Transfer.objects.create(
        project=project,
        direction="import",
        format="tandem",
        state="done",
        file=ContentFile(b"<script>", name="evil.html"),
    )
    url = reverse("transfer-file", args=["pairs", transfer.pk])
    assert client.get(url).status_code == 404


def test_an_unfinished_export_cannot_be_downloaded(client, project, researcher):
    transfer = Transfer.objects.create(project=project, direction="export", format="trl")
    assert client.get(reverse("transfer-file", args=["pairs", transfer.pk])).status_code == 404


def test_lists_take_as_many_queries_for_many_transfers_as_for_one(
    client, project, researcher, django_assert_num_queries
):
    for size in (1, 10):
        while project.transfers.filter(direction="export").count() < size:
            for direction in ("import", "export"):
                Transfer.objects.create(
                    project=project, user=researcher, direction=direction, format="trl"
                )
        with django_assert_num_queries(5):
            client.get(IMPORT)
        with django_assert_num_queries(6):
            client.get(EXPORT)
