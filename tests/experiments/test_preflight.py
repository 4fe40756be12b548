import re
from pathlib import Path

import pytest

from hyperwatt.constraints.errors import SpecError
from hyperwatt.experiments import devices, trained_problem
from hyperwatt.experiments.preflight import check_surroundings, unbuildable_share
from hyperwatt.experiments.problem import problem_of
from hyperwatt.experiments.spec_files import bundled_specs, load_spec


def refused(name: str, *settings: str) -> str:
    with pytest.raises(SpecError) as caught:
        check_surroundings(load_spec(name, settings))
    return str(caught.value)


def test_the_bundled_digits_sweep_fits_any_machine() -> None:
    check_surroundings(load_spec("digits"))


def test_a_hyper_parameter_that_nothing_uses_is_named_with_its_near_match() -> None:
    says = refused("digits", "space.learnig_rate={type: float, low: 0.1, high: 1}")

    assert "space.learnig_rate" in says
    assert "did you mean 'learning_rate'?" in says


def test_power_without_a_meter_names_the_devices_that_have_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_rapl = ({"latency_s": "x", "memory_bytes": "x"}, {"power_w": "needs `device: cuda`"})
    monkeypatch.setattr(trained_problem, "capabilities", lambda device: without_rapl)

    says = refused("digits", "budget.power=85 W")

    assert "budget.power: cannot be measured on cpu: needs `device: cuda`" in says


def test_a_power_correction_belongs_to_a_gpu() -> None:
    says = refused("digits", "probe.power_correction=a100.yaml")

    assert "probe.power_correction: is of a GPU" in says


def test_cuda_without_a_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = ({}, {"latency_s": "there is no GPU 7; known: 0"})
    for module in (devices, trained_problem):
        monkeypatch.setattr(module, "capabilities", lambda device: nothing)

    says = refused("digits", "device=cuda")

    assert "device: cuda was asked for, but there is no GPU 7; known: 0" in says


def test_missing_data_says_where_it_was_looked_for(tmp_path: Path) -> None:
    says = refused("mnist", f"task.root={tmp_path}")

    assert str(tmp_path) in says
    assert "task.download=true" in says


def test_packed_data_says_how_to_unpack_it(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{name}-ubyte.gz").touch()

    assert "gunzip -k" in refused("mnist", f"task.root={tmp_path}")


def test_a_space_without_a_network_that_fits_the_image_is_refused() -> None:
    says = refused("digits", "network.fixed={padding: valid}", "space.conv1_kernel.low=9",
                   "space.conv1_kernel.high=11")  # fmt: skip

    assert "space: holds no network that can be built" in says
    assert "conv1_kernel" in says


def test_a_space_that_can_be_built_in_part_is_measured() -> None:
    spec = load_spec("digits", ["network.fixed={padding: valid}", "space.conv1_kernel.high=11"])

    share, reason = unbuildable_share(spec)

    assert 0 < share < 1
    assert re.search(r"conv\d_kernel", reason)


def test_all_surroundings_are_checked_at_once(tmp_path: Path) -> None:
    says = refused("mnist", f"task.root={tmp_path}", "budget.power=85 W",
                   "space.foo={type: int, low: 1, high: 2}")  # fmt: skip

    assert says.startswith("3 faults")


def test_the_specs_in_the_readme_are_bundled() -> None:
    assert {"digits", "mnist"} <= set(bundled_specs())


def test_a_simulated_device_refuses_what_its_original_lacks() -> None:
    check_surroundings(load_spec("digits", ["device=simulated:gtx1070", "budget.power=85 W"]))

    assert "tx1 cannot tell it" in refused("digits", "device=simulated:tx1")
    with pytest.raises(SpecError, match="did you mean 'simulated:tx1'"):
        load_spec("digits", ["device=simulated:tx2"])


@pytest.mark.parametrize(
    ("name", "parameters", "budget"),
    [
        ("hyperpower-mnist", 6, {"power_w": 85.0, "memory_bytes": 1.15e9}),
        ("hyperpower-mnist-tx1", 6, {"power_w": 10.0}),
        ("hyperpower-cifar10", 13, {"power_w": 90.0, "memory_bytes": 1.25e9}),
        ("hyperpower-cifar10-tx1", 13, {"power_w": 12.0}),
        ("hyperpower-cifar10-released", 11, {"power_w": 90.0, "memory_bytes": 1.25e9}),
        ("hyperpower-fashion-mnist", 6, {"power_w": 85.0, "memory_bytes": 1.15e9}),
    ],
)
def test_hyperpower_s_experiments_have_its_spaces_and_budgets(
    name: str, parameters: int, budget: dict[str, float]
) -> None:
    spec = load_spec(name, ["task.generated=true"])

    check_surroundings(spec)
    assert len(spec.space) == parameters
    assert spec.budget == pytest.approx(budget)


def test_memory_cannot_be_budgeted_on_the_tx1() -> None:
    settings = ("task.generated=true", "budget={power: 10 W, memory: 1.15 GB}")

    assert "budget.memory: cannot be measured on simulated:tx1" in (
        refused("hyperpower-mnist-tx1", *settings)
    )


def test_generated_images_are_announced_and_exclude_real_ones() -> None:
    about = problem_of(load_spec("hyperpower-cifar10", ["task.generated=true"])).about()
    both = refused("hyperpower-cifar10", "task.generated=true", "task.download=true")

    assert any("GENERATED in the format of cifar10" in line for line in about)
    assert "`generated` and `download` exclude each other" in both
    assert "bundled and needs no made-up images" in refused("digits", "task.generated=true")


def test_a_recording_that_cannot_be_replayed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short.csv").write_text("time_s,power_w\n0,50\n")

    says = refused("digits", f"device=replay:{tmp_path}/short.csv", "budget={power: 60 W}")

    assert "at least 2 are needed" in says


def test_a_recording_of_power_tells_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "steady.csv").write_text("time_s,power_w\n0,50\n9,50\n")
    device = f"device=replay:{tmp_path}/steady.csv"

    check_surroundings(load_spec("digits", [device, "budget={power: 60 W}"]))

    assert "tells nothing else" in refused("digits", device, "budget={latency: 3 ms}")
