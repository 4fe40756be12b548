"""Pay: build, measure and train a candidate."""
