"""Says what went wrong in somebody's code, and in which line of it."""

from __future__ import annotations

import traceback
from pathlib import Path

OURS = str(Path(__file__).parents[2])
TORCHS = f"{Path('site-packages', 'torch')}/"


def told(error: BaseException) -> str:
    """Kind and message of an error, with the last line of the user's code that led to it.

    >>> told(ValueError("no"))
    'ValueError: no'
    """
    kind, message = type(error).__name__, str(error).strip()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame)]
    says = f"{kind}: {message}" if message else kind
    if not frames:
        return says
    last = frames[-1]
    line = f": `{last.line}`" if last.line else ""
    return f"{says} ({Path(last.filename).name}, line {last.lineno}{line})"


def _is_users(frame: traceback.FrameSummary) -> bool:
    name = frame.filename
    return TORCHS not in name and not name.startswith((f"{OURS}/constraints/", "<frozen"))
