"""A stored file as an answer: never run, kept by the browser, in parts where a player seeks."""

import re
from collections.abc import Iterator
from typing import IO

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.cache import patch_vary_headers

from annotate.models import Media

CHUNK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})$")


def answer_with(request: HttpRequest, media: Media) -> HttpResponseBase:
    """The whole file, 206 with the range that is asked for, 304 where the browser has it already.

    Several ranges at once, and what is no range, get the whole file; one past the end gets 416.
    """
    tag = f'"{media.digest}"'
    if request.headers.get("If-None-Match") == tag:
        return _dressed(HttpResponse(status=304), media, tag)
    asked = _range(request.headers.get("Range", ""), media.size)
    if asked is None or request.headers.get("If-Range", tag) != tag:
        response: HttpResponseBase = FileResponse(media.file.open("rb"))
        response["Content-Length"] = str(media.size)
        return _dressed(response, media, tag)
    start, end = asked
    if start >= end:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{media.size}"
        return _dressed(response, media, tag)
    response = StreamingHttpResponse(_part(media.file.open("rb"), start, end), status=206)
    response["Content-Range"] = f"bytes {start}-{end - 1}/{media.size}"
    response["Content-Length"] = str(end - start)
    return _dressed(response, media, tag)


def _range(header: str, size: int) -> tuple[int, int] | None:
    """Half-open; empty where it lies past the end. None where the whole file is asked for."""
    found = _RANGE.match(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    if found[2] and int(found[2]) < int(found[1]):
        return None
    return int(found[1]), min(size, int(found[2]) + 1) if found[2] else size


def _part(file: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = end - start
        while left > 0 and (part := file.read(min(CHUNK, left))):
            left -= len(part)
            yield part


def _dressed(response: HttpResponseBase, media: Media, tag: str) -> HttpResponseBase:
    """A name stands for one content for good, so a browser need not ask again."""
    response["Content-Type"] = media.content_type
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = tag
    patch_vary_headers(response, ["Cookie"])
    return response
