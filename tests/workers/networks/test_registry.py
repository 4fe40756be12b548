import subprocess
import sys

import pytest

from hyperwatt.constraints.errors import NetworkError
from hyperwatt.workers.networks.registry import FAMILIES, find_family


def test_an_unknown_network_names_the_nearest() -> None:
    with pytest.raises(NetworkError, match="no network 'cn'; did you mean 'cnn'"):
        find_family("cn")


@pytest.mark.parametrize("name", FAMILIES)
def test_no_family_takes_a_training_parameter(name: str) -> None:
    from hyperwatt.workers.training_parameters import TRAINING_PARAMETERS

    assert not find_family(name).structural_names() & set(TRAINING_PARAMETERS)


def test_what_the_driver_asks_of_workers_imports_no_torch() -> None:
    code = """
import sys
from hyperwatt.workers.networks.registry import find_family
from hyperwatt.workers.data import check_task, describe_task
from hyperwatt.workers.meters.devices import capabilities
from hyperwatt.workers.training_parameters import TRAINING_PARAMETERS
import hyperwatt.workers.child
find_family("cnn").check({}, (1, 8, 8), 10)
check_task({"name": "digits"})
capabilities("cpu"), capabilities("cuda")
assert not {"torch", "torchvision", "ray", "sklearn"} & set(sys.modules)
"""

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
