"""Faults of images and repositories."""

from __future__ import annotations

from tests.stacks.faults.fault import BAKED, MODELS, TWO, Fault

FAULTS = (
    Fault(
        "a tag instead of a digest",
        "image.py",
        "self.uri = image.image_uri",
        'self.uri = repository.url.apply(lambda url: f"{url}:latest")',
        "images_by_digest",
    ),
    Fault("tags that cannot be pushed again", "image.py", '"MUTABLE"', '"IMMUTABLE"', "a_tag_can_be_pushed_again"),
    Fault(
        "images that are deleted by their digest",
        "docker_build.py",
        "version=_VERSION, retain_on_delete=True",
        "version=_VERSION",
        "images_outlive_their_tags",
    ),
    Fault(
        "a provider that forgets images",
        "docker_build.py",
        "version=_VERSION, retain_on_delete=True",
        "retain_on_delete=True",
        "images_are_remembered",
    ),
    Fault(
        "a transform of another type",
        "docker_build.py",
        '"docker-build:index:Image"',
        '"docker:index/image:Image"',
        "images_are_remembered",
    ),
    Fault(
        "previews that build",
        "docker_build.py",
        '"buildOnPreview": False',
        '"buildOnPreview": True',
        "previews_build_nothing",
    ),
    Fault(
        "a cache that cannot exist",
        "docker_build.py",
        "cache = f\"{name.rpartition(':')[0]}:{CACHE_TAG}\"",
        "cache = name",
        "builds_find_what_others_built",
    ),
    Fault(
        "a cache that nobody writes",
        "docker_build.py",
        '"ref": cache,\n',
        '"ref": name,\n',
        "builds_find_what_others_built",
    ),
    Fault(
        "a cache of the last stage",
        "docker_build.py",
        '"mode": "max"',
        '"mode": "min"',
        "builds_find_what_others_built",
    ),
    Fault(
        "layers with the time of their build",
        "docker_build.py",
        "type=registry,rewrite-timestamp=true",
        "type=registry",
        "layers_have_no_times",
    ),
    Fault("a build of today", "docker_build.py", ', "SOURCE_DATE_EPOCH": "0"', "", "layers_have_no_times"),
    Fault(
        "images for ever",
        "image.py",
        "lifecycle_policy=awsx.ecr.LifecyclePolicyArgs(rules=_KEPT)",
        "lifecycle_policy=awsx.ecr.LifecyclePolicyArgs(skip=True)",
        "repositories_are_scanned_and_tidied",
    ),
    Fault(
        "unscanned images",
        "image.py",
        "scan_on_push=True",
        "scan_on_push=False",
        "repositories_are_scanned_and_tidied",
    ),
    Fault("one name for all images", "image.py", 'f"{args.variant}-{content}"', '"latest"', "images_are_distinct", TWO),
    Fault(
        "another model's weights",
        "image.py",
        'args={"ENGINE": settings.engine, **bundle}',
        'args={"ENGINE": settings.engine}',
        "images_hold_their_models_bundle",
        {**BAKED, **MODELS},
    ),
    Fault(
        "an image that Lambda may not pull for a search",
        "backend.py",
        "for role in self._roles(model)]",
        "for role in self._roles(model)[:1]]",
        "images_are_pulled_for_their_functions",
    ),
    Fault("a seeder that serves", "storages/efs.py", 'command="seeder.handler",', "", "seeder_is_the_serving_image"),
)
