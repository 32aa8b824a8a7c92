"""Records read by the formats for a project of the pairwise preset."""

from annotate.formats import importer
from annotate.presets import PRESETS
from annotate.questions import parse_questions

QUESTIONS = parse_questions(PRESETS["pairwise"].questions)


def parse(record, name="tandem", questions=QUESTIONS, **options):
    return importer(name, questions, options).parse(record)


def value(number):
    return {"overall": {"value": number, "both_bad": False}}
