"""Presets: what there is, and the project that comes of one."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from annotate.labels import add_label
from annotate.models import Membership, Project
from annotate.presets import PRESETS, UnknownPreset, create_project, preset_named
from annotate.questions import parse_questions
from tests.factories import make_annotator, make_item, make_user


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_the_form_of_every_preset_is_valid(preset):
    assert len(parse_questions(preset.questions)) == len(preset.questions)
    assert preset.guidelines.startswith("# ")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_a_project_by_command_that_can_be_labelled(db, name):
    call_command("create_project", "Mine", "--slug", "mine", "--preset", name, verbosity=0)
    project = Project.objects.get(slug="mine")
    # The texts that examples about parts of texts quote.
    item = make_item(project, completions=("One.\n\nTwo.", "Three."))
    examples = {one.name: one.examples()[0] for one in project.questions}
    texts = item.texts_for(project.questions)
    answers = project.questions.parse(examples, completions=2, complete=True, texts=texts)
    label, _ = add_label(item, make_annotator(project), answers, form=project.form)
    assert label.answers == answers
    assert set(answers) <= set(project.questions.names)


def test_an_unknown_preset_is_refused_with_those_there_are():
    with pytest.raises(UnknownPreset, match="no preset 'pairwize'; use one of pairwise, multipref"):
        preset_named("pairwize")


def test_a_project_has_the_preset_s_form_guidelines_and_overlap_and_its_owner_as_admin(db):
    owner = make_user()
    preset = preset_named("multipref")
    project = create_project(name="Mine", slug="mine", preset=preset, owner=owner)
    assert project.overlap == 2
    assert [question.name for question in project.questions] == [
        "helpful",
        "helpful_reasons",
        "truthful",
        "truthful_reasons",
        "harmless",
        "harmless_reasons",
        "overall",
        "why",
    ]
    assert project.guidelines.text == preset.guidelines
    assert project.memberships.get().role == Membership.Role.ADMIN


@pytest.mark.parametrize(
    "fields", [{"slug": "a b"}, {"slug": ""}, {"overlap": 101}, {"evaluation_share": 1.5}]
)
def test_a_project_out_of_range_is_refused_and_leaves_nothing(db, fields):
    fields = {"name": "Mine", "slug": "mine", "preset": preset_named("pairwise")} | fields
    with pytest.raises(ValidationError):
        create_project(**fields)
    assert not Project.objects.exists()


def test_two_projects_cannot_have_one_slug(db):
    create_project(name="Mine", slug="mine", preset=preset_named("pairwise"))
    with pytest.raises(ValidationError):
        create_project(name="Other", slug="mine", preset=preset_named("pairwise"))
