"""Krippendorff's alpha and raw agreement: by hand, against the field's library, and of projects."""

import json

import krippendorff
import numpy as np
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from annotate.agreement import (
    agreement,
    alpha,
    krippendorff_alpha,
    pair_agreement,
    project_agreement,
    units_of,
)
from annotate.models import Annotation
from annotate.presets import PRESETS
from tests.factories import make_annotation, make_annotator, make_item, make_project

COUNTS = arrays.arrays(
    np.int64, st.tuples(st.integers(1, 12), st.just(4)), elements=st.integers(0, 3)
)
VALUES = np.array([-2.0, -1.0, 0.0, 3.0])


@given(counts=COUNTS, metric=st.sampled_from(["nominal", "ordinal", "interval"]))
@settings(max_examples=200, derandomize=True, database=None, deadline=None)
def test_alpha_equals_the_field_s_library(counts, metric):
    pairable = counts[counts.sum(axis=1) >= 2]
    assume(np.count_nonzero(pairable.sum(axis=0)) > 1)
    theirs = krippendorff.alpha(
        value_counts=counts, value_domain=VALUES, level_of_measurement=metric
    )
    ours = krippendorff_alpha(counts.astype(float), VALUES, metric)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_alpha_of_krippendorff_s_own_example():
    """Krippendorff (2011), "Computing Krippendorff's alpha-reliability", example C."""
    ratings = [
        [1, 1, None, 1],
        [2, 2, 3, 2],
        [3, 3, 3, 3],
        [3, 3, 3, 3],
        [2, 2, 2, 2],
        [1, 2, 3, 4],
        [4, 4, 4, 4],
        [1, 1, 2, 1],
        [2, 2, 2, 2],
        [None, 5, 5, 5],
        [None, None, 1, 1],
        [None, None, 3, None],
    ]
    counts = np.array([[row.count(value) for value in range(1, 6)] for row in ratings], dtype=float)
    values = np.arange(1.0, 6.0)
    assert krippendorff_alpha(counts, values) == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(counts, values, "ordinal") == pytest.approx(0.815, abs=5e-4)
    assert krippendorff_alpha(counts, values, "interval") == pytest.approx(0.849, abs=5e-4)


def test_alpha_is_one_when_all_agree_and_not_defined_when_nothing_differs():
    values = np.array([0.0, 1.0])
    assert krippendorff_alpha(np.array([[2.0, 0.0], [0.0, 2.0]]), values) == 1
    assert np.isnan(krippendorff_alpha(np.array([[2.0, 0.0], [3.0, 0.0]]), values))
    assert np.isnan(krippendorff_alpha(np.array([[1.0, 0.0], [0.0, 1.0]]), values))


def test_pairs_are_counted_within_units():
    equal, pairs = pair_agreement(np.array([[2.0, 1.0], [1.0, 0.0], [0.0, 4.0]]))
    assert equal.tolist() == [1, 0, 6]
    assert pairs.tolist() == [3, 0, 6]


@pytest.fixture
def units():
    rng = np.random.default_rng(5)
    patterns = [({"": rng.choice([-1.0, 0.0, 1.0], size=3).tolist()}, 1) for _ in range(60)]
    return units_of(patterns)


def test_items_that_look_alike_count_as_often_as_they_come(units):
    once = units_of([({"": [1.0, 1.0]}, 1), ({"": [1.0, -1.0]}, 1), ({"": [1.0, -1.0]}, 1)])
    grouped = units_of([({"": [1.0, 1.0]}, 1), ({"": [1.0, -1.0]}, 2)])
    for figure in (agreement, lambda units: alpha(units, "interval")):
        assert figure(once).value == figure(grouped).value
        assert figure(grouped).n == 3
    assert agreement(grouped).value == pytest.approx(1 / 3)


def test_the_interval_holds_the_figure_and_is_the_same_each_time(units):
    first, again = alpha(units, "nominal"), alpha(units, "nominal")
    assert first == again
    assert first.low < first.value < first.high
    assert -0.3 < first.value < 0.3
    assert first.n == 60


def test_the_bootstrap_resamples_items_not_units():
    """Two units of one item go together: the spread is that of 20 items, not of 40 units."""
    rng = np.random.default_rng(1)
    answers = [rng.choice([0.0, 1.0], size=2).tolist() for _ in range(40)]
    together = units_of([({"0": pair, "1": pair}, 1) for pair in answers])
    apart = units_of([({"": pair}, 1) for pair in [*answers, *answers]])
    width = [e.high - e.low for e in (agreement(together), agreement(apart))]
    assert width[0] / width[1] == pytest.approx(2**0.5, rel=0.2)


def test_without_a_second_answer_there_is_no_figure():
    assert agreement(units_of([({"": [1.0]}, 3)])) == agreement(units_of([]))
    assert alpha(units_of([]), "nominal").value is None


# ---------------------------------------------------------------------------------------- projects


@pytest.fixture
def project(db):
    cache.clear()
    project = make_project()
    first, second = make_annotator(project), make_annotator(project)
    for a, b in [(-2, -1), (-1, -1), (0, 0), (2, -1), (0, 1)]:
        item = make_item(project)
        make_annotation(item, first, value=a)
        make_annotation(item, second, value=b)
    make_annotation(make_item(project), first, value=2)
    return project


def test_a_project_s_agreement_is_of_people_s_current_work(project):
    item = project.items.first()
    before = project_agreement(project)["overall"]
    judge = make_annotator(project, kind="llm")
    make_annotation(item, judge, value=2)
    make_annotation(item, make_annotator(project), purpose=Annotation.Purpose.REVIEW, value=2)
    assert project_agreement(project)["overall"] == before
    assert before["agreement"]["n"] == 5
    assert before["agreement"]["value"] == pytest.approx(3 / 5)
    assert before["agreement_without_ties"]["value"] == pytest.approx(2 / 3)
    counts = np.array([[2, 0, 0], [2, 0, 0], [0, 2, 0], [1, 0, 1], [0, 1, 1]])
    assert before["alpha_sides"]["value"] == pytest.approx(
        krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
    )


def test_a_corrected_label_replaces_the_one_before(project):
    wrong = project.annotations.filter(answers__overall__value=2).order_by("pk").first()
    make_annotation(wrong.item, wrong.annotator, value=-1, supersedes=wrong)
    assert project_agreement(project)["overall"]["agreement"]["value"] == pytest.approx(4 / 5)


def test_the_figures_are_kept_until_a_label_is_added(project):
    project_agreement(project)
    with CaptureQueriesContext(connection) as queries:
        project_agreement(project)
    assert not any("array_agg" in query["sql"] for query in queries)
    item = project.items.last()
    make_annotation(item, make_annotator(project), value=2)
    assert project_agreement(project)["overall"]["agreement"]["n"] == 6


def test_ratings_agree_by_completion(db):
    project = make_project(questions=PRESETS["helpsteer2"].questions)
    item = make_item(project)
    for values in ([4, 1], [4, 2], [4, None]):
        answers = {"helpfulness": {"values": values}}
        make_annotation(item, make_annotator(project), answers=answers)
    found = project_agreement(project)
    assert set(found) == {"helpfulness"}
    assert found["helpfulness"]["agreement"]["value"] == pytest.approx(3 / 4)
    assert found["helpfulness"]["agreement"]["n"] == 1


def test_text_has_no_agreement(project):
    for annotation in project.annotations.all():
        answers = {"why": {"text": "So."}}
        make_annotation(annotation.item, make_annotator(project), answers=answers)
    assert set(project_agreement(project)) == {"overall"}


def test_the_command_prints_one_json_object_with_the_number_and_the_interval(project, capsys):
    call_command("agreement", project.slug, "--json")
    found = json.loads(capsys.readouterr().out)
    assert set(found["overall"]["alpha"]) == {"value", "low", "high", "n"}
    call_command("agreement", project.slug)
    assert "Krippendorff's alpha" in capsys.readouterr().out
