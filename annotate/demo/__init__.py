"""The demo: projects of items written for it, a folder each, with simulated past labels."""
