"""Why a try at asking a judge gave no answer, and what a try costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Usage:
    input_tokens: int
    output_tokens: int


NOTHING = Usage(0, 0)


class Fault(Exception):
    """A try that gave no answer.

    ``usage`` is what it cost; None when the endpoint may have charged but did not say.
    """

    code: ClassVar[str]
    # Whether another try may help; whether the model itself answered, which costs each time.
    again: ClassVar[bool] = True
    answered: ClassVar[bool] = False
    # Whether the endpoint is at fault rather than the item.
    endpoint: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        usage: Usage | None = NOTHING,
        retry_after: float | None = None,
        raw: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.usage = usage
        self.retry_after = retry_after
        self.raw = raw


class Timeout(Fault):
    code = "timeout"
    endpoint = True


class RateLimited(Fault):
    code = "rate limited"
    endpoint = True


class ServerFault(Fault):
    code = "server fault"
    endpoint = True


class BadAnswer(Fault):
    """The model's text is not the answer that was asked for."""

    code = "bad answer"
    answered = True


class Refused(Fault):
    """The model or a content filter would not answer."""

    code = "refused"
    answered = True


class Rejected(Fault):
    """The endpoint will not take this request, such as one that is too long."""

    code = "rejected"
    again = False


class Misconfigured(Fault):
    """No request can succeed until somebody changes a setting: key, model or address."""

    code = "misconfigured"
    again = False


class Unanswerable(Fault):
    """The judge has nothing to say about this item."""

    code = "unanswerable"
    again = False


class Broken(Fault):
    """A fault of this program or of a library, met while the judge was asked."""

    code = "internal fault"
    again = False
    endpoint = True
