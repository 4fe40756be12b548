"""NVIDIA's management library: the only door to it. It is asked, and says a value or why not."""

from __future__ import annotations

import logging
import weakref
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ...constraints.errors import MeasurementError
from .nvml_errors import meaning_of, says

_log = logging.getLogger(__name__)

# Names in the union of a field's value, by its type [nvml.h nvmlValueType_t].
FIELD_TYPES = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")


@dataclass(frozen=True)
class Absent:
    """A value that is not told.

    Attributes:
        reason: why, and what would help.
        lasts: whether it is in vain to ask again.
    """

    reason: str
    lasts: bool


class Nvml:
    """The library, open for as long as this lives.

    Opening it creates no CUDA context. A process that was forked must open its own.
    """

    def __init__(self, binding: Any = None) -> None:
        """Open it.

        Args:
            binding: NVIDIA's own by default, or what imitates it.

        Raises:
            MeasurementError: if there is no driver, or it cannot be used; with what would help.
        """
        self._binding = load_nvml() if binding is None else binding
        self._told: set[tuple[str, int]] = set()
        try:
            self._binding.nvmlInit()
        except self._binding.NVMLError as error:
            raise MeasurementError(says(self._binding, error)) from error
        self.close = weakref.finalize(self, _shut, self._binding)

    def ask(self, call: str, *arguments: Any) -> Any:
        """Call a function of the library.

        Args:
            call: its name.
            arguments: what it takes.

        Returns:
            What it gives, or `Absent`.

        Raises:
            MeasurementError: if the device is gone.

        Side effects:
            Logs each kind of fault once.
        """
        function = getattr(self._binding, call, None)
        if function is None:
            return Absent(f"`nvidia-ml-py` has no {call}; upgrade it", lasts=True)
        try:
            return function(*arguments)
        except self._binding.NVMLError as error:
            return self._absent(call, error)

    def ask_field(self, handle: Any, field: int, scope: int) -> Any:
        """The value of a field, or `Absent`; see `ask`."""
        values = self.ask("nvmlDeviceGetFieldValues", handle, [(field, scope)])
        if isinstance(values, Absent):
            return values
        if values[0].nvmlReturn != 0:
            error = self._binding.NVMLError(values[0].nvmlReturn)
            return self._absent(f"field {field} of scope {scope}", error)
        return getattr(values[0].value, FIELD_TYPES[values[0].valueType])

    def need(self, call: str, *arguments: Any) -> Any:
        """As `ask`, where nothing can be done without the answer.

        Raises:
            MeasurementError: if there is none.
        """
        answer = self.ask(call, *arguments)
        if isinstance(answer, Absent):
            raise MeasurementError(answer.reason)
        return answer

    def _absent(self, call: str, error: Exception) -> Absent:
        meaning, text = meaning_of(self._binding, error), says(self._binding, error)
        if meaning.ends:
            raise MeasurementError(text) from error
        fault = (call, getattr(error, "value", 0))
        if fault not in self._told:
            self._told.add(fault)
            _log.info("%s: %s", call, text)
        return Absent(text, lasts=meaning.kind == "not here")


def _shut(binding: Any) -> None:
    with suppress(binding.NVMLError):  # of a driver that is gone there is nothing to close
        binding.nvmlShutdown()


def load_nvml() -> Any:
    """NVIDIA's own binding.

    Raises:
        MeasurementError: if the deprecated package `pynvml` stands in its place.
    """
    import pynvml

    if not hasattr(pynvml, "_nvmlGetFunctionPointer"):
        raise MeasurementError(
            "the module `pynvml` is not NVIDIA's; `pip uninstall pynvml` and "
            "`pip install --force-reinstall nvidia-ml-py`"
        )
    return pynvml
