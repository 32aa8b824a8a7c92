from decimal import Decimal

import pytest

from annotate.aggregation import aggregate_stale
from routing.judges.quality import agreements, as_json, quality, wilson
from routing.judges.versions import create_judge
from routing.models import JudgeCall
from tests.factories import make_annotation, make_annotator, make_item, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def judge():
    judge, _ = create_judge(
        make_project(),
        name="mini",
        kind="openai",
        model="m",
        input_price_usd=Decimal(1),
        output_price_usd=Decimal(1),
    )
    return judge


def label(judge, *, says, people=None, raw=None):
    item = make_item(judge.project)
    make_annotation(item, judge.annotator, value=says, raw=raw)
    if people is not None:
        make_annotation(item, make_annotator(judge.project), value=people)
    while aggregate_stale(judge.project):
        pass
    return item


def call(judge, item, order, value, **fields):
    JudgeCall.objects.create(
        judge=judge,
        item=item,
        order=order,
        shown_order=[0, 1] if order == 0 else [1, 0],
        state="answered",
        verdict={"overall": {"value": value, "both_bad": False}},
        **fields,
    )


def test_wilsons_interval_is_the_published_one():
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)  # Newcombe 1998, table I, method 3
    assert wilson(0, 20)[0] == 0
    assert round(wilson(0, 20)[1], 4) == 0.1611


def test_agreement_is_counted_on_items_where_both_take_a_side():
    judge, _ = create_judge(make_project(), name="mini", kind="openai", model="m")
    label(judge, says=2, people=1)
    label(judge, says=-1, people=-2)
    label(judge, says=-1, people=1)
    label(judge, says=0, people=1)
    label(judge, says=0, people=0)
    label(judge, says=1, people=0)
    label(judge, says=1)
    agreement = agreements(judge.project, [judge.annotator])[judge.annotator.pk]
    assert (agreement.decided.hits, agreement.decided.n) == (2, 3)
    assert (agreement.all.hits, agreement.all.n) == (3, 6)


def test_an_imported_llm_is_measured_as_well_and_a_stranger_has_nothing(judge):
    imported = make_annotator(judge.project, kind="llm")
    item = label(judge, says=1, people=1)
    make_annotation(item, imported, value=-1)
    found = agreements(judge.project, [judge.annotator, imported])
    assert found[imported.pk].decided.value == 0
    other = make_annotator(make_project(), kind="llm")
    assert agreements(judge.project, [other])[other.pk].decided.value is None


def test_orders_bias_and_cost_come_from_the_calls(judge):
    first = label(judge, says=1, raw={"consistent": True})
    second = label(judge, says=0, raw={"consistent": False})
    money = {"cost_usd": Decimal("0.001"), "seconds_spent": 2.0}
    call(judge, first, 0, 1, **money)
    call(judge, first, 1, -1, **money)
    call(judge, second, 0, -1, **money)
    call(judge, second, 1, -2, **money)
    found = quality(judge)
    assert (found.consistency.hits, found.consistency.n) == (1, 2)
    assert found.bias == pytest.approx(0.5)  # three of four answers for the one shown first
    assert found.cost_usd == Decimal("0.004")
    assert found.cost_per_thousand_usd == Decimal(2)
    assert found.seconds_per_call == 2
    assert (found.labels, found.answered, found.failed, found.undecided) == (2, 4, 0, 0)


def test_an_item_that_both_orders_answered_without_a_label_is_undecided(judge):
    item = make_item(judge.project)
    call(judge, item, 0, 1)
    call(judge, item, 1, 1)
    half = make_item(judge.project)
    call(judge, half, 0, 1)
    JudgeCall.objects.create(judge=judge, item=half, order=1, shown_order=[1, 0])
    found = quality(judge)
    assert (found.undecided, found.waiting) == (1, 1)
    assert (found.consistency.hits, found.consistency.n) == (0, 1)


def test_a_judge_without_labels_has_no_figures(judge):
    figures = as_json(quality(judge))
    assert figures["agreement"] == {"n": 0, "value": None, "low": None, "high": None}
    assert figures["position_bias"] is None
    assert figures["cost_per_thousand_usd"] is None


def test_figures_cost_the_same_queries_however_many_labels(judge, django_assert_num_queries):
    for _ in range(5):
        label(judge, says=1, people=1)
    judge.refresh_from_db()
    str(judge.annotator), judge.project.questions, judge.form.parsed
    with django_assert_num_queries(5):
        quality(judge)


def test_a_form_without_a_preference_has_no_agreement():
    rating = {"kind": "rating", "name": "help", "title": "Helpful?"}
    judge, _ = create_judge(make_project(questions=[rating]), name="mini", kind="openai", model="m")
    assert quality(judge).agreement.decided.n == 0
