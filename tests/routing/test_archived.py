"""What archived items are no part of: judges' figures and scales, and what reward models learn."""

import pytest

from annotate.aggregation import aggregate_stale
from annotate.models import Item
from routing.artefacts import labels_of
from routing.judges.quality import agreements
from routing.judging import want_all
from routing.models import JudgeCall
from tests.factories import make_annotation, make_annotator, make_item, make_project
from tests.frontend.rows import make_judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def archive(item):
    Item.objects.filter(pk=item.pk).update(route=None, waits_for=Item.WaitsFor.ARCHIVE)


def test_they_count_neither_for_nor_against_a_judge(project):
    judge, person = make_annotator(project, kind="llm"), make_annotator(project)
    right, wrong = make_item(project), make_item(project)
    for item, value in ((right, 1), (wrong, -1)):
        make_annotation(item, judge, value=value)
        make_annotation(item, person, value=1)
    aggregate_stale(project)
    assert (agreements(project, [judge])[judge.pk].decided.n) == 2
    archive(wrong)
    decided = agreements(project, [judge])[judge.pk].decided
    assert (decided.hits, decided.n) == (1, 1)


def test_reward_models_learn_nothing_from_them(project):
    kept, gone = make_item(project), make_item(project)
    for item in (kept, gone):
        make_annotation(item, make_annotator(project))
    archive(gone)
    labels = labels_of(project)
    assert labels.pairs.items.tolist() == [kept.pk]
    assert len(labels.votes) == 1


def test_a_judge_that_is_to_label_everything_leaves_them_out(project):
    judge, item = make_judge(project), make_item(project)
    archive(make_item(project))
    assert want_all(judge) == 1
    assert set(JudgeCall.objects.values_list("item", flat=True)) == {item.pk}
