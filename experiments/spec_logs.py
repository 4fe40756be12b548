"""The `logs` section of a spec: who is told of a sweep's trainings while it runs.

Each entry is a name, or a name with options: `logs: [tensorboard, {mlflow: {experiment: mine}}]`.
No option may hold a secret, because a run keeps its spec: those come from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar
from urllib.parse import unquote_plus, urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, ValidationError

from ..constraints.errors import did_you_mean
from .spec_fields import EntryFaults, Section

EXAMPLE = "`[tensorboard, mlflow]`"
SECRETS = (  # in the name of what an address asks for, such as `sslpassword` or `aws-access-key-id`
    "password", "passwd", "passphrase", "pwd", "token", "secret", "credential", "apikey",
    "accesskey",
)  # fmt: skip


class LogSpec(Section):
    """One who is told.

    Attributes:
        name: in a spec.
        packages: that must be there.
        remedy: how they are installed.
        secrets: options that are refused, with what to do instead.
    """

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    remedy: ClassVar[str]
    secrets: ClassVar[Mapping[str, str]] = {}


class TensorboardSpec(LogSpec):
    """TensorBoard's event files below the run; `tensorboard --logdir RUN` shows them."""

    name = "tensorboard"
    packages = ("tensorboardX",)
    remedy = "pip install tensorboardX"


def _without_password(uri: str) -> str:
    try:
        parts = urlsplit(uri)
        secret = parts.password is not None or (parts.username and parts.scheme.startswith("http"))
    except ValueError:  # whose text may repeat it
        raise ValueError("is no address") from None
    if secret or _asks_with_secret(f"{parts.query}&{parts.fragment}"):
        raise ValueError(
            "holds a name, a password or a token, which a run would keep; leave it out and set "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or all of it as "
            "MLFLOW_TRACKING_URI, in the environment"
        )
    return uri


def _asks_with_secret(query: str) -> bool:
    """Whether one of its names is that of a secret, also where a query stands inside another."""
    given = (part.partition("=") for part in re.split("[&;?]", unquote_plus(query)))
    names = [re.sub("[^a-z]", "", name.lower()) for name, _, value in given if value]
    return any(secret in name for name in names for secret in SECRETS)


class MlflowSpec(LogSpec):
    """An MLflow run for each training.

    Attributes:
        tracking_uri: a server, a data base or a folder; else MLFLOW_TRACKING_URI, or what MLflow
            takes by itself.
        experiment: that the runs belong to; else MLFLOW_EXPERIMENT_NAME, or the sweep's name.
    """

    name = "mlflow"
    packages = ("mlflow",)
    remedy = "pip install mlflow"
    secrets: ClassVar[Mapping[str, str]] = {
        "tracking_token": "set MLFLOW_TRACKING_TOKEN in the environment"
    }

    tracking_uri: Annotated[str, AfterValidator(_without_password)] | None = None
    experiment: str | None = None


class WandbSpec(LogSpec):
    """A Weights & Biases run for each training; WANDB_MODE=offline keeps them below the run.

    Each takes two processes of Ray's for some seconds, which is seen in what is measured on a CPU
    meanwhile.

    Attributes:
        project: that the runs belong to; else WANDB_PROJECT, or the sweep's name.
        entity: user or team.
        group: of the runs in the project; else WANDB_RUN_GROUP, or the name of the run's folder.
    """

    name = "wandb"
    packages = ("wandb",)
    remedy = "pip install wandb"
    secrets: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("api_key", "api_key_file"), "set WANDB_API_KEY in the environment, or call `wandb login`"
    )

    project: str | None = None
    entity: str | None = None
    group: str | None = None


class PrometheusSpec(LogSpec):
    """Counters and gauges of the sweep among Ray's metrics.

    While it runs, `prometheus.json` in the run's folder says where they are scraped, as Prometheus'
    `file_sd_configs` read it.
    """

    name = "prometheus"
    packages = ("aiohttp_cors", "opencensus", "prometheus_client")  # Ray serves none without them
    remedy = "pip install 'ray[default]'"


KINDS: dict[str, type[LogSpec]] = {
    kind.name: kind for kind in (TensorboardSpec, MlflowSpec, WandbSpec, PrometheusSpec)
}


def missing_package(log: LogSpec) -> str:
    """What must be installed before a log can be kept, in words; empty if nothing."""
    missing = [package for package in log.packages if find_spec(package) is None]
    if not missing:
        return ""
    noun = "package" if len(missing) == 1 else "packages"
    return f"{log.name!r} needs the {noun} {', '.join(missing)}: {log.remedy}"


def _logs(given: object) -> list[LogSpec]:
    """All entries, or all their faults; none of these repeats a value, which may be a secret."""
    if not isinstance(given, list | tuple):
        raise ValueError(f"needs a list, such as {EXAMPLE}, got a {type(given).__name__}")
    faults: list[tuple[str, str]] = []
    found: list[LogSpec] = []
    for index, entry in enumerate(given):
        try:
            found.append(_log(index, entry))
        except EntryFaults as error:
            faults += error.faults
    names = [log.name for log in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults += [(name, "stands there twice; keep one") for name in twice]
    if faults:
        raise EntryFaults(faults)
    return found


def _log(index: int, entry: Any) -> LogSpec:
    if isinstance(entry, LogSpec):
        return entry
    single = isinstance(entry, dict) and len(entry) == 1
    name, options = next(iter(entry.items())) if single else (entry, None)
    if not isinstance(name, str) or not isinstance(options, dict | None):
        says = f"needs a name, or one name with its options, such as {EXAMPLE}"
        raise EntryFaults([(str(index), says)])
    if name not in KINDS:
        raise EntryFaults([(str(index), f"no log {name!r}; {did_you_mean(name, KINDS)}")])
    try:
        return KINDS[name].model_validate(options or {})
    except ValidationError as error:
        raise EntryFaults(list(_option_faults(KINDS[name], error))) from None


def _option_faults(kind: type[LogSpec], error: ValidationError) -> Iterator[tuple[str, str]]:
    for detail in error.errors(include_input=False):
        option = str(detail["loc"][0])
        says = detail["msg"].removeprefix("Value error, ")
        if option in kind.secrets:
            says = f"is a secret, and a run keeps its spec; {kind.secrets[option]}"
        elif detail["type"] == "extra_forbidden":
            says = f"is not known here; {did_you_mean(option, kind.model_fields)}"
        yield f"{kind.name}.{option}", says[0].lower() + says[1:]


def _plain(logs: list[LogSpec]) -> list[str | dict[str, Any]]:
    given = [(log.name, log.model_dump(exclude_none=True)) for log in logs]
    return [{name: options} if options else name for name, options in given]


Logs = Annotated[list[LogSpec], BeforeValidator(_logs), PlainSerializer(_plain)]
