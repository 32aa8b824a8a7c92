"""The demo in the browser: an annotator labels, the researcher trains and exports."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from annotate.models import Annotation, Project, User
from annotate.snapshots import unpack_ids
from routing.models import RewardModel
from tests.background import do_all_jobs

FIVE = 5


@pytest.fixture
def demo(transactional_db, tmp_path, settings):
    settings.VAR = tmp_path
    call_command("demo", stdout=StringIO())
    project = Project.objects.get(slug="demo")
    do_all_jobs(project)
    return project


def test_labels_reach_the_next_reward_model_and_the_export(demo, page, site, sign_in, tmp_path):
    sign_in(User.objects.get(username="annotator"))
    page.goto(site)
    page.keyboard.press("Enter")
    expect(page.locator("#guidelines")).to_be_visible()
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.locator("#guidelines")).to_be_hidden()
    for number in range(FIVE):
        prompt = page.locator(".turn .reading").first
        before = prompt.inner_text()
        page.keyboard.press(str(1 + number))
        page.keyboard.press("Enter")
        expect(prompt).not_to_have_text(before, use_inner_text=True)
    own = Annotation.objects.filter(annotator__user__username="annotator")
    labelled = set(own.values_list("pk", flat=True))
    assert len(labelled) == FIVE
    before = RewardModel.objects.latest("version")

    sign_in(User.objects.get(username="researcher"))
    page.goto(f"{site}/projects/demo/reward-models/")
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_text("Waits for a worker")).to_be_visible()
    do_all_jobs(demo)
    model = RewardModel.objects.get(version=before.version + 1)
    expect(page.get_by_role("link", name=str(model.version), exact=True).first).to_be_visible()
    assert labelled <= set(unpack_ids(model.snapshot.annotation_ids))
    assert not labelled & set(unpack_ids(before.snapshot.annotation_ids))

    page.goto(f"{site}/projects/demo/export/?format=tandem")
    page.get_by_role("button", name="Export").click()
    do_all_jobs(demo)
    link = page.get_by_role("link", name="Download").first
    expect(link).to_be_visible()
    with page.expect_download() as download:
        link.click()
    download.value.save_as(tmp_path / "demo.jsonl")
    items = [json.loads(line) for line in (tmp_path / "demo.jsonl").read_bytes().splitlines()]
    exported = [label for item in items for label in item.get("labels", ())]
    assert sum(label["annotator"] == "annotator" for label in exported) == FIVE
