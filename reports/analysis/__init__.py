"""From a stored run to what it means: rows, limits, notes, verdicts, comparisons."""
