"""The demo project of marked answers: its texts, and the annotators that are simulated on them."""

import json
import re
from io import StringIO

import pytest
from django.core.management import call_command

from annotate.demo.marked import ITEMS, PRESET, SLUG, read_items
from annotate.demo.marked.simulate import PERSONAS, simulate_labels
from annotate.models import Project
from annotate.offsets import Texts
from annotate.questions import parse_questions

QUESTIONS = parse_questions(PRESET.questions)


@pytest.fixture(scope="module")
def items():
    return read_items()


def texts_of(item):
    passages = [passage["text"] for passage in item["contexts"]]
    return Texts([completion["text"] for completion in item["completions"]], passages)


def labels_of(rows):
    return [(row, label) for row in rows for label in row.get("labels", [])]


def test_items_come_without_labels_and_are_written_one_a_line(items):
    assert not any("labels" in item for item in items)
    lines = [json.dumps(item, ensure_ascii=False) + "\n" for item in items]
    assert ITEMS.read_bytes().decode() == "".join(lines)


def test_each_item_has_a_passage_and_planted_mistakes_that_stand_where_they_are_said_to(items):
    labels = {label["value"] for label in PRESET.questions[0]["labels"]}
    for item in items:
        assert item["contexts"], item["key"]
        text = item["completions"][0]["text"]
        for span in item["metadata"]["planted"]["spans"]:
            assert text[span["start"] : span["end"]] == span["text"]
            assert span["label"] in labels
    planted = [item["metadata"]["planted"] for item in items]
    assert any(not one["spans"] and not one["missing"] for one in planted)  # nothing is wrong
    assert any(one["missing"] for one in planted)


@pytest.mark.parametrize(
    "pattern", ["```python\n", r"\| --- \|", r"\$\$", "[ء-ي]", "🐕", r"(?m)^\d\. "]
)
def test_answers_have_every_form_of_text(items, pattern):
    assert any(re.search(pattern, item["completions"][0]["text"]) for item in items)


def test_simulated_labels_are_complete_answers_to_the_code_point(items):
    given = labels_of(simulate_labels(items))
    assert len(given) >= 15
    for item, label in given:
        answers = label["answers"]
        parsed = QUESTIONS.parse(answers, completions=1, complete=True, texts=texts_of(item))
        assert parsed == answers


def test_what_is_drawn_depends_on_the_seed_alone(items):
    assert simulate_labels(items) == simulate_labels(items)
    assert simulate_labels(items, seed=2) != simulate_labels(items)


def test_the_careful_annotator_finds_more_of_what_is_planted_than_the_hasty_one(items):
    found = {persona.name: [] for persona in PERSONAS}
    for seed in range(10):
        for item, label in labels_of(simulate_labels(items, seed=seed)):
            spans = label["answers"]["errors"]["spans"]
            for one in item["metadata"]["planted"]["spans"]:
                hit = any(s["start"] < one["end"] and one["start"] < s["end"] for s in spans)
                found[label["annotator"]].append(hit)
    shares = {name: sum(hits) / len(hits) for name, hits in found.items()}
    careful, _, hasty = (shares[persona.name] for persona in PERSONAS)
    assert careful > 0.9
    assert hasty < 0.75


@pytest.mark.django_db
def test_the_demo_brings_its_labels_in_and_leaves_items_to_mark(settings, tmp_path):
    settings.VAR = tmp_path
    call_command("demo", stdout=StringIO(), stderr=StringIO())
    project = Project.objects.get(slug=SLUG)
    assert project.annotations.count() == len(labels_of(simulate_labels(read_items())))
    assert project.items.claimable().filter(seats_left=3).count() >= 3
    assert project.memberships.count() == 3
