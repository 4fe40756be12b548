"""Benchmarks: each writes its result with date and machine beside itself."""
