import json
from dataclasses import replace

import pytest

from hyperwatt.workers.meters.idle import IdlePower


def idle_of(device, path, **others) -> IdlePower:
    return IdlePower(path, sleep=device.sleep, **others)


def test_it_is_measured_once_for_all_processes(scripted, tmp_path) -> None:
    first, second = scripted(idle_w=40.0), scripted(idle_w=99.0)
    path = tmp_path / "locks" / "idle.json"

    values = [idle_of(d, path).of(d, d.watch) for d in (first, second)]

    assert values == [pytest.approx(40.0, rel=0.03)] * 2
    assert second.now_s == 0.0


@pytest.mark.parametrize("broken", ["", "{", '{"idle_w": 3}', '{"idle_w": null, "boot_id": "b"}'])
def test_a_file_that_was_cut_off_is_measured_anew(scripted, tmp_path, broken) -> None:
    device, path = scripted(idle_w=40.0), tmp_path / "idle.json"
    path.write_text(broken)

    assert idle_of(device, path).of(device, device.watch) == pytest.approx(40.0, rel=0.03)
    assert json.loads(path.read_text())["idle_w"] == pytest.approx(40.0, rel=0.03)


def test_it_is_measured_anew_after_a_day_and_after_a_restart(scripted, tmp_path) -> None:
    path, boot = tmp_path / "idle.json", tmp_path / "boot_id"
    boot.write_text("first")
    waited = []
    for wall_s, boot_id in (
        (0.0, "first"),
        (3600.0, "first"),
        (90_000.0, "first"),
        (90_001.0, "2"),
    ):
        boot.write_text(boot_id)
        device = scripted()
        idle_of(device, path, wall_clock=lambda s=wall_s: s, boot_id=boot).of(device, device.watch)
        waited.append(device.now_s > 0)

    assert waited == [True, False, True, True]


def test_a_sensor_that_cannot_tell_has_no_idle_power(scripted, tmp_path) -> None:
    device = scripted(idle_w=0.0)

    assert idle_of(device, tmp_path / "idle.json").of(device, device.watch) is None
    assert not (tmp_path / "idle.json").exists()


def test_a_device_at_work_is_not_idle_and_nothing_is_kept(scripted, tmp_path) -> None:
    elsewhere = scripted(distort=lambda r: replace(r, busy_processes=1))
    restless = scripted(distort=lambda r: replace(r, power_w=50.0 if int(r.time_s) % 4 else 400.0))

    for device in (elsewhere, restless):
        assert idle_of(device, tmp_path / "idle.json").of(device, device.watch) is None
    assert not (tmp_path / "idle.json").exists()
