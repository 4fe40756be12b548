"""What runs inside a peer's own environment: standard library and the peer's package alone."""
