"""Hashes that texts are known by: folds, the evaluation share and embeddings go by them."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any


def text_hash(text: str) -> str:
    """SHA-256 (hex) of a text's UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def prompt_hash(messages: list[dict[str, Any]], contexts: list[dict[str, Any]]) -> str:
    """SHA-256 (hex) of a prompt: its messages and contexts as canonical JSON."""
    return prompt_hash_of_json(canonical_json(messages), canonical_json(contexts))


def prompt_hash_of_json(messages: str, contexts: str) -> str:
    """As ``prompt_hash``, of texts that ``canonical_json`` made."""
    return text_hash(f"{messages}{contexts}")


def item_hash(prompt: str, texts: Iterable[str]) -> str:
    """Names an item by what it holds: the hash of its prompt and those of its completions."""
    return text_hash("".join((prompt, *texts)))


_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
).encode


def canonical_json(value: object) -> str:
    """Compact JSON with sorted names. Raises ``ValueError`` for numbers that JSON cannot hold."""
    return _encode(value)
