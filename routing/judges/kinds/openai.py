"""Any endpoint that speaks the OpenAI protocol: hosted, vLLM, llama.cpp, Ollama."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotate.questions import InvalidAnswer
from annotate.questions.base.text import check_text
from routing.judges import prompts
from routing.judges.base import InvalidJudge, Kind, Settings, Spec, Verdict, View, number
from routing.judges.faults import Misconfigured

if TYPE_CHECKING:
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
        spec, completions = self.spec, len(view.completions)
        texts = view.texts
        payload, reply = llm.ask(
            llm.Endpoint(
                model=spec.model,
                base_url=spec.base_url or llm.OPENAI_URL,
                key=os.environ.get(spec.key_env, "") if spec.key_env else "",
            ),
            llm.Request(
                messages=prompts.messages(
                    spec.prompt_version,
                    view,
                    questions=spec.questions,
                    guidelines=spec.guidelines,
                ),
                schema=prompts.schema(spec.questions, completions=completions),
                max_tokens=self.settings.max_tokens,
                temperature=self.settings.temperature,
            ),
            parse=lambda text: self._parse(text, texts),
            limits=self.settings.limits,
            meter=meter,
        )
        return Verdict(
            answers=payload[0],
            confidence=payload[1],
            raw={
                "text": reply.text,
                "model": reply.model,
                "seconds": round(reply.seconds, 3),
                "structured": reply.structured,
            },
            usage=reply.usage,
        )

    def _parse(self, text: str, texts: Texts) -> tuple[Answers, float | None]:
        check_text(text)
        payload = _json_object(text)
        answers = parse_answers(self.spec.questions, payload.get("answers"), texts)
        return answers, prompts.stated_confidence(payload)


def parse_answers(questions: Questions, given: object, texts: Texts) -> Answers:
    """A judge's answers, optional ones only where something is said. Raises ``InvalidAnswer``."""
    completions = len(texts.completions)
    answers = questions.from_judge(given, completions=completions, texts=texts)
    in_part = questions.in_part(answers, completions=completions, texts=texts)
    kept = {}
    for name, answer in answers.items():
        if name not in in_part:
            kept[name] = answer
        elif questions[name].config.required:
            raise InvalidAnswer(name, "the judge did not answer it in full")
    if not kept:
        raise InvalidAnswer("", "the judge answered nothing")
    return kept


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
