"""The built-in workloads, one a file; copy one to begin."""
