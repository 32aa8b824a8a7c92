"""An item's page: its whole history, where it stands, and what can be done to it there."""

import json
import sys

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from annotate.aggregation import aggregate_stale
from annotate.assignment import submit, undo
from annotate.gold import set_gold
from annotate.models import Aggregate, Annotator, AuditEntry, BulkAction, Form, Gold
from frontend.items.history import history_of
from routing.learning import Settings, train
from routing.models import JudgeCall, RewardModel, RoutingDecision, RoutingPolicy, Score
from routing.version_rewards import rewards_by_version
from tests.factories import (
    make_annotation,
    make_annotator,
    make_assignment,
    make_item,
    make_member,
    make_project,
    make_user,
)
from tests.frontend.roles import ADMIN, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_judge, make_reward_model
from tests.routing.learnt import make_labelled_project
from tests.routing.tiny_encoder import save_tiny_encoder

pytestmark = pytest.mark.django_db
ANSWERS = {"overall": {"value": -2, "both_bad": False}}


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


def test_the_history_tells_who_was_shown_what_under_a_pseudonym(client, project, researcher):
    member = make_member(project, user=make_user("ada-lovelace"))
    item = make_item(project)
    assignment = make_assignment(item, member, order=[1, 0])
    answers = {"overall": {"value": -2, "both_bad": False}, "why": {"text": "<b>It is right</b>"}}
    submit(assignment, answers, key=assignment.key)
    text = client.get(item.get_absolute_url()).text
    assert "ada-lovelace" not in text
    assert f"person {member.user.annotator.pk}" in text
    assert "shown in the order B A" in text
    assert "A clearly better" in text
    assert "&lt;b&gt;It is right&lt;/b&gt;" in text


def test_the_history_has_calls_decisions_and_rewards(client, project, researcher):
    item, judge = make_item(project), make_judge(project)
    JudgeCall.objects.create(
        judge=judge,
        item=item,
        order=1,
        shown_order=[1, 0],
        state=JudgeCall.State.ANSWERED,
        verdict={"overall": {"value": 1, "both_bad": False}},
        raw={"text": "B, I <script>think</script>"},
        confidence=0.75,
        finished_at=timezone.now(),
    )
    policy = RoutingPolicy.objects.create(
        project=project, version=1, kind="confidence", active=True
    )
    RoutingDecision.objects.create(
        policy=policy, item=item, route="both", reason="judge is unsure", score=0.75
    )
    model = make_reward_model(project, promoted=True)
    Score.objects.create(reward_model=model, completion=item.completions.first(), reward=1.5)
    text = client.get(item.get_absolute_url()).text
    assert "judge is unsure" in text
    assert "A slightly better" in text  # what it said of the second shown, in the item's own order
    assert "confidence 0.75" in text
    assert "<script>think" not in text
    assert "+1.50" in text


def test_a_judges_label_stands_beside_its_measured_agreement(client, project, researcher):
    judge, person = make_annotator(project, kind="llm", name="gpt"), make_annotator(project)
    items = [make_item(project) for _ in range(4)]
    for n, item in enumerate(items):
        make_annotation(item, judge, value=1)
        make_annotation(item, person, value=1 if n else -1)
    aggregate_stale(project)
    assert Aggregate.objects.exists()
    response = client.get(items[0].get_absolute_url())
    assert "75.0\N{NO-BREAK SPACE}%" in response.text
    assert "measured on 4 items" in response.text


def test_a_judge_that_nobody_can_measure_says_so(client, project, researcher):
    item = make_item(project)
    make_annotation(item, make_annotator(project, kind="llm"))
    assert "nobody knows how often" in client.get(item.get_absolute_url()).text


def test_the_item_page_takes_as_many_queries_for_many_events(
    client, project, researcher, django_assert_max_num_queries
):
    item = make_item(project)
    for _ in range(20):
        make_annotation(item, make_annotator(project, kind=Annotator.Kind.LLM))
        make_annotation(item, make_annotator(project))
    with django_assert_max_num_queries(24):
        client.get(item.get_absolute_url())


def test_an_unpromoted_models_rewards_are_not_shown(client, project, researcher):
    item = make_item(project)
    model = make_reward_model(project, promoted=False)
    assert isinstance(model, RewardModel)
    Score.objects.create(reward_model=model, completion=item.completions.first(), reward=1.5)
    assert "+1.50" not in client.get(item.get_absolute_url()).text


# ------------------------------------------------------------------------------------------ history


def test_a_replaced_label_is_shown_as_such_and_cannot_become_gold(client, project, researcher):
    member = make_member(project)
    item = make_item(project)
    assignment = make_assignment(item, member)
    first = submit(assignment, ANSWERS, key=assignment.key)
    again = undo(member)
    second = submit(again, {"overall": {"value": 1, "both_bad": False}}, key=again.key)
    old, new = (event for event in history_of(item) if event.what == "Labelled")
    assert old.replaced
    assert old.label is None
    assert "was replaced later" in old.notes
    assert new.label == second.pk
    assert "replaces the label before" in new.notes
    text = client.get(item.get_absolute_url()).text
    assert 'class="people replaced"' in text
    url = reverse("label-as-gold", args=["pairs", item.pk])
    assert client.post(url, {"label": first.pk}).status_code == 404


def test_what_was_shown_is_told_with_its_versions_and_suggestions(client, project, researcher):
    item, person = make_item(project), make_annotator(project)
    Form.objects.create(project=project, version=2, questions=project.form.questions)
    make_annotation(
        item, person, order=[1, 0], guidelines=project.guidelines, suggestions={"overall": "A"}
    )
    [event] = [event for event in history_of(item) if event.what == "Labelled"]
    assert event.notes == ["shown in the order B A", "form 1", "guidelines 1"]
    assert json.loads(event.shown_text) == {"overall": "A"}
    assert "The suggestion as it is recorded" in client.get(item.get_absolute_url()).text


def test_changes_of_many_items_and_gold_are_part_of_the_history(client, project, researcher):
    item = make_item(project)
    change(client, item, kind="tag", tag="hard")
    change(client, item, kind="archive")
    set_gold(item, ANSWERS)
    action = BulkAction.objects.get(kind="tag")
    client.post(reverse("undo-change", args=["pairs", action.pk]))
    text = client.get(item.get_absolute_url()).text
    assert "Add the tag “hard”" in text
    assert "does not have it → has the tag" in text
    assert "goes to people → archived" in text
    assert "Gold was set" in text
    assert reverse("bulk-change", args=["pairs", action.pk]) in text


def test_an_undone_change_of_a_page_of_history_that_has_lost_its_first_half_is_told(project):
    item = make_item(project)
    first = BulkAction.objects.create(project=project, kind="tag", settings={"tag": "a"})
    back = BulkAction.objects.create(project=project, kind="undo", settings={"of": first.pk})
    back.changes.create(item=item, before={"was": True, "became": False})
    assert [e.notes for e in history_of(item) if e.action] == [["has the tag → does not have it"]]


def test_aggregates_stand_by_source_and_method_with_their_confidence(client, project, researcher):
    item = make_item(project)
    Aggregate.objects.create(
        project=project,
        item=item,
        question="overall",
        source="people",
        count=3,
        mean=-1.0,
        majority=-1,
        share=2 / 3,
        confidence=0.91,
        method="majority",
        version=1,
    )
    text = client.get(item.get_absolute_url()).text
    assert "A 67 %" in text
    assert "91.0" in text
    assert "ajority" in text


# ------------------------------------------------------------------------------------------- actions


def change(client, item, query="", **data):
    url = reverse("change-item", args=["pairs", item.pk])
    return client.post(f"{url}{query}", data, follow=True)


def test_who_may_change_an_item(client, project):
    item = make_item(project)
    label = make_annotation(item, make_annotator(project))
    url = reverse("change-item", args=["pairs", item.pk])
    assert statuses(client, project, "post", url, {"kind": "tag", "tag": "a"}) == [
        302,
        404,
        403,
        303,
        303,
    ]
    assert statuses(client, project, "post", url, {"kind": "route", "to": "judge"}) == [
        302,
        404,
        403,
        403,
        303,
    ]
    assert statuses(client, project, "post", url, {"kind": "nothing"}) == [302, 404, 403, 404, 404]
    gold = reverse("label-as-gold", args=["pairs", item.pk])
    assert statuses(client, project, "post", gold, {"label": label.pk}) == [302, 404, 403, 303, 303]


def test_an_item_is_archived_and_restored_where_it_stands(client, project, researcher):
    item = make_item(project)
    response = change(client, item, "?source=a", kind="archive")
    assert response.redirect_chain == [(f"{item.get_absolute_url()}?source=a", 303)]
    assert "Archive: done." in response.text
    item.refresh_from_db()
    assert item.archived
    assert "Restore" in response.text
    change(client, item, kind="restore")
    item.refresh_from_db()
    assert item.route == "human"
    assert AuditEntry.objects.filter(action="items.archive", actor=researcher.username).exists()


def test_what_cannot_be_done_says_why(client, project, researcher):
    item = make_item(project, tags=["a"])
    assert "has the tag already" in change(client, item, kind="tag", tag="a").text
    assert "is no tag" in change(client, item, kind="tag", tag="+").text
    assert "fewer than 2 labels" in change(client, item, kind="gold").text


def test_a_label_becomes_gold_with_who_made_it(client, project, researcher):
    item = make_item(project)
    label = make_annotation(item, make_annotator(project), value=2)
    url = reverse("label-as-gold", args=["pairs", item.pk])
    assert "gold now" in client.post(url, {"label": label.pk}, follow=True).text
    gold = Gold.objects.get(item=item)
    assert (gold.answers, gold.created_by) == (label.answers, researcher)


def test_a_label_of_texts_alone_and_labels_of_other_items_become_no_gold(
    client, project, researcher
):
    item, other = make_item(project), make_item(project)
    words = make_annotation(item, make_annotator(project), answers={"why": {"text": "because"}})
    elsewhere = make_annotation(other, make_annotator(project))
    url = reverse("label-as-gold", args=["pairs", item.pk])
    assert (
        "Nothing in it can be compared" in client.post(url, {"label": words.pk}, follow=True).text
    )
    assert client.post(url, {"label": elsewhere.pk}).status_code == 404
    assert not Gold.objects.exists()


def test_neighbours_are_those_of_the_filtered_list(client, project, researcher):
    first, _, third = (make_item(project, source=source) for source in ("a", "b", "a"))
    text = client.get(f"{first.get_absolute_url()}?source=a").text
    assert f'rel="next" href="{third.get_absolute_url()}?source=a"' in text
    assert 'rel="prev"' not in text
    assert f'rel="prev" href="{first.get_absolute_url()}?source=a&amp;sort=-id"' not in text
    backwards = client.get(f"{first.get_absolute_url()}?source=a&sort=-id").text
    assert f'rel="prev" href="{third.get_absolute_url()}?source=a&amp;sort=-id"' in backwards


# --------------------------------------------------------------------------------- rewards by version


def test_every_versions_rewards_are_what_its_head_gives(client, tmp_path):
    settings = Settings(encoder=save_tiny_encoder(tmp_path))
    project = make_labelled_project(30, slug="pairs")
    sign_in(client, project, ADMIN)
    train(project, settings)
    make_annotation(project.items.first(), make_annotator(project), value=1)
    train(project, settings)
    from routing.artefacts import head_of, pairs_of, vectors_for

    item = project.items.last()
    found = rewards_by_version(item, (0, 1))
    assert [one.version for one in found] == [1, 2]
    for one, model in zip(found, RewardModel.objects.order_by("version"), strict=True):
        head, pairs = head_of(model), pairs_of(project, [item.pk])
        vectors = vectors_for(head, pairs.by_hash())
        prompts = pairs.first.prompt_vectors(vectors)
        expected = [
            head.scores(prompts, side.side(vectors))[0] for side in (pairs.first, pairs.second)
        ]
        np.testing.assert_allclose(one.rewards, expected, rtol=1e-4, atol=1e-4)
        assert one.chance == pytest.approx(1 / (1 + np.exp(expected[1] - expected[0])), abs=1e-3)
    text = client.get(item.get_absolute_url()).text
    assert "Rewards by version" in text
    assert "<svg" in text


def test_versions_without_vectors_or_with_odd_heads_are_passed_over(client, project, researcher):
    item = make_item(project)
    make_reward_model(project)
    make_reward_model(project, version=2, heads=b"PK not an archive")
    assert rewards_by_version(item, (0, 1)) == []
    assert client.get(item.get_absolute_url()).status_code == 200


def test_rewards_by_version_need_no_torch():
    import subprocess

    code = "import django; django.setup(); import routing.version_rewards, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
