"""Labels for parts of texts: what they may be, and the colours, keys and words they get."""

import re

import pytest

from annotate.questions.base.labels import (
    COLOURS,
    Label,
    colours,
    given_ones,
    groups,
    keys,
    paths,
    read_labels,
)

NESTED = [
    {"value": "accuracy", "label": "Accuracy", "colour": "teal"},
    {"value": "omission", "label": "Omission", "parent": "accuracy", "key": "o"},
    {"value": "other", "label": "Other", "help": "anything else"},
    {"value": "addition", "label": "Addition", "parent": "accuracy", "colour": "pink"},
    {"value": "style", "label": "Style"},
    {"value": "tone", "label": "Tone", "parent": "style"},
    {"value": "gone", "label": "Gone", "missing": True, "key": "1"},
]


def test_labels_are_read_with_all_that_is_said_of_them():
    labels = read_labels(NESTED)
    assert labels[1] == Label("omission", "Omission", parent="accuracy", key="o")
    assert labels[2] == Label("other", "Other", "anything else")
    assert labels[6].missing
    assert read_labels(labels) == labels
    assert str(labels[1]) == "Omission (omission), key o, under accuracy"
    assert str(labels[3]) == "Addition (addition), pink, under accuracy"
    assert str(labels[6]) == "Gone (gone), key 1, missing"


def test_headings_are_not_given_themselves_and_those_under_them_stand_together():
    labels = read_labels(NESTED)
    given = [label.value for label in given_ones(labels)]
    assert given == ["omission", "other", "addition", "tone", "gone"]
    found = [
        (group.heading.value if group.heading else None, [one.value for one in group.labels])
        for group in groups(labels)
    ]
    assert found == [
        ("accuracy", ["omission", "addition"]),
        (None, ["other"]),
        ("style", ["tone"]),
        (None, ["gone"]),
    ]
    assert paths(labels)["omission"] == "Accuracy/Omission"
    assert paths(labels)["other"] == "Other"


def test_a_label_has_its_own_colour_or_its_heading_s_or_the_next_of_the_palette():
    found = colours(read_labels(NESTED))
    assert found["omission"] == found["accuracy"] == "teal"
    assert found["addition"] == "pink"
    assert (found["other"], found["style"], found["gone"]) == COLOURS[:3]
    assert found["tone"] == found["style"]
    many = [{"value": f"l{n}", "label": "L"} for n in range(len(COLOURS) + 1)]
    assert list(colours(read_labels(many)).values()) == [*COLOURS, COLOURS[0]]


def test_a_label_has_its_own_key_or_the_next_digit_that_nobody_has():
    found = keys(read_labels(NESTED))
    assert found == {"omission": "o", "other": "2", "addition": "3", "tone": "4", "gone": "1"}
    many = [{"value": f"l{n}", "label": "L"} for n in range(11)]
    assert list(keys(read_labels(many)).values())[-3:] == ["9", "", ""]


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (5, "is 5; write a list"),
        ([5], "a label 1 that is 5; give it a value, a label and"),
        ([{"value": "a"}], "give it a value, a label and"),
        ([{"value": "A b", "label": "A"}], "has the value 'A b'; use up to 40 small letters"),
        ([{"value": "a", "label": " "}], "no label of 1 to 120 characters"),
        ([{"value": "a", "label": "A", "help": 5}], "write texts"),
        ([{"value": "a", "label": "A", "colour": "mauve"}], "the colour 'mauve'; use one of red"),
        ([{"value": "a", "label": "A", "colour": ["red"]}], "the colour"),
        (
            [{"value": "a", "label": "A", "key": "ab"}],
            "the key 'ab'; use a small letter or a digit",
        ),
        ([{"value": "a", "label": "A", "key": "A"}], "the key 'A'"),
        ([{"value": "a", "label": "A", "key": 1}], "the key 1"),
        ([{"value": "a", "label": "A", "missing": 1}], "missing 1; write the value of another"),
        ([{"value": "a", "label": "A", "parent": []}], "the parent []"),
        ([{"value": "a", "label": "A", "parent": "b"}], "puts 'a' under 'b', which is no label"),
        (
            [{"value": "a", "label": "A", "parent": "a"}],
            "'a' under 'a', which is under another one",
        ),
        (
            [*NESTED[:2], {"value": "a", "label": "A", "parent": "omission"}],
            "'omission', which is under another one itself; name a heading",
        ),
        (
            [NESTED[6], {"value": "a", "label": "A", "parent": "gone"}],
            "has a heading 'gone' with a key or for what is missing",
        ),
        ([NESTED[2], NESTED[2]], "has two labels 'other'; give each a value of its own"),
        (
            [NESTED[6], {"value": "a", "label": "A", "key": "1"}],
            "two labels with the key '1'; give each a key of its own",
        ),
        ([{"value": f"l{n}", "label": "L"} for n in range(61)], "has 61 labels; use 60 at most"),
    ],
)
def test_labels_that_cannot_be_are_refused_with_the_remedy(labels, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        read_labels(labels)
