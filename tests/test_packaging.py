"""What a user installs: the wheel holds the package and nothing else, and works by itself."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("constraints", "orchestrator", "workers", "experiments")


def test_every_source_folder_is_listed_in_the_packages() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {
        ".".join(("hyperwatt", *path.parent.relative_to(ROOT).parts))
        for source in SOURCES
        for path in (ROOT / source).rglob("*.py")
    }

    assert set(listed) == {"hyperwatt", *folders}


@pytest.mark.slow
def test_the_front_door_opens_neither_ray_nor_torch() -> None:
    code = (
        "import sys, hyperwatt, hyperwatt.experiments.cli, hyperwatt.experiments.preflight;"
        "print(sorted({'ray', 'torch', 'torchvision', 'pynvml'} & set(sys.modules)))"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"


def test_no_requirement_names_a_host() -> None:
    assert "://" not in (ROOT / "requirements.txt").read_text()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, because a build leaves folders behind."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "checkout-of-another-name"
    ignored = shutil.ignore_patterns(".venv", ".git", "runs", "build", "*.egg-info", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignored)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", build], check=True, cwd=copy, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_its_specs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"hyperwatt"}
    assert {"hyperwatt/py.typed", "hyperwatt/experiments/digits.yaml"} <= set(names)
    assert not [name for name in names if "/tests/" in name or "benchmarks" in name]


@pytest.mark.slow
def test_the_installed_wheel_knows_its_bundled_specs(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        "import hyperwatt; from hyperwatt.experiments.spec_files import load_spec;"
        "from hyperwatt.experiments.preflight import check_surroundings;"
        "check_surroundings(load_spec('digits')); print(hyperwatt.__file__)"
    )

    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
    )  # fmt: skip

    assert said.stdout.startswith(str(site))


def test_users_own_folders_of_our_names_do_not_collide(tmp_path: Path) -> None:
    for name in SOURCES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("mine = True\n")
    code = "import workers, hyperwatt.workers; print(workers.mine, hyperwatt.workers.__name__)"

    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )

    assert said.stdout.strip() == "True hyperwatt.workers"
