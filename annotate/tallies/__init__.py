"""Sums that are kept, so that pages cost the same at a million labels and entries as at a hundred.

``folding`` adds what has come since to the kept sums; ``labels``, ``spending`` and ``items`` read
them, together with the few rows that are not folded yet, so that what they say is always true.
"""
