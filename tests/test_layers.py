"""The floors of the house: who may import whom, and who may touch the outside world."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

MAY_IMPORT = {
    "constraints": {"constraints"},
    "workers": {"workers", "constraints"},
    "orchestrator": {"orchestrator", "constraints"},
    "experiments": {"experiments", "orchestrator", "workers", "constraints"},
}
ONLY_IN = {
    "pynvml": {"workers.meters.nvml"},
    "ray": {
        "workers.trial",
        "orchestrator.tune_searcher",
        "orchestrator.tune_run",
        "orchestrator.tune_scheduler",
        "orchestrator.tune_loggers",
        "orchestrator.ray_metrics",
    },
}


def name_of(path: Path) -> str:
    """Dotted name below the root package: `workers/meters/nvml.py` is `workers.meters.nvml`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for folder in MAY_IMPORT for path in (ROOT / folder).rglob("*.py")}


def imports(module: str) -> Iterator[str]:
    """Modules that a module imports: ours by dotted name, others' by their top name."""
    path = MODULES[module]
    package = module.split(".") if path.stem == "__init__" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - (node.level - 1)] + (node.module or "").split(".")
            stem = ".".join(part for part in base if part)
            for alias in node.names:  # `from .a import b`: b may be a module of a, or a name in it
                inner = f"{stem}.{alias.name}" if stem else alias.name
                yield inner if inner in MODULES else stem


GRAPH = {module: set(imports(module)) - {module} for module in MODULES}


@pytest.mark.parametrize("module", GRAPH)
def test_imports_only_go_down(module: str) -> None:
    ours = {name.split(".")[0] for name in GRAPH[module]} & set(MAY_IMPORT)

    assert ours <= MAY_IMPORT[module.split(".")[0]]


@pytest.mark.parametrize("module", GRAPH)
def test_imports_among_our_own_are_relative(module: str) -> None:
    assert "hyperwatt" not in GRAPH[module]


@pytest.mark.parametrize("outside", ONLY_IN)
def test_the_outside_world_has_few_doors(outside: str) -> None:
    users = {module for module, names in GRAPH.items() if outside in names}

    assert users <= ONLY_IN[outside]


def test_no_circles() -> None:
    TopologicalSorter(GRAPH).prepare()
