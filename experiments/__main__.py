"""`python -m hyperwatt.experiments` is `hyperwatt`."""

from .cli import main

main()
