"""Quotes of judges are found to the code point, or refused; they are never guessed."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annotate.offsets import Texts
from annotate.questions.base.quotes import (
    Form,
    Locator,
    NotFound,
    Quote,
    Source,
    goes_on,
    take_tallies,
)


def find(text: str, quote: str, **hints: object) -> str:
    """What stands at the place that was found."""
    start, end = Source(text).find(Quote.of({"quote": quote, **hints}))
    return f"{start}:{text[start:end]}"


def reason(text: str, quote: str, **hints: object) -> str:
    with pytest.raises(NotFound) as fault:
        Source(text).find(Quote.of({"quote": quote, **hints}))
    return fault.value.reason


def sought(text: str, quote: Quote) -> tuple[int, int] | str:
    """The place, or why there is none."""
    try:
        return Source(text).find(quote)
    except NotFound as fault:
        return fault.reason


# ------------------------------------------------------------------------------------------- by hand


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("The capital is Lyon.", "Lyon", "15:Lyon"),
        ("two  spaces", "  ", "3:  "),
        ("a\r\nb\tc", "a b c", "0:a\r\nb\tc"),
        ("non\u00a0breaking", "non breaking", "0:non\u00a0breaking"),
        ("He said “no” \u2013 twice.", 'said "no" - twice', "3:said “no” \u2013 twice"),
        ("It's", "It\u2019s", "0:It's"),
        ("Wait… what?", "Wait... what", "0:Wait… what"),
        ("👍 the caf\u00e9 🎉", "cafe\u0301", "6:caf\u00e9"),
        ("the cafe\u0301 there", "caf\u00e9 there", "4:cafe\u0301 there"),
        ("zero\u200bwidth \u200fright", "zerowidth right", "0:zero\u200bwidth \u200fright"),
        ("I \u2764\ufe0f it", "I \u2764 it", "0:I \u2764\ufe0f it"),
        ("I \u2764\ufe0f", "\u2764", "2:\u2764\ufe0f"),
        ("a **bold** claim", "a bold claim", "0:a **bold** claim"),
        ("call `run()` now", "call run() now", "0:call `run()` now"),
        ("# Title\n\n- one\n  - two", "Title one two", "2:Title\n\n- one\n  - two"),
        ("> said\n> again", "said again", "2:said\n> again"),
        ("这是**重点**内容", "重点内容", "4:重点**内容"),
        ("The End", "the end", "0:The End"),
        ("Straße", "STRASSE", "0:Straße"),
        ("각 하나", "\u1100\u1161\u11a8", "0:각"),
    ],
)
def test_a_quote_is_found_as_it_is_or_in_a_normal_form(text, quote, found):
    assert find(text, quote) == found


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The capital is Lyon.", "Paris"),
        ("The capital is Lyon.", ""),
        ("The capital is Lyon.", " \n"),
        ("The capital is Lyon.", "The … Lyon"),
        ("The capital is Lyon.", "**"),
        ("The capital is Lyon.", ".*"),
        ("snake_case and 2*3 and 2**3", "snakecase"),
        ("snake_case and 2*3 and 2**3", "23"),
        ("nowhere", "now here"),
        ("cafe\u0301", "cafe"),
        ("caf\u00e9", "cafe"),
        ("각", "가"),
        ("\u1100\u1161\u11a8", "가"),
        ("Wait…", "Wait."),
        ("👩\u200d🚀 flies", "👩"),
        ("👩\u200d🚀 flies", "🚀"),
        ("👍🏽", "👍"),
        ("Straße", "STRAS"),
        ("", "x"),
    ],
)
def test_a_quote_that_stands_nowhere_is_refused_as_absent(text, quote):
    assert reason(text, quote) == "absent"


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("to be or not to be", "to be"),
        ("aaa", "aa"),
        ("“a” or “a”", '"a"'),
        ("*one* and **one** thing, one thing", "one"),
        ("Yes yes", "YES"),
    ],
)
def test_a_quote_that_stands_there_twice_is_refused_as_ambiguous(text, quote):
    assert reason(text, quote) == "ambiguous"


def test_what_stands_there_exactly_once_is_not_ambiguous_for_its_likes():
    assert find("“a” or \"a\" or 'a'", '"a"') == '7:"a"'
    assert find("Yes yes", "yes") == "4:yes"


def test_what_stands_around_a_quote_tells_which_one_is_meant():
    text = "to be or not to be, that is"
    assert find(text, "to be", before="not") == "13:to be"
    assert find(text, "to be", after="or not") == "0:to be"
    assert find(text, "to be", after=", that") == "13:to be"
    assert find("(a) “a” [a]", "a", before="“", after="”") == "5:a"
    assert find("one **two** x, two y", "two", after="X") == "6:two"


def test_white_space_of_a_quote_belongs_to_the_place_that_is_meant():
    assert find("of a, in a b", "a ", before="in") == "9:a "
    assert find("x, y and z, w and", " and", before="w") == "13: and"
    assert find("“a” b “a” c", ' "a" ', after="c") == "6:“a”"


def test_what_does_not_stand_around_any_of_them_tells_nothing():
    text = "to be or not to be, that is"
    assert reason(text, "to be", before="want") == "ambiguous"
    assert reason("a b. a b.", "b", before="a") == "ambiguous"
    assert reason(text, "to be", before="  ", after="") == "ambiguous"


@pytest.mark.parametrize("quote", [" ", "\u200b", "\t"])
def test_white_space_that_stands_there_twice_stays_ambiguous(quote):
    text = f"a{quote}b{quote}c"
    assert reason(text, quote, before="b") == "ambiguous"
    assert find(text, quote, occurrence=2) == f"3:{quote}"


def test_what_is_said_to_stand_around_a_quote_that_stands_once_does_not_matter():
    assert find("the only one", "only", before="quite another") == "4:only"


def test_the_number_of_an_occurrence_tells_which_one_is_meant():
    assert find("a b a b a", "b", occurrence=2) == "6:b"
    assert find("aaaa", "aa", occurrence=2) == "2:aa"
    assert reason("a b a b a", "b", occurrence=3) == "ambiguous"


@pytest.mark.parametrize("number", [0, -1, True, "2", 2.0, None, 10**12])
def test_a_number_that_makes_no_sense_tells_nothing(number):
    assert reason("a b a b a", "b", occurrence=number) == "ambiguous"


@pytest.mark.parametrize("hint", [3, None, ["a"], {"a": 1}])
def test_a_hint_that_is_no_text_tells_nothing(hint):
    assert reason("a b a b a", "b", before=hint, after=hint) == "ambiguous"


# ---------------------------------------------------------------------------------- parts of answers

TEXTS = Texts(["It is Lyon.", "It is Paris, it is."], ["France has a capital."])


def test_a_part_gets_its_place_instead_of_its_quote_and_keeps_the_rest():
    locator = Locator(TEXTS)
    part = {"completion": 1, "quote": "it is", "before": "Paris,", "label": "wrong", "after": ""}
    assert locator.place(part) == {
        "completion": 1, "start": 13, "end": 18, "text": "it is", "label": "wrong",
    }  # fmt: skip
    assert locator.place({"context": 0, "quote": "a capital"}) == {
        "context": 0, "start": 11, "end": 20, "text": "a capital",
    }  # fmt: skip
    assert locator.tally == {"unlocated": {"of": 2, "absent": 0, "ambiguous": 0}}


def test_parts_without_a_place_are_counted_by_why():
    locator = Locator(TEXTS)
    quotes = [(0, "Lyon"), (0, "Paris"), (1, "i"), (7, "It is"), (1, None)]
    placed = [locator.place({"completion": place, "quote": quote}) for place, quote in quotes]
    assert [part is not None for part in placed] == [True, False, False, False, False]
    assert locator.tally == {"unlocated": {"of": 5, "absent": 3, "ambiguous": 1}}


def test_what_an_answer_tells_of_its_quotes_is_taken_off_it():
    answers = {"errors": {"spans": [], **Locator(TEXTS).tally}, "overall": {"value": 1}}
    kept, tallies = take_tallies(answers)
    assert kept == {"errors": {"spans": []}, "overall": {"value": 1}}
    assert tallies == {"errors": {"of": 0, "absent": 0, "ambiguous": 0}}


# ------------------------------------------------------------------------------------------- by rule

PIECES = st.sampled_from(
    ["a", "B", "é", "e\u0301", "\u0323", "ß", "İ", "가", "각", "\u11a8", "👍", "👍🏽", "👩\u200d🚀", "❤\ufe0f", "…",
     " ", "  ", "\t", "\r\n", "\n- ", "\n# ", "\u00a0", "\u200b", "\u200f", "“", "\u2019", "\u2013", "*", "**", "_", "`",
     "~~", "א", "重点", "1. ", "> "]
)  # fmt: skip
TEXT = st.lists(PIECES, max_size=30).map("".join)


@given(TEXT, st.data())
def test_a_quote_out_of_a_text_is_found_there_or_is_there_more_than_once(text, data):
    start = data.draw(st.integers(0, len(text)))
    quote = text[start : data.draw(st.integers(start, len(text)))]
    inside = goes_on(text, start) or goes_on(text, start + len(quote))
    found = sought(text, Quote(quote))
    if quote and not inside:
        often = text.find(quote) != text.rfind(quote)
        assert found == (start, start + len(quote)) or (often and found == "ambiguous")


@given(TEXT, TEXT, TEXT, TEXT)
@example("a b a", "a", "b", "")
def test_what_is_found_has_the_normal_form_of_the_quote_and_whole_characters(
    text, quote, before, after
):
    found = sought(text, Quote(quote, before, after))
    if isinstance(found, str):
        assert found in {"absent", "ambiguous"}
        return
    start, end = found
    assert 0 <= start < end <= len(text)
    assert not goes_on(text, start)
    assert not goes_on(text, end)
    if text[start:end] != quote:
        widest = Form(text, bare=True, fold=True).text
        assert Form(quote, bare=True, fold=True).text.strip() in widest


@given(TEXT, st.booleans(), st.booleans())
def test_places_of_a_normal_form_go_from_front_to_back_through_the_text(text, bare, fold):
    form = Form(text, bare=bare, fold=fold)
    places = [form.range_of(at, at + 1) for at in range(len(form))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    ends = [end for _, end in places]
    assert ends == sorted(ends)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
@example("\u1e9b\u0323")
@example("q\u0307\u0323")
def test_texts_that_are_canonically_the_same_have_the_same_normal_form(text):
    composed, decomposed = (unicodedata.normalize(name, text) for name in ("NFC", "NFD"))
    assert Form(text).text == Form(composed).text == Form(decomposed).text


def test_the_cost_of_a_long_text_is_that_of_its_length():
    """Looks at text, not at the clock: a quadratic search of these would take days."""
    accents = "e\u0301" * 200_000
    assert reason(accents, "e\u0301" * 50_000 + "e") == "absent"
    assert reason("a" * 1_000_000, "a" * 500_000, before="b") == "ambiguous"
    assert reason("\u0301\u0323" * 300_000, "x") == "absent"
    assert reason(" \n" * 500_000 + "- " * 100_000, "x") == "absent"
    assert find("lorem — dolor é " * 60_000 + "the END", "The end").startswith("960000:")
