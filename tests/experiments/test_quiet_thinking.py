"""The search and a probe take turns on a CPU, and a GPU's probe is not waited for."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from hyperwatt.experiments.quiet_thinking import beside_no_probe
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.workers import device_lock


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    monkeypatch.setattr(device_lock, "_machine_folder", lambda: tmp_path / "machine")
    return RunFolder(tmp_path / "run")


def probes_at_once(folder: RunFolder) -> bool:
    lock = device_lock.lock_of("cpu", folder.path.resolve() / "locks", limit_s=0.1)
    try:
        with lock.exclusive():
            return True
    except device_lock.DeviceBusyError:
        return False


def test_a_probe_waits_for_a_thought_on_the_same_cpu(folder: RunFolder) -> None:
    quietly = beside_no_probe("cpu", folder)

    with quietly():
        assert not probes_at_once(folder)
    assert probes_at_once(folder)


def test_thoughts_do_not_wait_for_each_other(folder: RunFolder) -> None:
    quietly = beside_no_probe("cpu", folder)

    with quietly(), quietly():
        pass


def test_on_other_devices_nothing_is_waited_for(folder: RunFolder) -> None:
    assert beside_no_probe("simulated:toy", folder) is nullcontext
