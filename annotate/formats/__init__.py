"""Formats of files in and out: every module here that names an ``IMPORTER`` or ``EXPORTER`` is one."""

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TypeVar

from annotate.formats.base import BadLine, Exporter, Importer, RefusedFile, Setting
from annotate.questions import Questions

__all__ = ["BadLine", "RefusedFile", "exporter", "exporters", "importer", "importers"]


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.iter_modules(__path__):
        yield import_module(f"annotate.formats.{module.name}")


@cache
def importers() -> dict[str, type[Importer]]:
    """Every format that can be read, by name."""
    found = (getattr(module, "IMPORTER", None) for module in _modules())
    return {cls.name: cls for cls in found if cls is not None}


@cache
def exporters() -> dict[str, type[Exporter]]:
    """Every format that can be written, by name."""
    found = (getattr(module, "EXPORTER", None) for module in _modules())
    return {cls.name: cls for cls in found if cls is not None}


def importer(name: str, questions: Questions, options: Mapping[str, str]) -> Importer:
    """Raises ``RefusedFile`` when there is no such format, or no such option of it."""
    return _named(importers(), name)(questions, options)


def exporter(
    name: str, questions: Questions, options: Mapping[str, str], setting: Setting | None = None
) -> Exporter:
    """Raises ``RefusedFile`` when there is no such format, or no such option of it."""
    return _named(exporters(), name)(questions, options, setting)


F = TypeVar("F")


def _named(formats: Mapping[str, F], name: str) -> F:
    if name not in formats:
        known = ", ".join(formats)
        raise RefusedFile(f"There is no format {name!r} for this; use one of {known}.")
    return formats[name]
