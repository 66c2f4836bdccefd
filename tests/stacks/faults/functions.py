"""Faults in functions."""

from __future__ import annotations

from tests.stacks.faults.fault import MODELS, TWO, Fault

FAULTS = (
    Fault(
        "a 31 s time-out",
        "backend.py",
        "timeout_seconds=settings.timeout_seconds",
        "timeout_seconds=31",
        "nobody_waits_longer_than_the_gateway",
    ),
    Fault("routes are not awaited", "network.py", "[*associations, *(", "[*(", "network_before_function"),
    Fault(
        "another platform",
        "image.py",
        "platform=settings.platform,",
        'platform="linux/arm64",',
        "like_for_like",
        {"architecture": "x86_64"},
    ),
    Fault(
        "more memory for one",
        "backend.py",
        "memory_mb=settings.memory_mb",
        'memory_mb=settings.memory_mb + (self._name == "s3")',
        "like_for_like",
        TWO,
    ),
    Fault(
        "a log group of Lambda's own",
        "function.py",
        "log_group=logs.name",
        "log_group=self.log_group",
        "log_group_before_function",
    ),
    Fault(
        "logs for ever",
        "api.py",
        "retention_in_days=self._settings.log_retention_days,",
        "",
        "log_group_before_function",
    ),
    Fault(
        "grants that are not awaited",
        "function.py",
        "[*grants, *args.ready",
        "[*args.ready",
        "permissions_before_function",
    ),
    Fault(
        "a pull that is not awaited",
        "function.py",
        "Code(inputs, [image.pullable])",
        "Code(inputs)",
        "permissions_before_function",
    ),
    Fault(
        "one name for two models' functions",
        "backend.py",
        "return model.role(self._name), model.search_role(self._name)",
        "return self._name, f'{self._name}-search'",
        "functions_have_names_of_their_own",
        MODELS,
    ),
    Fault(
        "a search as large as the model",
        "backend.py",
        "memory_mb=model.bundle.search_memory_mb",
        "memory_mb=settings.memory_mb",
        "searching_is_cheap",
    ),
    Fault(
        "a search with a disk for weights",
        "backend.py",
        "scratch_mb=MIN_SCRATCH_MB,\n            snapshots",
        "scratch_mb=1024,\n            snapshots",
        "searching_is_cheap",
        TWO,
    ),
    Fault(
        "a new function is not primed",
        "backend.py",
        "after_create=[*priming]",
        "after_create=[]",
        "new_images_are_primed",
    ),
    Fault(
        "a new image is not primed",
        "backend.py",
        "after_update=[*priming, ",
        "after_update=[",
        "new_images_are_primed",
    ),
    Fault(
        "the encoder is primed twice and the search never",
        "backend.py",
        'self._hooks(f"{prefix}-search", names.function(search)',
        'self._hooks(f"{prefix}-serve", names.function(encoder)',
        "new_images_are_primed",
    ),
    Fault(
        "primed although somebody wants to measure what that hides",
        "backend.py",
        " if settings.prime else []",
        "",
        "new_images_are_primed",
        {"prime": False},
    ),
)
