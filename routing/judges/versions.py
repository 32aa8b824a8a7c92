"""Making judges: a judge's version is an LLM annotator and the settings behind it."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Max

from annotate import audit
from annotate.form_versions import mixed_names
from annotate.jobs import hint
from annotate.models import Annotator, Project, User
from routing.judges.base import InvalidJudge, Spec, settings_as_json
from routing.judges.kinds import kind_named
from routing.models import Judge, RoutingPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[\w .:/@+-]{1,100}")
_KEY_ENV = re.compile(r"[A-Z][A-Z0-9_]*_(KEY|TOKEN)")
_IDENTITY = (
    "kind",
    "model",
    "base_url",
    "key_env",
    "settings",
    "prompt_version",
    "form_id",
    "guidelines_id",
)


@transaction.atomic
def create_judge(
    project: Project,
    *,
    name: str,
    kind: str,
    model: str = "",
    base_url: str = "",
    key_env: str = "",
    settings: Mapping[str, Any] | None = None,
    input_price_usd: Decimal | None = None,
    output_price_usd: Decimal | None = None,
    by: User | None = None,
) -> tuple[Judge, bool]:
    """The judge's version with these settings, and whether it is new; versions before it rest.

    ``by`` is who asks for it: only staff may name an address (on the command line, None is
    staff). Prices are USD for a million tokens, None where unknown. A policy that asks an earlier
    version asks the new one from now on. Raises ``InvalidJudge``.
    """
    cls = kind_named(kind)
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if not _NAME.fullmatch(name):
        raise InvalidJudge(f"Judge name {name!r} is not allowed; use letters, digits and spaces.")
    _check_endpoint(project, base_url=base_url, key_env=key_env, by=by)
    if cls.offline:
        input_price_usd = output_price_usd = Decimal(0)
    spec = Spec(
        questions=project.questions,
        guidelines=project.guidelines.text if project.guidelines else "",
        model=model.strip(),
        base_url=base_url,
        key_env=key_env,
        prompt_version=cls.prompt_version,
        settings=dict(settings or {}),
    )
    cls.check(spec)
    judge = Judge(
        project=project,
        name=name,
        kind=kind,
        model=spec.model,
        base_url=base_url,
        key_env=key_env,
        settings=settings_as_json(cls(spec).settings),
        prompt_version=cls.prompt_version,
        form=project.form,
        guidelines=project.guidelines,
        input_price_usd=input_price_usd,
        output_price_usd=output_price_usd,
    )
    for value, words in ((input_price_usd, "Input"), (output_price_usd, "Output")):
        if value is not None and not 0 <= value < 1_000_000:
            raise InvalidJudge(f"{words} price {value} is out of range; give USD a million tokens.")
    before = list(Judge.objects.filter(project=project, name=name).order_by("version"))
    for old in before:
        if _identity(old) == _identity(judge):
            was = old.active
            _switch_on(old, judge, before)
            if not was:
                _record("judge.activate", old)
            return old, False
    judge.version = 1 + _last_version(project, name)
    judge.annotator = Annotator.objects.create(
        project=project,
        kind=Annotator.Kind.LLM,
        name=name,
        version=judge.version,
        description=f"{cls.title}: {judge.model}" if judge.model else cls.title,
    )
    judge.save()
    judge = _switch_on(judge, judge, before)
    _record("judge.create", judge, kind=kind, model=judge.model, form=judge.form.version)
    return judge, True


@transaction.atomic
def set_prices(judge: Judge, *, input_usd: Decimal | None, output_usd: Decimal | None) -> None:
    """Prices are no part of a version: they may change, and what is spent stays as it was."""
    before = [judge.input_price_usd, judge.output_price_usd]
    Judge.objects.filter(pk=judge.pk).update(
        input_price_usd=input_usd, output_price_usd=output_usd, fault="", retry_at=None
    )
    _record(
        "judge.prices",
        judge,
        before=[None if price is None else str(price) for price in before],
        after=[None if price is None else str(price) for price in (input_usd, output_usd)],
    )
    judge.input_price_usd, judge.output_price_usd = input_usd, output_usd
    hint(judge.project_id, "judge")


@transaction.atomic
def set_active(judge: Judge, *, active: bool) -> None:
    """A judge that rests keeps its labels and its waiting calls.

    Raises ``InvalidJudge`` when it would answer a question on another scale than people do now.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=judge.project_id)
    if active and (mixed := mixed_names(judge.form.parsed, project.questions)):
        raise InvalidJudge(
            f"{judge} answers version {judge.form.version} of the form, in which {mixed[0]} has "
            "another scale; make the judge's next version instead."
        )
    if judge.active != active:
        _record("judge.activate" if active else "judge.pause", judge)
    Judge.objects.filter(pk=judge.pk).update(active=active, fault="", retry_at=None)
    judge.active = active
    if active:
        hint(judge.project_id, "judge")


def price_of(text: str) -> Decimal:
    """USD for a million tokens as somebody wrote it. Raises ``InvalidJudge``."""
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or price < 0:
        raise InvalidJudge(f"Price {text!r} is not a number of USD; write 0.15, or 0 for free.")
    return price.quantize(Decimal("0.0001"))


def _record(action: str, judge: Judge, **details: Any) -> None:
    audit.record(action, project=judge.project, target=judge, **details)


def _identity(judge: Judge) -> dict[str, Any]:
    """What makes two versions the same; what a judge froze at its first item is not part of it."""
    identity = {name: getattr(judge, name) for name in _IDENTITY}
    settings = {name: value for name, value in judge.settings.items() if name != "frozen"}
    identity["settings"] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()
    }
    return identity


def _last_version(project: Project, name: str) -> int:
    """Imported labels may carry an annotator of the same name, which has taken its versions."""
    named = Annotator.objects.filter(project=project, kind=Annotator.Kind.LLM, name=name)
    return named.aggregate(last=Max("version"))["last"] or 0


def _switch_on(judge: Judge, wanted: Judge, versions: list[Judge]) -> Judge:
    judge.input_price_usd, judge.output_price_usd = wanted.input_price_usd, wanted.output_price_usd
    judge.active, judge.fault, judge.retry_at, judge.planned_to = True, "", None, 0
    judge.save(
        update_fields=[
            *("input_price_usd", "output_price_usd", "active", "fault", "retry_at", "planned_to")
        ]
    )
    others = [old.pk for old in versions if old.pk != judge.pk]
    Judge.objects.filter(pk__in=others).update(active=False)
    _follow(judge, others)
    hint(judge.project_id, "judge")
    return judge


def _follow(judge: Judge, others: list[int]) -> None:
    from routing.routing import set_policy  # which asks judges, and so comes after them

    policy = RoutingPolicy.objects.active_for(judge.project)
    if policy is not None and policy.judge_id in others:
        set_policy(judge.project, policy.kind, policy.settings, judge=judge)


def _check_endpoint(project: Project, *, base_url: str, key_env: str, by: User | None) -> None:
    """A key goes to an address only where staff said so, and never a secret of this program."""
    if key_env and (not _KEY_ENV.fullmatch(key_env) or key_env.startswith("ANNOTATE_")):
        raise InvalidJudge(
            f"{key_env!r} cannot hold a key; name an environment variable that ends in _KEY or "
            "_TOKEN, such as OPENAI_API_KEY."
        )
    if not base_url:
        return
    known = Judge.objects.filter(project=project, base_url=base_url, key_env=key_env)
    if by is not None and not by.is_staff and not known.exists():
        raise InvalidJudge("Only staff may set the address of an endpoint; leave it empty.")
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise InvalidJudge(f"{base_url!r} is no address; write one like http://localhost:8000/v1.")
