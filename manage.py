#!/usr/bin/env python
"""The command line of Tandem: ``manage.py help`` lists the commands."""

import os
import signal
import sys

WITHOUT_DATABASE = {
    "help",
    "version",
    "check",
    "collectstatic",
    "diffsettings",
    "findstatic",
    "spectacular",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    from django.core.management import execute_from_command_line

    from annotate.embedded import EmbeddedError
    from annotate.env import EnvError

    try:
        if _needs_database(sys.argv[1:]):
            from django.conf import settings

            if settings.EMBEDDED is not None:
                settings.EMBEDDED.use()
        execute_from_command_line(sys.argv)
    except (EmbeddedError, EnvError) as error:
        sys.exit(str(error))


def _needs_database(arguments: list[str]) -> bool:
    return (
        bool(arguments)
        and arguments[0] not in WITHOUT_DATABASE
        and not {"--help", "-h", "--version"} & set(arguments)
    )


if __name__ == "__main__":
    main()
