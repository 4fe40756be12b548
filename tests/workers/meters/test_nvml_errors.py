import pynvml
import pytest

from hyperwatt.workers.meters.nvml_errors import MEANINGS, UNMAPPED, meaning_of

CODES = sorted(name for name in vars(pynvml) if name.startswith("NVML_ERROR_"))
CLASSES = sorted(name for name in vars(pynvml) if name.startswith("NVMLError_"))


@pytest.mark.parametrize("name", CODES)
def test_every_code_of_the_binding_has_a_meaning(name: str) -> None:
    error = pynvml.NVMLError(getattr(pynvml, name))

    assert meaning_of(pynvml, error) is MEANINGS[name]


@pytest.mark.parametrize("name", CLASSES)
def test_every_error_class_of_the_binding_has_a_meaning_and_a_remedy(name: str) -> None:
    error = getattr(pynvml, name)()

    assert meaning_of(pynvml, error) is not UNMAPPED
    assert len(meaning_of(pynvml, error).remedy) > 10


def test_the_binding_has_errors_to_map() -> None:
    assert len(CODES) == len(CLASSES) >= 25


def test_an_error_that_no_one_knows_yet_ends_the_reading() -> None:
    assert meaning_of(pynvml, pynvml.NVMLError(4711)).ends


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        (pynvml.NVML_ERROR_GPU_IS_LOST, True),
        (pynvml.NVML_ERROR_RESET_REQUIRED, True),
        (pynvml.NVML_ERROR_UNKNOWN, True),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, True),
        (pynvml.NVML_ERROR_NOT_SUPPORTED, False),
        (pynvml.NVML_ERROR_TIMEOUT, False),
    ],
)
def test_only_what_takes_the_device_away_ends_the_reading(code: int, ends: bool) -> None:
    assert meaning_of(pynvml, pynvml.NVMLError(code)).ends is ends


def test_an_empty_list_is_no_fault() -> None:
    """The binding raises success where it expected to be told a size."""
    assert meaning_of(pynvml, pynvml.NVMLError(pynvml.NVML_SUCCESS)).kind == "for now"
