"""What a run says over an axis: its sweeps, the laws that they follow, and where lines cross."""
