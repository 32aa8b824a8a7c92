"""How people answer: agreement without themselves, pace, drift, bias, and patterns worth a look.

The arithmetic (``intervals``, ``votes``, ``patterns``, ``copying``, ``study``) is numpy on arrays
and never sees the ORM; ``labels`` reads a project's answers into arrays, ``report`` writes what was
found beside the annotators.
"""
