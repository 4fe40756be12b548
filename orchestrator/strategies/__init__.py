"""One strategy a file, behind one protocol."""
