"""A project whose labels a tiny encoder can learn: people like the letter a, and not j."""

from random import Random

from tests.factories import make_annotation, make_annotator, make_item, make_project


def make_labelled_project(count=80, *, kind="human", annotators=2, seed=0, **fields):
    project = make_project(**fields)
    people = [make_annotator(project, kind=kind) for _ in range(annotators)]
    add_labelled(project, people, count, seed=seed)
    return project


def add_labelled(project, people, count, *, seed=0, flipped=False):
    draw = Random(seed)  # noqa: S311 tests need no secrets
    for number in range(count):
        item, value = add_pair(project, draw, prompt=f"{seed} {number} e f")
        for person in people:
            make_annotation(item, person, value=-value if flipped else value)


def add_pair(project, draw, **fields):
    """An open item, and what people think of it."""
    good, bad = (" ".join([letter, *draw.choices("bcdefghi", k=3)]) for letter in "aj")
    value = draw.choice((-1, 1))
    texts = (good, bad) if value < 0 else (bad, good)
    return make_item(project, completions=texts, **fields), value
