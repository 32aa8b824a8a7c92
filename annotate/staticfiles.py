from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Names with hashes, in the imports of ES modules too."""

    support_js_module_import_aggregation = True
