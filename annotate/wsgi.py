"""The web process: ``gunicorn annotate.wsgi``."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
# Only a web process keeps a pool of connections: the pool's threads do not survive the fork of a worker.
os.environ.setdefault("ANNOTATE_DATABASE_POOL", os.environ.get("ANNOTATE_WEB_THREADS", "4"))

application = get_wsgi_application()

# gunicorn forks after this (--preload): what is loaded by then is shared by its processes, and no
# first request has to wait for it.
_ = get_resolver().url_patterns
gc.freeze()
