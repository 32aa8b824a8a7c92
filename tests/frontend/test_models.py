import pytest
from django.urls import reverse

from annotate.models import Hint
from tests.factories import make_item, make_project
from tests.frontend.roles import HTMX, RESEARCHER, sign_in, statuses
from tests.frontend.rows import make_reward_model, metrics

pytestmark = pytest.mark.django_db
MODELS = "/projects/pairs/reward-models/"


@pytest.fixture
def project():
    return make_project(slug="pairs")


@pytest.fixture
def researcher(project, client):
    return sign_in(client, project, RESEARCHER)


@pytest.fixture
def model(project):
    return make_reward_model(project, promoted=True)


def test_only_researchers_and_admins_see_models(client, project, model):
    for url in (MODELS, f"{MODELS}1/"):
        assert statuses(client, project, "get", url) == [302, 404, 403, 200, 200]
    train = statuses(client, project, "post", f"{MODELS}train/")
    assert train == [302, 404, 403, 302, 302]


def test_without_a_model_the_page_says_when_one_comes(client, researcher):
    assert "50 labels have come in" in client.get(MODELS).text


@pytest.mark.parametrize(
    ("gain", "words"),
    [
        ((0.03, -0.02, 0.08), "does not beat “longer wins” beyond the interval: +3.0"),
        ((-0.03, -0.08, 0.02), "does not beat “longer wins”: \N{MINUS SIGN}3.0"),
    ],
)
def test_a_model_that_does_not_beat_longer_wins_says_so(client, project, researcher, gain, words):
    make_item(project)
    make_reward_model(project, metrics=metrics(gain=gain))
    for url in ("/projects/pairs/", MODELS, f"{MODELS}1/"):
        assert words in client.get(url).text


def test_a_model_that_beats_longer_wins_beyond_the_interval_says_so(client, project, researcher):
    make_reward_model(project, metrics=metrics(gain=(0.1, 0.02, 0.18)))
    text = client.get(f"{MODELS}1/").text
    assert "It beats “longer wins”" in text
    assert "does not beat" not in text


def test_a_version_shows_metrics_with_intervals_and_how_it_was_made(client, project, researcher):
    make_reward_model(
        project, verdict="Promoted: the first version.", libraries={"torch": "2.13.0"}, seed=17
    )
    text = client.get(f"{MODELS}1/").text
    for words in ("0.600 (0.500", "Promoted: the first version.", "torch 2.13.0", "17", "+10.0"):
        assert words in text


def test_a_model_without_a_decided_pair_is_shown_too(client, project, researcher):
    nothing = {"rows": 0, "decided": 0, "prompts": 0, "accuracy": None, "baselines": {}}
    make_reward_model(project, metrics=nothing)
    assert client.get(MODELS).status_code == 200
    assert "No pair has a majority yet" in client.get(f"{MODELS}1/").text


def test_the_chart_has_a_table_with_the_same_figures(client, project, researcher):
    for version, accuracy in ((1, 0.61), (2, 0.72)):
        make_reward_model(project, version=version, metrics=metrics(accuracy=accuracy))
    response = client.get(MODELS)
    assert response.text.count("<circle") == 4
    for value in ("61.0", "72.0"):
        assert f"{value}\N{NO-BREAK SPACE}% (" in response.text


def test_training_is_asked_for_once_and_then_watched(client, project, researcher):
    response = client.post(f"{MODELS}train/", headers=HTMX)
    assert "Waits for a worker" in response.text
    assert "<html" not in response.text
    assert Hint.objects.filter(project=project, kind="train", queued_at__isnull=False).exists()
    watched = client.get(MODELS, headers={**HTMX, "HX-Target": "training"})
    assert "every 2s" in watched.text


def test_when_training_has_ended_the_page_is_loaded_anew(client, project, researcher):
    watched = client.get(MODELS, headers={**HTMX, "HX-Target": "training"})
    assert watched["HX-Refresh"] == "true"


def test_a_fault_of_training_is_shown(client, project, researcher):
    Hint.objects.create(
        project=project, kind="train", fault="NothingToLearn: label some", failures=1
    )
    assert "NothingToLearn: label some" in client.get(MODELS).text


def test_a_form_without_a_preference_is_not_trained_on(client):
    rating = [{"kind": "rating", "name": "tone", "title": "Tone"}]
    project = make_project(slug="rated", questions=rating)
    sign_in(client, project, RESEARCHER)
    client.post("/projects/rated/reward-models/train/")
    assert not Hint.objects.filter(project=project).exists()


def test_lists_take_as_many_queries_for_many_rows_as_for_one(
    client, project, researcher, django_assert_num_queries
):
    for versions in (2, 10):
        for version in range(versions, versions + 5):
            make_reward_model(project, version=version)
        with django_assert_num_queries(9):
            client.get(MODELS)


def test_a_form_without_a_preference_promises_no_model(client):
    project = make_project(questions=[{"kind": "text", "name": "why", "title": "Why?"}])
    make_item(project)
    sign_in(client, project, RESEARCHER)
    for page in (f"/projects/{project.slug}/", reverse("reward-models", args=[project.slug])):
        text = client.get(page).text
        assert "this form asks for none" in text
        assert "Train one now" not in text
