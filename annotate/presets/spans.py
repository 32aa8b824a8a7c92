"""What is wrong where: parts of texts marked with labels."""

from typing import Any

from annotate.presets.base import Preset, preference

Row = dict[str, Any]


def label(value: str, words: str, hint: str = "", **more: Any) -> Row:
    return {"value": value, "label": words, **({"help": hint} if hint else {}), **more}


def under(heading: str, *labels: Row) -> list[Row]:
    return [one | {"parent": heading} for one in labels]


# ------------------------------------------------------------------------------ fine-grained QA

_QA_GUIDELINES = """\
# What is wrong with the answer, and where?

Each item has a question, passages, and answers that were written from the passages. Read the question
and the passages first. What the passages say counts as true; what you happen to know does not.

## Mark errors in one of them
Which one is asked about stands below the labels, by its letter. Go through it sentence by sentence and mark the smallest part that is wrong: a word or a clause where
that is enough, a whole sentence where nothing of it holds. Marks do not overlap. Where two labels fit,
take the one that stands higher:

1. **Irrelevant**: no part of an answer to this question, be it true or not.
2. **Redundant**: said before, in the same or in other words.
3. **Incoherent**: cannot be understood, or contradicts what stands around it.
4. **Wrong grounding**: a passage says otherwise. Name that sentence as evidence.
5. **Unverifiable**: no passage says so, and none denies it.

## Say what is missing
A complete answer gives what was asked for, and what a reader needs to make use of it. For each piece in
the passages that this answer lacks, add what is missing and name the sentence that has it:

- **The answer**: what was asked for itself, or one of several parts of it.
- **Something important**: without it the answer misleads, such as a condition or an exception.
- **A detail**: useful beside the answer, and missed by few.

Say that there is nothing to mark only when you have looked for both.

## Write it right
If you like, rewrite this answer so that nothing is wrong with it and nothing is missing, and change nothing
else. What you mark is what you repair.

## Then compare
The scale names two answers. Which would you rather have received? Weigh what is wrong and what is missing,
not how long they are.
"""

FINE_GRAINED_QA = Preset(
    name="fine-grained-qa",
    title="Fine-grained QA feedback",
    about="Errors marked in the first answer by passages, what it lacks, a correction, and which of two "
    "answers is better, after Fine-Grained RLHF.",
    questions=[
        {
            "kind": "spans",
            "name": "errors",
            "title": "What is wrong, and what is missing?",
            "help": "By the passages. Mark the smallest part that is wrong.",
            "labels": [
                label("irrelevant", "Irrelevant", "no part of an answer", colour="blue"),
                label("redundant", "Redundant", "said before", colour="teal"),
                label("incoherent", "Incoherent", "cannot be understood", colour="violet"),
                label(
                    "wrong_grounding", "Wrong grounding", "a passage says otherwise", colour="red"
                ),
                label("unverifiable", "Unverifiable", "no passage says so", colour="orange"),
                label("missing", "Missing", colour="grey"),
                *under(
                    "missing",
                    label("missing_answer", "The answer", "what was asked for", missing=True),
                    label(
                        "missing_major_auxiliary",
                        "Something important",
                        "without it the answer misleads",
                        missing=True,
                    ),
                    label(
                        "missing_minor_auxiliary",
                        "A detail",
                        "useful, and missed by few",
                        missing=True,
                    ),
                ),
            ],
            "prioritised": True,
            "evidence": True,
            "overlap": False,
            "completions": [0],
        },
        {
            "kind": "edit",
            "name": "correction",
            "title": "How should it read?",
            "reasons": "off",
            "completions": [0],
            "required": False,
            "ask_if": {"question": "errors", "answer": ["any"]},
        },
        preference("overall", "Which of the two is better?", 3),
    ],
    guidelines=_QA_GUIDELINES,
)

# ---------------------------------------------------------------------------------------- MQM

_MQM_GUIDELINES = """\
# Mark every error of the translation

You read the source, then its translation, and mark what a careful translator would have to change.

1. **Mark as little as shows the error**, and each error once. The same word may have two errors.
2. **Where something is left out**, mark in the source what the translation lacks. Mark in the source
   too what is wrong with the source itself.
3. **At most five errors** are worth telling one by one. Where there are more, mark the gravest; where
   next to nothing is a translation of this source, mark all of it as **Non-translation**.
4. **No errors** is an answer: say so, once you have looked.

## How grave?
- **Neutral**: you would write it otherwise, but nobody is wronged by it.
- **Minor**: a reader stumbles, and still gets the right meaning.
- **Major**: a reader gets a wrong meaning, or cannot tell what is meant.
- **Critical**: the wrong meaning may do harm, to health, money, rights or somebody's name.

Look at more of the text than the sentence before you: names and terms have to stay the same throughout.
"""

# Digits go to the categories that WMT's annotators give most.
_ACCURACY = (
    label("mistranslation", "Mistranslation", "says something else than the source", key="1"),
    label("omission", "Omission", "marked in the source: the translation lacks it", key="2"),
    label("addition", "Addition", "says what the source does not", key="3"),
    label("source_language_fragment", "Source language fragment", "left untranslated"),
    label(
        "creative_reinterpretation",
        "Creative Reinterpretation",
        "freer than the text calls for, though it makes sense",
    ),
    label("gender_mismatch", "Gender Mismatch", "of a person or a noun"),
)
_FLUENCY = (
    label("grammar", "Grammar", "agreement, order of words, forms", key="4"),
    label("spelling", "Spelling", "or capital letters", key="5"),
    label("punctuation", "Punctuation", "wrong, lacking or too much, for this language", key="6"),
    label("inconsistency", "Inconsistency", "with what the translation says elsewhere"),
    label("register", "Register", "too formal or not formal enough"),
    label("character_encoding", "Character encoding", "characters broken by a machine"),
    label("text_breaking", "Text-Breaking", "lines or paragraphs part in the wrong place"),
)
_STYLE = (
    label("unnatural", "Unnatural or awkward", "right, but nobody would write it", key="7"),
    label("sentence_structure", "Bad sentence structure", "hard to follow as it is built"),
    label("archaic", "Archaic or obscure word choice", "words that readers may not know"),
)
_TERMINOLOGY = (
    label("inappropriate_term", "Inappropriate for context", "not the word of the field", key="8"),
    label("inconsistent_term", "Inconsistent", "another word for the same thing"),
)
_LOCALE = (
    label("address_format", "Address format"),
    label("currency_format", "Currency format"),
    label("date_format", "Date format"),
    label("name_format", "Name format"),
    label("telephone_format", "Telephone format"),
    label("time_format", "Time format"),
)

MQM = Preset(
    name="mqm",
    title="MQM",
    about="Errors of a translation by category and severity, after Multidimensional Quality Metrics "
    "as WMT asks for them.",
    questions=[
        {
            "kind": "spans",
            "name": "errors",
            "title": "Which errors are there?",
            "help": "As little as shows the error. What is left out is marked in the source.",
            "labels": [
                label("accuracy", "Accuracy", colour="red"),
                *under("accuracy", *_ACCURACY),
                label("fluency", "Fluency", colour="blue"),
                *under("fluency", *_FLUENCY),
                label("style", "Style", colour="violet"),
                *under("style", *_STYLE),
                label("terminology", "Terminology", colour="teal"),
                *under("terminology", *_TERMINOLOGY),
                label("locale_convention", "Locale convention", colour="orange"),
                *under("locale_convention", *_LOCALE),
                label(
                    "non_translation",
                    "Non-translation!",
                    "next to nothing is a translation of this source",
                    colour="brown",
                ),
                label(
                    "source_issue",
                    "Source issue",
                    "wrong in the source itself",
                    colour="grey",
                    key="9",
                ),
                label("other", "Other", "anything else", colour="grey"),
            ],
            "severities": [
                label("neutral", "Neutral", "another choice, no error"),
                label("minor", "Minor", "a reader stumbles"),
                label("major", "Major", "a reader gets a wrong meaning"),
                label("critical", "Critical", "the wrong meaning may do harm"),
            ],
            "contexts": True,
        }
    ],
    guidelines=_MQM_GUIDELINES,
)
