"""Items that ask for tags go to those who have them, and to nobody else."""

import json
import threading
from io import BytesIO

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from annotate import eligibility, members
from annotate.assignment import claim, submit
from annotate.jobs import KINDS, run_job
from annotate.jobs import due_projects as due
from annotate.models import Cursor, Hint, Item
from annotate.tags import BadTag, queue_of, queues_for, read_tags
from tests.factories import make_item, make_member, make_project

pytestmark = pytest.mark.django_db
ANSWERS = {"overall": {"value": 1, "both_bad": False}}


@pytest.fixture
def project():
    return make_project(queues=["", "german", "german+medicine", "medicine"])


def claimed(member):
    assignment = claim(member)
    return assignment and assignment.item


def finish(member):
    """Label what there is, in order."""
    keys = []
    while (assignment := claim(member)) is not None:
        submit(assignment, ANSWERS, key=assignment.key)
        keys.append(assignment.item.key)
    return keys


# ---------------------------------------------------------------------------------------------- tags


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("German, medicine", ["german", "medicine"]),
        (" machine  learning ,, x ", ["machine-learning", "x"]),
        ("Straße, ÉCOLE, 日本語", ["strasse", "école", "日本語"]),
        ("a, A, a", ["a"]),
        ("", []),
    ],
)
def test_tags_are_read_from_a_line(text, tags):
    assert read_tags(text) == tags


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a+b", "is no tag"),
        ("<script>", "is no tag"),
        ("-a", "is no tag"),
        ("nul\x00", "is no tag"),
        ("x" * 41, "use 40 at most"),
        (",".join(map(str, range(60))), "too many"),
    ],
)
def test_what_is_no_tag_is_refused_with_a_remedy(text, fault):
    with pytest.raises(BadTag, match=fault):
        read_tags(text)


def test_a_queue_names_its_tags_in_order():
    assert queue_of(["medicine", "german", "german"]) == "german+medicine"
    assert queue_of([]) == ""
    with pytest.raises(BadTag, match="100 at most"):
        queue_of(["a" * 40, "b" * 40, "c" * 40])


@given(st.sets(st.sampled_from("abcd")), st.lists(st.sets(st.sampled_from("abcd")), max_size=6))
def test_somebody_may_draw_where_no_tag_is_missing(own, asked):
    may = queues_for(own, [queue_of(tags) for tags in asked])
    assert may == sorted({"", *(queue_of(tags) for tags in asked if tags <= own)})


# -------------------------------------------------------------------------------------------- claims


def test_without_the_tag_an_item_is_never_given_and_with_it_it_is(project):
    member = make_member(project)
    item = make_item(project, queue="german")
    assert claimed(member) is None
    members.set_tags(member, ["german"])
    assert claimed(member) == item


def test_all_tags_are_needed(project):
    member = make_member(project)
    make_item(project, queue="german+medicine")
    members.set_tags(member, ["german"])
    assert claimed(member) is None
    members.set_tags(member, ["german", "medicine"])
    assert claimed(member) is not None


def test_a_groups_tags_count_as_ones_own(project):
    member = make_member(project)
    item = make_item(project, queue="german+medicine")
    members.set_tags(member, ["german"])
    group = members.add_group(project, "Doctors", ["medicine"])
    members.set_groups(member, [group])
    member.refresh_from_db()
    assert member.queues == ["", "german", "german+medicine", "medicine"]
    assert claimed(member) == item


def test_a_groups_tags_change_what_its_members_may_do(project):
    member = make_member(project)
    group = members.add_group(project, "Doctors", [])
    members.change_group(group, name="Doctors", tags=["medicine"], members=[member])
    member.refresh_from_db()
    assert member.queues == ["", "medicine"]
    members.remove_group(group)
    member.refresh_from_db()
    assert member.queues == [""]


def test_items_without_tags_are_for_everybody(project):
    member = make_member(project)
    item = make_item(project)
    members.set_tags(member, ["german"])
    assert claimed(member) == item


def test_of_all_queues_the_least_rank_comes_first(project):
    member = make_member(project)
    members.set_tags(member, ["german", "medicine"])
    ranks = {"": 2.0, "german": 1.0, "medicine": 3.0, "german+medicine": 0.0}
    items = {queue: make_item(project, queue=queue, rank=rank) for queue, rank in ranks.items()}
    order = ["german+medicine", "german", "", "medicine"]
    assert finish(member) == [items[queue].key for queue in order]


def test_who_loses_a_tag_is_given_no_more_of_it_and_keeps_what_is_open(project):
    member = make_member(project)
    members.set_tags(member, ["german"])
    first, second = (make_item(project, queue="german") for _ in range(2))
    opened = claim(member)
    assert opened.item == first
    members.set_tags(member, [])
    assert claim(member) == opened
    submit(opened, ANSWERS, key=opened.key)
    assert claimed(member) is None
    assert Item.objects.get(pk=second.pk).seats_left == 1


def test_cursors_of_other_queues_stay_and_a_regained_queue_starts_anew(project):
    member = make_member(project)
    members.set_tags(member, ["german"])
    plain = [make_item(project) for _ in range(2)]
    german = [make_item(project, queue="german") for _ in range(2)]
    finish(member)
    # An item that came to stand before the cursor while the queue was out of reach.
    places = dict(Cursor.objects.values_list("queue", "item_id"))
    assert places.keys() == {"", "german"}
    members.set_tags(member, [])
    assert dict(Cursor.objects.values_list("queue", "item_id")) == {"": places[""]}
    Item.objects.filter(pk=german[0].pk).update(rank=-1.0)
    early = make_item(project, queue="german", rank=-2.0)
    members.set_tags(member, ["german"])
    assert claimed(member) == early
    assert plain[0].key not in finish(member)


def test_a_seat_that_came_back_while_the_tag_was_missing_is_found(project):
    """The mark of returned items moves past those of queues that a member may not draw from."""
    absent, other = make_member(project), make_member(project)
    members.set_tags(other, ["german"])
    item = make_item(project, queue="german")
    taken = claim(other)
    members.remove_member(other)  # gives the seat back: the item is "returned"
    make_item(project)
    assert claimed(absent) != item
    submit(claim(absent), ANSWERS, key=claim(absent).key)
    assert claimed(absent) is None
    members.set_tags(absent, ["german"])
    assert claimed(absent) == item == taken.item


# -------------------------------------------------------------------------------- queues that come new


def test_a_new_queue_opens_to_those_who_have_its_tags(project, django_capture_on_commit_callbacks):
    german, nobody = make_member(project), make_member(project)
    members.set_tags(german, ["german", "law"])
    with django_capture_on_commit_callbacks(execute=True):
        eligibility.note_queues(project, ["german+law", "german"])
    project.refresh_from_db()
    assert project.queues == ["", "german", "german+law", "german+medicine", "medicine"]
    german.refresh_from_db()
    nobody.refresh_from_db()
    assert german.queues == ["", "german", "german+law"]
    assert nobody.queues == [""]


def test_should_the_process_die_before_the_job_sees_to_it(project):
    member = make_member(project)
    members.set_tags(member, ["law"])
    eligibility.note_queues(project, ["law"])  # the test's transaction never ends
    member.refresh_from_db()
    assert member.queues == [""]
    assert project.pk in due(KINDS["eligibility"])
    run_job("eligibility", project.pk)
    member.refresh_from_db()
    assert member.queues == ["", "law"]
    assert project.pk not in due(KINDS["eligibility"])


def test_a_queue_that_is_known_costs_nothing(project, django_assert_num_queries):
    with django_assert_num_queries(0):
        eligibility.note_queues(project, ["", "german"])
    assert not Hint.objects.exists()


def test_who_joins_late_has_the_queues_of_the_group(project):
    from tests.factories import make_user

    group = members.add_group(project, "Doctors", ["medicine"])
    member = members.add_member(project, make_user(), group=group)
    member.refresh_from_db()
    assert member.queues == ["", "medicine"]


# --------------------------------------------------------------------------------------- who could what


def test_what_open_items_ask_for_stands_with_those_who_could_do_it(project):
    for _ in range(3):
        make_item(project, queue="medicine")
    make_item(project, queue="german")
    make_item(project, queue="german", seats_left=0)
    make_item(project)
    able, paused = make_member(project), make_member(project)
    members.set_tags(able, ["german"])
    members.set_tags(paused, ["german"])
    members.pause(paused, "Later.")
    found = eligibility.demands(project)
    assert [(d.tags, d.items, d.people, d.paused) for d in found] == [
        (["medicine"], 3, 0, 0),
        (["german"], 1, 1, 1),
    ]


def test_a_project_whose_items_ask_for_nothing_is_not_searched(django_assert_num_queries):
    project = make_project()
    make_item(project)
    with django_assert_num_queries(0):
        assert eligibility.demands(project) == []


def test_tags_in_use_are_those_of_items_members_and_groups(project):
    members.set_tags(make_member(project), ["law"])
    members.add_group(project, "Doctors", ["surgery"])
    assert eligibility.tags_in_use(project) == ["german", "law", "medicine", "surgery"]


# --------------------------------------------------------------------------------------------- races


@pytest.mark.django_db(transaction=True)
def test_claims_imports_and_changes_of_tags_at_once_do_not_lock_each_other_out():
    """Imports hold items, claims a membership and then an item, changes memberships."""
    from annotate.formats import importer
    from annotate.importing import import_file

    project = make_project(overlap=20)
    crowd = [make_member(project) for _ in range(4)]
    for n in range(10):
        make_item(project, key=f"k{n}", prompt=f"Question {n}?", completions=("a", "b"))
    errors, start = [], threading.Barrier(6)

    def body(run):
        try:
            start.wait(10)
            run()
        except Exception as error:  # noqa: BLE001  # the test reports it
            errors.append(error)
        finally:
            connection.close()

    def work(member):
        for _ in range(8):
            if (assignment := claim(member)) is not None:
                submit(assignment, ANSWERS, key=assignment.key)

    def change():
        for step in range(10):
            for member in crowd:
                members.set_tags(member, ["law"] if step % 2 else ["german"])

    def bring():
        for round_ in range(5):
            lines = [
                json.dumps(
                    {
                        "key": f"k{n}",
                        "prompt": f"Question {n}?",
                        "completions": [{"text": "a"}, {"text": "b"}],
                        "labels": [
                            {
                                "annotator": f"r{round_}",
                                "answers": {"overall": {"value": 1, "both_bad": False}},
                            }
                        ],
                    }
                )
                for n in range(10)
            ]
            lines.append(
                json.dumps(
                    {
                        "key": f"new{round_}",
                        "prompt": f"New {round_}?",
                        "completions": [{"text": "a"}, {"text": "b"}],
                        "requires": [f"tag{round_}", "law"],
                    }
                )
            )
            file = BytesIO("\n".join(lines).encode())
            fresh = type(project).objects.get(pk=project.pk)
            for _ in import_file(fresh, file, importer("tandem", fresh.questions, {})):
                pass

    runs = [*(lambda m=m: work(m) for m in crowd), change, bring]
    threads = [threading.Thread(target=body, args=(run,), daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert errors == []
    project.refresh_from_db()
    assert project.queues == ["", *(f"law+tag{n}" for n in range(5))]


# -------------------------------------------------------------------------------- imports and exports


def line(**more):
    return {"prompt": "Wie?", "completions": [{"text": "a"}, {"text": "b"}]} | more


def bring(project, *records):
    from annotate.formats import importer
    from annotate.importing import import_items

    return import_items(project, list(records), importer("tandem", project.questions, {}))


def test_an_imported_item_goes_to_those_who_have_its_tags(django_capture_on_commit_callbacks):
    project = make_project()
    able, unable = make_member(project), make_member(project)
    members.set_tags(able, ["german", "medicine"])
    with django_capture_on_commit_callbacks(execute=True):
        result = bring(project, line(key="k", requires=["Medicine", "german"]))
    assert result.added == 1
    assert claimed(unable) is None
    assert claimed(able) == Item.objects.get(key="k", queue="german+medicine")


def test_an_export_brings_the_tags_back():
    from io import StringIO

    from annotate.exporting import write_snapshot
    from annotate.formats import exporter
    from annotate.snapshots import take_snapshot

    project = make_project()
    bring(project, line(key="k", requires=["german", "law"]), line(key="plain", prompt="Was?"))
    file = StringIO()
    write_snapshot(take_snapshot(project), exporter("tandem", project.questions, {}), file)
    records = [json.loads(text) for text in file.getvalue().splitlines()]
    assert [record.get("requires") for record in records] == [["german", "law"], None]
    again = make_project()
    assert bring(again, *records).added == 2
    assert again.items.get(key="k").queue == "german+law"


@pytest.mark.parametrize(
    ("requires", "fault"),
    [
        (["a+b"], "is no tag"),
        ([3], "write tags such as"),
        ("german", "write a list"),
        (["x" * 40, "y" * 40, "z" * 40], "100 at most"),
    ],
)
def test_tags_that_cannot_be_are_refused_with_their_line(requires, fault):
    project = make_project()
    result = bring(project, line(requires=requires), line(prompt="Was?"))
    assert (result.added, result.bad) == (1, 1)
    assert fault in result.faults[0]["message"]
    assert result.faults[0]["line"] == 1
