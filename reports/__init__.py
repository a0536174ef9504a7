"""From a stored run to statistics, frames, tables and verdicts; never measures."""
