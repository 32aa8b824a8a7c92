"""All settings of Tandem; what differs between places comes from the environment (``.env.example``)."""

import secrets
from pathlib import Path
from typing import Any

from annotate.broker import transport_options
from annotate.embedded import EmbeddedPostgres
from annotate.env import Env

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env.with_file(BASE_DIR / ".env")

# Places

VAR = Path(env.text("ANNOTATE_VAR", str(BASE_DIR / "var"))).expanduser().absolute()
VAR.mkdir(parents=True, exist_ok=True)
MEDIA_ROOT = VAR / "files"
MEDIA_URL = "/files/"
STATIC_ROOT = VAR / "static"
STATIC_URL = "/static/"
MODELS_ROOT = VAR / "models"


def _secret_key() -> str:
    """Made at first start and kept, so that sessions outlive restarts."""
    path = VAR / "secret_key"
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii")


# Safety

DEBUG = env.boolean("ANNOTATE_DEBUG", default=False)
SECRET_KEY = env.text("ANNOTATE_SECRET_KEY", "") or _secret_key()
ALLOWED_HOSTS = env.words("ANNOTATE_HOSTS", "localhost,127.0.0.1,[::1]")
HTTPS = env.boolean("ANNOTATE_HTTPS", default=False)
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host != "*"] if HTTPS else []
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W005",
    "security.W021",
]  # other hosts of the domain are not ours
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_ENGINE = "annotate.sessions"
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 2**20
DATA_UPLOAD_MAX_NUMBER_FILES = 1000
LARGEST_MEDIA = env.integer("ANNOTATE_LARGEST_FILE_MIB", 50, least=1, most=10_000) * 2**20

# Processes

PORT = env.integer("PORT", 8000, least=1, most=65535)
BIND = env.text("ANNOTATE_BIND", "127.0.0.1")
WEB_PROCESSES = env.integer("ANNOTATE_WEB_PROCESSES", 2, least=1)
WEB_THREADS = env.integer("ANNOTATE_WEB_THREADS", 4, least=1)
WORKER_PROCESSES = env.integer("ANNOTATE_WORKER_PROCESSES", 2, least=1)

# Database

DATABASE_POOL = env.integer("ANNOTATE_DATABASE_POOL", 0)
_server = env.database("DATABASE_URL")
EMBEDDED = EmbeddedPostgres(VAR / "postgres") if _server is None else None
_database: dict[str, Any] = EMBEDDED.settings() if EMBEDDED is not None else _server or {}
# Web's few queries are prepared on the server, where to plan them costs more than to run them.
# Workers and commands send long lists, and such a query may have no more than 65,535 parameters.
PREPARED = {"server_side_binding": True, "prepare_threshold": 3}
if DATABASE_POOL:
    _database["OPTIONS"] |= PREPARED
    _database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 10}
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": 0 if DATABASE_POOL else None,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Background jobs

CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "pgmq://localhost")
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = WORKER_PROCESSES
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # pgmq has no room for its queue names
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_POOL_LIMIT = 1
CELERY_TASK_DEFAULT_QUEUE = "jobs"
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "annotate.scheduler.GuardedScheduler"
CELERY_BEAT_SCHEDULE = {"sweep": {"task": "annotate.sweep", "schedule": 2.0}}
CELERY_BROKER_TRANSPORT_OPTIONS = transport_options(CELERY_BROKER_URL, _database)

# Applications

INSTALLED_APPS = [
    "annotate",
    "routing",
    "frontend",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "annotate.staticfiles.UsedStaticFiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "annotate.audit.AuditMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "annotate.urls"
WSGI_APPLICATION = "annotate.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": sorted((BASE_DIR / "annotate" / "questions").glob("*/templates")),
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
STATICFILES_DIRS = sorted((BASE_DIR / "annotate" / "questions").glob("*/static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "annotate.staticfiles.HashedStaticFiles"},
}
WHITENOISE_MAX_AGE = 3600
CACHES = {
    # Shared by all processes and machines, for the limits on sign-in.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    },
}
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

# People

AUTH_USER_MODEL = "annotate.User"
AUTHENTICATION_BACKENDS = [
    "annotate.backends.PasswordBackend",
    "annotate.backends.AccountBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "annotate.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_OPEN_SIGNUP = env.boolean("ANNOTATE_OPEN_SIGNUP", default=False)
ACCOUNT_RATE_LIMITS = {"join": "120/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("ANNOTATE_PROXIES", 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR / "mail"

# API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "annotate.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "annotate.api.authentication.HasScope",
    ],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "annotate.api.errors.answer_error",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tandem",
    "DESCRIPTION": "Preferences and fine-grained feedback from people and LLMs.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {"RouteEnum": "annotate.models.projects.Route"},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Logs

LOG_FORMAT = env.one_of("ANNOTATE_LOG_FORMAT", ["console", "json"], "console")
LOG_LEVEL = env.one_of("ANNOTATE_LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"default": {"()": f"annotate.logs.{LOG_FORMAT}_formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "default"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "propagate": False},
        "celery.beat": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}

env.refuse_unknown("ANNOTATE_")
