"""What everything else stands on: texts, files, locks, signals, paths."""
