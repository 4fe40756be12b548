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


@pytest.fixture(scope="session")
def new_fake_nvml(
    gpus: ModuleType,
    built_nvml: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Any]:
    """Makes machines with one healthy board, or with those that are given."""

    def new(*boards: Any, without: tuple[str, ...] = (), **others: Any) -> Any:
        fake = gpus.FakeNvml(built_nvml(without), tmp_path_factory.mktemp("machine"))
        fake.show(*(boards or (gpus.Board(),)), **others)
        return fake

    return new


@pytest.fixture
def fake_nvml(new_fake_nvml: Callable[..., Any]) -> Any:
    """NVIDIA GPUs that are not there; see `tests/fake_nvml/fake_nvml.py` for their use.

    One healthy board is shown until `show` is called.
    """
    return new_fake_nvml()
