"""Makes a judge, or a new version of one."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError

from annotate.management.project_command import ExampleCommand, project_named
from routing.judges.base import InvalidJudge
from routing.judges.kinds import kinds
from routing.judges.versions import create_judge, price_of


class Command(ExampleCommand):
    help = "Make a judge; a judge that exists gets a new version when something differs."

    example = (
        "  manage.py create_judge helpful offline --kind relevance\n"
        "  manage.py create_judge helpful mini --kind openai --model gpt-4o-mini \\\n"
        "      --key-env OPENAI_API_KEY --input-price 0.15 --output-price 0.60\n"
        "  manage.py create_judge helpful local --kind openai --model qwen3:8b \\\n"
        "      --base-url http://localhost:11434/v1 --input-price 0 --output-price 0 \\\n"
        "      --setting concurrency=2"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", metavar="PROJECT", help="its slug")
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--kind", required=True, help=f"one of {', '.join(kinds())}")
        parser.add_argument("--model", default="", metavar="M")
        parser.add_argument("--base-url", default="", metavar="U", help="without it, OpenAI's")
        parser.add_argument(
            "--key-env", default="", metavar="V", help="environment variable that holds the key"
        )
        parser.add_argument(
            "--setting",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a setting of the kind, as JSON or plain text; may be repeated",
        )
        for side in ("input", "output"):
            parser.add_argument(
                f"--{side}-price", metavar="USD", help="for a million tokens; 0 for free"
            )

    def handle(
        self,
        *,
        project: str,
        name: str,
        kind: str,
        model: str,
        base_url: str,
        key_env: str,
        setting: list[str],
        input_price: str | None,
        output_price: str | None,
        **_: Any,
    ) -> None:
        try:
            judge, new = create_judge(
                project_named(project),
                name=name,
                kind=kind,
                model=model,
                base_url=base_url,
                key_env=key_env,
                settings=dict(map(_setting, setting)),
                input_price_usd=None if input_price is None else price_of(input_price),
                output_price_usd=None if output_price is None else price_of(output_price),
            )
        except InvalidJudge as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(f"{'Made' if new else 'Kept'} judge {judge}.")


def _setting(given: str) -> tuple[str, Any]:
    name, equals, value = given.partition("=")
    if not equals:
        raise CommandError(f"--setting {given!r} has no value; write NAME=VALUE.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
