"""The kinds of judge: every module here is one."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any

from routing.judges.base import InvalidJudge, Kind

__all__ = ["kind_named", "kinds"]


@cache
def kinds() -> dict[str, type[Kind[Any]]]:
    """Every kind by name."""
    modules = (import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__))
    return {module.KIND.name: module.KIND for module in modules}


def kind_named(name: str) -> type[Kind[Any]]:
    """Raises ``InvalidJudge`` that tells what there is."""
    if name not in kinds():
        raise InvalidJudge(f"There is no judge kind {name!r}; use one of {', '.join(kinds())}.")
    return kinds()[name]
