"""The readable page beside the record: what was found, and which goals were reached."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .chunk import Bench, Chunk, Finding

HEAD = ("what", "found", "goal", "reached", "beside it")
MARKS = {True: "yes", False: "**missed**", None: ""}
SIMULATED = """**Nothing here was measured.** The device is simulated: the page shows that the
check runs, and says nothing of any device, nor of how well one can be predicted."""
QUICK = """**Everything was made small** (`--quick`): small batches, short windows, few networks.
The page shows that the check runs; its figures say nothing of the device."""


def write_page(bench: Bench, chunks: Sequence[Chunk]) -> None:
    """Write the page.

    Side effects:
        Writes a Markdown file beside the record.
    """
    path = bench.record.path.with_suffix(".md")
    partial = path.with_name(f"{path.name}.part")
    partial.write_text(page(bench, chunks))
    partial.replace(path)


def page(bench: Bench, chunks: Sequence[Chunk]) -> str:
    """The page, as Markdown."""
    once = {chunk.name: chunk for chunk in chunks}  # one may be run again when more is known
    sections = [_section(bench, chunk) for chunk in once.values()]
    warnings = [SIMULATED] if bench.simulated else []
    warnings += [QUICK] if bench.quick else []
    parts = [f"# Check of {bench.record.about['device_kind']}", _about(bench), *warnings, *sections]
    return "\n\n".join(parts) + "\n"


def page_path(record: Path) -> Path:
    """Where the page of a record lies."""
    return record.with_suffix(".md")


def _about(bench: Bench) -> str:
    about = bench.record.about
    named = {"driver": "driver", "cuda": "CUDA", "cudnn": "cuDNN", "python": "Python"}
    facts = [f"{title} {about[name]}" for name, title in named.items() if name in about]
    facts += [f"{name} {number}" for name, number in about["versions"].items()]
    command = f"python -m benchmarks.gpu --device {bench.device}" + " --quick" * bench.quick
    return f"{about['date']}, {', '.join(facts)}. `{command}` makes it."


def _section(bench: Bench, chunk: Chunk) -> str:
    title = f"## {chunk.title}"
    skipped = bench.record.skipped(chunk.name)
    if skipped:
        return f"{title}\n\nNot run: {skipped}."
    wanted = chunk.pieces(bench)
    pieces = [bench.record.piece(chunk.name, key) for key in wanted]
    ran = [piece for piece in pieces if piece is not None]
    if not ran:
        return f"{title}\n\nNot run yet."
    minutes = sum(piece["took_s"] for piece in ran) / 60
    lines = [f"{len(ran)} of {len(wanted)} pieces, {minutes:.1f} min."]
    failed = [
        f"- {key} failed: {piece['failed']}"
        for key, piece in zip(wanted, pieces, strict=True)
        if piece is not None and "failed" in piece
    ]
    lines += ["\n".join(failed)] if failed else []
    return "\n\n".join([title, *lines, _table(chunk.findings(bench))])


def _table(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Nothing was found."
    rows = [HEAD, ("---",) * len(HEAD)]
    rows += [(f.what, f.value, f.goal, MARKS[f.reached], f.beside) for f in findings]
    return "\n".join(f"| {' | '.join(_cell(text) for text in row)} |" for row in rows)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
