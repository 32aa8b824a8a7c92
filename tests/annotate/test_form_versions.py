"""Next versions of a form: what changes, what is refused, and what follows."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotate.aggregation import aggregate_stale
from annotate.assignment import claim
from annotate.form_versions import (
    FormMoved,
    ScaleInUse,
    compare,
    free_name,
    mixed_names,
    other_scales,
    store_form,
)
from annotate.models import (
    Aggregate,
    Assignment,
    AuditEntry,
    Form,
    Gold,
    Hint,
    Item,
    Transfer,
)
from annotate.questions import InvalidForm, kinds, parse_questions
from routing.judges.base import InvalidJudge
from routing.judges.versions import set_active
from tests.background import do_all_jobs
from tests.factories import (
    PAIRWISE,
    make_annotation,
    make_annotator,
    make_assignment,
    make_item,
    make_member,
    make_project,
)
from tests.frontend.rows import make_judge

pytestmark = pytest.mark.django_db
OVERALL, WHY = PAIRWISE


def form(*questions):
    return parse_questions(list(questions))


def three_points(**more):
    return [{**OVERALL, "points": 3, **more}, WHY]


# ---------------------------------------------------------------------------------------- changes


def test_each_difference_between_two_versions_is_told_in_words():
    rating = {"kind": "rating", "name": "tone", "title": "Tone", "labels": []}
    old = form(OVERALL, WHY, rating)
    new = form(
        {**WHY, "name": "reason"},
        {**OVERALL, "points": 7, "title": "Better?"},
        {**rating, "name": "x"} | {"maximum": 4},
    )
    changes = compare(old, new)
    assert changes.renamed == [("why", "reason")]
    assert (changes.added, changes.removed) == (["x"], ["tone"])
    assert changes.moved
    assert changes.words() == [
        "question x is new",
        "question tone is removed",
        "question why is called reason",
        "question overall: title “Which is better?” → “Better?”",
        "question overall: Points of the scale 5 → 7",
        "the questions come in another order",
    ]


def test_the_same_questions_are_no_change():
    assert not compare(form(*PAIRWISE), form(*PAIRWISE))
    assert compare(form(*PAIRWISE), form(*PAIRWISE)).words() == []


def test_a_question_that_goes_from_the_middle_moves_nothing():
    extra = {"kind": "text", "name": "extra", "title": "Extra", "required": False}
    assert not compare(form(OVERALL, extra, WHY), form(OVERALL, WHY)).moved


def test_names_that_are_free_are_found_beside_all_that_were_ever_used():
    assert free_name("overall", {"overall", "overall_2"}) == "overall_3"
    assert len(free_name("x" * 60, {"x" * 60})) <= 60


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_says_what_changes_the_meaning_of_its_answers(kind):
    one = parse_questions([{"kind": kind, "name": "q", "title": "Q"}])[0]
    other = parse_questions(
        [{"kind": kind, "name": "q", "title": "Z", "help": "?", "required": False}]
    )[0]
    assert one.meaning == other.meaning


# ----------------------------------------------------------------------------------------- scales


def test_another_scale_is_fine_while_nobody_has_answered():
    project = make_project()
    assert store_form(project, three_points()).version == 2
    assert project.questions["overall"].config.points == 3


def test_another_scale_under_the_name_of_one_in_use_is_refused_with_a_way_out():
    project = make_project()
    make_annotation(make_item(project), make_annotator(project), value=2)
    with pytest.raises(ScaleInUse) as refused:
        store_form(project, three_points())
    assert set(refused.value.faults) == {"overall"}
    words = str(refused.value)
    assert "1 label" in words
    assert "points of the scale 5 → 3" in words
    assert "overall_2" in words
    store_form(project, three_points(name="overall_2"))
    assert project.questions.main_preference().name == "overall_2"


def test_another_kind_under_a_name_in_use_is_refused_too():
    project = make_project()
    make_annotation(make_item(project), make_annotator(project))
    with pytest.raises(ScaleInUse, match="kind “preference” → “rating”"):
        store_form(project, [{"kind": "rating", "name": "overall", "title": "How good?"}])


def test_a_scale_of_long_ago_still_holds_its_name():
    project = make_project()
    make_annotation(make_item(project), make_annotator(project))
    store_form(project, [WHY | {"required": True}])
    with pytest.raises(ScaleInUse):
        store_form(project, three_points())
    assert store_form(project, PAIRWISE).version == 3


def test_words_of_a_question_may_change_at_any_time():
    project = make_project()
    make_annotation(make_item(project), make_annotator(project))
    changed = [{**OVERALL, "title": "Better?", "help": "All in all", "both_bad": True}, WHY]
    assert store_form(project, changed).version == 2


def test_whoever_may_still_answer_on_the_old_scale_holds_it():
    project = make_project()
    item = make_item(project)
    assignment = make_assignment(item, make_member(project))
    with pytest.raises(ScaleInUse, match="1 item that somebody has open"):
        store_form(project, three_points())
    assignment.delete()
    Gold.objects.create(item=item, answers={"overall": {"value": 2}}, form=project.form)
    with pytest.raises(ScaleInUse, match="1 gold answer"):
        store_form(project, three_points())
    Gold.objects.all().delete()
    Transfer.objects.create(project=project, direction="import", format="tandem")
    with pytest.raises(ScaleInUse, match="1 import that runs"):
        store_form(project, three_points())
    Transfer.objects.all().delete()
    judge = make_judge(project)
    with pytest.raises(ScaleInUse, match="judge judge v1 at work"):
        store_form(project, three_points())
    set_active(judge, active=False)
    store_form(project, three_points())
    with pytest.raises(InvalidJudge, match="another scale"):
        set_active(judge, active=True)


def test_an_item_that_ran_out_unanswered_comes_back_with_the_new_scale():
    project = make_project()
    member = make_member(project)
    item = make_item(project)
    make_assignment(
        item, member, state=Assignment.State.EXPIRED, expires_at=timezone.now() - timedelta(1)
    )
    Item.objects.update(seats_left=1)
    store_form(project, three_points())
    assert claim(member).form.version == 2


def test_without_another_scale_what_ran_out_stays():
    project = make_project()
    make_assignment(make_item(project), make_member(project), state=Assignment.State.EXPIRED)
    store_form(project, [*PAIRWISE, {"kind": "text", "name": "more", "title": "More"}])
    assert Assignment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_claim_under_way_is_waited_for_and_seen():
    """Its assignment names the old form; without the wait the new scale would slip in beside it."""
    project = make_project()
    member = make_member(project)
    make_item(project)
    claimed, go_on = threading.Event(), threading.Event()

    def work():
        from django.db import transaction

        with transaction.atomic():
            claim(member)
            claimed.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert claimed.wait(10)
    threading.Timer(0.3, go_on.set).start()
    with pytest.raises(ScaleInUse, match="somebody has open"):
        store_form(project, three_points())
    thread.join()
    assert Form.objects.filter(project=project).count() == 1


def test_scales_that_differ_are_found_by_name():
    project = make_project()
    new = parse_questions(three_points())
    assert mixed_names(project.questions, new) == ["overall"]
    assert other_scales(project, new) == {"overall": [project.form]}
    assert other_scales(project, project.questions) == {}


# ---------------------------------------------------------------------------------------- storing


def test_a_version_names_who_stored_it_and_what_changed():
    project = make_project()
    stored = store_form(project, [OVERALL], note="Nobody wrote reasons")
    entry = AuditEntry.objects.get(action="form.version")
    assert (entry.target_kind, entry.target_id) == ("form", stored.pk)
    assert entry.details == {
        "before": 1,
        "after": 2,
        "changes": ["question why is removed"],
        "note": "Nobody wrote reasons",
    }


def test_the_same_questions_make_no_version():
    project = make_project()
    assert store_form(project, list(PAIRWISE)).version == 1
    assert not AuditEntry.objects.exists()


def test_the_second_of_two_who_edit_the_same_version_is_told():
    project = make_project()
    store_form(project, [OVERALL], base=1)
    with pytest.raises(FormMoved) as moved:
        store_form(project, [*PAIRWISE, {**WHY, "name": "more"}], base=1)
    assert moved.value.newest.version == 2
    assert Form.objects.count() == 2


@pytest.mark.parametrize(
    ("questions", "says"),
    [
        ([{**OVERALL, "name": f"q{n}"} for n in range(200)], "200 questions; ask 50 at most"),
        ([{**OVERALL, "title": "x" * 301}], "longer than 300 characters"),
        ([{**OVERALL, "help": "x" * 2001}], "longer than 2,000 characters"),
        ([{**OVERALL, "title": "a\x00b"}], "NUL"),
        ([{**OVERALL, "name": "Ärger"}], "not allowed"),
        ([OVERALL, OVERALL], "Two questions are named 'overall'"),
        ([], "at least one question"),
    ],
)
def test_forms_that_no_page_could_show_are_refused(questions, says):
    with pytest.raises(InvalidForm, match=says):
        store_form(make_project(), questions)


# --------------------------------------------------------------------------------------- following


def test_aggregates_go_with_their_question_and_come_back_with_it():
    project = make_project()
    for _ in range(3):
        make_annotation(make_item(project), make_annotator(project))
    aggregate_stale(project)
    assert Aggregate.objects.filter(question="overall").exists()
    more = {"kind": "text", "name": "more", "title": "More", "required": False}
    store_form(project, [WHY, more])
    assert Hint.objects.get(kind="form").wanted
    do_all_jobs(project)
    assert not Aggregate.objects.exists()
    store_form(project, [*PAIRWISE, more])
    store_form(project, [{**OVERALL, "title": "Better?"}, WHY, more])
    do_all_jobs(project)
    aggregated = Aggregate.objects.filter(question="overall", source=Aggregate.Source.PEOPLE)
    assert aggregated.count() == 3
    assert not Item.objects.filter(stale=True).exists()
