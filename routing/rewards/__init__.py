"""Reward models: a frozen encoder with small heads on top. Plain torch and numpy, no Django."""
