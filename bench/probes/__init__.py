"""Passes of their own, never timed, that show what a cell's time is spent on.

This is the worker's half, with the standard library alone; the driver's half chooses the passes,
makes them, samples memory and reads their results.
"""
