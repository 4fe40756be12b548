"""Read a device: one meter a file."""
