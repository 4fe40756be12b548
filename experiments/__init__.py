"""Specs, composition, reports and the command line."""
