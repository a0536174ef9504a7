"""Measure one piece of work under every concurrency model, fairly."""

__version__ = "0.1.0"
