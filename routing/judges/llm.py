"""The only client of language models: one question, its tries and its time limits. No Django here.

The SDK's own retries are off, so that every try is counted, paid for and bounded by us.
"""

from __future__ import annotations

import atexit
import json
import random
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2
import openai

from routing.judges.faults import (
    NOTHING,
    BadAnswer,
    Fault,
    Misconfigured,
    RateLimited,
    Refused,
    Rejected,
    ServerFault,
    Timeout,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from routing.judges.base import Limits, Meter

OPENAI_URL = "https://api.openai.com/v1"
CONNECT_SECONDS = 10.0
LARGEST_BODY_BYTES = 8 * 2**20
MESSAGE_TOKENS = 16  # what an endpoint adds around a message, at most

T = TypeVar("T")


@dataclass(frozen=True)
class Endpoint:
    model: str
    base_url: str = OPENAI_URL
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Chat messages, and the JSON schema of the answer."""

    messages: Sequence[Mapping[str, str]]
    schema: Mapping[str, Any]
    max_tokens: int
    temperature: float | None = None

    @property
    def most_tokens(self) -> Usage:
        """No request costs more: a token of text has at least one byte."""
        said = [*(message["content"] for message in self.messages), json.dumps(self.schema)]
        size = sum(len(text.encode()) + MESSAGE_TOKENS for text in said)
        return Usage(size + len(_in_words(self.schema)), self.max_tokens)


@dataclass(frozen=True)
class Reply:
    text: str
    usage: Usage | None
    model: str
    seconds: float
    structured: bool


def ask(
    endpoint: Endpoint,
    request: Request,
    *,
    parse: Callable[[str], T],
    limits: Limits,
    meter: Meter,
    sleep: Callable[[float], Any] = time.sleep,
) -> tuple[T, Reply]:
    """The model's answer, tried again within ``limits`` with growing, random pauses.

    ``parse`` raises ``ValueError`` for an answer that is of no use, with what else is worth keeping
    of it as ``raw``. Raises the last ``Fault``.
    """
    end = time.monotonic() + limits.total_seconds
    answers = 0
    for number in count(1):
        meter.begin(request.most_tokens)
        try:
            return _try(endpoint, request, parse, min(limits.try_seconds, end - time.monotonic()))
        except Fault as fault:
            answers += fault.answered
            wait = _pause(fault, number, limits)
            if (
                not fault.again
                or number >= limits.tries
                or answers >= limits.answers
                or time.monotonic() + wait >= end
            ):
                raise
            meter.failed(fault)
        sleep(wait)
    raise AssertionError("count() does not end")


def _try(
    endpoint: Endpoint, request: Request, parse: Callable[[str], T], seconds: float
) -> tuple[T, Reply]:
    reply = _send(endpoint, request, seconds)
    try:
        return parse(reply.text), reply
    except ValueError as error:
        raw = {"text": reply.text, "model": reply.model, **getattr(error, "raw", {})}
        raise BadAnswer(str(error), usage=reply.usage, raw=raw) from error


def _pause(fault: Fault, tries: int, limits: Limits) -> float:
    """What the endpoint asked for and a little more, or doubling; never in step with others."""
    if fault.retry_after is not None:
        return fault.retry_after * random.uniform(1, 1.1)  # noqa: S311 spreads load, keeps no secret
    doubled: float = limits.backoff_seconds * 2.0 ** (tries - 1)
    return doubled * random.uniform(0.5, 1)  # noqa: S311 as above


# --------------------------------------------------------------------- what an endpoint understands


@dataclass(frozen=True)
class Dialect:
    """Which parameters to send: endpoints and models differ, and answer 400 to what they lack."""

    schema: bool = True
    temperature: bool = True
    limit: str = "max_tokens"

    def without(self, complaint: str) -> Dialect | None:
        """The next to try after a refusal; None when nothing is left to leave out."""
        if "max_completion_tokens" in complaint and self.limit == "max_tokens":
            return replace(self, limit="max_completion_tokens")
        if "temperature" in complaint and self.temperature:
            return replace(self, temperature=False)
        return replace(self, schema=False) if self.schema else None

    def parameters(self, endpoint: Endpoint, request: Request) -> dict[str, Any]:
        parameters: dict[str, Any] = {
            "model": endpoint.model,
            "messages": list(request.messages),
            self.limit: request.max_tokens,
        }
        if self.temperature and request.temperature is not None:
            parameters["temperature"] = request.temperature
        if self.schema:
            parameters["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": True, "schema": request.schema},
            }
        else:
            *before, last = parameters["messages"]
            content = last["content"] + _in_words(request.schema)
            parameters["messages"] = [*before, {**last, "content": content}]
        return parameters


_dialects: dict[tuple[str, str], Dialect] = {}


def _in_words(schema: Mapping[str, Any]) -> str:
    return (
        "\n\nAnswer with one JSON object and nothing else. It follows this JSON schema:\n"
        + json.dumps(schema)
    )


def _send(endpoint: Endpoint, request: Request, seconds: float) -> Reply:
    place = (endpoint.base_url, endpoint.model)
    dialect = _dialects.get(place, Dialect())
    start = time.monotonic()
    while True:
        try:
            body = _post(endpoint, dialect.parameters(endpoint, request), start + seconds)
        except openai.APIStatusError as error:
            simpler = dialect.without(error.message) if error.status_code in (400, 422) else None
            if simpler is None or _is_filter(error):
                raise _fault_of(error) from error
            dialect = simpler
        else:
            reply = _read(body, seconds=time.monotonic() - start, structured=dialect.schema)
            _dialects[place] = dialect
            return reply


# ------------------------------------------------------------------------------------- on the wire


# One for all endpoints and for good: the SDK's clients are made anew for each call and hold cycles,
# and collected connections would be finalized in any order, their sockets before who closes them.
_http = openai.DefaultHttpxClient()
atexit.register(_http.close)


def _client(endpoint: Endpoint, seconds: float) -> openai.OpenAI:
    return openai.OpenAI(
        base_url=endpoint.base_url,
        api_key=endpoint.key or "none",
        max_retries=0,
        timeout=httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
        http_client=_http,
    )


def _post(endpoint: Endpoint, parameters: dict[str, Any], end: float) -> bytes:
    """The body of the response, within the time limit even when it comes in drops."""
    client = _client(endpoint, max(end - time.monotonic(), 0.001))
    body = bytearray()
    try:
        with client.chat.completions.with_streaming_response.create(**parameters) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if time.monotonic() > end:
                    raise Timeout("no full answer within the time limit", usage=None)
                if len(body) > LARGEST_BODY_BYTES:
                    raise ServerFault("the endpoint sent more than 8 MiB", usage=None)
    except (openai.APITimeoutError, httpx2.TimeoutException) as error:
        unsent = isinstance(error.__cause__ or error, httpx2.ConnectTimeout)
        usage = NOTHING if unsent else None
        raise Timeout("no answer within the time limit", usage=usage) from error
    except (openai.APIConnectionError, httpx2.TransportError) as error:
        unsent = isinstance(error.__cause__ or error, httpx2.ConnectError)
        why = error.__cause__ or error
        raise ServerFault(
            f"the connection failed: {why or type(why).__name__}",
            usage=NOTHING if unsent else None,
        ) from error
    return bytes(body)


def _is_filter(error: openai.APIStatusError) -> bool:
    return error.code in ("content_filter", "content_policy_violation")


def _fault_of(error: openai.APIStatusError) -> Fault:
    said = f"the endpoint answered {error.status_code}: {error.message[:500]}"
    status = error.status_code
    if status == 429 and error.code == "insufficient_quota":
        return Misconfigured(said)
    if status in (429, 503):
        kind = RateLimited if status == 429 else ServerFault
        return kind(said, retry_after=_retry_after(error.response.headers))
    if status in (401, 403, 404):
        return Misconfigured(said)
    if status == 408:
        return Timeout(said)
    if status >= 500 or status in (409, 425):
        return ServerFault(said)
    return Refused(said) if _is_filter(error) else Rejected(said)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from milliseconds, seconds or a date; None when it says nothing sensible."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        if "retry-after" not in headers:
            return None
        text = headers["retry-after"]
        try:
            return max(0.0, float(text))
        except ValueError:
            return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _read(body: bytes, *, seconds: float, structured: bool) -> Reply:
    try:
        payload = json.loads(body)
        choice = payload["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ServerFault("the endpoint sent no readable completion", usage=None) from error
    usage = _usage(payload.get("usage"))
    reason = choice.get("finish_reason")
    if reason == "content_filter":
        raise Refused("a content filter stopped the answer", usage=usage)
    if refusal:
        raise Refused(f"the model refused: {str(refusal)[:300]}", usage=usage)
    if reason == "length":
        raise BadAnswer("the answer was cut off; raise max_tokens", usage=usage, raw={"text": text})
    if not isinstance(text, str) or not text.strip():
        raise BadAnswer("the answer is empty", usage=usage)
    return Reply(text, usage, str(payload.get("model") or ""), seconds, structured)


def _usage(given: Any) -> Usage | None:
    try:
        usage = Usage(int(given["prompt_tokens"]), int(given["completion_tokens"]))
    except (TypeError, KeyError, ValueError):
        return None
    return usage if min(usage.input_tokens, usage.output_tokens) >= 0 else None
