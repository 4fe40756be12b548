"""The benchmarks are in no installed package; they are imported from the checkout."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

RECORDINGS = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def recordings() -> Path:
    if not RECORDINGS.is_dir():
        pytest.skip(f"the recorded tables are not there: no folder {RECORDINGS}")
    return RECORDINGS
