"""Names the setting by which a mounted bucket is read past its file system, and the storages that have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contract.storages import STORAGES

#: Lambda's names of the settings (`DirectS3Read` of S3FilesConfig in botocore 1.44.8) by ours.
SETTINGS: Mapping[str, str] = {"on": "ENABLED", "off": "DISABLED"}
#: What Lambda does by default: the same as `on` from so much memory on.
BY_ITSELF, FROM_MB = "AUTO", 512
HAVING = tuple(name for name, each in STORAGES.items() if each.read_through)
#: Why a run cannot set them where the lab stands in for AWS.
NOT_IN_THE_LAB = (
    f"--direct-reads: the lab's stand-in for {', '.join(HAVING)} has no direct reads to switch; name a deployment on "
    "AWS with --stack or --outputs"
)
NOTE = (
    "The run switched direct reads on or off. No witness says that a read was direct: where one fails, Lambda reads "
    "through the file system and does not tell."
)


def check_settings(asked: Sequence[str | None], backends: Sequence[str]) -> None:
    """Raise ValueError where a run names what is not a setting, or nothing that has it. (None,) leaves it alone."""
    if tuple(asked) == (None,):
        return
    if not asked or not set(asked) <= set(SETTINGS) or len(set(asked)) != len(asked):
        raise ValueError(f"--direct-reads: some of {', '.join(SETTINGS)}, each once; got {tuple(asked)!r}")
    if not set(backends) & set(HAVING):
        raise ValueError(
            f"--direct-reads: {', '.join(backends)} cannot switch them; {', '.join(HAVING)} can: name it in --backends"
        )


def settings_of(backend: str, asked: Sequence[str | None]) -> Sequence[str | None]:
    """The settings in which a run measures a backend: None where there is nothing to set."""
    return asked if backend in HAVING else (None,)


def are_on(setting: str | None, memory_mb: int) -> bool:
    """Whether a function of this size reads directly; None leaves it to Lambda."""
    return setting == "on" or (setting is None and memory_mb >= FROM_MB)
