"""Statistics: pure functions on one number per worker process."""
