"""What each of NVML's error codes means for a measurement, and what would help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["no driver", "not here", "gone", "for now", "our fault"]


@dataclass(frozen=True)
class Meaning:
    """What an error means.

    Attributes:
        kind: `no driver`: nothing at all can be read on this machine; `not here`: this device does
            not tell this; `gone`: the device answers nothing any more; `for now`: ask again later;
            `our fault`: NVML was asked wrongly.
        remedy: what would help.
    """

    kind: Kind
    remedy: str

    @property
    def ends(self) -> bool:
        """Whether nothing more is to be had from the device."""
        return self.kind in ("no driver", "gone", "our fault")


_DRIVER = "install NVIDIA's driver, or give the container its `utility` capability"
_AGAIN = "it may answer the next time"
_REPORT = "please report this"
_UNTOLD = "this device does not tell it"
_CONTAINER = "if this is a container, start it anew: it can lose its devices; else see `dmesg`"

MEANINGS = {
    "NVML_SUCCESS": Meaning("for now", _AGAIN),  # the binding raises it for an empty list
    "NVML_ERROR_UNINITIALIZED": Meaning("our fault", _REPORT),
    "NVML_ERROR_INVALID_ARGUMENT": Meaning("not here", "the driver does not know it"),
    "NVML_ERROR_NOT_SUPPORTED": Meaning("not here", _UNTOLD),
    "NVML_ERROR_NO_PERMISSION": Meaning("not here", "ask the administrator of this machine"),
    "NVML_ERROR_ALREADY_INITIALIZED": Meaning("our fault", _REPORT),
    "NVML_ERROR_NOT_FOUND": Meaning("for now", "`nvidia-smi -L` shows what is there"),
    "NVML_ERROR_INSUFFICIENT_SIZE": Meaning("for now", _AGAIN),
    "NVML_ERROR_INSUFFICIENT_POWER": Meaning("gone", "plug in the card's own power cables"),
    "NVML_ERROR_DRIVER_NOT_LOADED": Meaning("no driver", "load NVIDIA's driver"),
    "NVML_ERROR_TIMEOUT": Meaning("for now", _AGAIN),
    "NVML_ERROR_IRQ_ISSUE": Meaning("gone", "look into the kernel's log (`dmesg`)"),
    "NVML_ERROR_LIBRARY_NOT_FOUND": Meaning("no driver", _DRIVER),
    "NVML_ERROR_FUNCTION_NOT_FOUND": Meaning("not here", "the driver is too old for it"),
    "NVML_ERROR_CORRUPTED_INFOROM": Meaning("not here", "the card's memory of itself is damaged"),
    "NVML_ERROR_GPU_IS_LOST": Meaning("gone", "it fell off the bus; restart the machine"),
    "NVML_ERROR_RESET_REQUIRED": Meaning("gone", "it must be reset, or the machine restarted"),
    "NVML_ERROR_OPERATING_SYSTEM": Meaning("gone", "a container or its rules forbid its use"),
    "NVML_ERROR_LIB_RM_VERSION_MISMATCH": Meaning(
        "no driver", "restart the machine after the driver's upgrade"
    ),
    "NVML_ERROR_IN_USE": Meaning("for now", _AGAIN),
    "NVML_ERROR_MEMORY": Meaning("for now", _AGAIN),
    "NVML_ERROR_NO_DATA": Meaning("for now", _AGAIN),
    "NVML_ERROR_VGPU_ECC_NOT_SUPPORTED": Meaning("not here", "a virtual GPU does not tell it"),
    "NVML_ERROR_INSUFFICIENT_RESOURCES": Meaning("for now", _AGAIN),
    "NVML_ERROR_FREQ_NOT_SUPPORTED": Meaning("not here", _UNTOLD),
    "NVML_ERROR_ARGUMENT_VERSION_MISMATCH": Meaning(
        "not here", "driver and `nvidia-ml-py` are too far apart; upgrade the older"
    ),
    "NVML_ERROR_DEPRECATED": Meaning("not here", "upgrade `nvidia-ml-py`"),
    "NVML_ERROR_NOT_READY": Meaning("for now", _AGAIN),
    "NVML_ERROR_GPU_NOT_FOUND": Meaning("gone", "look whether `nvidia-smi -L` still shows it"),
    "NVML_ERROR_INVALID_STATE": Meaning("for now", _AGAIN),
    "NVML_ERROR_RESET_TYPE_NOT_SUPPORTED": Meaning("not here", _UNTOLD),
    "NVML_ERROR_UNKNOWN": Meaning("gone", _CONTAINER),
}
UNMAPPED = Meaning("gone", "see `nvidia-smi`")  # of a binding newer than this file


def meaning_of(binding: Any, error: Exception) -> Meaning:
    """What an error of the binding means.

    Args:
        binding: NVIDIA's, or what imitates it.
        error: an `NVMLError` of it.
    """
    code = getattr(error, "value", None)
    for name, meaning in MEANINGS.items():
        if getattr(binding, name, None) == code:
            return meaning
    return UNMAPPED


def says(binding: Any, error: Exception) -> str:
    """An error of the binding in words, with what would help."""
    meaning = meaning_of(binding, error)
    lost = ", the GPU is gone" if meaning.kind == "gone" else ""
    return f"NVML: {error}{lost}; {meaning.remedy}"
