"""The directory of a run, and what lies where in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shlex import quote

from ..constraints.errors import RunError


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run; nothing else knows the names in it.

    Attributes:
        path: of the directory.
    """

    path: Path

    @property
    def spec(self) -> Path:
        """The spec as it was run, in SI units."""
        return self.path / "spec.yaml"

    @property
    def journal(self) -> Path:
        """The truth: one JSON line an event."""
        return self.path / "journal.jsonl"

    @property
    def trials(self) -> Path:
        """All trials as a table."""
        return self.path / "trials.parquet"

    @property
    def predictors(self) -> Path:
        """Measured costs to start another sweep from."""
        return self.path / "predictors" / "profile.json"

    @property
    def model_quality(self) -> Path:
        """How good the predictors were at the end; can be made anew."""
        return self.path / "predictors" / "quality.json"

    @property
    def start_profile(self) -> Path:
        """The stored profile that this run started from, if it did."""
        return self.path / "predictors" / "start.json"

    @property
    def elsewhere(self) -> Path:
        """Folder of the profiles from other kinds of devices that this run was given."""
        return self.path / "predictors" / "elsewhere"

    @property
    def before(self) -> Path:
        """What earlier runs taught, if this run started from some: JSON lines."""
        return self.path / "before.jsonl"

    @property
    def traces(self) -> Path:
        """What candidates' networks do, where they were traced; can be made anew."""
        return self.path / "predictors" / "traces.jsonl"

    @property
    def report(self) -> Path:
        """The report."""
        return self.path / "report.html"

    @property
    def power(self) -> Path:
        """What trials' devices drew, a file a trial."""
        return self.path / "power"

    @property
    def checkpoints(self) -> Path:
        """Weights, a folder a trial."""
        return self.path / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        """TensorBoard's event files, a folder a trial."""
        return self.path / "tensorboard"

    @property
    def prometheus(self) -> Path:
        """Where Prometheus scrapes the sweep while it runs."""
        return self.path / "prometheus.json"

    @property
    def ray(self) -> Path:
        """Ray Tune's own files; the sweep does not depend on them."""
        return self.path / "ray"

    def create(self) -> None:
        """Make the directory.

        Raises:
            RunError: if it is there already; says how to continue it.
        """
        if self.path.exists() and any(self.path.iterdir()):
            continues = f"`hyperwatt resume {quote(str(self.path))}` continues it, or "
            remedy = (continues if self.journal.is_file() else "") + "choose another `--dir`"
            raise RunError(f"the run directory {self.path} exists already; {remedy}")
        self.traces.parent.mkdir(parents=True, exist_ok=True)

    def must_exist(self) -> None:
        """Check that this is a run.

        Raises:
            RunError: names what is missing.
        """
        missing = [path.name for path in (self.spec, self.journal) if not path.is_file()]
        if missing:
            raise RunError(f"{self.path} is not a run: no {' and no '.join(missing)} in it")


def new_folder(name: str, now: datetime) -> RunFolder:
    """A folder below `runs/` that is not taken, named after the sweep and the time."""
    base = Path("runs") / f"{name}-{now:%Y%m%d-%H%M%S}"
    path, count = base, 1
    while path.exists():
        count += 1
        path = base.with_name(f"{base.name}-{count}")
    return RunFolder(path)
