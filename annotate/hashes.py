"""Hashes that texts are known by: folds, the evaluation share and embeddings go by them."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any


def text_hash(text: str) -> str:
    """SHA-256 (hex) of a text's UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def prompt_hash(messages: list[dict[str, Any]], contexts: list[dict[str, Any]]) -> str:
    """SHA-256 (hex) of messages and contexts as compact JSON with sorted names."""
    parts = [messages, contexts] if contexts else [messages]
    return text_hash(json.dumps(parts, ensure_ascii=False, separators=(",", ":"), sort_keys=True))


def item_hash(prompt: str, texts: Iterable[str]) -> str:
    """Names an item by what it holds: the hash of its prompt and those of its completions."""
    return text_hash("".join((prompt, *texts)))
