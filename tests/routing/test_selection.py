"""Which items a list's conditions mean; the same in a page and in a job."""

import pytest
from django.db import connection
from django.http import QueryDict

from annotate.aggregation import aggregate_stale
from annotate.gold import set_gold
from annotate.models import Annotation, BulkAction, BulkChange, Item, ItemSummary
from annotate.searching import index_texts
from routing import selection as selecting
from routing.conditions import CONDITIONS
from routing.models import JudgeCall, RoutingDecision, RoutingPolicy
from routing.selection import Count, Selection
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.frontend.rows import make_judge, make_review, make_reward_model

pytestmark = pytest.mark.django_db
VALUE = {"overall": {"value": 1, "both_bad": False}}


@pytest.fixture
def project():
    return make_project()


def keys(project, query):
    rows = Selection.of(project, QueryDict(query)).items()
    return list(rows.order_by("pk").values_list("key", flat=True))


def test_items_are_picked_by_route_state_share_and_source(project):
    make_item(project, key="open", source="a&b")
    make_item(project, key="full", seats_left=0)
    make_item(project, key="judged", route="judge", evaluation=True)
    make_item(project, key="unrouted", route=None, waits_for=Item.WaitsFor.BUDGET)
    assert keys(project, "route=none") == ["unrouted"]
    assert keys(project, "route=judge") == ["judged"]
    assert keys(project, "state=open") == ["open"]
    assert keys(project, "state=done") == ["full"]
    assert keys(project, "state=for-judge") == ["judged"]
    assert keys(project, "state=budget") == ["unrouted"]
    assert keys(project, "share=evaluation") == ["judged"]
    assert keys(project, "share=training&route=human") == ["open", "full"]
    assert keys(project, "source=a%26b") == ["open"]
    assert keys(project, "key=un") == ["unrouted"]


def test_items_are_picked_by_who_labelled_them(project):
    person, judge = make_annotator(project), make_annotator(project, kind="llm")
    by_people, by_both, by_judge, _ = (
        make_item(project, key=key) for key in ("people", "both", "judge", "none")
    )
    for item in (by_people, by_both):
        make_annotation(item, person)
    for item in (by_judge, by_both):
        make_annotation(item, judge)
    assert keys(project, "labels=people") == ["people", "both"]
    assert keys(project, "labels=judges") == ["both", "judge"]
    assert keys(project, "labels=both") == ["both"]
    assert keys(project, "labels=none") == ["none"]
    assert keys(project, f"annotator={judge.pk}") == ["both", "judge"]
    assert keys(project, f"annotator={judge.pk}&labels=people") == ["both"]


def test_items_on_which_people_disagree_are_found(project):
    torn, agreed = make_item(project, key="torn"), make_item(project, key="agreed")
    for value in (1, -1):
        make_annotation(torn, make_annotator(project), value=value)
        make_annotation(agreed, make_annotator(project), value=1)
    aggregate_stale(project)
    assert keys(project, "labels=split") == ["torn"]


def test_items_are_picked_by_the_decision_that_stands(project):
    policy = RoutingPolicy.objects.create(project=project, version=1, kind="all_human", active=True)
    item, other = make_item(project, key="unsure"), make_item(project, key="moved")
    RoutingDecision.objects.create(policy=policy, item=item, reason="judge is unsure")
    RoutingDecision.objects.create(
        policy=policy, item=other, reason="judge is unsure", current=False
    )
    RoutingDecision.objects.create(policy=policy, item=other, reason="all to people")
    assert keys(project, "reason=judge+is+unsure") == ["unsure"]
    assert keys(project, f"policy={policy.pk}&reason=all+to+people") == ["moved"]


def test_a_judge_and_a_state_mean_the_same_call(project):
    first, second = make_judge(project), make_judge(project, name="other")
    item, other = make_item(project, key="failed"), make_item(project, key="answered")
    for judge, of, state in (
        (first, item, "failed"),
        (first, other, "answered"),
        (second, other, "failed"),
    ):
        JudgeCall.objects.create(judge=judge, item=of, order=0, shown_order=[0, 1], state=state)
    assert keys(project, f"judge={first.pk}&calls=failed") == ["failed"]
    assert keys(project, "calls=failed") == ["failed", "answered"]
    assert keys(project, f"judge={second.pk}") == ["answered"]


def test_items_are_picked_by_what_their_summaries_hold(project):
    for n in range(5):
        item = make_item(project, key=f"k{n}")
        ItemSummary.objects.create(
            item=item,
            project=project,
            people=n,
            judges=5 - n,
            disagreement=n / 4,
            confidence=1 - n / 10,
            margin=None if n == 0 else n,
        )
    make_item(project, key="bare")
    assert keys(project, "disagreement_min=0.5") == ["k2", "k3", "k4"]
    assert keys(project, "disagreement_min=0.25&disagreement_max=0.5") == ["k1", "k2"]
    assert keys(project, "confidence_max=0.7") == ["k3", "k4"]
    assert keys(project, "margin_max=1") == ["k1"]
    assert keys(project, "people_min=4") == ["k4"]
    assert keys(project, "judges_max=2&people_max=3") == ["k3"]


def test_items_are_picked_by_tag_gold_and_review(project):
    plain, tagged = (
        make_item(project, key="plain"),
        make_item(project, key="tagged", tags=["a", "b"]),
    )
    set_gold(tagged, VALUE)
    label = make_annotation(plain, make_annotator(project))
    make_annotation(tagged, make_annotator(project), purpose=Annotation.Purpose.REVIEW)
    make_review(label, make_reward_model(project))
    assert keys(project, "tag=b") == ["tagged"]
    assert keys(project, "tag=c") == []
    assert keys(project, "gold=yes") == ["tagged"]
    assert keys(project, "gold=no") == ["plain"]
    assert keys(project, "review=disputed") == ["plain"]
    assert keys(project, "review=reviewed") == ["tagged"]


def test_items_are_picked_by_their_words(project):
    make_item(project, key="sky", prompt="Why is the sky blue?")
    make_item(project, key="sea", prompt="Why is the sea blue?", route="judge")
    index_texts(project)
    assert keys(project, "q=blue+se") == ["sea"]
    assert keys(project, "q=blue&route=human") == ["sky"]


def test_archived_items_are_left_out_unless_asked_for(project):
    make_item(project, key="live")
    make_item(project, key="gone", route=None, waits_for=Item.WaitsFor.ARCHIVE)
    assert keys(project, "") == ["live"]
    assert keys(project, "route=none") == []
    assert keys(project, "archived=only") == ["gone"]
    assert keys(project, "archived=all") == ["live", "gone"]


def test_items_of_one_action_are_found(project):
    item, _ = make_item(project, key="changed"), make_item(project)
    action = BulkAction.objects.create(project=project, kind="tag")
    BulkChange.objects.create(action=action, item=item, before={})
    assert keys(project, f"bulk={action.pk}") == ["changed"]


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("value", ["", "nowhere", "-1", "nan", "9" * 30, "\0", "x" * 300, "'; --"])
def test_whatever_is_asked_is_answered(project, name, value):
    make_item(project, key="there")
    selection = Selection.of(project, {name: value})
    assert set(selection.items().values_list("key", flat=True)) <= {"there"}
    assert all(one.words for one in selection.given)


def test_conditions_that_make_no_sense_are_left_out(project):
    query = QueryDict("route=nowhere&state=x&people_min=-1&annotator=x&margin_min=inf&q=%00")
    assert Selection.of(project, query).given == ()


def test_rows_of_another_project_pick_nothing(project):
    other = make_project()
    judge, action = make_judge(other), BulkAction.objects.create(project=other, kind="tag")
    policy = RoutingPolicy.objects.create(project=other, version=1, kind="all_human", active=True)
    item = make_item(project)
    JudgeCall.objects.create(judge=judge, item=item, order=0, shown_order=[0, 1])
    RoutingDecision.objects.create(policy=policy, item=item, reason="r")
    BulkChange.objects.create(action=action, item=item, before={})
    for query in (f"judge={judge.pk}", f"policy={policy.pk}", f"bulk={action.pk}"):
        assert keys(project, query) == []


def test_a_query_string_says_the_same_selection_again(project):
    query = "q=a%26b+%22c%22&route=human&people_min=2"
    selection = Selection.of(project, QueryDict(query))
    again = Selection.of(project, selection.query)
    assert again == selection
    assert [one.words for one in again.given] == [
        'contains “a&b "c"”',
        "route: people",
        "2 or more labels by people",
    ]
    assert [one.name for one in again.without("route").given] == ["q", "people_min"]


# ------------------------------------------------------------------------------------------ counting


def test_a_small_project_is_counted_exactly(project):
    for n in range(3):
        make_item(project, source="a" if n else "b")
    assert Selection.of(project, QueryDict("source=a")).count() == Count(2)


def test_a_large_one_is_estimated_unless_an_index_leads_to_few(project, monkeypatch):
    monkeypatch.setattr(selecting, "SMALL", 100)
    first = make_item(project)
    copies = [
        Item(**{**_fields(first), "key": str(n), "tags": ["rare"] if n < 7 else []})
        for n in range(2000)
    ]
    Item.objects.bulk_create(copies)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE annotate_item")
    everything = Selection.of(project, QueryDict("")).count()
    assert not everything.exact
    assert 1800 <= everything.number <= 2200
    assert str(everything).startswith("about ")
    assert Selection.of(project, QueryDict("tag=rare")).count() == Count(7)


def _fields(item):
    names = ("project_id", "messages", "prompt_hash", "overlap", "seats_left", "route")
    return {name: getattr(item, name) for name in names}


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (Count(0), "0"),
        (Count(1234), "1,234"),
        (Count(7, exact=False), "about 7"),
        (Count(412_345, exact=False), "about 410,000"),
        (Count(999_999, exact=False), "about 1,000,000"),
    ],
)
def test_counts_are_as_precise_in_words_as_they_are(count, words):
    assert str(count) == words
