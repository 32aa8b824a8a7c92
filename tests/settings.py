"""The program's settings, but for what a test run must not share or wait for."""

import os
import sys

from annotate.settings import *  # noqa: F403

SECRET_KEY = "tests"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MEDIA_ROOT = VAR / "test-files" / os.environ.get("PYTEST_XDIST_WORKER", "main")  # noqa: F405
ALLOWED_HOSTS = ["*"]
if "pytest" in sys.modules:  # and not in the processes that a test starts
    CELERY_BROKER_URL = "memory://"  # queued jobs go nowhere, unless a test asks for the `broker`
    CELERY_BROKER_TRANSPORT_OPTIONS = {}
STATIC_ROOT = VAR / "test-static"  # noqa: F405
STATIC_ROOT.mkdir(exist_ok=True)
DATABASES["default"]["OPTIONS"] |= PREPARED  # noqa: F405  as web, which is stricter about types
