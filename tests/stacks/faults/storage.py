"""Faults in the places of bundles."""

from __future__ import annotations

from tests.stacks.faults.fault import MODELS, Fault

FAULTS = (
    Fault(
        "the seed is not awaited",
        "storages/efs.py",
        "ready=[*mountable, seed]",
        "ready=mountable",
        "seeded_before_served_and_swept_after",
    ),
    Fault(
        "swept while in use",
        "storages/efs.py",
        "for function in served.functions]",
        "for function in []]",
        "seeded_before_served_and_swept_after",
    ),
    Fault(
        "swept while a search reads its index",
        "storages/efs.py",
        "for function in served.functions]",
        "for function in served.functions[:1]]",
        "seeded_before_served_and_swept_after",
    ),
    Fault(
        "one model's seed for all",
        "storages/efs.py",
        "seed = seeding.seed(model, mountable)",
        "seed = seed if model.name else seeding.seed(model, mountable)",
        "seeded_before_served_and_swept_after",
        MODELS,
    ),
    Fault(
        "no sweep for the second model's new bundle",
        "seeding.py",
        "first, [first, *others], keep",
        "first, [first], keep",
        "seeded_before_served_and_swept_after",
        MODELS,
    ),
    Fault(
        "the seed removes bundles",
        "seeding.py",
        "[model.bundle], {}",
        '[model.bundle], {"keep": []}',
        "no_models_bundle_is_swept",
    ),
    Fault(
        "the other model is swept away",
        "seeding.py",
        "[bundle.source_hash for bundle in others]",
        "[]",
        "no_models_bundle_is_swept",
        MODELS,
    ),
    Fault(
        "a file system for each model",
        "storages/efs.py",
        "for model in args.models:\n            seed",
        "for model in args.models:\n            aws.efs.FileSystem(model.child_of(f'{name}-own'))\n            seed",
        "one_file_system_for_all_models",
    ),
    Fault(
        "no seed for a new bundle",
        "seeding.py",
        '"bundle": hashes, ',
        "",
        "seeded_before_served_and_swept_after",
    ),
    Fault(
        "no retry until the seeder is ready",
        "seeding.py",
        "on_error=[self._retry]",
        "on_error=[]",
        "seeded_before_served_and_swept_after",
    ),
    Fault("seeded before S3 has it", "seeding.py", ", *uploaded]", "]", "seeded_before_served_and_swept_after"),
    Fault(
        "the old bundle goes at once",
        "backend.py",
        ", self._requests_end]",
        "]",
        "the_old_bundle_outlives_its_requests",
    ),
    Fault(
        "mount targets are not awaited",
        "storages/efs.py",
        "return [*targets, *rules]",
        "return [*rules]",
        "mount_targets_before_function",
    ),
    Fault(
        "the rules are not awaited", "storages/efs.py", "[*targets, *rules]", "targets", "mount_targets_before_function"
    ),
    Fault("the manifest first", "model_store.py", ", *after])", "])", "manifest_is_uploaded_last"),
    Fault(
        "objects without a hash",
        "model_store.py",
        "source_hash=bundle.files[file].sha256,",
        "",
        "manifest_is_uploaded_last",
    ),
    Fault(
        "objects outside the prefix",
        "model_store.py",
        'key=f"{prefix}/{file}"',
        "key=file",
        "manifest_is_uploaded_last",
    ),
    Fault(
        "a model in the wrong place",
        "storages/efs.py",
        '{MODEL_DIR: f"{MOUNT_PATH}/{model.bundle.source_hash}"}',
        "{MODEL_DIR: MOUNT_PATH}",
        "functions_know_their_storage",
    ),
    Fault(
        "a search that loads the model",
        "backend.py",
        ", SERVES: SEARCH",
        "",
        "functions_know_their_storage",
    ),
    Fault(
        "a second model that answers on the first one's paths",
        "backend.py",
        "if model.name:",
        "if not model.name:",
        "functions_know_their_storage",
    ),
)
