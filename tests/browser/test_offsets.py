"""Parts of texts are the same from a selection in the browser to another project's database."""

import json
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from annotate.models import Annotation
from frontend.markdown import LONGEST, render
from tests.annotate.round_trips import bring_in, spans, take_out
from tests.drawn_texts import MARKDOWN, STORED
from tests.factories import make_member, make_project, make_user
from tests.frontend.mapped import read

MARKING = (Path(__file__).parent / "marking.js").read_text(encoding="utf-8")
SUBMIT = """async (answer) => {
    const form = document.getElementById("answers");
    const fields = new FormData(form);
    fields.set("answer-errors", JSON.stringify(answer));
    const sent = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields) });
    return sent.ok ? "" : await sent.text();
}"""
UNDO = """async () => {
    const form = document.getElementById("answers");
    const address = location.href + "undo/";
    await fetch(address, { method: "POST", body: new URLSearchParams(new FormData(form)) });
}"""
COMPLETIONS, PASSAGES = 20, 6
_numbers = count(1)

# Two places of a text as shares of its length: in most of them selections are short.
SHARES = st.tuples(st.integers(0, 1_000), st.one_of(st.integers(0, 30), st.integers(0, 1_000)))
PARTS = st.lists(SHARES, min_size=4, max_size=4)
on_a_page = settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],  # to make one smaller takes minutes on a page
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.large_base_example,
        HealthCheck.data_too_large,
    ],
)


@pytest.fixture
def annotator(transactional_db, sign_in):
    user = make_user()
    sign_in(user)
    return user


def new_project():
    questions = [spans(contexts=True, snap="characters")]
    return make_project(slug=f"texts-{next(_numbers)}", questions=questions, guidelines="")


def open_item(page, site, annotator, *, completions, passages=()):
    """An item with the given texts in a project of its own, as its annotator sees it."""
    project = new_project()
    record = {
        "key": "k",
        "prompt": "Mark.",
        "completions": [{"text": text} for text in completions],
        "contexts": [{"text": text} for text in passages],
    }
    assert not bring_in(project, json.dumps(record), "tandem").faults
    make_member(project, user=annotator)
    page.goto(f"{site}/projects/{project.slug}/work/")
    expect(page.locator("html[data-keys=ready]")).to_be_attached()
    return project


def in_shown_order(project, texts):
    [assignment] = project.assignments.all()
    return [texts[position] for position in assignment.order]


def part_of(size, shares):
    """At least a character, but of a text that shows none."""
    start = shares[0] * (size - 1) // 1_000
    return [start, min(size, start + 1 + shares[1] * size // 1_000)]


def mark(page, site, texts, shares):
    """What the page makes of selections; ``texts`` by name, as they are shown."""
    wanted = [
        {
            "text": name,
            "stored": [part_of(len(text), share) for share in shares],
            "seen": [part_of(len(seen_of(text)), share) for share in shares],
        }
        for name, text in texts.items()
    ]
    address = f"{site}/static/frontend/js/text_map.js"
    return wanted, page.evaluate(MARKING, [address, wanted])


def seen_of(text):
    return read(render(text, mapped=True)) if len(text) <= LONGEST else []


def check_stored(text, wanted, found):
    assert found["held"] == text
    assert found["length"] == len(text)
    for (start, end), part in zip(wanted["stored"], found["stored"], strict=True):
        assert (part["start"], part["end"], part["exact"]) == (start, end, True)
        assert part["text"] == part["painted"] == text[start:end]


def check_seen(text, wanted, found):
    """On the rendered view: the source from the first to the last character that has a place."""
    shown = seen_of(text)
    assert found["shown"] == "".join(one.text for one in shown)
    for one, place in zip(shown, found["each"], strict=True):
        assert place == (None if one.start == one.end else [one.start, one.end])
        if one.mark and place and not one.whole and one.text != "\n":
            assert text[slice(*place)] == one.text
    for (start, end), part in zip(wanted["seen"], found["seen"], strict=bool(shown)):
        mapped = [one for one in shown[start:end] if one.end is not None and one.start < one.end]
        if not mapped:
            assert part is None
            continue
        first, last = mapped[0].start, mapped[-1].end
        assert (part["start"], part["end"]) == (first, last)
        assert part["text"] == text[first:last]
        assert part["exact"] == (not cuts(shown, start) and not cuts(shown, end))
        inside = (one.text for one in shown if one.mark and one.start < last and first < one.end)
        assert without_space(part["painted"]) == without_space("".join(inside))


def cuts(shown, at):
    """Whether something that can only be marked whole goes on there."""
    return 0 < at < len(shown) and shown[at].whole and shown[at - 1].mark == shown[at].mark


def without_space(text):
    return "".join(text.split())


def answer_of(found):
    """All that was selected, as the page sends it."""
    parts = [
        {**place_of(one["text"]), "start": part["start"], "end": part["end"], "text": part["text"]}
        for one in found
        for part in [*one["stored"], *filter(None, one["seen"])]
    ]
    return {"spans": [{**part, "label": "irrelevant"} for part in parts]}


def place_of(name):
    kind, place = name.split("-")
    return {kind: int(place)}


def check_path(project, answer, completions, passages):
    """Stored, taken out and brought in again, each part quotes what stands at its place."""
    [stored] = Annotation.objects.filter(project=project)
    parts = stored.answers["errors"]["spans"]
    assert len(parts) == len(answer["spans"])
    for part in parts:
        texts = completions if "completion" in part else passages
        text = texts[part.get("completion", part.get("context"))]
        assert text[part["start"] : part["end"]] == part["text"]
    exported, _ = take_out(project, "tandem")
    other = new_project()
    assert not bring_in(other, exported, "tandem").faults
    [brought_in] = Annotation.objects.filter(project=other)
    assert brought_in.answers == stored.answers
    [item] = other.items.all()
    assert [one.text for one in item.completions.order_by("position")] == list(completions)
    assert [one["text"] for one in item.contexts] == list(passages)


def check_shown_again(page, site, project, answer):
    """Taken back, the answer stands in the form as it was sent."""
    page.evaluate(UNDO)
    page.goto(f"{site}/projects/{project.slug}/work/")
    [parts] = json.loads(page.locator("[name=answer-errors]").input_value()).values()
    assert sorted(map(as_json, parts)) == sorted(map(as_json, answer["spans"]))


def as_json(part):
    return json.dumps(part, sort_keys=True)


def go_the_whole_way(page, site, annotator, completions, passages, shares):
    project = open_item(page, site, annotator, completions=completions, passages=passages)
    shown = in_shown_order(project, completions)
    texts = {f"completion-{place}": text for place, text in enumerate(shown)}
    texts |= {f"context-{place}": text for place, text in enumerate(passages)}
    wanted, found = mark(page, site, texts, shares)
    for part, result in zip(wanted, found, strict=True):
        check_stored(texts[result["text"]], part, result)
        if result["shown"] is not None:
            check_seen(texts[result["text"]], part, result)
    answer = answer_of(found)
    assert page.evaluate(SUBMIT, answer) == ""
    check_path(project, answer, completions, passages)
    check_shown_again(page, site, project, answer)


@on_a_page
@given(
    completions=st.lists(STORED, min_size=COMPLETIONS, max_size=COMPLETIONS),
    passages=st.lists(STORED, min_size=PASSAGES, max_size=PASSAGES),
    shares=PARTS,
)
def test_parts_of_any_text_are_the_same_all_the_way(
    page, site, annotator, completions, passages, shares
):
    go_the_whole_way(page, site, annotator, completions, passages, shares)


@on_a_page
@given(completions=st.lists(MARKDOWN, min_size=COMPLETIONS, max_size=COMPLETIONS), shares=PARTS)
def test_parts_of_any_markdown_are_the_same_all_the_way(page, site, annotator, completions, shares):
    go_the_whole_way(page, site, annotator, completions, [], shares)


def test_parts_of_a_text_of_a_megabyte_are_the_same_all_the_way(page, site, annotator):
    text = "Wörter, 🙂 und\r\n\tשָׁם 👩\u200d👩\u200d👧 so fort. " * 28_000
    shares = [(0, 0), (1, 30), (500, 0), (777, 1), (999, 1_000)]
    assert len(text.encode()) > 1_000_000
    go_the_whole_way(page, site, annotator, [text, "Short."], [], shares)


def test_texts_that_no_page_could_hold_are_refused(transactional_db):
    for text, fault in [("a\0b", "NUL"), ("a\ud83db", "surrogate")]:
        record = {"key": "k", "prompt": "?", "completions": [{"text": text}, {"text": "b"}]}
        [found] = bring_in(new_project(), json.dumps(record), "tandem").faults
        assert fault in found["message"]
