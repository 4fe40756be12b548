"""The peers, and an environment of its own for each.

    python -m benchmarks.search.environments [--envs FOLDER] [NAME ...]

makes those that are missing, from the pinned lists in `requirements/`; a peer that does not install
is named with the message, and its cells stay empty. `hebo` needs an override: the GPy that it pins
does not build on today's Python.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.search.cells import PROTOCOL

HERE = Path(__file__).parent
ENVIRONMENTS = Path.home() / ".cache" / "hyperwatt-peers"


@dataclass(frozen=True)
class PeerKind:
    """A peer of the benchmark.

    Attributes:
        name: in cells and on pages.
        environment: its list of requirements.
        script: in `peers/`.
        words: after the script.
        aware: whether it is told of limits, so that an infeasible candidate ends at its probe.
        fast: whether it runs on all problems with all seeds.
        on_points: speaks of points on the unit box rather than of candidates.
    """

    name: str
    environment: str
    script: str
    words: tuple[str, ...] = ()
    aware: bool = False
    fast: bool = False
    on_points: bool = False


_ALL = (
    PeerKind("optuna-tpe", "optuna", "optuna_peer", ("tpe",), aware=True, fast=True),
    PeerKind("optuna-tpe-vanilla", "optuna", "optuna_peer", ("tpe-vanilla",), fast=True),
    PeerKind("optuna-gp", "optuna", "optuna_peer", ("gp",), aware=True),
    PeerKind("botorch-qlogei", "botorch", "botorch_peer", aware=True, on_points=True),
    PeerKind("smac", "smac", "smac_peer", ("unaware",)),
    PeerKind("smac-penalty", "smac", "smac_peer", ("penalty",), aware=True),
    PeerKind("skopt", "skopt", "skopt_peer"),
    PeerKind("tune-optuna", "tune", "tune_peer"),
    PeerKind("hebo", "hebo", "hebo_peer"),
)
PEERS = {peer.name: peer for peer in _ALL}


def python_of(environments: Path, name: str) -> Path:
    """The interpreter of an environment, there or not."""
    return environments / name / "bin" / "python"


def make_environment(environments: Path, name: str) -> str:
    """Make one that is missing.

    Returns:
        Why it cannot be had; empty if it is there.

    Side effects:
        Installs packages below the folder.
    """
    python = python_of(environments, name)
    if python.is_file():
        return ""
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    override = HERE / "requirements" / f"{name}.overrides"
    extra = ["--override", str(override)] if override.is_file() else []
    commands = (
        [uv, "venv", "-q", "--python", sys.executable, str(environments / name)],
        [uv, "pip", "install", "-q", "--python", str(python), *extra,
         "-r", str(HERE / "requirements" / f"{name}.txt")],
    )  # fmt: skip
    for words in commands:
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(environments / name, ignore_errors=True)
            return done.stderr.strip()[-500:]
    return ""


def peer_version(environments: Path, peer: PeerKind) -> str:
    """The package and its version, as it is installed."""
    lines = (HERE / "requirements" / f"{peer.environment}.txt").read_text().splitlines()
    return " ".join([PROTOCOL, *(line for line in lines if line)])


def main() -> None:
    """Make environments and say which cannot be had."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=sorted({p.environment for p in _ALL}))
    parser.add_argument("--envs", type=Path, default=ENVIRONMENTS)
    given = parser.parse_args()
    given.envs.mkdir(parents=True, exist_ok=True)
    for name in given.names:
        print(f"{name}: {make_environment(given.envs, name) or 'ready'}", flush=True)


if __name__ == "__main__":
    main()
