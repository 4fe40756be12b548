"""Families of networks that a sweep can search."""
