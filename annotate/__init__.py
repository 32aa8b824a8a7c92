"""Tandem: preferences and fine-grained feedback from people and LLMs."""

from annotate.celery import app as celery_app

__all__ = ["celery_app"]
