"""Storing what comes in files: nothing twice, nothing lost, every fault by its line."""

import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.aggregation import aggregate_stale
from annotate.assignment import claim
from annotate.formats import importer
from annotate.hashes import prompt_hash
from annotate.importing import Place, Result, import_file, import_items, pieces
from annotate.models import Aggregate, Annotation, Annotator, Item
from annotate.models.projects import Route
from annotate.sampling import in_evaluation_share
from tests.annotate.lines import label, record
from tests.factories import make_annotation, make_member, make_project, text_hash
from tests.threads import in_threads


@pytest.fixture
def project(db):
    return make_project(overlap=2)


def run(project, *records, format_="tandem", **options):
    """Import lines, given as records or as bytes."""
    lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in records]
    result = Result()
    file = io.BytesIO(b"\n".join(lines))
    for _ in import_file(
        project, file, importer(format_, project.questions, options), result=result
    ):
        pass
    return result


def faults(result):
    return [(fault["line"], fault["message"]) for fault in result.faults]


# ----------------------------------------------------------------------------------- what is stored


def test_an_item_is_stored_with_its_hashes_seats_and_route(project):
    result = run(
        project,
        record(
            source="set",
            metadata={"n": 1},
            contexts=[{"title": "T", "text": "P"}],
            completions=[{"text": " a\r\n", "generator": "m1"}, {"text": "b"}],
        ),
    )
    assert (result.lines, result.added, result.labels, result.bad) == (1, 1, 0, 0)
    item = project.items.get()
    assert (item.key, item.source, item.metadata) == ("k1", "set", {"n": 1})
    assert item.messages == [{"role": "user", "content": "Why?"}]
    assert item.prompt_hash == prompt_hash(item.messages, item.contexts)
    assert (item.overlap, item.seats_left, item.route, item.stale) == (2, 2, Route.HUMAN, False)
    first, second = item.completions.all()
    assert (first.position, first.text, first.generator) == (0, " a\r\n", "m1")
    assert (first.text_hash, second.text_hash) == (text_hash(" a\r\n"), text_hash("b"))


def test_a_project_without_a_default_route_leaves_the_route_open(db):
    project = make_project(default_route=None)
    run(project, record())
    assert project.items.unrouted().count() == 1


def test_the_evaluation_share_goes_by_the_prompt(db):
    project = make_project(evaluation_share=0.5)
    for n in range(40):
        run(project, record(f"a{n}", prompt=f"Prompt {n % 20}?"))
    assert 0 < project.items.filter(evaluation=True).count() < 40
    for item in project.items.all():
        assert item.evaluation == in_evaluation_share(item.prompt_hash, 0.5)


def test_labels_come_in_as_annotations_without_assignments(project):
    labels = [
        label("Ann", 1, seconds_spent=3.5, created_at="2026-01-02T03:04:05Z", order=[1, 0]),
        label("gpt", -1, kind="llm", description="A judge.", version=2, raw={"tokens": 5}),
    ]
    result = run(project, record(labels=labels))
    assert result.labels == 2
    person, judge = project.annotations.order_by("pk")
    assert person.answers == {"overall": {"value": 1, "both_bad": False}}
    assert (person.wall_seconds, person.order, person.raw) == (3.5, [1, 0], None)
    assert person.created_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert (person.assignment, person.form, person.guidelines) == (
        None,
        project.form,
        project.guidelines,
    )
    assert judge.raw == {"tokens": 5}
    annotator = judge.annotator
    assert (annotator.kind, annotator.version, annotator.description) == ("llm", 2, "A judge.")
    item = project.items.get()
    assert (item.seats_left, item.stale) == (1, True)


@pytest.mark.parametrize(("people", "left"), [(0, 2), (1, 1), (2, 0), (5, 0)])
def test_people_s_labels_take_seats_as_far_as_there_are_any(project, people, left):
    run(project, record(labels=[label(f"p{n}") for n in range(people)]))
    assert project.items.get().seats_left == left


def test_judges_and_reviewers_take_no_seat(project):
    labels = [label("gpt", kind="llm"), label("Rev", 2, purpose="review")]
    run(project, record(labels=labels))
    assert project.items.get().seats_left == 2
    assert project.annotations.get(purpose="review").answers["overall"]["value"] == 2


def test_an_item_may_want_another_number_of_labels_than_its_project(project):
    run(project, record(overlap=5, labels=[label()]))
    assert (project.items.get().overlap, project.items.get().seats_left) == (5, 4)


def test_what_is_imported_can_be_claimed_and_its_labels_keep_their_annotators_away(project):
    run(project, record("k1"), record("k2", labels=[label(), label("Bea")]))
    member = make_member(project)
    assert claim(member).item.key == "k1"
    assert project.items.claimable().count() == 1


# ------------------------------------------------------------------------------------------- twice


def test_running_again_adds_nothing(project):
    records = [record(f"k{n}", labels=[label(), label("gpt", 0, kind="llm")]) for n in range(3)]
    run(project, *records)
    seats = list(project.items.values_list("seats_left", flat=True))
    again = run(project, *records)
    assert (again.added, again.labels) == (0, 0)
    assert (again.present, again.labels_present, again.conflicts) == (3, 6, 0)
    assert (Item.objects.count(), Annotation.objects.count()) == (3, 6)
    assert Annotator.objects.count() == 2
    assert list(project.items.values_list("seats_left", flat=True)) == seats


def test_items_without_a_key_are_known_by_their_texts(project):
    first = record() | {"key": ""}
    assert run(project, first, first).added == 1
    assert run(project, first | {"source": "other"}).present == 1
    assert run(project, first | {"prompt": "What?"}).added == 1


def test_new_labels_on_items_that_are_there_are_added(project):
    run(project, record(labels=[label("Ann", 1)]))
    result = run(project, record(labels=[label("Ann", 1), label("Bea", -1)]))
    assert (result.present, result.labels, result.labels_present) == (1, 1, 1)
    item = project.items.get()
    assert (item.seats_left, item.stale) == (0, True)


def test_another_answer_by_the_same_annotator_is_a_conflict_and_the_first_stays(project):
    run(project, record(labels=[label("Ann", 1)]))
    result = run(project, record("k0"), record(labels=[label("Ann", -1)]))
    assert (result.added, result.conflicts, result.bad, result.labels) == (1, 1, 0, 0)
    [(line, message)] = faults(result)
    assert line == 2
    assert message.startswith("Ann has labelled this item already, with another answer")
    assert project.annotations.get().answers["overall"]["value"] == 1


def test_two_answers_by_one_annotator_on_one_line_are_a_conflict_too(project):
    result = run(project, record(labels=[label("Ann", 1), label("Ann", 2), label("Ann", 1)]))
    assert (result.labels, result.conflicts, result.labels_present) == (1, 1, 1)


def test_a_key_with_other_texts_is_a_conflict(project):
    run(project, record())
    other = record(completions=[{"text": "Other."}, {"text": "Because."}])
    result = run(project, other, record(prompt="What?"))
    assert (result.added, result.present, result.conflicts) == (0, 0, 2)
    assert "key 'k1' is that of an item with other texts" in faults(result)[0][1]
    within = run(
        project, record("k9"), record("k9", prompt="What?"), record("k9", labels=[label()])
    )
    assert (within.added, within.present, within.conflicts, within.labels) == (1, 1, 1, 1)


def test_a_key_may_be_used_in_another_project(project):
    run(project, record())
    assert run(make_project(), record()).added == 1


def test_a_user_s_own_label_is_recognised_when_it_comes_back(project):
    member = make_member(project)
    annotator = member.user.annotator_or_new
    run(project, record())
    make_annotation(project.items.get(), annotator, value=1)
    same = run(project, record(labels=[label(annotator.name, 1)]))
    other = run(project, record(labels=[label(annotator.name, 2)]))
    assert (same.labels, same.labels_present, other.conflicts) == (0, 1, 1)
    assert Annotation.objects.count() == 1


def test_a_label_is_never_given_to_a_user_account(project):
    member = make_member(project)
    name = member.user.annotator_or_new.name
    run(project, record(labels=[label(name)]))
    assert project.annotations.get().annotator.user is None


def test_a_corrected_label_is_compared_as_it_stands_now(project):
    run(project, record(labels=[label("Ann", 1)]))
    first = project.annotations.get()
    make_annotation(first.item, first.annotator, value=2, supersedes=first)
    assert run(project, record(labels=[label("Ann", 2)])).labels_present == 1
    assert run(project, record(labels=[label("Ann", 1)])).conflicts == 1


# ---------------------------------------------------------------------------------------- bad lines


def test_bad_lines_are_listed_by_number_and_good_ones_stay(project):
    result = run(
        project,
        record("k1"),
        b"{not json}",
        b"",
        b'["a", "list"]',
        record("k5", completions=[]),
        record("k6", completions=[{"text": "alone"}]),
        b'{"key": "k7\xff"}',
        json.dumps(record("k8", prompt="a\x00b")).encode(),
        json.dumps(record("k9", prompt="a\ud83db")).encode(),
        json.dumps(record("k10")).replace('"Why?"', '"Why?", "metadata": {"n": NaN}').encode(),
        json.dumps(record("k11")).replace('"Why?"', '"Why?", "metadata": {"n": 1e999}').encode(),
        json.dumps(record("k12")).replace('"Why?"', '"?", "metadata": ' + "[" * 9999).encode(),
        record("k13", prompt="emoji 😀 as two escapes"),
        b"\xef\xbb\xbf" + json.dumps(record("k14")).encode(),
    )
    assert (result.lines, result.added, result.bad) == (13, 3, 10)
    told = dict(faults(result))
    assert told[2].startswith("is not JSON (Expecting property name")
    assert told[4] == "is ['a', 'list']; write one JSON object a line"
    assert told[5] == "has 0 completions; give 1 to 26"
    assert told[6] == "has 1 completions, but the form asks about 2; add the others"
    assert told[7] == "is not UTF-8 (byte 12 is 0xff); save it as UTF-8"
    assert told[8] == "the text has a NUL at character 1; remove it"
    assert told[9] == "the text has a lone surrogate U+D83D at character 1; remove it"
    assert told[10] == "NaN is no JSON; write a number or null"
    assert told[11] == "has a number that is too large for JSON; write it as a text"
    assert told[12] == "is nested too deeply; flatten it"
    assert set(project.items.values_list("key", flat=True)) == {"k1", "k13", "k14"}
    assert project.items.get(key="k13").messages[0]["content"] == "emoji 😀 as two escapes"


def test_a_label_that_does_not_fit_the_form_leaves_the_item_and_its_other_labels(project):
    labels = [
        label("Ann", 1),
        label("Bea", 3),
        {"annotator": "Cid", "answers": {"helpful": {"value": 1}}},
        {"annotator": "Dan", "answers": {}},
    ]
    result = run(project, record(labels=labels))
    assert (result.added, result.labels, result.bad) == (1, 1, 3)
    messages = [message for _, message in faults(result)]
    assert messages[0].startswith("label 2 by 'Bea': overall: value 3 is not on the scale; use -2")
    assert messages[1] == "label 3 by 'Cid': helpful: no such question in this form"
    assert messages[2] == "label 4 by 'Dan': : nothing is answered"


def test_a_tie_on_a_scale_without_one_is_absent(db):
    project = make_project(
        questions=[{"kind": "preference", "name": "overall", "title": "?", "points": 4}]
    )
    result = run(project, record(labels=[label("Ann", 0), label("Bea", 2)]))
    assert (result.added, result.labels, result.bad) == (1, 1, 1)


def test_at_most_a_thousand_faults_are_kept_but_all_are_counted(project):
    result = run(project, *[b"x"] * 1200, record())
    assert (result.bad, len(result.faults), result.added) == (1200, 1000, 1)


def test_a_fault_does_not_repeat_a_long_value(project):
    answers = {"overall": {"value": "x" * 100_000}}
    result = run(project, record(labels=[{"annotator": "Ann", "answers": answers}]))
    assert len(result.faults[0]["message"]) <= 500


def test_a_line_that_is_too_long_is_passed_over(project, monkeypatch):
    monkeypatch.setattr(pieces, "LONGEST_LINE", 1000)
    result = run(project, record("k1"), record("k2", prompt="x" * 5000), record("k3"))
    assert faults(result) == [(2, "is longer than 0 MiB; shorten it")]
    assert set(project.items.values_list("key", flat=True)) == {"k1", "k3"}


# ------------------------------------------------------------------------------------------ batches


def test_an_import_can_go_on_where_it_was_stopped(project, monkeypatch):
    monkeypatch.setattr(pieces, "BATCH_LINES", 3)
    lines = [json.dumps(record(f"k{n}", prompt="ü" * n)).encode() for n in range(10)]
    lines[7] = b"broken"
    data = b"\r\n".join(lines)
    reader = importer("tandem", project.questions, {})
    seen = []
    first = import_file(
        project,
        io.BytesIO(data),
        reader,
        stored=lambda place, result: seen.append((place.line, place.offset, result.as_json())),
    )
    next(first)
    next(first)
    assert project.items.count() == 6
    line, offset, before = seen[-1]
    assert line == 7
    result = Result(**before)
    list(import_file(project, io.BytesIO(data), reader, place=Place(line, offset), result=result))
    assert (result.lines, result.added, result.present) == (10, 9, 0)
    assert faults(result)[0][0] == 8


def test_what_an_earlier_part_has_read_is_known_to_a_later_one(project, monkeypatch):
    monkeypatch.setattr(pieces, "BATCH_LINES", 2)
    pair = {"prompt": "?", "arg_a": "a", "arg_b": "b", "human": []}
    records = [{"arg_id": name, "text": name} for name in "ab"]
    records += [{"item_id": f"i{n}", **pair} for n in range(3)]
    data = b"\n".join(json.dumps(one).encode() for one in records)
    place, result = Place(), Result()
    for _ in range(3):  # each part is read by another worker
        reader = importer("bench", project.questions, {})
        place = next(import_file(project, io.BytesIO(data), reader, place=place, result=result))
    assert (result.added, result.bad) == (3, 0)


def test_a_batch_that_fails_leaves_nothing_of_itself(project, monkeypatch):
    monkeypatch.setattr(pieces, "BATCH_LINES", 2)

    def stored(place, result):
        if place.line > 3:
            raise RuntimeError("stopped")

    data = b"\n".join(json.dumps(record(f"k{n}", labels=[label()])).encode() for n in range(4))
    with pytest.raises(RuntimeError):
        list(
            import_file(
                project, io.BytesIO(data), importer("tandem", project.questions, {}), stored=stored
            )
        )
    assert set(project.items.values_list("key", flat=True)) == {"k0", "k1"}
    assert project.annotations.count() == 2


def test_the_number_of_queries_does_not_grow_with_the_number_of_lines(project):
    counts = []
    for number in (10, 200):
        records = [
            record(f"{number}-{n}", labels=[label(), label("gpt", kind="llm")])
            for n in range(number)
        ]
        with CaptureQueriesContext(connection) as queries:
            run(project, *records)
        counts.append(len(queries))
    assert counts[1] <= counts[0]


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_a_time_add_everything_once():
    project = make_project()
    records = [
        record(f"k{n}", labels=[label(f"w{n % 7}"), label("gpt", kind="llm")]) for n in range(60)
    ]
    results = in_threads(
        4, lambda _: import_items(project, records, importer("tandem", project.questions, {}))
    )
    assert sorted(result.added for result in results) == [0, 0, 0, 60]
    assert sum(result.labels for result in results) == 120
    assert project.items.count() == 60
    assert not any(result.bad or result.conflicts for result in results)


def test_records_in_memory_are_imported_as_a_file_is(project):
    records = [record("k1"), record("k2", prompt="\ud800"), "text"]
    result = import_items(project, records, importer("tandem", project.questions, {}))
    assert (result.added, [line for line, _ in faults(result)]) == (1, [2, 3])


def test_aggregates_follow_an_import(project):
    run(project, record(labels=[label("Ann", 1), label("Bea", -2), label("gpt", 2, kind="llm")]))
    aggregate_stale(project)
    assert Aggregate.objects.get(source="people").mean == -0.5
