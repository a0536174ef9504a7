"""Runs on disk: the journal, what it amounts to, the files that a run leaves."""
