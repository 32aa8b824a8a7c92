"""How much suggestions move answers: by hand, against statsmodels, and where there is an effect or none."""

import numpy as np
import pytest
import statsmodels.api as sm

from annotate.models import Annotation, Form, Project
from annotate.quality.clusters import difference, student
from annotate.quality.suggested import effects
from tests.factories import make_annotator, make_item, make_project

# ------------------------------------------------------------------------------- the interval itself


def drawn(seed, labels=400, items=80, annotators=12):
    """Labels with effects of item and annotator, and an arm drawn for each."""
    rng = np.random.default_rng(seed)
    item, annotator = rng.integers(items, size=labels), rng.integers(annotators, size=labels)
    arm = rng.random(labels) < 0.5
    lean = 0.3 * rng.normal(size=items)[item] + 0.3 * rng.normal(size=annotators)[annotator]
    values = (lean + 0.2 * arm + rng.normal(size=labels) > 0).astype(float)
    return values, arm, item, annotator


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_is_the_one_of_two_way_clustered_regression(seed):
    values, arm, item, annotator = drawn(seed)
    found = difference(values, arm, item, annotator)
    fitted = sm.OLS(values, sm.add_constant(arm.astype(float))).fit()
    robust = fitted.get_robustcov_results(
        cov_type="cluster", groups=np.column_stack([item, annotator]), use_t=True
    )
    assert found.value == pytest.approx(fitted.params[1])
    half = student(min(len(set(item)), len(set(annotator))) - 1) * robust.bse[1]
    assert found.high - found.value == pytest.approx(half, rel=1e-9)
    assert found.value - found.low == pytest.approx(half, rel=1e-9)


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.7062), (4, 2.77645), (30, 2.04227), (1000, 1.96234)]
)
def test_students_quantile_is_that_of_the_tables(freedom, quantile):
    assert student(freedom) == pytest.approx(quantile, rel=1e-4)


def test_a_difference_by_hand():
    values = np.array([1.0, 1.0, 0.0, 0.0])
    arm = np.array([True, True, True, False])
    found = difference(values, arm, np.arange(4), np.array([1, 2, 1, 2]))
    assert (found.with_, found.without) == (pytest.approx(2 / 3), 0)
    assert (found.n_with, found.n_without, found.items, found.annotators) == (3, 1, 4, 2)
    assert found.low is None  # one label in an arm tells nothing of its spread


def test_an_empty_arm_gives_nothing():
    values = np.ones(3)
    assert difference(values, np.ones(3, dtype=bool), np.arange(3), np.arange(3)) is None


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """No effect at all, with strong effects of items and annotators."""
    inside = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        item, annotator = rng.integers(60, size=300), rng.integers(15, size=300)
        lean = rng.normal(size=60)[item] + rng.normal(size=15)[annotator]
        values = (lean + rng.normal(size=300) > 0).astype(float)
        found = difference(values, rng.random(300) < 0.5, item, annotator)
        inside += found.low <= 0 <= found.high
    assert 180 <= inside <= 200


# --------------------------------------------------------------------------------- from the records


def side(value):
    return {"overall": {"value": value, "both_bad": False}}


@pytest.fixture
def project(db):
    return make_project()


def record(arm, value, *, informed=False, shown=None):
    shown = shown or {"before": "before", "none": "none", "after": "after"}[arm]
    said = {} if value is None else {"answers": side(value)}
    return {"arm": arm, "shown": shown, "informed": informed, "from": "judges", **said}


def label(item, annotator, value, recorded, **fields):
    return Annotation.objects.create(
        project=item.project,
        item=item,
        annotator=annotator,
        answers=side(value),
        form=item.project.form,
        suggestions=recorded,
        **fields,
    )


def test_both_arms_are_compared_on_what_was_or_would_have_been_suggested(project):
    annotators = [make_annotator(project) for _ in range(4)]
    for n in range(8):
        item = make_item(project)
        for place, annotator in enumerate(annotators):
            seen = (n + place) % 2 == 0
            value = 1 if seen or n < 2 else -1
            recorded = record("before" if seen else "none", 2, informed=seen)
            label(item, annotator, value, recorded, active_seconds=8.0 if seen else 16.0)
    label(make_item(project), annotators[0], 1, record("before", None, shown="none"))
    label(make_item(project), annotators[0], 1, None)
    [effect] = effects(project)
    [arms] = effect.arms
    assert (arms.agree.with_, arms.agree.without) == (1.0, 0.25)
    assert (arms.agree.n_with, arms.agree.n_without) == (16, 16)
    assert arms.agree.low < 0.75 < arms.agree.high
    assert (effect.shown, effect.held_back, effect.silent) == (16, 16, 1)
    assert effect.few
    assert effect.times.factor.value == pytest.approx(0.5)
    assert (effect.times.with_.value, effect.times.without.value) == (8, 16)


def test_a_suggestion_of_the_same_side_is_agreed_with_whatever_its_strength(project):
    annotators = [make_annotator(project) for _ in range(2)]
    for n in range(4):
        item = make_item(project)
        for annotator in annotators:
            label(item, annotator, 1, record("before" if n % 2 else "none", 2))
    [effect] = effects(project)
    assert (effect.arms[0].agree.with_, effect.arms[0].agree.without) == (1, 1)


def test_a_label_that_was_replaced_counts_by_what_took_its_place(project):
    annotator = make_annotator(project)
    item = make_item(project)
    first = label(item, annotator, -1, record("before", 1))
    label(item, annotator, 1, record("before", 1), supersedes=first, key="2")
    label(make_item(project), annotator, -1, record("none", 1))
    [effect] = effects(project)
    assert (effect.arms[0].agree.n_with, effect.arms[0].agree.with_) == (1, 1)


def test_what_became_of_answers_after_the_suggestion_came_up(project):
    annotator = make_annotator(project)

    def shown(value, *changes):
        item = make_item(project)
        last = label(item, annotator, value, record("after", 1))
        for number, change in enumerate(changes):
            again = record("after", 1, informed=True)
            last = label(item, annotator, change, again, supersedes=last, key=str(number))

    shown(1)  # agrees, and stays
    shown(-1)  # disagrees, and stays
    shown(-1, 2)  # goes over
    shown(-1, 0, 1)  # goes over in the end
    shown(-1, 0)  # changed otherwise
    shown(1, -1)  # away
    shown(1, 2)  # the same side, stronger
    shown(1, 1)  # looked at again, and stayed
    [effect] = effects(project)
    [changes] = effect.changes
    assert (changes.agreed, changes.disagreed) == (4, 4)
    assert (changes.to_it, changes.away, changes.otherwise) == (2, 1, 2)
    assert (changes.seen, changes.changed, effect.afterwards) == (8, 5, 8)
    assert (changes.moved.value, changes.moved.n) == (0.5, 4)


def test_answers_to_a_question_that_means_something_else_now_are_left_out(project):
    annotators = [make_annotator(project) for _ in range(2)]
    for n in range(4):
        for annotator in annotators:
            label(make_item(project), annotator, 1, record("before" if n % 2 else "none", 1))
    wider = [{"kind": "preference", "name": "overall", "title": "Better?", "points": 7}]
    Form.objects.add_version(project, wider)
    [effect] = effects(Project.objects.get())
    assert effect.arms == []


def test_without_records_there_is_no_effect_to_show(project):
    assert effects(project) == []
