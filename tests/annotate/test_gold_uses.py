"""What gold is for: what is set aside is nobody's work, until it is put back."""

import io
import json

import pytest

from annotate.aggregation import aggregate_stale
from annotate.assignment import claim, submit
from annotate.exporting import exporter_for, write_snapshot
from annotate.formats import importer
from annotate.gold import remove_gold, set_gold
from annotate.gold_uses import change_use
from annotate.importing import import_items
from annotate.models import AuditEntry, BulkAction, Gold, Item
from annotate.snapshots import take_snapshot
from routing.bulk.actions import Chosen, do_now, run, undo
from routing.bulk.kinds import KINDS
from routing.selection import Selection
from tests.annotate.golden import RIGHT, make_gold
from tests.factories import make_item, make_member, make_project

pytestmark = pytest.mark.django_db


def seats(item):
    item.refresh_from_db()
    return item.overlap, item.seats_left


def labelled(project, *, overlap=3, labels=1):
    item = make_item(project, overlap=overlap)
    for _ in range(labels):
        assignment = claim(make_member(project))
        submit(assignment, RIGHT, key=assignment.key)
    return item


@pytest.mark.parametrize("use", [Gold.Use.PLANTED, Gold.Use.QUALIFICATION, Gold.Use.EXAMPLE])
def test_what_is_set_aside_wants_no_labels_but_those_it_has(use):
    project = make_project()
    item = labelled(project)
    set_gold(item, RIGHT, use=use)
    assert seats(item) == (1, 0)
    assert claim(make_member(project)) is None


def test_gold_that_only_checks_stays_work():
    project = make_project()
    item = labelled(project)
    set_gold(item, RIGHT)
    assert seats(item) == (3, 2)
    assert claim(make_member(project)).item_id == item.pk


def test_who_has_the_item_open_gives_it_back():
    project = make_project()
    item = make_item(project, overlap=2)
    assignment = claim(make_member(project))
    set_gold(item, RIGHT, use=Gold.Use.EXAMPLE)
    assignment.refresh_from_db()
    assert assignment.state == "expired"
    assert seats(item) == (0, 0)


def test_what_is_put_back_wants_the_projects_number_of_labels_again():
    project = make_project(overlap=2)
    item = labelled(project, overlap=2)
    set_gold(item, RIGHT, use=Gold.Use.PLANTED)
    assert change_use(item, Gold.Use.CHECK)
    assert seats(item) == (2, 1)
    assert claim(make_member(project)).item_id == item.pk
    assert not change_use(item, Gold.Use.CHECK)
    entry = AuditEntry.objects.get(action="gold.use")
    assert (entry.details["before"], entry.details["after"]) == ("planted", "check")


def test_removing_gold_puts_the_item_back_too():
    project = make_project(overlap=2)
    item = make_gold(project, Gold.Use.QUALIFICATION)
    assert seats(item) == (0, 0)
    assert remove_gold(item)
    assert seats(item) == (2, 2)


def test_answers_set_anew_keep_what_gold_is_for():
    item = make_gold(make_project(), Gold.Use.EXAMPLE)
    set_gold(item, {"overall": {"value": 1, "both_bad": False}})
    assert item.project.items.get().gold.use == Gold.Use.EXAMPLE


# --------------------------------------------------------------------------------- many, and files


def change(project, kind, data):
    kind = KINDS[kind]
    chosen = Chosen(Selection(project), tuple(project.items.values_list("pk", flat=True)))
    return do_now(chosen, kind, kind.read(data), by=None)


def test_many_items_are_marked_for_a_use_and_that_is_taken_back():
    project = make_project(overlap=2)
    item = labelled(project, overlap=2, labels=2)
    aggregate_stale(project)
    action = change(project, "gold", {"least": "2", "use": "planted"})
    assert (action.done, item.project.items.get().gold.use) == (1, "planted")
    changed = change(project, "use-gold", {"use": "qualification"})
    assert changed.done == 1
    back = undo(changed, by=None)
    while run(project):
        pass
    assert BulkAction.objects.get(pk=back.pk).done == 1
    assert Gold.objects.get(item=item).use == "planted"


def test_more_labels_are_not_wanted_of_what_is_set_aside():
    project = make_project()
    item = make_gold(project)
    action = change(project, "overlap", {"to": "3"})
    assert dict(action.left) == {"is gold that is set aside": 1}
    assert seats(item) == (0, 0)


def lines(project):
    snapshot, file = take_snapshot(project), io.StringIO()
    write_snapshot(snapshot, exporter_for(snapshot, "tandem", {}), file)
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_a_file_says_what_gold_is_for_and_brings_it_back():
    project = make_project(overlap=2)
    make_gold(project, Gold.Use.EXAMPLE, note="So it is.")
    make_item(project)
    [golden, plain] = lines(project)
    assert (golden["gold_use"], golden["gold_note"], "overlap" in golden) == (
        *("example", "So it is."),
        False,
    )
    assert "gold_use" not in plain
    other = make_project(overlap=2)
    result = import_items(other, [golden, plain], importer("tandem", other.questions, {}))
    assert (result.gold, result.faults) == (1, [])
    item = Item.objects.get(project=other, gold__use="example")
    assert seats(item) == (0, 0)


def test_a_file_with_another_use_is_refused_by_line():
    project = make_project()
    record = {
        "prompt": "Q?",
        "completions": [{"text": "a"}, {"text": "b"}],
        "gold": RIGHT,
        "gold_use": "exam",
    }
    result = import_items(project, [record], importer("tandem", project.questions, {}))
    assert "use check or planted or qualification or example" in str(result.faults)
    assert not project.items.exists()
