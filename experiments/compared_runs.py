"""The runs of a comparison: which there are, and how each is begun, continued or kept.

Each (variant, seed) is a run of its own in `<folder>/<variant>/seed-<n>`. A finished one is never
run again and an unfinished one is resumed, so the comparison as a whole can be continued.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..constraints.errors import Fault, SpecError
from .preflight import resolve
from .protocol import Variant
from .run_folder import RunFolder
from .spec import Spec
from .spec_files import load_spec
from .sweep import Listener, Sweep, create, resume

Log = Callable[[str], object]


@dataclass(frozen=True)
class ComparedRun:
    """One repeat of a variant, and where it lies."""

    variant: Variant
    seed: int
    folder: RunFolder

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.variant.name}, seed {self.seed}"


def runs_of(
    spec: Spec, variants: Sequence[Variant], repeats: int, folder: Path
) -> list[ComparedRun]:
    """Every run of a comparison, the first repeat of each variant first.

    Args:
        spec: of the sweep; its seed is the first one.
        variants: of the sweep.
        repeats: seeds of each.
        folder: of the comparison.
    """
    return [
        ComparedRun(variant, seed, RunFolder(folder / variant.name / f"seed-{seed}"))
        for seed in range(spec.seed, spec.seed + repeats)
        for variant in variants
    ]


def carry_on(
    spec: Spec,
    run: ComparedRun,
    *,
    address: str | None,
    listener: Listener,
    log: Log,
    at_most: int | None = None,
) -> Sweep:
    """Begin a run, or continue it.

    Args:
        spec: of the comparison.
        run: that is not finished.
        address: of a Ray cluster; None starts Ray here.
        listener: of the run.
        log: takes a line that says which.
        at_most: trials at once, if the run shares its cluster.

    Side effects:
        Removes what is left of a run that was stopped before it began.
    """
    if run.folder.journal.is_file():
        log("resumed")
    else:
        log(str(run.folder.path))
        _clear_unbegun(run.folder)
        create(run.variant.spec(spec, run.seed), run.folder, address=address)
    return resume(run.folder, address=address, listener=listener, at_most=at_most)


def check_existing(spec: Spec, runs: Sequence[ComparedRun]) -> None:
    """Runs that are there already must be of the same sweep.

    Raises:
        SpecError: with a fault for each that is not.
    """
    faults = []
    for run in runs:
        if not run.folder.journal.is_file():
            continue
        there = load_spec(str(run.folder.spec))
        wanted = resolve(run.variant.spec(spec, run.seed))
        decisive = [key for key in Spec.model_fields if key != "logs"]  # which change no result
        changed = [key for key in decisive if getattr(there, key) != getattr(wanted, key)]
        if changed:
            says = f"was run with another {', '.join(changed)}; choose another `--dir`"
            faults.append(Fault(str(run.folder.path), says))
    if faults:
        raise SpecError("the comparison", faults)


def _clear_unbegun(folder: RunFolder) -> None:
    """A run gets its journal last; before, there is nothing in its folder that is not made anew."""
    ours = {folder.spec, folder.start_profile.parent, folder.before}
    if folder.path.is_dir() and set(folder.path.iterdir()) <= ours:
        shutil.rmtree(folder.path)
