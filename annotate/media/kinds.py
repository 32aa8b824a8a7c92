"""What a file is, by its first bytes: a closed list of what browsers show and that runs nothing."""

# Content types by their first word: what a page makes of them.
KINDS = {
    "image/png": "image",
    "image/jpeg": "image",
    "image/webp": "image",
    "image/gif": "image",
    "audio/mpeg": "audio",
    "audio/wav": "audio",
    "audio/ogg": "audio",
    "audio/mp4": "audio",
    "video/mp4": "video",
    "video/webm": "video",
}
NAMES = "PNG, JPEG, WebP, GIF, MP3, WAV, Ogg, M4A, MP4 or WebM"
_AUDIO_BRANDS = {b"M4A ", b"M4B "}
_VIDEO_BRANDS = {
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"dash",
    b"M4V ",
}


class UnknownKind(ValueError):
    """Says what is wrong, to go on after the file's name."""


def kind_of(head: bytes) -> str:
    """The content type of a file that starts with ``head``. Raises ``UnknownKind``."""
    found = _image(head) or _audio(head) or _video(head)
    if found is None:
        raise UnknownKind(f"is none of {NAMES}; convert it")
    return found


def _image(head: bytes) -> str | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if head[:6] in (b"GIF87a", b"GIF89a") else None


def _audio(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"OggS"):
        # Theora is video, which few browsers still show.
        return None if b"\x80theora" in head[:512] else "audio/ogg"
    if head.startswith(b"ID3") or _is_mp3_frame(head):
        return "audio/mpeg"
    return "audio/mp4" if head[4:8] == b"ftyp" and head[8:12] in _AUDIO_BRANDS else None


def _is_mp3_frame(head: bytes) -> bool:
    """A frame's header: sync, a version, layer III, a bit rate and a sample rate that exist."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, sampling = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and rate not in (0, 15) and sampling != 3


def _video(head: bytes) -> str | None:
    if head[4:8] == b"ftyp" and head[8:12] in _VIDEO_BRANDS:
        return "video/mp4"
    return "video/webm" if head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head[:64] else None
