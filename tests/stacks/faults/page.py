"""Faults of the page."""

from __future__ import annotations

from tests.stacks.faults.fault import OPEN, Fault

FAULTS = (
    Fault(
        "a page that nobody can open",
        "__main__.py",
        "opts) if settings.auth == NONE else None",
        "opts) if True else None",
        "the_page_is_where_nobody_has_to_sign",
    ),
    Fault(
        "a page that asks backends which are not there",
        "page.py",
        '{BACKENDS: ",".join(settings.backends)}',
        '{BACKENDS: "efs,s3,oci"}',
        "the_page_may_only_write_its_log",
        OPEN,
    ),
    Fault(
        "a page that thinks",
        "page.py",
        "_TIMEOUT_SECONDS = 5",
        "_TIMEOUT_SECONDS = 30",
        "the_page_may_only_write_its_log",
        OPEN,
    ),
    Fault(
        "a page with everything that lies about",
        "page.py",
        "pulumi.AssetArchive({name: pulumi.FileAsset(str(path)) for name, path in files()})",
        "pulumi.FileArchive(str(DIRECTORY))",
        "the_pages_archive_is_its_files",
        OPEN,
    ),
)
