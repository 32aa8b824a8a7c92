"""The main job by ids: route rows → judge's and people's annotations → aggregates → model version →
changed ranks → export."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from annotate.assignment import claim, submit
from annotate.formats import importer
from annotate.importing import import_items
from annotate.models import Aggregate, Annotation, Annotator, Item, Project
from annotate.presets import create_project, preset_named
from annotate.snapshots import unpack_ids
from routing.judges.versions import create_judge
from routing.models import JudgeCall, RewardModel, RoutingDecision, Score
from routing.routing import set_policy
from tests.background import do_all_jobs
from tests.factories import make_member, make_user

pytestmark = pytest.mark.django_db(transaction=True)
TOPICS = ["tea", "rivers", "clocks", "bread", "maps", "snow"]
ITEMS = 48


def records():
    """Prompts with one completion that answers and one that does not, in either order."""
    for n in range(ITEMS):
        topic = TOPICS[n % len(TOPICS)]
        good = f"About {topic}: here are {n + 2} facts on {topic}, each with its reason."
        bad = f"No idea, sorry. {'Whatever. ' * (n % 5)}"
        texts = [good, bad] if n % 2 else [bad, good]
        yield {
            "key": f"item-{n}",
            "prompt": f"Tell me {n + 2} facts about {topic}.",
            "completions": [{"text": text, "generator": f"m{k}"} for k, text in enumerate(texts)],
            "metadata": {"good": 0 if n % 2 else 1},
        }


def label(membership):
    """Prefer what the item's metadata call good, like an attentive annotator."""
    done = []
    while (assignment := claim(membership)) is not None:
        value = -2 if assignment.item.metadata["good"] == 0 else 2
        answers = {"overall": {"value": value, "both_bad": False}}
        done.append(submit(assignment, answers, key=assignment.key).pk)
    return done


def test_the_main_job_can_be_followed_by_ids(tmp_path):
    owner = make_user()
    project = create_project(
        name="Main", slug="main", preset=preset_named("pairwise"), owner=owner, overlap=1
    )
    Project.objects.filter(pk=project.pk).update(
        retrain_after_labels=20, retrain_every_minutes=0, random_share=0.2
    )
    project.refresh_from_db()
    judge, _ = create_judge(project, name="offline", kind="relevance")
    policy = set_policy(project, "random", {"share": 0.6}, judge=judge)
    result = import_items(project, records(), importer("tandem", project.questions, {}))
    assert (result.added, result.bad) == (ITEMS, 0)

    do_all_jobs(project)
    decisions = RoutingDecision.objects.filter(policy=policy, route__isnull=False)
    routes = dict(decisions.order_by("pk").values_list("item", "route"))
    assert len(routes) == ITEMS
    assert {"human", "judge"} <= set(routes.values())
    assert all(decisions.values_list("reason", flat=True))
    assert dict(Item.objects.values_list("pk", "route")) == routes
    to_judge = {pk for pk, route in routes.items() if route in ("judge", "both")}
    to_people = {pk for pk, route in routes.items() if route in ("human", "both")}
    asked = set(JudgeCall.objects.filter(judge=judge).values_list("item", flat=True))
    assert asked == to_judge
    by_judge = Annotation.objects.filter(annotator=judge.annotator)
    assert set(by_judge.values_list("item", flat=True)) <= to_judge

    before = dict(Item.objects.values_list("pk", "rank"))
    half = make_member(project)
    labelled = label(half)
    by_people = Annotation.objects.filter(annotator__kind=Annotator.Kind.HUMAN)
    assert set(by_people.values_list("pk", flat=True)) == set(labelled)
    assert set(by_people.values_list("item", flat=True)) >= to_people
    more = import_items(
        project,
        (
            {**row, "key": f"late-{row['key']}", "prompt": f"Please. {row['prompt']}"}
            for row in records()
        ),
        importer("tandem", project.questions, {}),
    )
    assert more.added == ITEMS
    set_policy(project, "all_human")

    do_all_jobs(project)
    aggregates = Aggregate.objects.filter(question="overall", source=Aggregate.Source.PEOPLE)
    assert set(aggregates.values_list("item", flat=True)) == set(
        by_people.values_list("item", flat=True)
    )
    model = RewardModel.objects.get(promoted=True)
    frozen = set(unpack_ids(model.snapshot.annotation_ids))
    until_then = Annotation.objects.current().filter(pk__lte=max(frozen))
    assert frozen == set(until_then.values_list("pk", flat=True))
    assert set(labelled) <= frozen
    assert model.metrics["trained_on"]["pairs"] > 0
    open_items = Item.objects.claimable()
    assert open_items.count() == ITEMS
    assert any(item.rank != before.get(item.pk, 0.0) for item in open_items)
    assert Score.objects.filter(reward_model=model).count() == 4 * ITEMS
    project.refresh_from_db()
    assert project.ranking > 0
    least = open_items.order_by("rank", "pk").first()
    assert claim(make_member(project)).item == least

    out = tmp_path / "out.jsonl"
    said = StringIO()
    call_command("export", "main", "--format", "trl", "--out", str(out), "--json", stdout=said)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert all({"prompt", "chosen", "rejected"} <= set(row) for row in rows)
    best = Aggregate.objects.best().filter(question="overall", mean__isnull=False).exclude(mean=0)
    ties = json.loads(said.getvalue())["left_out"].get("ties", 0)
    assert len(rows) + ties == best.count()  # a tie has nobody to choose
    people = Aggregate.objects.filter(source="people", question="overall").select_related("item")
    chosen = {row["prompt"]: row["chosen"] for row in rows}
    for aggregate in people:
        good = aggregate.item.completions.get(position=aggregate.item.metadata["good"])
        assert chosen[aggregate.item.prompt] == good.text
