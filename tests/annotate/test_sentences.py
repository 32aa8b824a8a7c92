# ruff: noqa: RUF001  # full stops of other scripts

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.sentences import sentences


def pieces(text):
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ("Dr. Smith met J. R. Tolkien. He left.", ["Dr. Smith met J. R. Tolkien.", "He left."]),
        ("It cost $3.50, e.g. at Fig. 3. Cheap.", ["It cost $3.50, e.g. at Fig. 3.", "Cheap."]),
        ('He said "stop." Then (it did.) It', ['He said "stop."', "Then (it did.)", "It"]),
        ("Wait... not yet. Now.", ["Wait... not yet.", "Now."]),
        ("1. First. 2. Second.\n3. Third", ["1. First.", "2. Second.", "3. Third"]),
        ("今天天气很好。走吧！「真的？」是。", ["今天天气很好。", "走吧！", "「真的？」", "是。"]),
        ("هل هذا جيد؟ نعم. شكرا", ["هل هذا جيد؟", "نعم.", "شكرا"]),
        ("यह अच्छा है। ठीक।", ["यह अच्छा है।", "ठीक।"]),
        ("A heading\nA line that\nis wrapped", ["A heading", "A line that\nis wrapped"]),
        ("no stop\n\nand no capital", ["no stop", "and no capital"]),
        ("Ends.\r\nNext.", ["Ends.", "Next."]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_a_text_falls_into_sentences(text, expected):
    assert pieces(text) == expected


def test_ranges_count_code_points_and_not_utf_16_units():
    text = "😀 Smile. 👩‍👩‍👧 Family!"
    assert [tuple(one) for one in sentences(text)] == [(0, 8), (9, 22)]
    assert pieces(text) == ["😀 Smile.", "👩‍👩‍👧 Family!"]


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from("aB .!?\n\r\t\"'()1。؟é\u202e😀"), max_size=80))
def test_sentences_are_in_order_apart_and_hold_all_that_is_not_white_space(text):
    found = sentences(text)
    assert all(one.start < one.end for one in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert "".join("".join(pieces(text)).split()) == "".join(text.split())


@pytest.mark.parametrize("piece", [". ", ".", "\n", " ", "。", ".\n", '."', "A. ", "(\"' "])
def test_a_long_text_of_one_repeated_piece_is_still_read(piece):
    text = piece * 50_000
    assert len("".join("".join(pieces(text)).split())) == len("".join(text.split()))


def test_examples_that_the_browser_cuts_alike():
    path = Path(__file__).parent.parent / "js" / "sentences.json"
    examples = json.loads(path.read_text(encoding="utf-8"))
    assert len(examples) > 10
    for example in examples:
        text = example["text"]
        found = [text[start:end] for start, end in sentences(text)]
        assert found == example["sentences"]
