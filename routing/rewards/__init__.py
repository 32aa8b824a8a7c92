"""Reward models: a frozen encoder with small heads on top. Plain torch and numpy, no Django."""

import os

# Must stand before torch is loaded. By default its threads spin while they wait for each other; where
# other processes want the same cores that made training seven times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
