"""Items that show files, in and out."""

import io
import json

import pytest

from annotate.exporting import exporter_for, write_snapshot
from annotate.formats import importer
from annotate.formats.base import BadLine
from annotate.importing import Result, import_items
from annotate.media import store
from annotate.models import Item
from annotate.snapshots import take_snapshot
from tests import media
from tests.factories import make_project

pytestmark = pytest.mark.django_db
CAT = {"file": "cat.png", "alt": "A cat"}


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def project():
    project = make_project()
    for name, content in (("cat.png", media.png()), ("dog.gif", media.gif())):
        store(project, name, io.BytesIO(content))
    return project


def row(**more):
    return {
        "key": "k1",
        "messages": [{"role": "user", "content": "Which?", "media": [CAT]}],
        "contexts": [{"title": "P", "text": "", "media": [{"file": "dog.gif"}]}],
        "completions": [{"text": "", "media": [CAT]}, {"media": [{"file": "dog.gif"}, CAT]}],
    } | more


def bring(project, *rows):
    return import_items(project, rows, importer("tandem", project.questions, {}))


def parse(**more):
    return importer("tandem", make_project().questions, {}).parse(row(**more))


def test_files_come_in_with_turns_passages_and_completions_and_go_out_again(project):
    assert bring(project, row()).bad == 0
    item = Item.objects.get()
    assert item.messages[0]["media"] == [CAT]
    assert item.contexts[0]["media"] == [{"file": "dog.gif"}]
    assert [one.media for one in item.completions.all()] == [[CAT], [{"file": "dog.gif"}, CAT]]
    snapshot, file = take_snapshot(project), io.StringIO()
    write_snapshot(snapshot, exporter_for(snapshot, "tandem", {}), file)
    written = json.loads(file.getvalue())
    assert written["messages"] == row()["messages"]
    assert [one.get("media") for one in written["completions"]] == [
        [CAT],
        [{"file": "dog.gif"}, CAT],
    ]
    again = bring(project, written)
    assert (again.present, again.added, again.faults) == (1, 0, [])


def test_a_line_that_names_a_file_that_is_not_there_is_refused_by_number(project):
    lost = row(
        key="k2", completions=[{"text": "a", "media": [{"file": "lost.png"}]}, {"text": "b"}]
    )
    result = bring(project, row(), lost, row(key="k3"))
    assert (result.added, result.bad) == (2, 1)
    [fault] = result.faults
    assert fault["line"] == 2
    assert fault["message"].startswith("shows the file 'lost.png', which the project does not have")


def test_files_of_another_project_are_not_there(project):
    assert bring(make_project(), row()).bad == 1


def test_items_that_differ_in_their_files_alone_are_two(project):
    bare = {
        "prompt": "Draw it.",
        "completions": [{"media": [CAT]}, {"media": [{"file": "dog.gif"}]}],
    }
    other = {
        "prompt": "Draw it.",
        "completions": [{"media": [{"file": "dog.gif"}]}, {"media": [CAT]}],
    }
    assert bring(project, bare, other, bare).added == 2
    assert bring(project, bare | {"key": "k"}, other | {"key": "k"}).conflicts == 1


def test_items_without_files_cost_no_query_more(project, django_assert_max_num_queries):
    plain = [{"prompt": f"{n}?", "completions": [{"text": "a"}, {"text": "b"}]} for n in range(3)]
    with django_assert_max_num_queries(20) as queries:
        bring(project, *plain)
    assert not any("annotate_media" in one["sql"] for one in queries.captured_queries)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            {"completions": [{"text": "a", "media": "cat.png"}] * 2},
            "completion 1: 'media' is 'cat.png'",
        ),
        (
            {"completions": [{"text": "a", "media": ["cat.png"]}] * 2},
            "file 1 is 'cat.png'; write an",
        ),
        ({"completions": [{"text": "a", "media": [{"alt": "x"}]}] * 2}, "'file' is missing"),
        ({"completions": [{"text": "a", "media": [{"file": ""}]}] * 2}, "has the name ''"),
        ({"completions": [{"text": "a", "media": [{"file": 3}]}] * 2}, "'file' is 3; write a text"),
        (
            {"completions": [{"text": "a", "media": [CAT] * 21}] * 2},
            "has 21 files; show 20 at most",
        ),
        (
            {"completions": [{"text": "a", "media": [CAT | {"src": "x"}]}] * 2},
            "unknown field 'src'",
        ),
        ({"completions": [{"generator": "m"}] * 2}, "completion 1: 'text' is missing"),
        ({"messages": [{"role": "user", "content": "?", "media": [{}]}]}, "turn 1 of 'messages'"),
        ({"messages": [{"role": "user", "media": [CAT]}]}, "has the content None"),
        ({"messages": [3, {"role": "user", "content": "?", "media": [CAT]}]}, "turn 1 .* is 3"),
        ({"contexts": [{"title": "x", "media": 3}]}, "context 1: 'media' is 3; write a list"),
    ],
)
def test_odd_media_is_refused_with_its_place_and_remedy(more, says):
    with pytest.raises(BadLine, match=says):
        parse(**more)


def test_media_that_is_empty_is_as_if_it_were_not_there():
    item = parse(
        completions=[{"text": "a", "media": []}, {"text": "b", "media": None}], contexts=[]
    )
    assert [tuple(one.media) for one in item.completions] == [(), ()]
    assert item.files == ["cat.png"]
    assert Result().bad == 0
