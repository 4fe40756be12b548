"""What tests of several folders share."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FAKE = Path(__file__).parent / "fake_nvml" / "fake_nvml.py"


@pytest.fixture(scope="session")
def gpus() -> ModuleType:
    """The words to describe GPUs that are not there: `Board`, `Fault`, `Process`, `Slice`."""
    spec = importlib.util.spec_from_file_location("fake_nvml", FAKE)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["fake_nvml"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def built_nvml(
    gpus: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[tuple[str, ...]], Path]:
    """Builds NVML's stand-in, without some functions; each build once a session."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler (`cc`) to build the stand-in for NVML")
    built: dict[tuple[str, ...], Path] = {}

    def build(without: tuple[str, ...] = ()) -> Path:
        if without not in built:
            folder = tmp_path_factory.mktemp("nvml")
            built[without] = gpus.build(folder, compiler, without)
        return built[without]

    return build


@pytest.fixture
def fake_nvml(gpus: ModuleType, built_nvml: Callable[..., Path], tmp_path: Path) -> Any:
    """NVIDIA GPUs that are not there; see `tests/fake_nvml/fake_nvml.py` for their use.

    One healthy board is shown until `show` is called.
    """
    folder = tmp_path / "fake_nvml"
    folder.mkdir()
    fake = gpus.FakeNvml(built_nvml(), folder)
    fake.show(gpus.Board())
    return fake


@pytest.fixture
def old_nvml(fake_nvml: Any, built_nvml: Callable[..., Path]) -> Callable[..., Any]:
    """The same GPUs under a driver that lacks the named functions."""

    def lack(*without: str) -> Any:
        fake_nvml.library = built_nvml(without)
        return fake_nvml

    return lack
