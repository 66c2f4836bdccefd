"""Faults of images and repositories."""

from __future__ import annotations

from tests.stacks.faults.fault import BAKED, TWO, Fault

FAULTS = (
    Fault(
        "a tag instead of a digest",
        "image.py",
        "self.uri = image.image_uri",
        'self.uri = repository.url.apply(lambda url: f"{url}:latest")',
        "images_by_digest",
    ),
    Fault("tags that move", "image.py", '"IMMUTABLE"', '"MUTABLE"', "repositories_are_scanned_and_immutable"),
    Fault(
        "unscanned images",
        "image.py",
        "scan_on_push=True",
        "scan_on_push=False",
        "repositories_are_scanned_and_immutable",
    ),
    Fault("one name for all images", "image.py", 'f"{args.variant}-{content}"', '"latest"', "images_are_distinct", TWO),
    Fault("an old digest under a new tag", "image.py", ', "TAG": tag', "", "a_new_tag_is_a_new_image"),
    Fault(
        "another model's weights",
        "image.py",
        'args={"ENGINE": settings.engine, "TAG": tag, **bundle}',
        'args={"ENGINE": settings.engine, "TAG": tag}',
        "images_hold_their_models_bundle",
        BAKED,
    ),
    Fault(
        "an image that Lambda may not pull for a search",
        "backend.py",
        "for role in self._roles(model)]",
        "for role in self._roles(model)[:1]]",
        "images_are_pulled_for_their_functions",
    ),
    Fault("a seeder that serves", "efs.py", 'command="seeder.handler",', "", "seeder_is_the_serving_image"),
)
