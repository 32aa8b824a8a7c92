"""What is learnt of a project's annotators, kept, folded in, and learnt anew."""

import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from annotate.aggregation import aggregate_stale
from annotate.aggregation.catalogue import METHODS
from annotate.aggregation.choosing import UnknownMethod, choose_method
from annotate.aggregation.fitting import KEEP_FITS, fit_is_due, fit_project
from annotate.aggregation.settling import chosen_method
from annotate.aggregation.writing import VERSION
from annotate.jobs import KINDS, run_job
from annotate.labels import add_label
from annotate.models import (
    Aggregate,
    AggregationFit,
    Annotation,
    AuditEntry,
    Form,
    Hint,
    Item,
    ItemSummary,
    Reliability,
)
from annotate.questions import kinds, parse_question, parse_questions
from tests.factories import PAIRWISE, make_annotation, make_annotator, make_item, make_project

RATED = [{"kind": "rating", "name": "quality", "title": "How good?", "minimum": 1, "maximum": 5}]
PREFERENCE_METHODS = parse_questions(PAIRWISE)["overall"].methods


@pytest.fixture
def project(db):
    return make_project()


def side(value):
    return {"overall": {"value": value, "both_bad": False}}


def crowd(project, *, items=30, good=4, contrary=1, kind="human"):
    """Items whose second completion is better, of which the contrary always say the first."""
    people = [make_annotator(project, kind=kind) for _ in range(good + contrary)]
    made = [make_item(project) for _ in range(items)]
    for number, item in enumerate(made):
        truth = 1 if number % 3 else -1
        for place, person in enumerate(people):
            make_annotation(item, person, value=truth if place < good else -truth)
    return made, people


def bring_up_to_date(project):
    while aggregate_stale(project):
        pass
    return fit_project(project)


# ---------------------------------------------------------------------------------------- fitting


def test_a_fit_keeps_what_it_learnt_of_each_annotator(project):
    _, people = crowd(project)
    fits = {fit.source: fit for fit in bring_up_to_date(project)}
    assert set(fits) == {"people", "all"}
    assert (fits["people"].labels, fits["people"].items) == (150, 30)
    rows = Reliability.objects.filter(fit=fits["people"]).order_by("annotator")
    values = [row.value for row in rows]
    assert [row.annotator for row in rows] == people
    assert min(values[:4]) > 0.9 > 0.1 > values[4]
    assert all(row.low <= row.value <= row.high for row in rows)
    assert np.shape(rows[0].data["confusion"]) == (3, 3)


@pytest.mark.parametrize("method", PREFERENCE_METHODS)
def test_every_method_settles_and_folds_in(project, method):
    items, people = crowd(project)
    choose_method(project, project.questions["overall"], method)
    bring_up_to_date(project)
    found = Aggregate.objects.get(item=items[1], source="people")
    assert (found.majority, found.method, found.version) == (1, method, VERSION)
    assert 0.5 < found.confidence <= 1
    assert sum(found.data["posterior"].values()) == pytest.approx(1, abs=1e-5)
    assert found.mean > 0.5
    new = make_item(project)
    make_annotation(new, people[0], value=-1)
    make_annotation(new, make_annotator(project), value=-1)
    aggregate_stale(project)
    folded = Aggregate.objects.get(item=new, source="people")
    assert (folded.majority, folded.method) == (-1, method)
    assert AggregationFit.objects.filter(current=True).count() == 2


def test_a_new_label_is_weighed_by_what_is_known_of_its_annotator(project):
    _, people = crowd(project)
    bring_up_to_date(project)
    item = make_item(project)
    make_annotation(item, people[0], value=1)
    make_annotation(item, people[4], value=-1)
    aggregate_stale(project)
    found = Aggregate.objects.get(item=item, source="people")
    assert found.majority == 1  # who is always wrong says the other side
    assert found.share == 0.5
    assert found.confidence > 0.9


def test_before_the_first_fit_votes_are_counted(project):
    items, _ = crowd(project, items=2)
    aggregate_stale(project)
    found = Aggregate.objects.get(item=items[1], source="people")
    assert (found.method, found.majority, found.share) == ("majority", 1, 0.8)
    assert 0.5 < found.confidence < 1


def test_a_majority_leaves_the_plain_mean(project):
    item = make_item(project)
    for value in (-2, 1, 2):
        make_annotation(item, make_annotator(project), value=value)
    choose_method(project, project.questions["overall"], "majority")
    bring_up_to_date(project)
    found = Aggregate.objects.get(item=item, source="people")
    assert (found.mean, found.majority, found.share) == (
        pytest.approx(1 / 3),
        1,
        pytest.approx(2 / 3),
    )


def test_the_mean_under_a_posterior_weighs_the_sides_by_their_strength(project):
    _, people = crowd(project)
    bring_up_to_date(project)
    item = make_item(project)
    make_annotation(item, people[0], value=2)
    make_annotation(item, people[4], value=-2)
    aggregate_stale(project)
    found = Aggregate.objects.get(item=item, source="people")
    shares = found.data["posterior"]
    assert found.mean == pytest.approx(2 * shares["second"] - 2 * shares["first"], abs=1e-4)


def test_judges_have_a_fit_of_their_own_and_all_together_one(project):
    items, _ = crowd(project, items=10)
    judge = make_annotator(project, kind="llm")
    for item in items:
        make_annotation(item, judge, value=1)
    fits = {fit.source: fit.labels for fit in bring_up_to_date(project)}
    assert fits == {"people": 50, "judges": 10, "all": 60}


def test_qualification_archived_items_and_replaced_labels_teach_nothing(project):
    items, people = crowd(project, items=3)
    make_annotation(
        items[0], make_annotator(project), value=1, purpose=Annotation.Purpose.QUALIFICATION
    )
    first = Annotation.objects.filter(item=items[0], annotator=people[0]).get()
    make_annotation(items[0], people[0], value=-2, supersedes=first)
    Item.objects.filter(pk=items[2].pk).update(route=None, waits_for=Item.WaitsFor.ARCHIVE)
    [people_s, _] = bring_up_to_date(project)
    assert people_s.labels == 10


def test_a_review_stays_whatever_the_method_finds(project):
    items, _ = crowd(project)
    reviewer = make_annotator(project)
    add_label(items[1], reviewer, side(-2), form=project.form, purpose=Annotation.Purpose.REVIEW)
    bring_up_to_date(project)
    found = Aggregate.objects.get(item=items[1], source="people")
    assert (found.majority, found.mean, found.count) == (-1, -2, 1)
    assert (found.method, found.confidence) == ("review", 1)
    assert not Reliability.objects.filter(annotator=reviewer).exists()


def test_ratings_get_means_with_their_errors(db):
    project = make_project(questions=RATED)
    item, people = make_item(project), [make_annotator(project) for _ in range(3)]
    for person, values in zip(people, ([5, 1], [4, 2], [5, None]), strict=True):
        make_annotation(item, person, answers={"quality": {"values": values}})
    bring_up_to_date(project)
    found = Aggregate.objects.get(source="people")
    assert found.method == "mean"
    assert found.data["means"] == pytest.approx([14 / 3, 1.5])
    assert found.data["deviations"][0] < found.data["deviations"][1]
    assert 0 < found.confidence < 1
    choose_method(project, project.questions["quality"], "adjusted_mean")
    bring_up_to_date(project)
    found.refresh_from_db()
    assert found.method == "adjusted_mean"
    assert all(1 <= mean <= 5 for mean in found.data["means"])


def test_texts_that_recur_inform_each_other_s_pairs(project):
    """a beats b and b beats c everywhere; the one answer about a and c says otherwise."""
    people = [make_annotator(project) for _ in range(5)]
    texts = ("good", "fair"), ("fair", "poor")
    for pair in texts * 4:
        item = make_item(project, prompt="The same", completions=pair)
        for person in people:
            make_annotation(item, person, value=-1)
    across = make_item(project, prompt="The same", completions=("good", "poor"))
    make_annotation(across, people[0], value=1)
    choose_method(project, project.questions["overall"], "bradley_terry")
    bring_up_to_date(project)
    found = Aggregate.objects.get(item=across, source="people")
    assert found.majority == -1
    assert found.data["kept"]["rest_mean"] < 0
    Item.objects.filter(pk=across.pk).update(stale=True)
    aggregate_stale(project)
    again = Aggregate.objects.get(item=across, source="people")
    assert again.confidence == pytest.approx(found.confidence)


# ---------------------------------------------------------------------------------------- when it is due


def test_a_fit_is_due_at_first_labels_and_after_growth(project):
    assert not fit_is_due(project)
    crowd(project, items=12)  # 60 labels
    aggregate_stale(project)
    assert fit_is_due(project)
    fit_project(project)
    assert not fit_is_due(project)
    crowd(project, items=9)
    assert not fit_is_due(project)
    crowd(project, items=1)
    assert fit_is_due(project)


def test_a_fit_is_due_when_another_method_is_chosen_or_the_classes_change(project):
    crowd(project, items=3)
    bring_up_to_date(project)
    project.aggregation = {"overall": "mace"}
    assert fit_is_due(project)
    project.aggregation = {}
    even = [{"kind": "preference", "name": "overall", "title": "Which?", "points": 4}]
    Form.objects.create(project=project, version=2, questions=even)
    del project.form, project.questions
    assert fit_is_due(project)


def test_a_fit_whose_aggregates_were_not_all_rewritten_is_made_again(project):
    crowd(project, items=3)
    bring_up_to_date(project)
    fit = AggregationFit.objects.get(source="people", current=True)
    fit.parameters["rewritten"] = False
    fit.save()
    assert fit_is_due(project)


def test_the_aggregate_job_asks_for_a_fit_and_the_fit_rewrites(project):
    items, _ = crowd(project, items=6)
    run_job("aggregate", project.pk)
    assert Hint.objects.get(project=project, kind="fit-annotators").wanted
    run_job("fit-annotators", project.pk)
    assert not Hint.objects.get(project=project, kind="fit-annotators").wanted
    methods = Aggregate.objects.filter(item__in=items).values_list("method", flat=True)
    assert set(methods) == {"dawid_skene"}
    assert KINDS["fit-annotators"].slow


def test_old_fits_go_and_one_stays_current(project):
    crowd(project, items=2)
    for _ in range(KEEP_FITS + 3):
        bring_up_to_date(project)
    fits = AggregationFit.objects.filter(question="overall", source="people")
    assert (fits.count(), fits.filter(current=True).count()) == (KEEP_FITS, 1)


def test_a_source_without_labels_loses_its_fit(project):
    _, people = crowd(project, items=2, good=1, contrary=0, kind="llm")
    bring_up_to_date(project)
    Annotation.objects.filter(annotator__in=people).delete()
    fit_project(project)
    assert not AggregationFit.objects.filter(current=True).exists()


def test_a_fold_takes_few_queries(project, django_assert_num_queries):
    items, _ = crowd(project, items=3)
    bring_up_to_date(project)
    make_annotation(items[0], make_annotator(project), value=1)
    with django_assert_num_queries(6):
        aggregate_stale(project)


# ------------------------------------------------------------------------------------------ choosing


def test_choosing_a_method_is_recorded_and_asks_for_a_fit(project):
    question = project.questions["overall"]
    assert choose_method(project, question, "mace")
    assert not choose_method(project, question, "mace")
    entry = AuditEntry.objects.get(action="aggregation.method")
    assert entry.details == {"question": "overall", "before": "dawid_skene", "after": "mace"}
    assert Hint.objects.get(kind="fit-annotators").wanted
    project.refresh_from_db()
    assert chosen_method(project, question) is METHODS["mace"]


def test_a_method_that_does_not_fit_the_question_is_refused(project):
    with pytest.raises(UnknownMethod, match="not aggregated by 'magic'; use one of dawid_skene,"):
        choose_method(project, project.questions["overall"], "magic")
    with pytest.raises(UnknownMethod, match="its answers are only counted"):
        choose_method(project, project.questions["why"], "mace")


def test_every_kind_names_methods_that_there_are():
    for kind in kinds():
        question = parse_question({"kind": kind, "name": "q", "title": "Q?"})
        assert all(name in METHODS for name in question.methods)


# ----------------------------------------------------------------------------------------- summaries


def test_a_summary_counts_labels_and_tells_how_far_people_differ(project):
    item = make_item(project)
    for value in (-2, -1, 1):
        make_annotation(item, make_annotator(project), value=value)
    make_annotation(item, make_annotator(project, kind="llm"), value=1)
    aggregate_stale(project)
    found = ItemSummary.objects.get()
    assert (found.people, found.judges, found.project) == (3, 1, project)
    assert found.disagreement == pytest.approx(1 / 3)
    assert found.confidence == Aggregate.objects.get(source="people").confidence


def test_a_summary_takes_judges_where_people_have_not_answered(project):
    item = make_item(project)
    make_annotation(item, make_annotator(project, kind="llm"), value=1)
    aggregate_stale(project)
    found = ItemSummary.objects.get()
    assert (found.people, found.judges, found.disagreement) == (0, 1, None)
    assert found.confidence == Aggregate.objects.get(source="judges").confidence


def test_a_summary_leaves_the_margin_alone_and_follows_removed_labels(project):
    item = make_item(project)
    label = make_annotation(item, make_annotator(project), value=1)
    aggregate_stale(project)
    ItemSummary.objects.update(margin=0.7)
    label.delete()
    Item.objects.update(stale=True)
    aggregate_stale(project)
    found = ItemSummary.objects.get()
    assert (found.people, found.confidence, found.margin) == (0, None, 0.7)


def test_disagreement_on_ratings_is_the_mean_over_completions(db):
    project = make_project(questions=RATED)
    item = make_item(project)
    for values in ([5, 1], [5, 2], [5, None]):
        make_annotation(item, make_annotator(project), answers={"quality": {"values": values}})
    aggregate_stale(project)
    assert ItemSummary.objects.get().disagreement == pytest.approx((0 + 0.5) / 2)


# ------------------------------------------------------------------------------------------- command


def test_the_command_fits_and_prints_reliability(project, capsys):
    _, people = crowd(project)
    call_command("aggregate", project.slug, "--json", "--method", "mace")
    found = json.loads(capsys.readouterr().out)["questions"]["overall"]
    assert found["method"] == "mace"
    told = found["sources"]["people"]["annotators"]
    assert [one["annotator"] for one in told] == [str(person) for person in people]
    assert told[0]["value"] > 0.8 > told[4]["value"]
    call_command("aggregate", project.slug)
    out = capsys.readouterr().out
    assert "overall, people: MACE, 150 labels on 30 items" in out


def test_the_command_says_what_there_is_for_what_there_is_not(project, capsys):
    call_command("aggregate", project.slug)
    assert "no labels to aggregate yet" in capsys.readouterr().out
    with pytest.raises(CommandError, match="use one of dawid_skene"):
        call_command("aggregate", project.slug, "--method", "magic")
    with pytest.raises(CommandError, match="no question 'x'; there are: overall, why"):
        call_command("aggregate", project.slug, "--method", "mace", "--question", "x")
