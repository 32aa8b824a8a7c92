"""Gold: what may be it, what people agree on, and who gives the right answers."""

import pytest

from annotate.aggregation import aggregate_stale
from annotate.gold import (
    NotGold,
    agreed,
    gold_accuracy,
    gold_accuracy_by_question,
    in_words,
    is_right,
    majority,
    remove_gold,
    set_gold,
    set_gold_from,
)
from annotate.models import Aggregate, Annotation, AuditEntry, Form, Gold, Item
from annotate.questions import IncompleteAnswers, parse_questions
from tests.factories import PAIRWISE, make_annotation, make_annotator, make_item, make_project

pytestmark = pytest.mark.django_db
RATING = {"kind": "rating", "name": "clear", "title": "Clear?", "required": False}


def value(number):
    return {"overall": {"value": number, "both_bad": False}}


def question(**config):
    [found] = parse_questions([{"name": "q", "title": "Q?"} | config])
    return found


@pytest.fixture
def project():
    return make_project(questions=[*PAIRWISE, RATING])


def test_gold_replaces_gold_and_both_are_in_the_audit_log(project):
    item = make_item(project)
    set_gold(item, value(1))
    gold = set_gold(item, value(-2), note=" It is right. ")
    assert Gold.objects.get() == gold
    assert (gold.answers, gold.note, gold.form) == (value(-2), "It is right.", project.form)
    entry = AuditEntry.objects.filter(action="gold.set").latest("pk")
    assert entry.details == {"before": value(1), "after": value(-2)}


def test_texts_are_no_gold(project):
    item = make_item(project)
    assert set_gold(item, value(1) | {"why": {"text": "because"}}).answers == value(1)
    with pytest.raises(NotGold):
        set_gold(item, {"why": {"text": "because"}})


def test_what_the_form_does_not_take_is_no_gold(project):
    with pytest.raises(IncompleteAnswers, match="not on the scale"):
        set_gold(make_item(project), value(7))


def test_gold_from_a_label_keeps_the_labels_form(project):
    label = make_annotation(make_item(project), make_annotator(project), value=2)
    Form.objects.create(project=project, version=2, questions=PAIRWISE)
    gold = set_gold_from(label)
    assert (gold.answers, gold.form.version) == (value(2), 1)


def test_gold_can_be_removed_once(project):
    item = make_item(project)
    set_gold(item, value(1))
    assert remove_gold(item)
    assert not remove_gold(item)
    assert AuditEntry.objects.filter(action="gold.remove").count() == 1


def test_the_commonest_answer_on_the_aggregates_side_is_agreed(project):
    item = make_item(project)
    for number in (1, 1, 2, -2, -2):
        make_annotation(item, make_annotator(project), value=number)
    aggregate_stale(project)
    assert agreed(project, [item.pk])[item.pk].answers == value(1)


def test_of_equally_common_strengths_the_weaker_is_agreed(project):
    item = make_item(project)
    for number in (2, 1):
        make_annotation(item, make_annotator(project), value=number)
    aggregate_stale(project)
    assert agreed(project, [item.pk])[item.pk].answers == value(1)


def test_without_a_majority_or_enough_labels_there_is_a_reason(project):
    torn, thin, judged = (make_item(project) for _ in range(3))
    for number in (1, -1):
        make_annotation(torn, make_annotator(project), value=number)
    make_annotation(thin, make_annotator(project))
    for _ in range(3):
        make_annotation(judged, make_annotator(project, kind="llm"))
    aggregate_stale(project)
    found = agreed(project, [torn.pk, thin.pk, judged.pk])
    assert found[torn.pk].fault == "no majority on “Which is better?”"
    assert found[thin.pk].fault == found[judged.pk].fault == "has fewer than 2 labels by people"
    assert agreed(project, [thin.pk], least=1)[thin.pk].answers == value(1)


def test_a_review_wins_however_many_disagree(project):
    item = make_item(project)
    for _ in range(3):
        make_annotation(item, make_annotator(project), value=1)
    make_annotation(item, make_annotator(project), value=-1, purpose=Annotation.Purpose.REVIEW)
    aggregate_stale(project)
    assert agreed(project, [item.pk])[item.pk].answers == value(-1)


def test_ratings_are_agreed_when_more_than_half_say_the_same():
    rating = question(kind="rating")
    same, other = {"values": [4, 2]}, {"values": [4, 3]}
    assert majority(rating, [same, same, other]) == same
    assert majority(rating, [same, other]) is None


def test_an_answer_is_right_on_golds_side_whatever_its_strength():
    preference = question(kind="preference", points=5)
    gold = {"value": -2, "both_bad": False}
    assert is_right(preference, {"value": -1, "both_bad": False}, gold)
    assert not is_right(preference, {"value": 0, "both_bad": False}, gold)
    assert not is_right(preference, {"value": 1, "both_bad": False}, gold)


def test_a_rating_is_right_next_to_gold_on_a_long_scale_alone():
    long, short = question(kind="rating"), question(kind="rating", maximum=3)
    gold = {"values": [3, 1]}
    assert is_right(long, {"values": [4, 1]}, gold)
    assert not is_right(long, {"values": [5, 1]}, gold)
    assert not is_right(long, {"values": [3, None]}, gold)
    assert not is_right(short, {"values": [2, 1]}, gold)


def test_accuracy_counts_current_work_on_items_that_are_not_archived(project):
    good, bad = make_annotator(project), make_annotator(project)
    for _ in range(3):
        item = make_item(project)
        set_gold(item, value(1) | {"clear": {"values": [3, 3]}})
        make_annotation(item, good, answers=value(2) | {"clear": {"values": [4, 3]}})
        first = make_annotation(item, bad, value=1)
        make_annotation(item, bad, value=-1, supersedes=first)
    gone = make_item(project, route=None, waits_for=Item.WaitsFor.ARCHIVE)
    set_gold(gone, value(1))
    make_annotation(gone, bad, value=1)
    make_annotation(make_item(project), bad, value=1)  # no gold
    assert gold_accuracy(project) == {good.pk: (6, 6), bad.pk: (0, 3)}
    assert gold_accuracy_by_question(project)[good.pk] == {"overall": (3, 3), "clear": (3, 3)}


def test_labels_on_another_scale_than_golds_are_passed_over(project):
    item, person = make_item(project), make_annotator(project)
    set_gold(item, value(1))
    other = [{"kind": "preference", "name": "overall", "title": "Which?", "points": 3}]
    form = Form.objects.create(project=project, version=2, questions=other)
    Annotation.objects.create(
        project=project, item=item, annotator=person, form=form, answers=value(1)
    )
    assert gold_accuracy(project) == {}


def test_accuracy_takes_as_many_queries_for_many_labels(project, django_assert_num_queries):
    people = [make_annotator(project) for _ in range(5)]
    for _ in range(5):
        item = make_item(project)
        set_gold(item, value(1))
        for person in people:
            make_annotation(item, person)
    with django_assert_num_queries(3):
        assert gold_accuracy(project) == {person.pk: (5, 5) for person in people}


def test_a_side_that_fewer_than_half_take_is_not_agreed_whatever_a_method_says(project):
    item = make_item(project)
    for number in (1, -1, 0):
        make_annotation(item, make_annotator(project), value=number)
    aggregate_stale(project)
    Aggregate.objects.filter(item=item).update(majority=1, share=1 / 3, confidence=0.9)
    assert agreed(project, [item.pk])[item.pk].fault == "no majority on “Which is better?”"


def test_an_aggregate_has_to_be_as_sure_as_is_asked(project):
    item = make_item(project)
    for _ in range(3):
        make_annotation(item, make_annotator(project))
    aggregate_stale(project)
    Aggregate.objects.filter(item=item).update(confidence=0.8)
    assert agreed(project, [item.pk], sure=0.8)[item.pk].answers == value(1)
    fault = agreed(project, [item.pk], sure=0.9)[item.pk].fault
    assert fault == "less than 90 % sure of “Which is better?”"
    Aggregate.objects.filter(item=item).update(confidence=None)
    assert agreed(project, [item.pk], sure=0.9)[item.pk].answers == value(1)


def test_gold_is_put_into_words(project):
    assert in_words(value(-2) | {"clear": {"values": [3, 4]}}, project.form.pk) == (
        "A clearly better; A 3, B 4"
    )
