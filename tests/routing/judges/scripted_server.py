"""A local server that speaks the OpenAI protocol and does what a test tells it to."""

import contextlib
import json
import re
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer

from routing.judges import llm
from tests.serving import HangsUp

GOOD, BAD = "good", "bad"  # words by which the scripted judge knows the better completion


class Script:
    """Answers for requests in order, then ``otherwise``; counts what was asked.

    An answer is a function of the request's body that gives ``(status, headers, body)``, a text
    for half of the time that the client waits, or None to hang up.
    """

    def __init__(self, *answers, otherwise=None):
        self.answers = list(answers)
        self.otherwise = otherwise or verdict()
        self.requests = []
        self.finished = 0
        self.lock = threading.Lock()

    def next(self, body):
        with self.lock:
            self.requests.append(body)
            return self.answers.pop(0) if self.answers else self.otherwise

    @property
    def asked(self):
        """How often each prompt with its first shown completion was asked about."""
        return Counter(subject(body) for body in self.requests)


def subject(body):
    text = body["messages"][-1]["content"]
    return "|".join(part.strip() for part in re.findall(r">\n(.*?)\n</", text, re.DOTALL)[:2])


def completion(content, *, usage=(100, 20), finish_reason="stop", refusal=None):
    message = {"role": "assistant", "content": content, "refusal": refusal}
    payload = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
    }
    if usage is not None:
        payload["usage"] = {
            "prompt_tokens": usage[0],
            "completion_tokens": usage[1],
            "total_tokens": sum(usage),
        }
    return 200, {}, json.dumps(payload)


def says(content, **options):
    return lambda body: completion(content, **options)


def verdict(choose=None, *, confidence=80, seconds=0.0, **options):
    """Prefers the completion with the word "good" in it; ``choose(body)`` decides otherwise."""

    def answer(body):
        time.sleep(seconds)
        overall = (choose or better)(body)
        content = {"answers": {"overall": overall, "why": ""}, "confidence": confidence}
        return completion(json.dumps(content), **options)

    return answer


def better(body):
    shown = re.findall(
        r'<completion name="(.)">\n(.*?)\n</', body["messages"][-1]["content"], re.DOTALL
    )
    best = [name for name, text in shown if GOOD in text]
    return {("A",): "A>B", ("B",): "A<B"}.get(tuple(best), "A=B")


def always(choice):
    """A judge with a position bias."""
    return lambda body: choice


def fails(status, *, message="scripted fault", code=None, **headers):
    """``headers`` with underscores for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"error": {"message": message, "code": code, "type": "scripted"}})
    return lambda _: (status, named, body)


def sleeps(seconds, then=None):
    def answer(body):
        time.sleep(seconds)
        return (then or verdict())(body)

    return answer


def hangs_up(body):
    return None


def half(body):
    """A body that ends in the middle of its JSON, though its length says it is whole."""
    status, headers, text = verdict()(body)
    return status, headers, text[: len(text) // 2]


def breaks_off(body):
    """A connection that closes before the promised length."""
    status, headers, text = verdict()(body)
    return status, {**headers, "Content-Length": str(len(text) + 100)}, text


class Server(HangsUp, HTTPServer):
    pass


@contextlib.contextmanager
def scripted(*answers, otherwise=None):
    """A running server; its ``script`` has the requests, ``url`` is what a judge's base_url is.

    What was learnt of its dialect goes with it.
    """
    script = Script(*answers, otherwise=otherwise)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body["key"] = self.headers.get("Authorization")
            answer = script.next(body)(body)
            if answer is None:
                self.close_connection = True
                return
            status, headers, text = answer
            data = text.encode()
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                headers = {"Content-Type": "application/json", **headers}
                headers.setdefault("Content-Length", str(len(data)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
                if int(headers["Content-Length"]) != len(data):
                    self.close_connection = True
            with script.lock:
                script.finished += 1

        def log_message(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    server.script = script
    server.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        server.hang_up(seconds=0)  # a client that waits no longer is not waited for
        llm._dialects.clear()
