"""From options to cells: settings, what they select, and what of it can run here."""
