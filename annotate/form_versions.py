"""The next version of a form: what it changes, what that breaks, and what is refused.

A question's name stands for one scale. Labels are counted, combined and learnt from by the names of
questions, across versions; two scales under one name would be mixed. So a question whose scale
changes needs a name of its own, unless nobody has used the old scale.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.db import connection, transaction

from annotate import audit
from annotate.models import Annotation, Assignment, Form, Gold, Membership, Project, Transfer
from annotate.questions import InvalidForm, Question, Questions, parse_questions
from annotate.questions.base.question import NAME_LENGTH
from annotate.questions.base.settings import Setting, settings_of

BATCH = 1000
REST = "…"  # stands for labels that two versions share
Uses = Callable[[Project, Collection[int]], list[str]]

# Who else answers with a form and is not seen from here, such as judges: see ``answers_with``.
_users: list[Uses] = []


def answers_with(find: Uses) -> Uses:
    """Register who may still answer with certain forms (by id), in words; asked before scales change."""
    _users.append(find)
    return find


class FormMoved(Exception):
    """Somebody else stored a version after the one that was edited."""

    def __init__(self, newest: Form) -> None:
        super().__init__(f"Version {newest.version} of the form was stored meanwhile.")
        self.newest = newest


class ScaleInUse(InvalidForm):
    """Questions would change their scale under a name whose old scale is in use."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


# ---------------------------------------------------------------------------------------- changes


@dataclass(frozen=True)
class Changed:
    """One setting of a question that is in both versions."""

    setting: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Changes:
    """What parts two versions of a form, by the questions' names; ``changed`` by the new name."""

    added: Sequence[str] = ()
    removed: Sequence[str] = ()
    renamed: Sequence[tuple[str, str]] = ()
    changed: Mapping[str, Sequence[Changed]] | None = None
    moved: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed or self.changed or self.moved)

    def words(self) -> list[str]:
        """A sentence for each."""
        found = [f"question {name} is new" for name in self.added]
        found += [f"question {name} is removed" for name in self.removed]
        found += [f"question {old} is called {new}" for old, new in self.renamed]
        for name, changes in (self.changed or {}).items():
            found += [
                f"question {name}: {change.setting} {shown(change.before)} → {shown(change.after)}"
                for change in changes
            ]
        return [*found, "the questions come in another order"] if self.moved else found


def shown(value: Any) -> str:
    """A setting's value for a reader."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, str):
        return f"“{value}”" if value else "none"
    return str(value)


def compare(old: Questions, new: Questions) -> Changes:
    """A question that went and one that came count as renamed where nothing but the name differs."""
    removed = [name for name in old.names if name not in new.names]
    added = [name for name in new.names if name not in old.names]
    renamed = []
    for name in list(removed):
        same = next((other for other in added if _alike(old[name], new[other])), None)
        if same is not None:
            renamed.append((name, same))
            removed.remove(name)
            added.remove(same)
    now = dict(renamed)
    kept = [now.get(name, name) for name in old.names if now.get(name, name) in new.names]
    changed = {
        name: differences
        for name in new.names
        if name in old.names and (differences := _differences(old[name], new[name]))
    }
    order = [name for name in new.names if name in kept]
    return Changes(added, removed, renamed, changed, moved=order != kept)


def _alike(old: Question[Any], new: Question[Any]) -> bool:
    first, second = (asdict(question.config) | {"name": ""} for question in (old, new))
    return old.kind == new.kind and first == second


def _differences(old: Question[Any], new: Question[Any]) -> list[Changed]:
    if old.kind != new.kind:
        return [Changed("kind", old.kind, new.kind)]
    known = {setting.name: setting for setting in settings_of(type(new.config))}
    found = []
    for name in (field.name for field in fields(new.config)):
        before, after = getattr(old.config, name), getattr(new.config, name)
        if before != after and name in known:
            found.append(_change(known[name], before, after))
        elif before != after:
            found.append(Changed(name, before, after))
    return found


def _change(setting: Setting, before: Any, after: Any) -> Changed:
    """Of labels, which may be many, only those that differ."""
    first, second = setting.shown(before), setting.shown(after)
    if "labels" in setting.type and (alike := {*first} & {*second}):
        gone, come = ([one for one in labels if one not in alike] for labels in (first, second))
        left, kept = ([one for one in labels if one in alike] for labels in (first, second))
        first, second = [REST, *gone], [REST, *come, *(["in another order"] * (left != kept))]
    return Changed(setting.label, first, second)


# ----------------------------------------------------------------------------------------- scales


def other_scales(project: Project, questions: Questions) -> dict[str, list[Form]]:
    """Earlier forms in which a question of that name had another scale, newest first."""
    found: dict[str, list[Form]] = {}
    for form in project.forms.order_by("-version"):
        for name in mixed_names(form.parsed, questions):
            found.setdefault(name, []).append(form)
    return found


def mixed_names(first: Questions, second: Questions) -> list[str]:
    """Questions that both have under one name, on scales that differ."""
    both = [(question, second.named(question.name)) for question in first]
    return [old.name for old, new in both if new is not None and old.meaning != new.meaning]


def scale_faults(project: Project, questions: Questions) -> dict[str, str]:
    """By name, why a question may not have its new scale under this name."""
    faults = {}
    for name, forms in other_scales(project, questions).items():
        if uses := _uses(project, name, [form.pk for form in forms]):
            changed = _scale_change(forms[0].parsed[name], questions[name])
            free = free_name(name, {q for form in project.forms.all() for q in form.parsed.names})
            faults[name] = (
                f"The scale of {name} would change ({changed}), and the old one is in use: "
                f"{', '.join(uses)}. Values of both would be mixed. Give the question a name of its own, such as {free}; what was "
                f"answered stays under {name}."
            )
    return faults


def _scale_change(old: Question[Any], new: Question[Any]) -> str:
    """Such as "points of the scale 5 → 3"."""
    scales = set(new.scale_settings) | {"kind"}
    return ", ".join(
        f"{change.setting.lower()} {shown(change.before)} → {shown(change.after)}"
        for change in _differences(old, new)
        if change.setting in scales
    )


def free_name(name: str, taken: Collection[str]) -> str:
    """``name`` with the first number that makes it free: overall_2."""
    number = 2
    while (numbered := f"{name[: NAME_LENGTH - 4]}_{number}") in taken:
        number += 1
    return numbered


def _uses(project: Project, name: str, forms: list[int]) -> list[str]:
    """Who has used one of ``forms`` to answer the question ``name``, or still may, in words."""
    answered = {"form__in": forms, "answers__has_key": name}
    labels = Annotation.objects.filter(project=project, **answered).count()
    gold = Gold.objects.filter(item__project=project, **answered).count()
    opened = project.assignments.open().handed_out().filter(form__in=forms).count()
    running = (Transfer.State.WAITING, Transfer.State.RUNNING)
    imports = project.transfers.filter(direction=Transfer.Direction.IMPORT, state__in=running)
    counted = (
        (labels, "label", "labels"),
        (gold, "gold answer", "gold answers"),
        (opened, "item that somebody has open", "items that people have open"),
        (imports.count(), "import that runs", "imports that run"),
    )
    found = [
        f"{number:,} {one if number == 1 else many}" for number, one, many in counted if number
    ]
    return found + [words for find in _users for words in find(project, forms)]


def _refuse_mixed_scales(project: Project, questions: Questions) -> None:
    """Raises ``ScaleInUse``. Where a scale changes, no claim is under way meanwhile.

    A claim locks its membership and then writes down the newest form, so that waiting for all of
    them leaves no assignment with the old one that is not seen here. Those that ran out without an
    answer would come back with the old form: they go.
    """
    changed = other_scales(project, questions)
    if not changed:
        return
    list(Membership.objects.select_for_update(no_key=True).filter(project=project).order_by("pk"))
    if faults := scale_faults(project, questions):
        raise ScaleInUse(faults)
    old = {form.pk for forms in changed.values() for form in forms}
    expired = project.assignments.filter(form__in=old, state=Assignment.State.EXPIRED)
    expired.filter(annotations__isnull=True).delete()


# ---------------------------------------------------------------------------------------- storing


@transaction.atomic
def store_form(
    project: Project, questions: object, *, base: int | None = None, note: str = ""
) -> Form:
    """Store ``questions`` as the next version; the same questions give the version there is.

    ``base`` is the version that was edited. Raises ``InvalidForm``, of which ``ScaleInUse`` says
    by question what is wrong, and ``FormMoved`` when ``base`` is not the newest any more.
    """
    parsed = parse_questions(questions)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    newest: Form = project.forms.latest("version")
    if base is not None and newest.version != base:
        raise FormMoved(newest)
    changes = compare(newest.parsed, parsed)
    if not changes:
        return newest
    _refuse_mixed_scales(project, parsed)
    form: Form = Form.objects.add_version(project, questions)
    project.__dict__.pop("form", None)
    project.__dict__.pop("questions", None)
    audit.record(
        "form.version",
        project=project,
        target=form,
        before=newest.version,
        after=form.version,
        changes=changes.words(),
        note=note,
    )
    if changes.added or changes.removed or changes.renamed:
        _ask_to_follow(project)
    return form


def _ask_to_follow(project: Project) -> None:
    from annotate.jobs import ask  # whose job calls ``follow_form``

    ask(project.pk, "form")


# -------------------------------------------------------------------- what follows in the background


def follow_form(project: Project) -> None:
    """Drop aggregates of questions that are gone, and have those that came back computed again."""
    gone = project.aggregates.exclude(question__in=project.questions.names)
    while ids := list(gone.values_list("pk", flat=True)[:BATCH]):
        project.aggregates.filter(pk__in=ids).delete()
    names = list(_came_back(project))
    after: int | None = 0
    while names and after is not None:
        after = _make_stale(project, names, after=after)


def _came_back(project: Project) -> Iterator[str]:
    """Questions of the form that some version between their first and the present one lacks."""
    versions = [form.parsed.names for form in project.forms.order_by("version")]
    for name in versions[-1]:
        asked = [name in names for names in versions]
        if not all(asked[asked.index(True) :]):
            yield name


_TO_RECOMPUTE = """
    SELECT item.id FROM annotate_item AS item
    WHERE item.project_id = %(project)s AND item.id > %(after)s AND NOT item.stale
    AND EXISTS (
        SELECT FROM annotate_annotation AS label, unnest(%(names)s::text[]) AS asked(name)
        WHERE label.item_id = item.id AND label.answers ? asked.name
        AND NOT EXISTS (SELECT FROM annotate_aggregate AS made
            WHERE made.item_id = item.id AND made.question = asked.name))
    ORDER BY item.id LIMIT %(limit)s FOR NO KEY UPDATE OF item
"""


@transaction.atomic
def _make_stale(project: Project, names: list[str], *, after: int) -> int | None:
    """Mark a batch of items whose labels answer ``names`` unaggregated; the last one, if any."""
    parameters: dict[str, Any] = {"project": project.pk, "names": names, "after": after}
    with connection.cursor() as cursor:
        cursor.execute(_TO_RECOMPUTE, parameters | {"limit": BATCH})
        items = [row[0] for row in cursor.fetchall()]
        cursor.execute("UPDATE annotate_item SET stale = true WHERE id = ANY(%s)", [items])
    return items[-1] if items else None
