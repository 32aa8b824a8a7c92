import json
import re
import stat
from collections import Counter
from dataclasses import replace
from io import StringIO
from itertools import pairwise
from statistics import correlation

import pytest
from django.core.management import CommandError, call_command

from annotate.demo import logins
from annotate.demo.pairs import ITEMS, PRESET, read_items, simulate
from annotate.demo.pairs.simulate import ASPECTS, PERSONAS, preference, simulate_labels
from annotate.management.commands import demo
from annotate.models import Annotation, Annotator, Item, Membership, Project, User
from annotate.questions import parse_questions
from annotate.questions.base.text import check_text
from routing.models import Judge, RoutingPolicy


@pytest.fixture(scope="module")
def items():
    return read_items()


@pytest.fixture(scope="module")
def labelled(items):
    return simulate_labels(items)


def texts_of(item):
    yield from (turn["content"] for turn in item["messages"])
    yield from (passage["text"] for passage in item.get("contexts", []))
    yield from (completion["text"] for completion in item["completions"])


def test_there_are_sixty_items_or_more_with_distinct_keys_and_prompts(items):
    assert len(items) >= 60
    assert len({item["key"] for item in items}) == len(items)
    assert len({json.dumps(item["messages"]) for item in items}) == len(items)


def test_items_come_without_labels_and_are_written_one_a_line(items):
    assert not any("labels" in item for item in items)
    lines = [json.dumps(item, ensure_ascii=False) + "\n" for item in items]
    assert ITEMS.read_bytes().decode() == "".join(lines)


def test_each_item_asks_last_and_has_two_different_completions_of_realistic_length(items):
    for item in items:
        assert item["messages"][-1]["role"] == "user", item["key"]
        roles = [turn["role"] for turn in item["messages"]]
        assert all(a != b for a, b in pairwise(roles)), item["key"]
        first, second = (completion["text"] for completion in item["completions"])
        assert first != second
        assert 25 <= len(first.split()) <= 250, item["key"]
        assert 25 <= len(second.split()) <= 250, item["key"]


def test_all_text_may_be_stored_as_it_is(items):
    for item in items:
        for text in texts_of(item):
            assert check_text(text) == text.strip("\n")


def test_planted_qualities_lie_between_0_and_1_for_each_completion(items):
    for item in items:
        planted = item["metadata"]["planted"]
        assert len(planted) == len(item["completions"])
        for qualities in planted:
            assert tuple(qualities) == ASPECTS
            assert all(0 <= value <= 1 for value in qualities.values()), item["key"]


@pytest.mark.parametrize(
    "pattern",
    [
        "```python\n",
        "```js\n",
        "```sql\n",
        "```bash\n",
        "```rust\n",
        r"\| --- \|",
        "(?m)^## ",
        r"(?m)^\d\. ",
        r"\$\$",
        "[\U0001f466-\U0001f469]\u200d",  # emoji joined to families and professions
        "[א-ת]",
        "[ء-ي]",
        "[一-鿿]",
        "[ぁ-ん]",
        "\r\n",
        "\t",
        "<script>",
    ],
)
def test_the_items_have_every_form_of_text(items, pattern):
    assert any(re.search(pattern, text) for item in items for text in texts_of(item))


def test_there_are_long_chats_and_prompts_with_passages(items):
    assert sum(len(item["messages"]) >= 8 for item in items) >= 2
    assert sum(bool(item.get("contexts")) for item in items) >= 3


def test_correctness_does_not_go_along_with_length(items):
    longer, righter = [], []
    for item in items:
        first, second = (len(completion["text"]) for completion in item["completions"])
        a, b = (qualities["correctness"] for qualities in item["metadata"]["planted"])
        longer.append(second - first)
        righter.append(b - a)
    assert abs(correlation(longer, righter)) < 0.2
    pairs = list(zip(longer, righter, strict=True))
    assert sum(length * right > 0 and abs(right) > 0.2 for length, right in pairs) >= 20
    assert sum(length * right < 0 and abs(right) > 0.2 for length, right in pairs) >= 20


def test_neither_side_is_the_better_one_more_often_than_chance_allows(items):
    planted = [item["metadata"]["planted"] for item in items]
    firsts = sum(a["correctness"] > b["correctness"] for a, b in planted)
    assert 0.35 < firsts / len(planted) < 0.65


def test_simulated_labels_are_a_few_hundred_answers_that_the_form_accepts(labelled):
    questions = parse_questions(PRESET.questions)
    answers = [label["answers"] for row in labelled for label in row.get("labels", [])]
    for given in answers:
        assert questions.parse(given, completions=2, complete=True) == given
    assert sum(len(given) for given in answers) >= 300


def test_about_sixty_per_cent_of_the_items_have_two_or_three_labels_and_the_rest_none(labelled):
    counts = Counter(len(row.get("labels", [])) for row in labelled)
    assert set(counts) == {0, 2, 3}
    assert counts[0] >= 20
    assert 0.55 < 1 - counts[0] / len(labelled) < 0.65


def test_four_annotators_say_that_they_are_simulated(labelled):
    labels = [label for row in labelled for label in row.get("labels", [])]
    assert {label["annotator"] for label in labels} == {persona.name for persona in PERSONAS}
    assert len(PERSONAS) == 4
    said = "Simulated from the planted qualities of the demo items, with noise"
    assert all(label["description"].startswith(said) for label in labels)


def test_nobody_labels_an_item_twice(labelled):
    for row in labelled:
        names = [label["annotator"] for label in row.get("labels", [])]
        assert len(set(names)) == len(names)


def test_the_same_seed_gives_the_same_labels_and_another_seed_others(items, labelled):
    assert simulate_labels(items) == labelled
    assert simulate_labels(items, seed=2) != labelled


def test_simulating_leaves_the_items_alone_and_does_not_depend_on_their_order(items, labelled):
    before = json.dumps(items)
    by_key = {row["key"]: row for row in simulate_labels(items[::-1])}
    assert json.dumps(items) == before
    assert [by_key[row["key"]] for row in labelled] == labelled


def test_an_annotator_without_noise_answers_just_what_is_planted():
    item = {
        "key": "x",
        "messages": [{"role": "user", "content": "?"}],
        "completions": [{"text": "a"}, {"text": "b"}],
        "metadata": {
            "planted": [
                {"correctness": 1.0, "brevity": 0.5, "tone": 0.25},
                {"correctness": 0.0, "brevity": 1.0, "tone": 0.75},
            ]
        },
    }
    weights = {"correctness": 0.6, "brevity": 0.2, "tone": 0.2}
    exact = replace(PERSONAS[0], weights=weights, noise=0, lapses=0, writes=0)
    label = simulate._label(item, exact, simulate._rng(0))
    assert label["answers"] == {
        "overall": {"value": -2, "both_bad": False},  # 0.1 and 0.1 against 0.6
        "correctness": {"values": [5, 1]},
        "brevity": {"values": [3, 5]},
        "tone": {"values": [2, 4]},
    }


def test_preferences_grow_with_the_difference_and_small_ones_are_ties():
    assert [preference(d) for d in (-0.5, -0.1, -0.01, 0, 0.01, 0.1, 0.5)] == [
        -2,
        -1,
        0,
        0,
        0,
        1,
        2,
    ]


def test_the_careless_annotator_misses_more_mistakes_than_the_others(items):
    right = {persona.name: [] for persona in PERSONAS}
    for seed in range(5):
        for row in simulate_labels(items, seed=seed):
            a, b = (qualities["correctness"] for qualities in row["metadata"]["planted"])
            for label in row.get("labels", []):
                value = label["answers"]["overall"]["value"]
                if value and abs(a - b) > 0.3:
                    right[label["annotator"]].append((value > 0) == (b > a))
    shares = {name: sum(hits) / len(hits) for name, hits in right.items()}
    careless = PERSONAS[-1].name
    assert min(shares, key=shares.get) == careless
    assert 0.6 < shares[careless] < 0.9
    assert all(share > 0.9 for name, share in shares.items() if name != careless)


@pytest.fixture
def var(settings, tmp_path):
    settings.VAR = tmp_path
    return tmp_path


def run(*arguments):
    output, errors = StringIO(), StringIO()
    call_command(*arguments, stdout=output, stderr=errors)
    return output.getvalue(), errors.getvalue()


@pytest.mark.django_db
def test_demo_makes_a_project_with_items_labels_and_a_member_for_each_role(var):
    run("demo")
    project = Project.objects.get(slug="demo")
    assert project.items.count() >= 60
    assert project.overlap == 2
    assert project.guidelines.text == PRESET.guidelines
    assert project.annotators.humans().count() == 4
    assert project.annotations.count() == sum(
        len(row.get("labels", [])) for row in simulate_labels(read_items())
    )
    members = project.memberships.values_list("user__username", "role")
    assert set(members) == {(role, role) for role in ("annotator", "researcher", "admin")}


@pytest.mark.django_db
def test_labelled_demo_items_have_no_seat_left_and_the_others_all_of_them(var):
    run("demo")
    items = Item.objects.filter(project__slug="demo")
    labelled = items.filter(annotations__annotator__kind="human").distinct()
    assert {item.seats_left for item in labelled} == {0}
    others = items.exclude(pk__in=labelled.values("pk"))
    assert {item.seats_left for item in others} == {2}
    assert others.count() >= 20


@pytest.mark.django_db
def test_demo_texts_are_stored_to_the_character(var):
    run("demo")
    for row in read_items():
        item = Item.objects.get(project__slug="demo", key=row["key"])
        assert item.messages == row["messages"]
        texts = [completion.text for completion in item.completions.all()]
        assert texts == [completion["text"] for completion in row["completions"]]


@pytest.mark.django_db
def test_making_the_demo_again_adds_nothing_and_keeps_passwords(var):
    run("demo")
    before = logins.read(), counts()
    output, _ = run("demo")
    assert (logins.read(), counts()) == before
    assert "0 items and 0 labels added" in output


def counts():
    return [
        model.objects.count()
        for model in (Project, Item, Annotation, Annotator, User, Membership, Judge, RoutingPolicy)
    ]


@pytest.mark.django_db
def test_demo_logins_prints_passwords_that_work(var, client):
    run("demo")
    output, _ = run("demo_logins")
    rows = [line.split() for line in output.splitlines()[1:]]
    assert [user for user, _ in rows] == ["annotator", "researcher", "admin"]
    for user, password in rows:
        assert client.login(username=user, password=password)


@pytest.mark.django_db
def test_only_the_owner_may_read_the_passwords_and_each_demo_has_its_own(var):
    run("demo")
    assert stat.S_IMODE(logins.path().stat().st_mode) == 0o600
    first = logins.read()
    assert len(set(first.values())) == 3
    logins.path().unlink()
    User.objects.all().delete()
    run("demo")
    assert not set(first.values()) & set(logins.read().values())


@pytest.mark.django_db
def test_a_user_who_is_there_already_joins_the_demo_with_their_own_password(var):
    User.objects.create_user("researcher", password="my own")
    run("demo")
    assert "researcher" not in logins.read()
    member = Membership.objects.get(project__slug="demo", user__username="researcher")
    assert member.role == Membership.Role.RESEARCHER
    assert member.user.check_password("my own")


def test_demo_logins_says_when_there_are_none(var):
    output, errors = run("demo_logins")
    assert output == ""
    assert "manage.py demo" in errors


@pytest.mark.django_db
def test_labels_of_another_seed_do_not_replace_those_that_are_there(var):
    run("demo")
    before = list(Annotation.objects.order_by("pk").values_list("pk", "answers"))
    _, errors = run("demo", "--seed", "2")
    after = Annotation.objects.filter(pk__in=[pk for pk, _ in before])
    assert list(after.order_by("pk").values_list("pk", "answers")) == before
    assert "differ from what is there, which stays" in errors


@pytest.mark.django_db
def test_only_the_demo_admin_is_staff(var):
    run("demo")
    assert [user.username for user in User.objects.filter(is_staff=True)] == ["admin"]


@pytest.mark.django_db
def test_a_demo_that_fails_half_way_leaves_nothing_behind(var, monkeypatch):
    broken = [{**row, "prompt": "one too many"} for row in demo.marked.read_items()]
    monkeypatch.setattr(demo.marked, "read_items", lambda: broken)
    with pytest.raises(CommandError, match="Item 1 of Demo: parts"):
        run("demo")
    assert not Project.objects.exists()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_demo_has_an_offline_judge_and_a_policy_that_is_on(var):
    run("demo")
    judge = Judge.objects.get(project__slug="demo")
    assert (judge.kind, judge.active) == ("relevance", True)
    policy = RoutingPolicy.objects.get(project__slug="demo", active=True)
    assert (policy.kind, policy.judge) == ("confidence", judge)


@pytest.mark.django_db
def test_a_newcomer_finds_twenty_items_once_the_judge_has_had_its_say(var):
    run("demo")
    run("route", "demo")
    run("judge", "demo", "--judge", "relevance")
    run("route", "demo")
    project = Project.objects.get(slug="demo")
    assert project.annotations.by_judges().count() == project.items.count()
    assert project.items.claimable().count() >= 20
