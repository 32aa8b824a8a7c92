"""Width and height of images out of their headers, so that a page keeps their place free."""

import struct
from typing import IO

_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # JPEG segments that tell the size
_BARE = {0x01, *range(0xD0, 0xD9)}  # JPEG markers without a segment
MOST_SEGMENTS = 500


def size_of_image(file: IO[bytes], content_type: str) -> tuple[int, int] | None:
    """Pixels across and down; None for what is no image, or one cut short."""
    file.seek(0)
    try:
        size = _READERS[content_type](file) if content_type in _READERS else None
    except (struct.error, IndexError):
        return None
    return size if size and min(size) > 0 else None


def _png(file: IO[bytes]) -> tuple[int, int]:
    width, height = struct.unpack(">16x2I", file.read(24))
    return width, height


def _gif(file: IO[bytes]) -> tuple[int, int]:
    width, height = struct.unpack("<6x2H", file.read(10))
    return width, height


def _webp(file: IO[bytes]) -> tuple[int, int] | None:
    head = file.read(30)
    match head[12:16]:
        case b"VP8X":
            return 1 + _three_bytes(head, 24), 1 + _three_bytes(head, 27)
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack_from("<2H", head, 26)
            return width & 0x3FFF, height & 0x3FFF
    return None


def _three_bytes(head: bytes, place: int) -> int:
    if len(head) < place + 3:
        raise IndexError(place)
    return int.from_bytes(head[place : place + 3], "little")


def _jpeg(file: IO[bytes]) -> tuple[int, int] | None:
    """The first frame's header; other segments are passed over."""
    file.seek(2)
    for _ in range(MOST_SEGMENTS):
        if file.read(1) != b"\xff":
            return None
        marker = _marker(file)
        if marker in _BARE:
            continue
        (length,) = struct.unpack(">H", file.read(2))
        if marker in _FRAMES:
            height, width = struct.unpack(">x2H", file.read(5))
            return width, height
        file.seek(length - 2, 1)
    return None


def _marker(file: IO[bytes]) -> int:
    """A marker may be padded with 0xFF."""
    marker = file.read(1)
    while marker == b"\xff":
        marker = file.read(1)
    return marker[0]


_READERS = {"image/png": _png, "image/gif": _gif, "image/webp": _webp, "image/jpeg": _jpeg}
