"""Values that no option has: they stand for settings of the question."""

OTHER, NONE = "other", "none"
