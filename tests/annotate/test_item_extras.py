"""Tags and gold of items: in files, out of them again, and over the API."""

import io
import json
from io import StringIO

import pytest

from annotate.exporting import exporter_for, write_snapshot
from annotate.formats import RefusedFile, importer
from annotate.gold import set_gold
from annotate.importing import Result, import_file, import_items
from annotate.models import Annotation, ApiToken, AuditEntry, Gold, Item
from annotate.snapshots import take_snapshot
from tests.annotate.lines import record
from tests.factories import make_item, make_member, make_project

pytestmark = pytest.mark.django_db
GOLD = {"overall": {"value": -1, "both_bad": False}}


@pytest.fixture
def project():
    return make_project()


def run(project, *records, format_="tandem", **options):
    result = Result()
    file = io.BytesIO("\n".join(map(json.dumps, records)).encode())
    for _ in import_file(
        project, file, importer(format_, project.questions, options), result=result
    ):
        pass
    return result


def exported(project):
    snapshot = take_snapshot(project)
    file = StringIO()
    write_snapshot(snapshot, exporter_for(snapshot, "tandem", {}), file)
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_tags_and_gold_come_in_and_go_out_again(project):
    run(
        project,
        record(tags=["Hard", "to look at"], gold={"overall": {"value": -1}}, gold_note="Right."),
    )
    item = project.items.get()
    assert item.tags == ["hard", "to-look-at"]
    assert (item.gold.answers, item.gold.note, item.gold.form) == (GOLD, "Right.", project.form)
    [row] = exported(project)
    assert (row["tags"], row["gold"], row["gold_note"]) == (item.tags, GOLD, "Right.")
    copy = make_project()
    run(copy, row)
    assert exported(copy) == [row]


def test_items_without_them_have_no_such_fields(project):
    run(project, record())
    [row] = exported(project)
    assert not {"tags", "gold", "gold_note", "requires"} & row.keys()


def test_a_second_run_adds_no_gold_and_other_gold_is_a_conflict(project):
    first = run(project, record(gold=GOLD))
    again = run(project, record(gold=GOLD))
    other = run(project, record(gold={"overall": {"value": 2}}))
    assert (first.gold, again.gold, other.gold) == (1, 0, 0)
    assert (again.conflicts, other.conflicts) == (0, 1)
    assert "gold already, with another answer" in other.faults[0]["message"]
    assert Gold.objects.get().answers == GOLD
    assert "1 items made gold" in first.summary()
    assert AuditEntry.objects.filter(action="gold.import").count() == 1


def test_gold_that_comes_later_makes_an_item_gold(project):
    run(project, record())
    assert run(project, record(gold=GOLD)).gold == 1
    assert Gold.objects.get().item == project.items.get()


@pytest.mark.parametrize(
    ("gold", "says"),
    [
        ({"overall": {"value": 9}}, "gold: overall: value 9 is not on the scale"),
        ({"moon": {"value": 1}}, "gold: moon: no such question"),
        ({"why": {"text": "because"}}, "gold: nothing in it can be compared"),
    ],
)
def test_gold_that_does_not_fit_is_told_and_the_item_stays(project, gold, says):
    result = run(project, record(gold=gold))
    assert (result.added, result.bad) == (1, 1)
    assert says in result.faults[0]["message"]
    assert not Gold.objects.exists()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"gold": [1]}, "'gold' is [1]; write an object"),
        ({"tags": "hard"}, "'tags' is 'hard'; write a list"),
        ({"tags": [1]}, "'tags' holds 1; write tags"),
        ({"tags": [0]}, "'tags' holds 0; write tags"),
        ({"tags": ["a+b"]}, "'tags': 'a+b' is no tag"),
        ({"gold": GOLD, "gold_note": "x" * 3000}, "'gold_note' has 3000 characters"),
    ],
)
def test_what_is_no_tag_or_gold_is_a_bad_line(project, fields, says):
    result = run(project, record(**fields))
    assert (result.added, result.bad) == (0, 1)
    assert says in result.faults[0]["message"]


def test_a_published_answer_becomes_a_label_gold_or_both(project):
    row = {
        "item_id": "k",
        "prompt": "P",
        "response_a": "a",
        "response_b": "b",
        "gold": "b",
        "reason": "It is right.",
    }
    run(project, row, format_="bench")
    assert Annotation.objects.get().annotator.name == "gold"
    assert not Gold.objects.exists()
    run(project, row | {"item_id": "k2"}, format_="bench", gold="gold")
    assert Annotation.objects.count() == 1
    gold = Gold.objects.get(item__key="k2")
    assert (gold.answers["overall"]["value"], gold.note) == (1, "It is right.")
    run(project, row | {"item_id": "k3"}, format_="bench", gold="both")
    assert (Annotation.objects.count(), Gold.objects.count()) == (2, 2)
    with pytest.raises(RefusedFile):
        importer("bench", project.questions, {"gold": "maybe"})


def test_gold_in_memory_is_imported_as_well(project):
    tandem = importer("tandem", project.questions, {})
    assert import_items(project, [record(gold=GOLD)], tandem).gold == 1


# ---------------------------------------------------------------------------------------------- API


@pytest.fixture
def api(client, project):
    member = make_member(project, role="researcher")
    _, secret = ApiToken.objects.issue(member.user, name="t", scopes=["read", "write"])
    headers = {"Authorization": f"Bearer {secret}"}
    return lambda query="": client.get(
        f"/api/projects/{project.slug}/items/{query}", headers=headers
    )


def test_the_api_shows_tags_and_gold_and_hides_archived_items(
    project, api, django_assert_max_num_queries
):
    item = make_item(project, key="live", tags=["hard"])
    set_gold(item, GOLD)
    make_item(project, key="gone", route=None, waits_for=Item.WaitsFor.ARCHIVE)
    with django_assert_max_num_queries(9):
        [row] = api().json()["results"]
    assert (row["key"], row["tags"], row["gold"], row["archived"]) == (
        "live",
        ["hard"],
        GOLD,
        False,
    )
    rows = api("?archived=1").json()["results"]
    assert [(row["key"], row["gold"], row["archived"]) for row in rows] == [
        ("live", GOLD, False),
        ("gone", None, True),
    ]
