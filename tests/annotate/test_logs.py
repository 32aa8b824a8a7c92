import json
import logging
import sys

import pytest
import structlog

from annotate.logs import console_formatter, json_formatter


def record(**extra):
    key = "sk-secret"
    try:
        raise ValueError(len(key))
    except ValueError:
        record = logging.LogRecord(
            "tandem", logging.ERROR, __file__, 1, "call failed", None, sys.exc_info()
        )
    record.__dict__.update(extra)
    return record


@pytest.mark.parametrize("formatter", [console_formatter, json_formatter])
def test_a_fault_is_logged_without_the_values_of_variables(formatter):
    line = formatter().format(record(project="demo"))
    assert "ValueError: 9" in line
    assert "sk-secret" not in line.replace('key = "sk-secret"', "")
    assert "demo" in line


def test_a_json_line_holds_the_values_by_name():
    line = json.loads(json_formatter().format(record(project="demo", seconds_spent=1.5)))
    assert (line["event"], line["project"], line["seconds_spent"]) == ("call failed", "demo", 1.5)
    assert line["level"] == "error"


def test_a_line_of_structlog_goes_the_same_way(capsys):
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(json_formatter())
    logger = logging.getLogger("tandem.test")
    logger.addHandler(handler)
    structlog.get_logger("tandem.test").warning("job failed", project="demo")
    logger.removeHandler(handler)
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["project"], line["logger"]) == ("job failed", "demo", "tandem.test")


@pytest.mark.parametrize("formatter", [console_formatter, json_formatter])
def test_the_secret_of_an_invitation_is_in_no_line(formatter, rf):
    secret = "kZ0f-TPDw_q9mV3sB1xYc8LrEa5NhUoJ2iGt7KdWyQ4"
    line = logging.LogRecord(
        "django.request", logging.WARNING, __file__, 1, "%s: %s", ("Gone", f"/join/{secret}/"), None
    )
    line.request = rf.get(f"/join/{secret}/")
    line.status_code = 410
    shown = formatter().format(line)
    assert secret not in shown
    assert "/join/…" in shown.encode().decode("unicode_escape", "ignore") or "/join/…" in shown
