"""All that needs a real GPU, in one command: `python -m benchmarks.gpu`."""
