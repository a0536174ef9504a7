"""Passes of their own, never timed, that say what a cell's time is spent on.

Half of it runs in a worker and imports the standard library alone (`job` and what it imports); the
rest, which chooses the passes, makes them, looks at memory and reads what they left, in the driver.
"""
