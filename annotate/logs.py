"""Log lines: constant text with the values of ``extra``, for a terminal or as JSON."""

import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

_SECRET = re.compile(r"(/join/)[\w-]{8,}")


def without_secrets(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """The address of an invitation is its secret: whatever names it, a log does not."""
    for name, value in event.items():
        text = value if isinstance(value, str) else repr(value)
        if "/join/" in text:
            event[name] = _SECRET.sub(r"\1…", text)
    return event


SHARED: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_secrets,
]


def configure() -> None:
    """structlog's loggers write where the others do."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def console_formatter() -> structlog.stdlib.ProcessorFormatter:
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        pad_event_to=0,
        exception_formatter=structlog.dev.plain_traceback,  # the others print variables: keys, prompts
    )
    return _formatter(renderer)


def json_formatter() -> structlog.stdlib.ProcessorFormatter:
    return _formatter(structlog.processors.format_exc_info, structlog.processors.JSONRenderer())


def _formatter(*last: Processor) -> structlog.stdlib.ProcessorFormatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
