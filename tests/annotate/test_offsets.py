"""Ranges of texts in Unicode code points, and from UTF-16."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.offsets import Target, Texts, Utf16, WrongRange, check_range

FAMILY = "a👩‍👩‍👧b"  # 2 of its 7 code points take one UTF-16 unit, the emoji two each


def test_offsets_in_utf_16_become_code_points():
    utf16 = Utf16(FAMILY)
    assert [utf16.from_units(at) for at in (0, 1, 3, 4, 6, 7, 9, 10)] == list(range(8))
    assert [utf16.to_units(at) for at in range(8)] == [0, 1, 3, 4, 6, 7, 9, 10]


@pytest.mark.parametrize("offset", [2, 5, 8, 11, -1])
def test_a_place_inside_a_character_or_beyond_the_text_is_refused(offset):
    with pytest.raises(WrongRange, match="no place between characters"):
        Utf16(FAMILY).from_units(offset)


@pytest.mark.parametrize("text", ["", "plain", "combinéd", "שלום\r\n\t"])
def test_texts_without_such_characters_count_the_same(text):
    utf16 = Utf16(text)
    assert [utf16.from_units(at) for at in range(len(text) + 1)] == list(range(len(text) + 1))
    with pytest.raises(WrongRange):
        utf16.from_units(len(text) + 1)


@given(st.text())
def test_both_ways_lead_back_and_agree_with_the_encoding(text):
    utf16 = Utf16(text)
    for at in range(len(text) + 1):
        units = len(text[:at].encode("utf-16-le", "surrogatepass")) // 2
        assert utf16.to_units(at) == units
        assert utf16.from_units(units) == at


def test_a_range_is_held_against_what_it_quotes():
    check_range("a👍b", 1, 2, "👍")
    for start, end, quoted, why in [
        (1, 1, "", "ends where it starts"),
        (2, 1, "👍", "ends where it starts"),
        (0, 4, "a👍b", "not within the text of 3 characters"),
        (-1, 2, "a👍", "not within"),
        (1, 3, "👍", "there stands '👍b'"),
    ]:
        with pytest.raises(WrongRange, match=why):
            check_range("a👍b", start, end, quoted)


def test_texts_follow_the_order_in_which_they_are_shown():
    texts = Texts(["a", "b", "c"], ["passage"], [None, [(0, 1)], None])
    shown = texts.permuted([1, 2, 0])
    assert shown.text(Target("completion", 0)) == "b"
    assert shown.steps_of(0) == [(0, 1)]
    assert shown.text(Target("context", 0)) == "passage"
    with pytest.raises(WrongRange, match="completion 4, which the item does not have; it has 3"):
        shown.text(Target("completion", 3))
