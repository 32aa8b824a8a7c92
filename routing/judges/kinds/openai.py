"""Any endpoint that speaks the OpenAI protocol: hosted, vLLM, llama.cpp, Ollama."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotate.questions import InvalidAnswer
from annotate.questions.base import quotes
from annotate.questions.base.text import check_text
from routing.judges import prompts
from routing.judges.base import InvalidJudge, Kind, Settings, Spec, Verdict, View, number
from routing.judges.faults import Misconfigured
from routing.judges.orders import asked_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotate.offsets import Texts
    from annotate.questions import Answers, Questions
    from routing.judges.base import Meter

_THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class OpenAISettings(Settings):
    max_tokens: int = number(1000, least=16, most=100_000, words="longest answer")
    temperature: float | None = number(
        0.0, least=0, most=2, null=True, words="null leaves it to the model"
    )


class OpenAIJudge(Kind[OpenAISettings]):
    name = "openai"
    title = "Language model"
    about = "A model behind an OpenAI-compatible endpoint, asked in both orders."
    Settings = OpenAISettings
    prompt_version = prompts.NEWEST

    @classmethod
    def check(cls, spec: Spec) -> None:
        if not spec.model:
            raise InvalidJudge("A judge of kind 'openai' needs a model; name one.")

    def fault(self) -> str:
        if self.spec.key_env and not os.environ.get(self.spec.key_env):
            return (
                f"The environment variable {self.spec.key_env} is not set where this runs; "
                "set it and start again."
            )
        return ""

    def ask(self, view: View, meter: Meter) -> Verdict:
        from routing.judges import llm  # loads the SDK, which the web process does not need

        if fault := self.fault():
            raise Misconfigured(fault)
        spec, questions = self.spec, asked_in(self.spec.questions, view.order)
        texts = view.texts
        said, reply = llm.ask(
            llm.Endpoint(
                model=spec.model,
                base_url=spec.base_url or llm.OPENAI_URL,
                key=os.environ.get(spec.key_env, "") if spec.key_env else "",
            ),
            llm.Request(
                messages=prompts.messages(
                    spec.prompt_version,
                    view,
                    questions=questions,
                    guidelines=spec.guidelines,
                ),
                schema=prompts.schema(questions, completions=len(view.completions)),
                max_tokens=self.settings.max_tokens,
                temperature=self.settings.temperature,
            ),
            parse=lambda text: read(questions, text, texts),
            limits=self.settings.limits,
            meter=meter,
        )
        return Verdict(
            answers=said.answers,
            confidence=said.confidence,
            raw={
                "text": reply.text,
                "model": reply.model,
                "seconds": round(reply.seconds, 3),
                "structured": reply.structured,
                **({quotes.TALLY: said.unlocated} if said.unlocated else {}),
            },
            usage=reply.usage,
        )


@dataclass(frozen=True)
class Said:
    """What a model's text says; ``unlocated`` counts its quotes and those refused, by question."""

    answers: Answers
    confidence: float | None
    unlocated: Mapping[str, Mapping[str, int]]


def read(questions: Questions, text: str, texts: Texts) -> Said:
    """Raises ``ValueError`` where the text is of no use."""
    check_text(text)
    payload = _json_object(text)
    completions = len(texts.completions)
    given = questions.from_judge(payload.get("answers"), completions=completions, texts=texts)
    answers, unlocated = quotes.take_tallies(given)
    in_part = set(questions.in_part(answers, completions=completions, texts=texts))
    # An answer is not wrong for what was said about a text, but could not be placed there.
    in_part -= {name for name, tally in unlocated.items() if tally["absent"] or tally["ambiguous"]}
    for name in in_part:
        if questions[name].config.required:
            raise InvalidAnswer(name, "the judge did not answer it in full")
    kept = {name: answer for name, answer in answers.items() if name not in in_part}
    if not kept:
        raise InvalidAnswer("", "the judge answered nothing")
    return Said(kept, prompts.stated_confidence(payload), unlocated)


def _json_object(text: str) -> dict[str, Any]:
    """The first JSON object in a model's text. Raises ``ValueError``."""
    text = _THOUGHTS.sub("", text)
    decoder = json.JSONDecoder()
    start = text.find("{")
    while start >= 0:
        try:
            found, _ = decoder.raw_decode(text, start)
        except ValueError:
            start = text.find("{", start + 1)
        else:
            return dict(found)
    raise ValueError("the answer holds no JSON object")


KIND = OpenAIJudge
