"""hyperwatt: the best neural network that fits the power, memory, latency and energy you have.

This is the front door. It imports neither ray nor torch; the floors below it do so when they run.
"""

from __future__ import annotations

from .constraints.errors import HyperwattError

__all__ = ["HyperwattError", "__version__"]

__version__ = "0.1.0"
