"""What a candidate is, and what it may cost."""
