"""Which GPUs a process may use, told without CUDA.

CUDA reads `CUDA_VISIBLE_DEVICES` when it starts; here it is read as CUDA does. CUDA counts the
fastest GPU first and NVML by the bus, so an index means the same to both only where they cannot
differ; everything else is keyed by UUID.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ...constraints.errors import MeasurementError
from .nvml import Absent, Nvml

VARIABLE = "CUDA_VISIBLE_DEVICES"
COMPUTE_MODES = {0: "default", 1: "exclusive", 2: "prohibited", 3: "exclusive"}  # [nvml.h]


@dataclass(frozen=True)
class Slice:
    """The part of a board that a MIG slice is.

    Attributes:
        board_uuid: of the whole GPU.
        gpu_instance, compute_instance: numbers of the slice on it.
    """

    board_uuid: str
    gpu_instance: int
    compute_instance: int

    @property
    def old_name(self) -> str:
        """As drivers before 470 named it."""
        return f"MIG-{self.board_uuid}/{self.gpu_instance}/{self.compute_instance}"


@dataclass(frozen=True)
class Gpu:
    """What CUDA can compute on: a whole GPU or a slice of one.

    Attributes:
        uuid: `GPU-...` or `MIG-...`.
        name: of the whole GPU.
        nvml_index: of the whole GPU, in NVML's order.
        mig: the slice it is; None if it is a whole GPU.
    """

    uuid: str
    name: str
    nvml_index: int
    mig: Slice | None = None

    def is_called(self, entry: str) -> bool:
        """Whether an entry of `CUDA_VISIBLE_DEVICES` names it, perhaps by its beginning."""
        return self.uuid.startswith(entry) or (self.mig is not None and self.mig.old_name == entry)


@dataclass(frozen=True)
class Card:
    """What users are shown of a GPU.

    Attributes:
        name: of the product.
        uuid: `GPU-...`.
        driver: its version; empty if it is not told.
        limit_w: power that it does not exceed for long; None if it is not told.
        compute_mode: `default`, `exclusive` or `prohibited`; empty if it is not told.
    """

    name: str
    uuid: str
    driver: str
    limit_w: float | None
    compute_mode: str


def all_gpus(nvml: Nvml) -> tuple[Gpu, ...]:
    """All GPUs of this machine in NVML's order, divided ones by their slices.

    GPUs that this process may not open, and those that are lost, are left out.

    Raises:
        MeasurementError: if NVML cannot tell.
    """
    found: list[Gpu] = []
    for index in range(nvml.need("nvmlDeviceGetCount")):
        with suppress(MeasurementError):
            found.extend(_gpus_at(nvml, index))
    return tuple(found)


def visible_gpus(environ: Mapping[str, str], nvml: Nvml) -> tuple[Gpu, ...]:
    """The GPUs that CUDA shows to a process of an environment, in CUDA's order if it is given.

    Raises:
        MeasurementError: if an entry names none or several GPUs, or one that is named before.
    """
    gpus = all_gpus(nvml)
    if VARIABLE not in environ:
        return gpus
    by_bus = environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID"
    chosen: list[Gpu] = []
    for entry in _entries(environ[VARIABLE]):
        gpu = _at(entry, gpus, by_bus) if entry.isdigit() else _called(entry, gpus)
        if gpu in chosen:
            raise MeasurementError(
                f"`{VARIABLE}` names {gpu.uuid} twice, so CUDA sees none: {environ[VARIABLE]!r}"
            )
        chosen.append(gpu)
    return tuple(chosen)


def uuid_of_torch(uuid: object) -> str:
    """A UUID in NVML's spelling, from `torch.cuda.get_device_properties(...).uuid`.

    >>> uuid_of_torch("b9d81fe5-0001-4a4f-8f6b-3a5a0f1d2c3e")
    'GPU-b9d81fe5-0001-4a4f-8f6b-3a5a0f1d2c3e'
    """
    plain = str(uuid)
    return plain if plain.startswith(("GPU-", "MIG-")) else f"GPU-{plain}"


def card_of(gpu: Gpu, nvml: Nvml) -> Card:
    """What users are shown of the GPU, of the whole one for a slice."""
    uuid = gpu.mig.board_uuid if gpu.mig else gpu.uuid
    handle = nvml.need("nvmlDeviceGetHandleByUUID", uuid)
    driver = nvml.ask("nvmlSystemGetDriverVersion")
    limit_mw = nvml.ask("nvmlDeviceGetEnforcedPowerLimit", handle)
    mode = nvml.ask("nvmlDeviceGetComputeMode", handle)
    return Card(
        name=gpu.name,
        uuid=uuid,
        driver="" if isinstance(driver, Absent) else str(driver),
        limit_w=None if isinstance(limit_mw, Absent) or limit_mw <= 0 else limit_mw / 1e3,
        compute_mode="" if isinstance(mode, Absent) else COMPUTE_MODES.get(mode, ""),
    )


def _gpus_at(nvml: Nvml, index: int) -> Iterator[Gpu]:
    handle = nvml.ask("nvmlDeviceGetHandleByIndex", index)
    if isinstance(handle, Absent):
        return
    uuid = str(nvml.need("nvmlDeviceGetUUID", handle))
    name = str(nvml.need("nvmlDeviceGetName", handle))
    mode = nvml.ask("nvmlDeviceGetMigMode", handle)
    if isinstance(mode, Absent) or not mode[0]:
        yield Gpu(uuid, name, index)
        return
    for number in range(nvml.need("nvmlDeviceGetMaxMigDeviceCount", handle)):
        part = nvml.ask("nvmlDeviceGetMigDeviceHandleByIndex", handle, number)
        if not isinstance(part, Absent):
            yield Gpu(
                str(nvml.need("nvmlDeviceGetUUID", part)), name, index, _slice(nvml, part, uuid)
            )


def _slice(nvml: Nvml, part: Any, board_uuid: str) -> Slice:
    return Slice(
        board_uuid,
        nvml.need("nvmlDeviceGetGpuInstanceId", part),
        nvml.need("nvmlDeviceGetComputeInstanceId", part),
    )


def _entries(text: str) -> Iterator[str]:
    """The entries of the variable, up to the first that can be none, as CUDA reads them."""
    for entry in (part.strip() for part in text.split(",")):
        if not entry.isdigit() and not entry.startswith(("GPU-", "MIG-")):
            return
        yield entry


def _at(entry: str, gpus: Sequence[Gpu], by_bus: bool) -> Gpu:
    """The GPU of an index."""
    found = [gpu for gpu in gpus if gpu.nvml_index == int(entry)]
    if not found:
        raise MeasurementError(f"`{VARIABLE}`: there is no GPU {entry}; {_known(gpus)}")
    if found[0].mig is not None:
        raise MeasurementError(
            f"`{VARIABLE}`: GPU {entry} is divided into MIG slices; name one, {_known(gpus)}"
        )
    if not by_bus and len({gpu.name for gpu in gpus}) > 1:
        raise MeasurementError(
            f"`{VARIABLE}`: CUDA may count these different GPUs in another order, so it is not "
            f"clear which one {entry} is; set `CUDA_DEVICE_ORDER=PCI_BUS_ID`, or name it by its "
            f"UUID, {_known(gpus)}"
        )
    return found[0]


def _called(entry: str, gpus: Sequence[Gpu]) -> Gpu:
    """The GPU of a UUID or its beginning."""
    found = [gpu for gpu in gpus if gpu.is_called(entry)]
    if len(found) != 1:
        says = "names several GPUs" if found else "names no GPU"
        raise MeasurementError(f"`{VARIABLE}`: {entry!r} {says}; {_known(gpus)}")
    return found[0]


def _known(gpus: Sequence[Gpu]) -> str:
    return "known: " + (", ".join(f"{g.nvml_index} {g.name} {g.uuid}" for g in gpus) or "none")
