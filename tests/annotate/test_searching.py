"""Texts become searchable in the background, whatever they are written in and however long."""

import json

import pytest
from django.db import connection

from annotate import searching
from annotate.models import Item, ItemSummary, ItemText
from annotate.searching import coverage, index_texts, projects_to_index, search_query
from tests.background import do_all_jobs
from tests.factories import make_item, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def add(project, key, prompt, *completions, **fields):
    return make_item(
        project, key=key, prompt=prompt, completions=completions or ("x1", "x2"), **fields
    )


def found(project, text):
    items = Item.objects.filter(project=project, text__words=search_query(text))
    return set(items.values_list("key", flat=True))


def test_prompts_passages_and_completions_are_searched(project):
    add(project, "prompt", "Why is the SKY blue?")
    add(project, "completion", "Colours?", "Rayleigh scattering.", "No idea.")
    add(project, "passage", "Where?", contexts=[{"title": "Provence", "text": "Lavender fields"}])
    index_texts(project)
    assert found(project, "sky ") == {"prompt"}
    assert found(project, "rayleigh ") == {"completion"}
    assert found(project, "provence lavender ") == {"passage"}


def test_all_words_have_to_be_there_and_the_last_is_a_beginning(project):
    add(project, "both", "apples and pears")
    add(project, "one", "apples and plums")
    index_texts(project)
    assert found(project, "apples pea") == {"both"}
    assert found(project, "apples p") == {"both", "one"}
    assert found(project, "apples pea ") == set()
    assert found(project, "apple ") == set()
    assert found(project, "app") == {"both", "one"}


def test_quotes_or_and_minus_mean_what_they_do_elsewhere(project):
    add(project, "a", "the red house")
    add(project, "b", "the house is red")
    index_texts(project)
    assert found(project, '"red house"') == {"a"}
    assert found(project, "red -is") == {"a"}
    assert found(project, "house or nothing") == {"a", "b"}
    assert found(project, "nothing or hous") == {"a", "b"}


def test_case_and_accents_are_those_of_the_language(project):
    add(project, "accents", "ÉCLAIR Straße ÜBER")
    index_texts(project)
    assert found(project, "éclair über ") == {"accents"}


def test_chinese_and_japanese_are_found_by_any_part_of_a_run(project):
    add(project, "jp", "日本語の本を読みます。")
    add(project, "cn", "本日的语言")
    index_texts(project)
    assert found(project, "日本語") == {"jp"}
    assert found(project, "本") == {"jp", "cn"}
    assert found(project, "本日") == {"cn"}
    assert found(project, "読み 日本") == {"jp"}
    assert found(project, '"の本"') == {"jp"}
    assert found(project, "本 -語") == {"cn"}


@pytest.mark.parametrize(
    "text", ["", " ", "'", '"', "-", "''':*", "a\\", ":* & |", "or", "…", "!!"]
)
def test_odd_searches_find_nothing_and_break_nothing(project, text):
    add(project, "there", "zebra")
    index_texts(project)
    assert found(project, text) == set()


def test_words_with_marks_in_them_are_found(project):
    add(project, "marks", "don't use foo-bar at C:\\temp")
    index_texts(project)
    for text in ("don't", "foo-b", "foo-bar ", "foo", "c:\\tem"):
        assert found(project, text) == {"marks"}, text


def test_texts_too_long_for_an_index_entry_are_searched_from_their_beginning(project, monkeypatch):
    words = " ".join(f"w{n}ord-x{n}yz" for n in range(120_000))
    add(project, "long", f"needle {words}")
    add(project, "short", "needle too")
    monkeypatch.setattr(searching, "LONGEST", 1_500_000)
    assert index_texts(project) == 2
    assert found(project, "needle ") == {"long", "short"}
    assert found(project, "w10ord-x10yz ") == {"long"}


def test_the_usual_limit_fits_the_worst_text_there_is(project):
    add(project, "cjk", "".join(chr(0x4E00 + n % 20_000) for n in range(300_000)))
    add(project, "unique", " ".join(f"{n:x}" for n in range(60_000)))
    assert index_texts(project) == 2
    assert found(project, "7eef ") == {"unique"}


def test_items_are_indexed_in_batches_once(project, monkeypatch):
    monkeypatch.setattr(searching, "BATCH", 4)
    items = [add(project, f"k{n}", "some words") for n in range(10)]
    assert list(projects_to_index()) == [project.pk]
    assert coverage(project) == 0
    index_texts(project)
    assert coverage(project) == pytest.approx(0.4)
    index_texts(project)
    index_texts(project)
    assert ItemText.objects.filter(project=project).count() == len(items)
    assert coverage(project) == 1
    assert list(projects_to_index()) == []
    assert index_texts(project) == 0


def test_every_item_gets_a_summary_and_what_one_holds_stays(project):
    known, _ = add(project, "a", "words"), add(project, "b", "words")
    ItemSummary.objects.create(item=known, project=project, people=3, margin=0.5)
    index_texts(project)
    rows = ItemSummary.objects.order_by("item_id").values_list("people", "margin")
    assert list(rows) == [(3, 0.5), (0, None)]


def test_an_import_makes_the_job_due_and_the_job_does_it(project):
    add(project, "a", "words")
    do_all_jobs(project)
    assert found(project, "word") == {"a"}


def buffers(query):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE annotate_item, annotate_itemtext")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}")
        [(plan,)] = cursor.fetchall()
    plan = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def test_what_is_due_is_found_without_reading_the_items(project):
    read = []
    for count in (20, 400):
        for number in range(count):
            add(project, f"{count}-{number}", "words")
        index_texts(project)
        assert projects_to_index() == []
        read.append(buffers(searching._DUE))
    assert read[1] <= read[0] + 5
