"""What happens in lanes: one task, pools and loops that hold lanes open, and what they tell."""
