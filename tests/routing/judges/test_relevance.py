import numpy as np
import pytest

from annotate.aggregation import aggregate_stale
from annotate.models import Annotation, Item, LedgerEntry
from annotate.questions import parse_questions
from routing import judging
from routing.judges.base import InvalidJudge, Spec, View
from routing.judges.kinds.relevance import RelevanceJudge, fit_logistic, repetition
from routing.judges.versions import create_judge
from routing.models import Embedding, Judge, JudgeCall
from tests.factories import make_annotation, make_annotator, make_item, make_project

PREFERENCE = {"kind": "preference", "name": "overall", "title": "Which?", "points": 5}
RATING = {"kind": "rating", "name": "help", "title": "Helpful?", "minimum": 1, "maximum": 5}
TEXT = {"kind": "text", "name": "why", "title": "Why?", "required": False}
PROMPT = "How do I boil an egg?"
GOOD = (
    "Put the egg into boiling water for eight minutes, then cool it in cold water before you peel "
    "the boiled egg."
)
BAD = "The stock market closed higher on Tuesday."


def kind(form=(PREFERENCE, TEXT), **settings):
    return RelevanceJudge(Spec(questions=parse_questions(list(form)), settings=settings))


def view(*completions, prompt=PROMPT):
    return View([{"role": "user", "content": prompt}], [], completions)


def answer(judge, *completions):
    [verdict] = judge.ask_many([view(*completions)], [None])
    return verdict


@pytest.mark.django_db
def test_the_completion_about_the_prompt_is_preferred_whatever_the_order():
    judge = kind()
    there, back = answer(judge, GOOD, BAD), answer(judge, BAD, GOOD)
    assert there.answers["overall"]["value"] < 0
    assert back.answers["overall"]["value"] == -there.answers["overall"]["value"]
    assert there.confidence == back.confidence
    assert 0.5 < there.confidence < 1


@pytest.mark.django_db
def test_text_is_left_out_and_only_the_main_question_is_answered_unless_others_are_named():
    assert set(answer(kind((PREFERENCE, RATING, TEXT)), GOOD, BAD).answers) == {"overall"}
    assert set(answer(kind((RATING, TEXT)), GOOD, BAD).answers) == {"help"}
    both = kind((PREFERENCE, RATING, TEXT), questions=["overall", "help"])
    values = answer(both, GOOD, BAD).answers["help"]["values"]
    assert values[0] > values[1]


@pytest.mark.django_db
def test_equal_texts_are_a_tie_or_where_there_is_none_no_answer():
    assert answer(kind(), GOOD, GOOD).answers["overall"]["value"] == 0
    forced = kind([{**PREFERENCE, "points": 4}])
    fault = answer(forced, GOOD, GOOD)
    assert fault.code == "unanswerable"
    assert fault.again is False


@pytest.mark.django_db
def test_repeating_the_same_words_does_not_pay():
    judge = kind(repetition_weight=1.0)
    [[once, often]] = judge.scores([view(GOOD, " ".join([GOOD] * 4))])
    assert often < once


def test_repetition_is_the_share_of_word_triples_seen_before():
    assert repetition("a b c d") == 0
    assert repetition("a b c a b c") == pytest.approx(0.25)  # abc bca cab abc
    assert repetition("word") == 0
    assert repetition("") == 0


def test_strengths_follow_the_frozen_quantiles():
    frozen = {"differences": [0, 1, 2, 3, 4], "scores": [0, 4], "intercept": 0, "slope": 2}
    judge = kind(frozen=frozen, tie_share=0.25)
    question = judge.spec.questions["overall"]
    found = [judge._strength(d, question) for d in (0.9, 1.1, -2.4, 2.6, -4, 99)]
    assert found == [0, 1, -1, 2, -2, 2]
    assert judge._confidence([0, 4]) == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-4)


def test_the_calibration_finds_known_coefficients():
    generator = np.random.default_rng(1)
    x = generator.uniform(size=20_000)
    y = (generator.uniform(size=x.size) < 1 / (1 + np.exp(-(0.2 + 1.5 * x)))).astype(float)
    intercept, slope = fit_logistic(x, y)
    assert intercept == pytest.approx(0.2, abs=0.1)
    assert slope == pytest.approx(1.5, abs=0.2)


def test_settings_that_make_no_sense_are_refused():
    questions = parse_questions([PREFERENCE, TEXT])
    for settings, fault in (
        ({"questions": ["why"]}, "no preference or rating 'why'"),
        ({"encoder": ""}, "name an encoder"),
        ({"questions": "overall"}, "list of names"),
    ):
        with pytest.raises(InvalidJudge, match=fault):
            RelevanceJudge.check(Spec(questions=questions, settings=settings))
    with pytest.raises(InvalidJudge, match="needs a form"):
        RelevanceJudge.check(Spec(questions=parse_questions([TEXT])))
    with pytest.raises(InvalidJudge, match="length_weight is 11"):
        kind(length_weight=11)


@pytest.fixture
def project():
    project = make_project(default_route="judge")
    for number in range(60):
        first, second = f"Facts about topic {number} and more.", f"Words {'x ' * (number % 7)}"
        make_item(project, prompt=f"Tell me about topic {number}.", completions=(first, second))
    return project


@pytest.mark.django_db
def test_it_labels_a_project_for_nothing_and_freezes_its_scale_at_the_first_item(project):
    judge, _ = create_judge(project, name="offline", kind="relevance")
    assert judging.judge_due(project) is True
    judge.refresh_from_db()
    assert Annotation.objects.filter(annotator=judge.annotator).count() == 60
    assert JudgeCall.objects.filter(state="answered", tries=1, order=0).count() == 60
    assert Embedding.objects.count() > 60
    assert not LedgerEntry.objects.exists()
    frozen = judge.settings["frozen"]
    assert frozen["items"] == 60
    assert frozen["labels"] == 0
    make_item(project, completions=(GOOD, BAD))
    judging.judge_due(project)
    judge.refresh_from_db()
    assert judge.settings["frozen"] == frozen
    label = Annotation.objects.filter(annotator=judge.annotator).latest("pk")
    assert 0 < label.raw["confidence"] < 1
    assert label.raw["consistent"] is None


@pytest.mark.django_db
def test_its_confidence_is_calibrated_on_people_but_not_on_the_evaluation_share(project):
    person = make_annotator(project)
    for item in Item.objects.all():
        make_annotation(item, person, value=-1)
    while aggregate_stale(project):
        pass
    Item.objects.filter(pk__in=Item.objects.values("pk")[:5]).update(evaluation=True)
    judge, _ = create_judge(project, name="offline", kind="relevance")
    judging.judge_due(project)
    judge.refresh_from_db()
    assert judge.settings["frozen"]["labels"] == 55


@pytest.mark.django_db
def test_a_killed_worker_costs_an_offline_judge_nothing(project):
    judge, _ = create_judge(project, name="offline", kind="relevance")
    judging.plan_all(judge)
    JudgeCall.objects.update(state="reserved", worker="elsewhere:1")
    for _ in range(3):
        JudgeCall.objects.exclude(state="answered").update(state="reserved", worker="elsewhere:1")
        judging.judge_items(judge, limit=10)
    judging.judge_items(judge)
    assert set(JudgeCall.objects.values_list("state", "losses")) == {("answered", 0)}
    assert Annotation.objects.count() == 60


@pytest.mark.django_db
def test_an_encoder_that_does_not_exist_stops_the_judge_with_its_name(project, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    settings = {"encoder": "/no/such/folder"}
    judge, _ = create_judge(project, name="offline", kind="relevance", settings=settings)
    counts = judging.judge_items(judge)
    assert "/no/such/folder" in counts.blocked
    assert Judge.objects.get().fault == counts.blocked
    assert not Annotation.objects.exists()
