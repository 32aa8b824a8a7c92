"""Changes of many items at once, seen before they are made, made in the background, and taken back."""
