"""Our searches against other people's, on recorded tables, simulated devices and functions."""
