import re
import subprocess
import sys

import pytest

from tests.running import ROOT, environment

EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = (ROOT / "annotate" / "settings.py").read_text()


def manage(*arguments, var, **variables):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**environment(var), "DJANGO_SETTINGS_MODULE": "annotate.settings", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_example_lists_every_variable_and_no_other():
    used = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+[A-Z])"', SETTINGS))
    listed = set(re.findall(r"^#([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert listed - used == {"OPENAI_API_KEY", "POSTGRES_PASSWORD"}
    assert used <= listed


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"PORT": "http"}, "PORT='http' is not a whole number from 1 to 65535."),
        ({"ANNOTATE_PORT": "1"}, "ANNOTATE_PORT is not a setting of this program; "),
        ({"DATABASE_URL": "sqlite:///x"}, "DATABASE_URL starts with 'sqlite'; "),
        (
            {"DATABASE_URL": "postgresql://me:two%20words@db/tandem"},
            "The password in DATABASE_URL holds a space",
        ),
    ],
)
def test_an_odd_variable_stops_every_command_with_one_line(variables, line, tmp_path):
    done = manage("check", var=tmp_path, **variables)
    assert done.returncode != 0
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_the_deployment_check_is_content_behind_a_tls_proxy(tmp_path):
    done = manage(
        "check", "--deploy", "--fail-level", "WARNING", var=tmp_path,
        ANNOTATE_HTTPS="true", ANNOTATE_HOSTS="tandem.example", ANNOTATE_SECRET_KEY="k" * 20 + "0123456789" * 5,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db
def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    show = "from django.conf import settings; print(settings.SECRET_KEY)"
    first, second = (manage("shell", "-v0", "-c", show, var=tmp_path).stdout for _ in range(2))
    assert first == second
    assert len(first.strip()) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_the_web_process_never_loads_torch(tmp_path):
    load = (
        "import sys, annotate.wsgi; from django.urls import get_resolver; get_resolver().url_patterns; "
        "print('torch' in sys.modules, 'transformers' in sys.modules)"
    )
    assert manage("shell", "-v0", "-c", load, var=tmp_path).stdout.split() == ["False", "False"]
