"""Judges: LLM annotators that answer a project's form."""
