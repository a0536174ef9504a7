"""A stored run, read and checked: plain data for everything else."""
