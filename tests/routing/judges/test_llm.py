import time

import pytest

from routing.judges import llm
from routing.judges.base import Limits
from routing.judges.faults import (
    NOTHING,
    BadAnswer,
    Misconfigured,
    RateLimited,
    Refused,
    Rejected,
    ServerFault,
    Timeout,
    Usage,
)
from tests.routing.judges.scripted_server import (
    breaks_off,
    fails,
    half,
    hangs_up,
    says,
    scripted,
    sleeps,
)

QUICK = Limits(tries=3, answers=2, try_seconds=20, total_seconds=30, backoff_seconds=0.01)
REQUEST = llm.Request(
    messages=[{"role": "user", "content": "Which?"}],
    schema={"type": "object"},
    max_tokens=50,
    temperature=0.0,
)


class Meter:
    def __init__(self):
        self.begun, self.faults = [], []

    def begin(self, most):
        self.begun.append(most)

    def failed(self, fault):
        self.faults.append(fault.code)


def ask(server, *, limits=QUICK, parse=str, request=REQUEST, meter=None, key="secret"):
    endpoint = llm.Endpoint(model="m", base_url=server.url, key=key)
    meter = meter or Meter()
    answer, reply = llm.ask(endpoint, request, parse=parse, limits=limits, meter=meter)
    return answer, reply, meter


def fault_of(server, **options):
    meter = Meter()
    with pytest.raises(llm.Fault) as raised:
        ask(server, meter=meter, **options)
    return raised.value, meter


def test_an_answer_comes_with_its_model_tokens_and_time():
    with scripted(says("first")) as server:
        answer, reply, meter = ask(server)
    assert (answer, reply.model, reply.usage) == ("first", "scripted-2026", Usage(100, 20))
    assert reply.structured
    assert 0 < reply.seconds < 5
    assert len(meter.begun) == 1
    [request] = server.script.requests
    assert request["key"] == "Bearer secret"
    assert request["response_format"]["type"] == "json_schema"
    assert (request["max_tokens"], request["temperature"]) == (50, 0)


def test_a_server_fault_is_tried_again_and_each_try_is_metered():
    with scripted(fails(500), fails(502), says("third")) as server:
        answer, _, meter = ask(server)
    assert answer == "third"
    assert len(meter.begun) == 3
    assert meter.faults == ["server fault", "server fault"]


def test_tries_end_at_their_limit_with_the_last_fault():
    with scripted(otherwise=fails(500)) as server:
        fault, meter = fault_of(server)
    assert isinstance(fault, ServerFault)
    assert "500" in str(fault)
    assert fault.usage == NOTHING
    assert len(server.script.requests) == len(meter.begun) == 3


@pytest.mark.parametrize("header", [{"Retry_After": "1"}, {"retry_after_ms": "1000"}])
def test_a_rate_limit_is_waited_out_as_long_as_the_endpoint_says(header):
    with scripted(fails(429, **header), says("late")) as server:
        start = time.monotonic()
        answer, _, meter = ask(server)
    assert answer == "late"
    assert meter.faults == ["rate limited"]
    assert 1 <= time.monotonic() - start < 20


def test_a_date_in_retry_after_is_understood():
    assert llm._retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert llm._retry_after({"retry-after": "soon"}) is None


def test_a_wait_beyond_the_total_time_is_not_begun():
    with scripted(otherwise=fails(429, Retry_After="60")) as server:
        start = time.monotonic()
        fault, _ = fault_of(server)
    assert isinstance(fault, RateLimited)
    assert fault.retry_after == 60
    assert time.monotonic() - start < 20
    assert len(server.script.requests) == 1


def test_a_spent_quota_is_a_matter_for_people():
    with scripted(otherwise=fails(429, code="insufficient_quota")) as server:
        fault, _ = fault_of(server)
    assert isinstance(fault, Misconfigured)
    assert len(server.script.requests) == 1


def test_a_slow_answer_times_out_and_may_have_been_charged():
    with scripted(otherwise=sleeps(1.0)) as server:
        limits = Limits(tries=2, try_seconds=0.1, total_seconds=30, backoff_seconds=0.01)
        fault, meter = fault_of(server, limits=limits)
    assert isinstance(fault, Timeout)
    assert fault.usage is None
    assert len(meter.begun) == 2


def test_the_total_time_ends_the_tries():
    limits = Limits(tries=20, try_seconds=0.2, total_seconds=0.5, backoff_seconds=0.01)
    with scripted(otherwise=sleeps(1.0)) as server:
        fault, meter = fault_of(server, limits=limits)
    assert isinstance(fault, Timeout)
    assert len(meter.begun) <= 4


@pytest.mark.parametrize("fault", [half, breaks_off, hangs_up])
def test_a_response_that_breaks_off_is_a_server_fault_that_may_have_cost(fault):
    with scripted(otherwise=fault) as server:
        raised, meter = fault_of(server)
    assert isinstance(raised, ServerFault)
    assert raised.usage is None
    assert len(meter.begun) == 3


def test_nothing_was_charged_where_nobody_listens():
    with scripted() as server:
        pass
    raised, _ = fault_of(server)
    assert isinstance(raised, ServerFault)
    assert raised.usage == NOTHING


def test_a_bad_answer_is_asked_for_again_only_as_often_as_answers_may_cost():
    def refuse(text):
        raise ValueError("no JSON")

    with scripted(otherwise=says("nonsense")) as server:
        fault, meter = fault_of(server, parse=refuse)
    assert isinstance(fault, BadAnswer)
    assert fault.usage == Usage(100, 20)
    assert fault.raw == {"text": "nonsense", "model": "scripted-2026"}
    assert len(server.script.requests) == QUICK.answers
    assert meter.faults == ["bad answer"]


@pytest.mark.parametrize(
    "answer",
    [
        says("", finish_reason="content_filter"),
        says(None, refusal="I cannot judge this."),
        fails(400, code="content_filter"),
    ],
)
def test_refusals_and_content_filters_are_their_own_fault(answer):
    with scripted(otherwise=answer) as server:
        fault, _ = fault_of(server)
    assert isinstance(fault, Refused)
    assert len(server.script.requests) == QUICK.answers


def test_an_answer_that_was_cut_off_is_a_bad_answer():
    with scripted(otherwise=says('{"answers"', finish_reason="length")) as server:
        fault, _ = fault_of(server)
    assert isinstance(fault, BadAnswer)
    assert "max_tokens" in str(fault)


def test_an_endpoint_without_structured_output_is_asked_in_words_and_remembered():
    refuse = fails(400, message="response_format is not supported")
    with scripted(refuse, says("one"), says("two")) as server:
        _, reply, meter = ask(server)
        ask(server)
    assert not reply.structured
    assert len(meter.begun) == 1
    first, second, third = server.script.requests
    assert "response_format" in first
    for request in (second, third):
        assert "response_format" not in request
        assert "JSON schema" in request["messages"][-1]["content"]


def test_a_model_that_takes_no_temperature_is_asked_without():
    refuse = fails(400, message="Unsupported value: 'temperature' does not support 0")
    rename = fails(400, message="Use 'max_completion_tokens' instead of 'max_tokens'")
    with scripted(rename, refuse, says("one")) as server:
        _, reply, _ = ask(server)
    last = server.script.requests[-1]
    assert reply.structured
    assert "temperature" not in last
    assert last["max_completion_tokens"] == 50


def test_a_request_that_is_too_long_is_rejected_at_once_and_changes_no_habit():
    with scripted(otherwise=fails(400, message="maximum context length exceeded")) as server:
        fault, _ = fault_of(server)
        server.script.otherwise = says("fine")
        _, reply, _ = ask(server)
    assert isinstance(fault, Rejected)
    assert reply.structured


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_or_model_is_not_tried_again(status):
    with scripted(otherwise=fails(status)) as server:
        fault, _ = fault_of(server)
    assert isinstance(fault, Misconfigured)
    assert len(server.script.requests) == 1


def test_what_a_request_may_cost_bounds_what_it_can():
    most = llm.Request(
        messages=[{"role": "user", "content": "語" * 100}], schema={}, max_tokens=7
    ).most_tokens
    assert most.input_tokens >= 300
    assert most.output_tokens == 7


def test_an_endpoint_that_does_not_count_tokens_leaves_the_usage_unknown():
    with scripted(says("x", usage=None)) as server:
        _, reply, _ = ask(server)
    assert reply.usage is None
