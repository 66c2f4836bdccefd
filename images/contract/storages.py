"""Lists the storages that the weights can be kept in. This is the only list of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Charges:
    """What AWS charges for a storage: names in the price table (bench/cost/prices.json), None where it is nothing.

    `mibps_month` is for throughput that is provisioned, less what so many GB stored include a MiB/s of (`included_gb`).
    `get_bytes` is the least that a GET reads, where a mount makes the GETs and the function cannot count them;
    `gb_metadata` is for the metadata that it reads with each of them.
    """

    gb_month: str
    gb_read: str | None = None
    get: str | None = None
    gb_written: str | None = None
    mibps_month: str | None = None
    included_gb: int = 1
    get_bytes: int | None = None
    gb_metadata: str | None = None


@dataclass(frozen=True)
class Storage:
    """One place for the weights.

    `name` is in paths, settings, outputs and the names of folders and modules. `title` and the shorter `label` are for
    people; `kept` says where the weights are. What is `opened` as a directory is mapped where it lies, what is opened
    as a bucket is fetched into /tmp. `charges` are by the mode that it may be deployed in, the default one first.
    `baked` means that the functions' image holds the bundle, so that every model needs an image of its own.
    One that is not `usual` is deployed and measured only where somebody names it.
    `published` means that published figures say how fast it is on Lambda, without which nothing is predicted of it.
    Lambda reads a mounted bucket past its file system, and can be told not to: `read_through` is what it costs then.
    """

    name: str
    title: str
    label: str
    kept: str
    opened: Literal["directory", "bucket"]
    charges: Mapping[str, Charges]
    baked: bool = False
    usual: bool = True
    published: bool = True
    read_through: Charges | None = None

    @property
    def modes(self) -> tuple[str, ...]:
        """What it may be deployed in, the default one first."""
        return tuple(self.charges)

    def charged(self, mode: str | None) -> Charges:
        """Return what it costs in a mode (None: the default one). Raises ValueError, which names the modes."""
        wanted = self.modes[0] if mode is None else mode
        if wanted not in self.charges:
            raise ValueError(f"{self.name} has no mode {wanted!r}: it is one of {', '.join(self.modes)}")
        return self.charges[wanted]


EFS = Storage(
    name="efs",
    title="EFS",
    label="EFS",
    kept="on a mounted file system",
    opened="directory",
    charges={
        "elastic": Charges("efs_storage_gb_month", gb_read="efs_read_gb", gb_written="efs_write_gb"),
        "bursting": Charges("efs_storage_gb_month"),
        "provisioned": Charges("efs_storage_gb_month", mibps_month="efs_provisioned_mibps_month", included_gb=20),
    },
)
S3 = Storage(
    name="s3",
    title="S3",
    label="S3",
    kept="in a bucket, fetched into /tmp",
    opened="bucket",
    charges={"standard": Charges("s3_storage_gb_month", get="s3_get")},
)
IMAGE = Storage(
    name="oci",
    title="container image",
    label="image",
    kept="in the container image",
    opened="directory",
    charges={"standard": Charges("ecr_storage_gb_month")},
    baked=True,
)
# The weights are too large to be copied to S3 Files' own storage, so their reads are served from the bucket: GETs, each
# with 4 KiB of metadata. Without direct reads S3 Files charges every byte. Not counted is what the few files below
# 128 KiB cost there: in the default bundle 0.2 MB, so below $0.0001 a month and $0.00001 a cold start. "How S3 Files is
# metered" in the Amazon S3 User Guide, and AWS's announcement of 2026-09-12, both read in November 2026.
S3_FILES = Storage(
    name="s3files",
    title="S3 Files",
    label="S3 Files",
    kept="in a bucket, mounted as a file system",
    opened="directory",
    charges={
        "standard": Charges("s3_storage_gb_month", get="s3_get", get_bytes=128 << 10, gb_metadata="s3files_read_gb")
    },
    read_through=Charges("s3_storage_gb_month", gb_read="s3files_read_gb"),
    usual=False,
    published=False,
)
STORAGES: Mapping[str, Storage] = {each.name: each for each in (EFS, S3, IMAGE, S3_FILES)}
NAMES = tuple(STORAGES)
USUAL: Mapping[str, Storage] = {each.name: each for each in STORAGES.values() if each.usual}
USUAL_NAMES = tuple(USUAL)
NO_FIGURES = "nobody has published how fast it is on Lambda: take it out of --backends, or take another --shape"
DESCRIBED = ", ".join(f"{each.name} ({each.title})" for each in STORAGES.values())


def storage(name: str) -> Storage:
    """Return the storage of that name. Raises ValueError, which names those that there are."""
    if name not in STORAGES:
        raise ValueError(f"there is no storage {name!r}: it is one of {', '.join(NAMES)}")
    return STORAGES[name]


def without_figures(names: Iterable[str]) -> tuple[str, ...]:
    """Return those of these of which nobody has published figures that a lab could be shaped by."""
    return tuple(name for name in names if name in STORAGES and not STORAGES[name].published)


def default_of(names: Sequence[str]) -> str:
    """Return which of these storages answers paths that name none."""
    return S3.name if S3.name in names else names[0]
