"""Small files of each kind that browsers show."""

import base64
import struct
import zlib


def _chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width=3, height=2, colour=(200, 80, 20)):
    row = b"\0" + bytes(colour) * width
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    data = (
        _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(row * height)) + _chunk(b"IEND", b"")
    )
    return b"\x89PNG\r\n\x1a\n" + data


def gif(width=5, height=4):
    return b"GIF89a" + struct.pack("<2H", width, height) + b"\0\0\0;"


def jpeg(width=7, height=6):
    """Its header alone, with a comment before the frame and padding before a marker."""
    comment = b"\xff\xfe" + struct.pack(">H", 6) + b"\xff\xc0ab"
    frame = b"\xff\xff\xc0" + struct.pack(">HB2HB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + comment + frame + b"\xff\xd9"


def webp(width=9, height=8, form="VP8X"):
    if form == "VP8X":
        body = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif form == "VP8L":
        body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)
    else:
        body = b"\0\0\0\x9d\x01\x2a" + struct.pack("<2H", width, height)
    chunk = form.ljust(4).encode() + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk + b"\0" * 8


def wav(seconds=1.0, rate=8000):
    data = bytes(128 for _ in range(int(seconds * rate)))
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, rate, rate, 1, 8
    )
    return head + struct.pack("<4sI", b"data", len(data)) + data


MP3 = b"\xff\xfb\x90\x00" + bytes(100)
ID3 = b"ID3\x04\0\0\0\0\0\0" + bytes(20)
OGG = b"OggS\0\2" + bytes(22) + b"\x01\x13OpusHead"
M4A = b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom"
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"
WEBM = base64.b64decode("GkXfo59ChoEBQveBAULygQRC84EIQoKEd2VibUKHgQRChYEC")
