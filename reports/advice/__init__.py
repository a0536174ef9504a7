"""From a look at the work and a race to advice: what is tried, when it is known, and in words."""
