"""Files that items show: what is taken in, stored once, and given away only when nobody shows it."""

import io
import threading

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from annotate.media import MediaInUse, RefusedMedia, media_named, remove, store
from annotate.media.kinds import kind_of
from annotate.media.sizes import size_of_image
from annotate.models import AuditEntry, Media
from annotate.project_settings import delete_project
from tests import media
from tests.factories import make_item, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def project():
    return make_project()


def put(project, name="cat.png", content=None):
    return store(project, name, io.BytesIO(content or media.png()))[0]


# --------------------------------------------------------------------------------- what a file is


@pytest.mark.parametrize(
    ("content", "kind", "size"),
    [
        (media.png(), "image/png", (3, 2)),
        (media.gif(), "image/gif", (5, 4)),
        (media.jpeg(), "image/jpeg", (7, 6)),
        (media.webp(), "image/webp", (9, 8)),
        (media.webp(form="VP8L"), "image/webp", (9, 8)),
        (media.webp(form="VP8"), "image/webp", (9, 8)),
        (media.MP3, "audio/mpeg", None),
        (media.ID3, "audio/mpeg", None),
        (media.wav(0.01), "audio/wav", None),
        (media.OGG, "audio/ogg", None),
        (media.M4A, "audio/mp4", None),
        (media.MP4, "video/mp4", None),
        (media.WEBM, "video/webm", None),
    ],
)
def test_content_tells_what_a_file_is_and_how_large_an_image_is(content, kind, size):
    assert kind_of(content) == kind
    assert size_of_image(io.BytesIO(content), kind) == size


@pytest.mark.parametrize("cut", [8, 12, 20, 25])
@pytest.mark.parametrize("make", [media.png, media.gif, media.jpeg, media.webp])
def test_an_image_that_is_cut_short_has_no_size_and_does_no_harm(make, cut):
    content = make()[:cut]
    if content != make():
        size = size_of_image(io.BytesIO(content), kind_of(make()))
        assert size is None or min(size) > 0


EVIL = [
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"<!doctype html><script>alert(1)</script>",
    b"\xef\xbb\xbf<html>",
    b"%PDF-1.7",
    b"MZ\x90\0",
    b"PK\3\4",
    b"\xff\xff\xff\xff",
    b"\xff\xe0",
    b"RIFF\0\0\0\0AVI ",
    b"\0\0\0\x20ftypheic",
    b"\0\0\0\x20ftypqt  ",
    b"OggS" + bytes(30) + b"\x80theora",
    b"\x1aE\xdf\xa3" + b"\x42\x82\x88matroska",
    b"plain text",
    b"",
]


@pytest.mark.parametrize("content", EVIL)
def test_nothing_else_is_taken_in_whatever_its_name(project, content):
    with pytest.raises(RefusedMedia, match=r"is none of PNG|is empty"):
        store(project, "cat.png", io.BytesIO(content))
    assert not Media.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        *("", "../cat.png", "a/../b.png", "/etc/cat.png", "a//b.png", "a\\b.png", "a\nb.png"),
        *("x" * 301, "cat\u202egnp.exe", "a/", ".", "nul\0.png"),
    ],
)
def test_a_name_that_is_none_is_refused(project, name):
    with pytest.raises(RefusedMedia, match="cannot be the name of a file"):
        put(project, name)


def test_what_is_too_large_is_refused_with_its_limit(project, settings):
    settings.LARGEST_MEDIA = 2**20
    with pytest.raises(RefusedMedia, match=r"larger than 1 MiB.*ANNOTATE_LARGEST_FILE_MIB"):
        put(project, content=media.png() + bytes(2**20))
    assert put(project, content=media.png() + bytes(2**20 - 100)).size < 2**20


# -------------------------------------------------------------------------------- stored and removed


def test_a_content_is_stored_once_under_its_digest(project):
    first, second = put(project, "a/cat.png"), put(project, "b.png")
    other = put(make_project(), "a/cat.png")
    assert first.file.name == f"media/{project.pk}/{first.digest[:2]}/{first.digest}"
    assert second.file.name == first.file.name != other.file.name
    with first.file.open("rb") as file:
        assert file.read() == media.png()
    assert (first.width, first.height, first.size) == (3, 2, len(media.png()))


def test_the_same_name_and_content_again_changes_nothing_and_another_content_is_refused(project):
    first = put(project)
    assert store(project, "cat.png", io.BytesIO(media.png())) == (first, False)
    with pytest.raises(RefusedMedia, match=r"'cat\.png' is there already with another content"):
        put(project, content=media.gif())


def test_a_file_is_found_by_its_name_within_its_project_alone(project, django_assert_num_queries):
    first = put(project)
    with django_assert_num_queries(1):
        assert media_named(project, ["cat.png", "dog.png"]) == {"cat.png": first}
    assert media_named(make_project(), ["cat.png"]) == {}
    with django_assert_num_queries(0):
        assert media_named(project, []) == {}


def test_the_content_goes_with_the_last_file_that_has_it(project):
    first, second = put(project, "a.png"), put(project, "b.png")
    path = first.file.name
    remove(first)
    assert default_storage.exists(path)
    remove(second)
    assert not default_storage.exists(path)
    assert AuditEntry.objects.filter(action="media.delete", project_id=project.pk).count() == 2


def test_the_contents_go_with_their_project(project, django_capture_on_commit_callbacks):
    first, other = put(project), put(make_project())
    with django_capture_on_commit_callbacks(execute=True):
        delete_project(project)
        assert default_storage.exists(first.file.name)
    assert not default_storage.exists(first.file.name)
    assert default_storage.exists(other.file.name)


@pytest.mark.parametrize("where", ["messages", "contexts", "completion"])
def test_a_file_that_an_item_shows_stays(project, where):
    row, shown = put(project), [{"file": "cat.png", "alt": "A cat"}]
    if where == "messages":
        item = make_item(project, messages=[{"role": "user", "content": "?", "media": shown}])
    elif where == "contexts":
        item = make_item(project, contexts=[{"title": "", "text": "", "media": shown}])
    else:
        item = make_item(project)
        item.completions.filter(position=1).update(media=shown)
    make_item(make_project(), messages=[{"role": "user", "content": "?", "media": shown}])
    with pytest.raises(MediaInUse) as refused:
        remove(row)
    assert refused.value.item == item
    assert default_storage.exists(row.file.name)


@pytest.mark.django_db(transaction=True)
def test_of_two_that_bring_the_same_file_at_once_one_adds_it(project):
    found, start = [], threading.Barrier(4)

    def bring():
        start.wait()
        found.append(store(project, "cat.png", io.BytesIO(media.png()))[1])
        connection.close()

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, False, False, True]
    assert Media.objects.count() == 1


# ------------------------------------------------------------------------------------- the command


def test_a_folder_comes_in_by_paths_and_other_files_by_name(project, tmp_path, capsys):
    folder = tmp_path / "in"
    (folder / "pets").mkdir(parents=True)
    (folder / "pets" / "cat.png").write_bytes(media.png())
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "notes.txt").write_text("no picture")
    alone = tmp_path / "talk.wav"
    alone.write_bytes(media.wav(0.1))
    call_command("import_media", project.slug, str(folder), str(alone))
    said = capsys.readouterr()
    assert said.out == "2 files added, 1 refused.\n"
    assert said.err.startswith("'notes.txt' is none of PNG, JPEG")
    assert set(project.media.values_list("name", flat=True)) == {"pets/cat.png", "talk.wav"}
    call_command("import_media", project.slug, str(alone), "--json")
    assert capsys.readouterr().out == '{"added": 0, "present": 1, "faults": []}\n'


def test_the_command_says_what_is_wrong_in_one_line(project, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(CommandError, match="No file could be brought in"):
        call_command("import_media", project.slug, str(tmp_path))
    with pytest.raises(CommandError, match=r"nowhere\.png: No such file"):
        call_command("import_media", project.slug, "nowhere.png")
