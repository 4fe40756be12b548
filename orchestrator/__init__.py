"""Choose: the search that ranks screened candidates, and the door to Ray Tune."""
