"""What the README shows is what the product takes."""

import re
from pathlib import Path

import yaml

from hyperwatt.experiments.cli import app
from hyperwatt.experiments.spec_check import check_spec
from hyperwatt.orchestrator.strategies.registry import STRATEGIES

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()


def test_its_example_is_a_spec() -> None:
    example = re.search(r"```yaml\n(.*?)```", README, re.S)
    assert example is not None

    assert check_spec(yaml.safe_load(example[1]), "README").name == "my-sweep"


def test_it_names_every_strategy_and_every_command() -> None:
    commands = {str(command.callback.__name__) for command in app.registered_commands}  # type: ignore[union-attr]

    assert not [name for name in STRATEGIES if f"`{name}`" not in README]
    assert not [name for name in commands if f"hyperwatt {name}" not in README]


def test_the_files_it_points_to_are_there() -> None:
    root = Path(__file__).resolve().parents[1]
    for path in re.findall(r"\]\(((?!http)[^)]+)\)", README):
        assert (root / path).is_file(), path
