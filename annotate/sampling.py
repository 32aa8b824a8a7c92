"""Shares of items drawn by hash: always the same ones, and all of a prompt's items together."""

import hashlib


def in_evaluation_share(prompt_hash: str, share: float) -> bool:
    """Whether a prompt belongs to the evaluation share.

    Salted, so that the share tells nothing about the folds, which go by the hash as well. A larger
    share contains every smaller one.
    """
    drawn = hashlib.sha256(f"evaluation:{prompt_hash}".encode()).digest()
    return int.from_bytes(drawn[:8]) < share * 2**64
