"""Changing many items at once: what is seen before, what is done, and that it can be taken back."""

import pytest
from django.http import QueryDict

from annotate.aggregation import aggregate_stale
from annotate.gold import set_gold
from annotate.models import AuditEntry, BulkAction, BulkChange, Gold, Item
from routing.bulk import actions
from routing.bulk.actions import Chosen, NotUndoable, preview, run, start, undo
from routing.bulk.base import InvalidSetting
from routing.bulk.kinds import KINDS
from routing.selection import Selection
from tests.background import do_all_jobs
from tests.factories import (
    make_annotation,
    make_annotator,
    make_item,
    make_project,
    make_user,
)

pytestmark = pytest.mark.django_db
State = BulkAction.State


@pytest.fixture
def project():
    return make_project(overlap=2)


def all_of(project, query=""):
    return Chosen(Selection.of(project, QueryDict(query)))


def ticked(project, *items):
    return Chosen(Selection(project), tuple(item.pk for item in items))


def do(chosen, kind, by=None, **data):
    """Start a change, let the worker do it, and give the action as it then is."""
    action = start(chosen, KINDS[kind], KINDS[kind].read(data), by=by)
    while run(chosen.project):
        pass
    action.refresh_from_db()
    assert action.fault == ""
    return action


def take_back(action, by=None):
    back = undo(action, by=by)
    while run(action.project):
        pass
    back.refresh_from_db()
    action.refresh_from_db()
    return back


def column(project, name):
    return list(project.items.order_by("pk").values_list(name, flat=True))


# ---------------------------------------------------------------------------------------- the engine


def test_an_action_changes_what_fits_and_says_why_the_rest_is_left(project):
    make_item(project, tags=["old"])
    make_item(project)
    make_item(project, source="other")
    action = do(all_of(project, "source="), "tag", tag="old")
    assert (action.state, action.total, action.done) == (State.DONE, 3, 2)
    assert action.left == {"has the tag already": 1}
    assert column(project, "tags") == [["old"]] * 3


def test_only_items_that_fit_the_selection_are_changed(project):
    make_item(project, source="a")
    make_item(project, source="b")
    make_item(make_project(), source="a")
    action = do(all_of(project, "source=a"), "tag", tag="new")
    assert (action.total, action.done) == (1, 1)
    assert column(project, "tags") == [["new"], []]
    assert not Item.objects.exclude(project=project).filter(tags=["new"]).exists()


def test_ticked_items_of_another_project_are_not_touched(project):
    other = make_item(make_project())
    action = do(ticked(project, make_item(project), other), "tag", tag="new")
    assert action.done == 1
    other.refresh_from_db()
    assert other.tags == []


def test_items_that_come_after_the_start_are_no_part_of_it(project):
    make_item(project)
    action = start(all_of(project), KINDS["tag"], {"tag": "new"}, by=None)
    make_item(project)
    assert run(project)
    assert column(project, "tags") == [["new"], []]
    assert BulkAction.objects.get(pk=action.pk).total == 1


def test_a_worker_that_dies_between_two_batches_changes_nothing_twice(project, monkeypatch):
    monkeypatch.setattr(actions, "BATCH", 2)
    for _ in range(5):
        make_item(project)
    action = start(all_of(project), KINDS["tag"], {"tag": "new"}, by=None)
    assert run(project)
    monkeypatch.setattr(actions.BulkChange.objects, "bulk_create", _killed)
    with pytest.raises(KeyboardInterrupt):
        run(project)
    monkeypatch.undo()
    assert (
        column(project, "tags").count(["new"]) == 2
    )  # the second batch was rolled back as a whole
    while run(project):
        pass
    action.refresh_from_db()
    assert (action.state, action.done) == (State.DONE, 5)
    assert column(project, "tags") == [["new"]] * 5
    assert BulkChange.objects.filter(action=action).count() == 5


def _killed(*_args, **_more):
    raise KeyboardInterrupt


def test_a_fault_in_the_program_ends_the_action_and_lets_the_next_one_pass(project, monkeypatch):
    make_item(project)
    first = start(all_of(project), KINDS["tag"], {"tag": "a"}, by=None)
    second = start(all_of(project), KINDS["tag"], {"tag": "b"}, by=None)

    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(KINDS["tag"], "set", broken)
    assert run(project)
    monkeypatch.undo()
    while run(project):
        pass
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.state == State.FAILED
    assert "RuntimeError" in first.fault
    assert second.state == State.DONE
    assert column(project, "tags") == [["b"]]


def test_taking_back_restores_what_nobody_has_changed_since(project, monkeypatch):
    monkeypatch.setattr(actions, "BATCH", 2)
    items = [make_item(project) for _ in range(5)]
    action = do(all_of(project), "tag", tag="new")
    Item.objects.filter(pk=items[1].pk).update(tags=[])
    back = take_back(action)
    assert (action.state, back.state, back.done) == (State.UNDONE, State.DONE, 4)
    assert back.left == {"was changed by somebody since": 1}
    assert column(project, "tags") == [[]] * 5


def test_what_is_taken_back_or_still_runs_cannot_be_taken_back(project):
    make_item(project)
    waiting = start(all_of(project), KINDS["tag"], {"tag": "new"}, by=None)
    with pytest.raises(NotUndoable):
        undo(waiting, by=None)
    while run(project):
        pass
    waiting.refresh_from_db()
    back = take_back(waiting)
    for action in (waiting, back):
        with pytest.raises(NotUndoable):
            undo(action, by=None)


def test_start_and_undo_are_in_the_audit_log(project):
    user = make_user("ada")
    make_item(project)
    action = do(all_of(project, "route=human"), "archive", by=user)
    take_back(action, by=user)
    entries = (
        AuditEntry.objects.of(project).order_by("pk").values_list("action", "actor", "details")
    )
    assert list(entries) == [
        ("items.archive", "ada", {"what": "Archive", "which": "route: people"}),
        ("items.undo", "ada", {"what": "Archive"}),
    ]


def test_the_scheduler_finds_what_is_to_do(project):
    make_item(project)
    start(all_of(project), KINDS["tag"], {"tag": "new"}, by=None)
    do_all_jobs(project)
    assert column(project, "tags") == [["new"]]


def test_a_preview_changes_nothing_and_foretells_the_action(project):
    for n in range(12):
        make_item(project, tags=["new"] if n % 3 == 0 else [])
    found = preview(all_of(project), KINDS["tag"], {"tag": "new"})
    assert column(project, "tags").count(["new"]) == 4
    assert found.whole
    assert (found.count.number, found.looked, found.changed) == (12, 12, 8)
    assert found.left == {"has the tag already": 4}
    assert len(found.examples) == 10
    assert found.examples[0].left == "has the tag already"
    assert (found.examples[1].was, found.examples[1].becomes) == ("does not have it", "has the tag")
    action = do(all_of(project), "tag", tag="new")
    assert (action.done, action.left) == (found.changed, dict(found.left))


def test_a_preview_of_many_items_goes_by_the_first_ones_and_says_so(project, monkeypatch):
    monkeypatch.setattr(actions, "LOOKED_AT", 5)
    for _ in range(8):
        make_item(project)
    found = preview(all_of(project), KINDS["tag"], {"tag": "new"})
    assert (found.count.number, found.looked) == (8, 5)
    assert not found.whole


# ---------------------------------------------------------------------------------- tags and gold


@pytest.mark.parametrize("text", ["", "  ", "a+b", "a,b", "x" * 41, "a\0b"])
def test_odd_tags_are_refused_with_the_remedy(text):
    with pytest.raises(InvalidSetting, match=r"is no tag; write|use 40 at most"):
        KINDS["tag"].read({"tag": text})


def test_tags_are_kept_in_small_letters(project):
    make_item(project)
    do(all_of(project), "tag", tag=" To Look At ")
    assert column(project, "tags") == [["to-look-at"]]


def test_a_tag_is_added_and_removed_and_others_stay(project):
    make_item(project, tags=["keep", "drop"])
    action = do(all_of(project), "untag", tag=" drop ")
    assert column(project, "tags") == [["keep"]]
    take_back(action)
    assert sorted(column(project, "tags")[0]) == ["drop", "keep"]


def test_gold_is_marked_where_people_agree_and_taken_back(project):
    user = make_user()
    agreed, torn, known = (make_item(project) for _ in range(3))
    for item, values in ((agreed, (1, 2)), (torn, (1, -1)), (known, (1, 1))):
        for value in values:
            make_annotation(item, make_annotator(project), value=value)
    set_gold(known, {"overall": {"value": -1, "both_bad": False}})
    aggregate_stale(project)
    action = do(all_of(project), "gold", by=user, note="By majority.")
    assert action.left == {"no majority on “Which is better?”": 1, "is gold already": 1}
    gold = Gold.objects.get(item=agreed)
    assert gold.answers == {"overall": {"value": 1, "both_bad": False}}
    assert (gold.note, gold.created_by) == ("By majority.", user)
    take_back(action)
    assert list(Gold.objects.values_list("item", flat=True)) == [known.pk]


def test_removed_gold_comes_back_with_its_note(project):
    item = make_item(project)
    set_gold(item, {"overall": {"value": 2, "both_bad": False}}, note="Known.")
    action = do(all_of(project), "ungold")
    assert not Gold.objects.exists()
    take_back(action)
    assert Gold.objects.get(item=item).note == "Known."


def test_gold_that_somebody_has_changed_since_is_not_taken_back(project):
    item = make_item(project)
    for _ in range(2):
        make_annotation(item, make_annotator(project))
    aggregate_stale(project)
    action = do(all_of(project), "gold")
    set_gold(item, {"overall": {"value": -2, "both_bad": False}})
    back = take_back(action)
    assert back.left == {"was changed by somebody since": 1}
    assert Gold.objects.exists()
