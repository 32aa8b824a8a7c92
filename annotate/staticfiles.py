from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class UsedStaticFiles(StaticFilesConfig):
    """Leaves out what other packages bring and no page loads; some of it imports missing files."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "django_htmx/ext/*",
        "drf_spectacular_sidecar/redoc/*",
        "rest_framework/*",
    ]


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Names with hashes, in the imports of ES modules too."""

    support_js_module_import_aggregation = True
    # One pass settles the hashes of files that import others once those are settled: as many as
    # modules import one another in a row, of which Django foresees five.
    max_post_process_passes = 20
