"""The guidelines: everybody reads them, researchers write them, versions can be compared."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.models import AuditEntry, Guidelines
from frontend.text_diff import MOST_PAIRS, difference
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.frontend.roles import ANNOTATOR, HTMX, RESEARCHER, sign_in, statuses

PAGE = "/projects/pairs/guidelines/"
QUICK = settings(max_examples=100, derandomize=True, database=None, deadline=None)


@pytest.fixture
def project(db):
    return make_project(slug="pairs")


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


def test_annotators_read_and_researchers_write(client, project):
    assert statuses(client, project, "get", PAGE) == [302, 404, 200, 200, 200]
    assert statuses(client, project, "post", PAGE)[:3] == [302, 404, 403]


def test_an_edit_is_a_new_version_with_who_and_why(client, project, researcher):
    client.post(PAGE, {"text": "# Now\r\n\r\nRead *all*.", "base": "1", "note": "Clearer"})
    assert [g.text for g in Guidelines.objects.order_by("version")] == [
        "Read both.",
        "# Now\n\nRead *all*.",
    ]
    text = client.get(PAGE).text
    assert "<em>all</em>" in text
    assert researcher.username in text
    assert "Clearer" in text
    assert "Read both." in client.get(f"{PAGE}?version=1").text
    assert AuditEntry.objects.get(action="guidelines.version").details["note"] == "Clearer"


def test_the_same_text_again_is_no_new_version(client, project, researcher):
    client.post(PAGE, {"text": "Read both."})
    assert Guidelines.objects.count() == 1
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("text", ["  ", "", "a\x00b"])
def test_text_that_cannot_be_stored_is_refused(client, project, researcher, text):
    assert client.post(PAGE, {"text": text}).status_code == 422


def test_guidelines_run_nothing_shown_compared_or_edited(client, project, researcher):
    hostile = "<script>alert(1)</script> [x](javascript:alert(1)) </textarea><b>"
    client.post(PAGE, {"text": hostile, "note": "<script>alert(2)</script>"})
    for query in ("", "?edit", "?from=1&to=2"):
        text = client.get(f"{PAGE}{query}").text
        assert "<script>alert" not in text
        assert 'href="javascript' not in text
        assert "</textarea><b>" not in text


def test_annotators_are_offered_no_edit_and_see_no_other_version(client, project):
    sign_in(client, project, ANNOTATOR)
    text = client.get(f"{PAGE}?edit").text
    assert "Read both." in text
    assert "<textarea" not in text


def test_the_second_of_two_who_write_keeps_the_text_and_sees_what_the_first_changed(
    client, project, researcher
):
    client.post(PAGE, {"text": "Read both, twice.", "base": "1", "note": "Care"})
    response = client.post(PAGE, {"text": "Read both, aloud.", "base": "1"})
    assert response.status_code == 409
    assert Guidelines.objects.count() == 2
    text = response.text
    assert "stored version 2" in text
    assert "Care" in text
    assert "Read both, aloud.</textarea>" in text
    assert "<del>twice</del><ins>aloud</ins>" in text
    assert 'name="base" value="2"' in text
    client.post(PAGE, {"text": "Read both, aloud.", "base": "2"})
    assert Guidelines.objects.latest("version").text == "Read both, aloud."


def test_the_preview_shows_the_text_and_what_it_changes_without_storing(
    client, project, researcher
):
    sent = {"text": "Read both, **twice**.", "base": "1", "do": "preview"}
    page, part = client.post(PAGE, sent), client.post(PAGE, sent, headers=HTMX)
    for response in (page, part):
        assert "<strong>twice</strong>" in response.text
        assert "<ins>, **twice**</ins>" in response.text
    assert "<html" not in part.text
    assert Guidelines.objects.count() == 1


def test_versions_count_their_labels_and_are_compared(client, project, researcher):
    make_annotation(make_item(project), make_annotator(project), guidelines=project.guidelines)
    client.post(PAGE, {"text": "Read all three.", "base": "1"})
    response = client.get(f"{PAGE}?from=1&to=2")
    assert [one.standing.labels for one in response.context["versions"]] == [0, 1]
    assert "<del>both</del><ins>all three</ins>" in response.text


@pytest.mark.parametrize("query", ["?from=1&to=9", "?from=x&to=1", "?from=1", "?from=1&to=1"])
def test_versions_that_cannot_be_compared_show_the_page(client, project, researcher, query):
    assert client.get(f"{PAGE}{query}").status_code == 200
    assert client.get(f"{PAGE}?version=7").status_code == 404


def test_the_page_takes_as_many_queries_for_many_versions_as_for_one(
    client, project, researcher, django_assert_num_queries
):
    for size in (1, 10):
        for n in range(size):
            client.post(PAGE, {"text": f"Version {size} {n}"})
        with django_assert_num_queries(9):
            client.get(PAGE)


# --------------------------------------------------------------------------------------- differences


def texts(blocks, *, without):
    """The text on one side, line by line; nothing may have been skipped."""
    assert not any(block.skipped for block in blocks)
    lines = ["".join(part.text for part in b.parts if part.op != without) for b in blocks]
    kept = (line for line, b in zip(lines, blocks, strict=True) if line or not b.changed)
    return "\n".join(kept)


@QUICK
@given(
    st.lists(st.sampled_from(["one", "two words", "three, short words"]), min_size=1, max_size=3),
    st.lists(st.sampled_from(["one", "two words", "three, long words"]), min_size=1, max_size=3),
)
def test_both_texts_can_be_read_out_of_their_difference(old, new):
    blocks = difference("\n".join(old), "\n".join(new))
    if old == new:
        assert blocks == []
    else:
        assert texts(blocks, without="added") == "\n".join(old)
        assert texts(blocks, without="removed") == "\n".join(new)


def test_words_are_compared_within_a_changed_line():
    [block] = difference("Prefer the longer one.", "Prefer the better one!")
    assert [(part.op, part.text) for part in block.parts] == [
        ("same", "Prefer the "),
        ("removed", "longer"),
        ("added", "better"),
        ("same", " one"),
        ("removed", "."),
        ("added", "!"),
    ]


def test_lines_far_from_a_change_are_counted_instead_of_shown():
    lines = [f"line {n}" for n in range(100)]
    blocks = difference("\n".join(lines), "\n".join([*lines[:50], "new", *lines[50:]]))
    assert [block.skipped for block in blocks if block.skipped] == [48, 48]
    assert sum(len(block.parts) for block in blocks) == 5


def test_texts_too_long_for_words_are_compared_whole():
    size = int(MOST_PAIRS**0.5)
    [block] = difference("a " * size, "b " * size)
    assert [part.op for part in block.parts] == ["removed", "added"]
