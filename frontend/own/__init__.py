"""What annotators see of their own work: labels given, progress, pace and pay."""
