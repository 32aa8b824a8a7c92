"""The demo project: items written for it, with planted differences, and simulated past labels."""
