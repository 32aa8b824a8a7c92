"""Marked parts of texts, whatever they are: any spans in any order, any input, and as much of it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.offsets import COMPLETION, Target, Texts
from annotate.questions import InvalidAnswer
from annotate.questions.base.parts import MOST_PARTS, by_place
from tests.annotate.spans import asking, everything, span

QUICK = settings(max_examples=150)
COMPLETIONS = 3
# Characters that UTF-16, forms or fonts make two of, or none.
PIECES = st.sampled_from(
    ["a", "Z", " ", "\t", "\r\n", "\r", "e\u0301", "👩\u200d👧", "🇫🇷", "ש", "\u200f", "\u2028"]
)
TEXT = st.lists(PIECES, min_size=1, max_size=12).map("".join)
TEXTS = st.builds(
    Texts,
    st.lists(TEXT, min_size=COMPLETIONS, max_size=COMPLETIONS),
    st.lists(TEXT, min_size=1, max_size=2),
)
ORDERS = st.permutations(range(COMPLETIONS))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def ranges(draw, text):
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    return {"start": start, "end": end, "text": text[start:end]}


@st.composite
def answers(draw, texts):
    """Raw answers that ``everything()`` takes, with parts in any order."""

    def part(kinds):
        kind = draw(st.sampled_from(kinds))
        several = texts.completions if kind == COMPLETION else texts.contexts
        place = draw(st.integers(0, len(several) - 1))
        return {kind: place}, several[place]

    def said(labels, spans, own):
        others = [number for number in range(spans) if number != own]
        found = {"label": draw(st.sampled_from(labels))}
        if draw(st.booleans()):
            found["severity"] = draw(st.sampled_from(["minor", "major"]))
        if draw(st.booleans()):
            found["comment"] = draw(st.text("ab \n👧", min_size=1, max_size=4))
        if others and draw(st.booleans()):
            found["evidence"] = [{"span": draw(st.sampled_from(others))}]
        elif draw(st.booleans()):
            found["evidence"] = [{"context": 0, **draw(ranges(texts.contexts[0]))}]
        return found

    number = draw(st.integers(0, 6))
    spans = []
    for own in range(number):
        target, text = part([COMPLETION, "context"])
        spans.append(
            {**target, **draw(ranges(text)), **said(["wrong", "invented", "style"], number, own)}
        )
    missing = [
        {COMPLETION: draw(st.integers(0, COMPLETIONS - 1)), **said(["lacking"], number, -1)}
        for _ in range(draw(st.integers(0, 2)))
    ]
    taken = {one.get(COMPLETION) for one in [*spans, *missing]}
    free = [place for place in range(COMPLETIONS) if place not in taken]
    clean = draw(st.lists(st.sampled_from(free), max_size=3)) if free else []
    return {"spans": spans, "missing": missing, "clean": clean}


TEXTS_AND_ANSWERS = TEXTS.flatmap(lambda texts: st.tuples(st.just(texts), answers(texts)))


def quoted_as_evidence(answer):
    """By span, what each piece of its evidence quotes: what may not change when spans are sorted."""
    return sorted(
        (
            one["text"],
            one["label"],
            [
                answer["spans"][each["span"]]["text"] if "span" in each else each["text"]
                for each in one.get("evidence", ())
            ],
        )
        for one in answer["spans"]
    )


def parsed(question, raw):
    try:
        return question.parse(raw, completions=COMPLETIONS)
    except InvalidAnswer:
        return None


@given(TEXTS_AND_ANSWERS)
@QUICK
def test_an_answer_is_canonical_after_parsing_once(case):
    texts, raw = case
    question = everything()
    if (answer := parsed(question, raw)) is None:
        assert not any(raw.values())
        return
    assert question.fit(answer, texts) == answer
    assert question.parse(answer, completions=COMPLETIONS) == answer
    assert question.parse(json.loads(json.dumps(answer)), completions=COMPLETIONS) == answer
    assert answer["spans"] == sorted(answer["spans"], key=by_place)
    assert quoted_as_evidence(answer) == quoted_as_evidence(raw)


@given(TEXTS_AND_ANSWERS, ORDERS)
@QUICK
def test_an_answer_goes_into_the_item_s_order_and_back_with_its_texts(case, order):
    texts, raw = case
    question = everything()
    shown = texts.permuted(order)
    raw = {name: [_shown(part, order) for part in parts] for name, parts in raw.items()}
    if (answer := parsed(question, raw)) is None:
        return
    assert question.fit(answer, shown) == answer
    own = question.permute(answer, order)
    assert question.fit(own, texts) == own
    assert quoted_as_evidence(own) == quoted_as_evidence(answer)
    inverse = [order.index(position) for position in range(COMPLETIONS)]
    assert question.permute(own, inverse) == answer


def _shown(part, order):
    if isinstance(part, int):
        return order.index(part)
    return part | {COMPLETION: order.index(part[COMPLETION])} if COMPLETION in part else part


@given(TEXTS_AND_ANSWERS)
@QUICK
def test_what_a_page_shows_and_posts_again_is_the_same(case):
    _, raw = case
    question = everything()
    if (answer := parsed(question, raw)) is not None:
        data = {question.field: json.dumps(answer)}
        assert question.held(data, list(range(COMPLETIONS))) == answer


@given(TEXTS_AND_ANSWERS)
@QUICK
def test_overlap_is_found_wherever_there_is_any(case):
    _, raw = case
    spans = raw["spans"]
    shared = any(
        Target.of(one) == Target.of(other)
        and one["start"] < other["end"]
        and other["start"] < one["end"]
        for number, one in enumerate(spans)
        for other in spans[:number]
    )
    if parsed(everything(), raw) is not None:
        assert (parsed(everything(overlap=False), raw) is None) == shared


PARTS = st.dictionaries(
    st.sampled_from(
        [
            "completion",
            "context",
            "start",
            "end",
            "text",
            "label",
            "severity",
            "comment",
            "evidence",
            "x",
        ]
    ),
    JSON
    | st.sampled_from(
        ["wrong", "lacking", "minor", "A", True, 1.0, -1, 0, 1, float("nan"), 10**30]
    ),
    max_size=9,
)


@given(
    st.dictionaries(
        st.sampled_from(["spans", "missing", "clean", "x"]),
        JSON | st.lists(PARTS | JSON, max_size=3),
    )
)
@settings(max_examples=400)
def test_any_parts_are_refused_with_the_question_s_name_or_taken_as_they_are(raw):
    question = everything()
    fault = None
    try:
        answer = question.parse(raw, completions=COMPLETIONS)
    except InvalidAnswer as raised:
        fault = raised
    if fault is None:
        assert question.parse(answer, completions=COMPLETIONS) == answer
    else:
        assert fault.question == "q"
        assert 0 < len(fault.message) < 1_000


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (True, 2),
        (0, True),
        (0.0, 1),
        ("0", 1),
        (None, 1),
        (0, float("nan")),
        (0, float("inf")),
        ([], 1),
    ],
)
def test_offsets_are_whole_numbers_and_nothing_like_them(start, end):
    with pytest.raises(
        InvalidAnswer, match="give offsets in code points and the text between them"
    ):
        asking().parse({"spans": [span(0, 1) | {"start": start, "end": end}]}, completions=2)


@pytest.mark.parametrize("place", [True, False, 0.0, "0", -1, 2, 10**30, [0]])
def test_completions_are_named_by_whole_numbers_too(place):
    for raw in ({"spans": [span(0, 1) | {"completion": place}]}, {"clean": [place]}):
        with pytest.raises(InvalidAnswer, match="which there is none of"):
            asking().parse(raw, completions=2)


def test_an_answer_has_so_many_spans_and_no_more():
    text = "ab" * MOST_PARTS
    many = [span(n, n + 1, text=text[n]) for n in reversed(range(0, MOST_PARTS * 2, 2))]
    question, texts = asking(overlap=False), Texts([text])
    answer = question.fit(question.parse({"spans": many}, completions=1), texts)
    assert answer["spans"] == many[::-1]
    with pytest.raises(InvalidAnswer, match="has 5,001 spans; 5,000 are the most, leave some out"):
        question.parse({"spans": [*many, span(1, 2, text="b")]}, completions=1)
    pieces = [{"span": 1}] * 51
    with pytest.raises(InvalidAnswer, match="51 pieces of evidence for one part; 50 are the most"):
        everything().parse({"spans": [span(0, 1, evidence=pieces), span(0, 1)]}, completions=2)


def test_a_text_of_a_million_characters_is_marked_from_end_to_end_and_a_fault_stays_short():
    text = "👩\u200d👧 ש" * 200_000
    question, texts = asking(), Texts([text])
    whole = question.parse({"spans": [span(0, len(text), text=text)]}, completions=1)
    assert question.fit(whole, texts) == whole
    wrong = question.parse({"spans": [span(0, len(text), text=text[::-1])]}, completions=1)
    with pytest.raises(InvalidAnswer) as fault:
        question.fit(wrong, texts)
    assert len(str(fault.value)) < 300
    with pytest.raises(InvalidAnswer) as fault:
        question.parse({"spans": [span(0, 1) | {"label": text, "text": text}]}, completions=1)
    assert len(str(fault.value)) < 300
