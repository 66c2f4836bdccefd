"""Faults that AWS's own schemas catch."""

from __future__ import annotations

from tests.stacks.faults.fault import OPEN, SCHEMA, Fault

FAULTS = (
    Fault("a wrong enum", "storages/efs.py", "mode=settings.efs_throughput,", 'mode="elastik",', SCHEMA),
    Fault("a misspelt action", "policies.py", '"Action": "s3:GetObject"', '"Action": "s3:GetObjekt"', SCHEMA),
    Fault("a misspelt authorisation", "api.py", 'IAM: "AWS_IAM"', 'IAM: "IAM"', SCHEMA),
    Fault("a gateway time-out of 31 s", "api.py", "API_TIMEOUT_S * 1000", "31_000", SCHEMA),
    Fault("a retention that does not exist", "function.py", "args.settings.log_retention_days", "8", SCHEMA),
    Fault("too little memory", "backend.py", "memory_mb=settings.memory_mb", "memory_mb=64", SCHEMA),
    Fault("a runtime that does not exist", "page.py", '"python3.13"', '"python3.31"', SCHEMA, OPEN),
    Fault("too little /tmp", "function.py", "size=args.scratch_mb", "size=256", SCHEMA),
    Fault(
        "a policy of no effect",
        "policies.py",
        '"Sid": "Mount",\n        "Effect": "Allow"',
        '"Sid": "Mount",\n        "Effect": "Permit"',
        SCHEMA,
    ),
)
