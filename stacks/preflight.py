"""Checks everything before anything is made: settings, names, bundles, and what AWS says about them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi_aws as aws

from contract.engines import ENGINES, unreadable
from contract.names import Named
from contract.storages import storage
from stacks.account import connect
from stacks.backend import Backend
from stacks.errors import DeploymentError
from stacks.existing_network import ExistingNetwork
from stacks.lookups import Lookups
from stacks.models import Model, read_models
from stacks.naming import Names
from stacks.settings import Settings


@dataclass(frozen=True)
class Cleared:
    """What a deployment continues with: its models, its provider, and AWS's answers.

    `network` is the existing one, if one is named; `concurrency_limit` is the account's, or 0 if it is not needed.
    """

    models: tuple[Model, ...]
    provider: aws.Provider
    account: str
    network: ExistingNetwork | None
    concurrency_limit: int


def check(settings: Settings, names: Names, known: Mapping[str, type[Backend]]) -> Cleared:
    """Check everything, AWS last; raises DeploymentError that lists every problem."""
    problems = list(settings.problems(known))
    used = {name: known[name] for name in settings.backends if name in known}
    models: tuple[Model, ...] = ()
    if not any(settings.model_problems(known)):
        with _collecting(problems):
            named = ("", *settings.more_models)
            names.check(Named(model).search_role(backend) for model in named for backend in used or known)
        with _collecting(problems):
            models = read_models(settings.more_models)
    problems += _bundle_problems(settings, used, models)
    inside = settings.everything_in_vpc or any(backend.NEEDS_NETWORK for backend in used.values())
    if settings.subnet_ids and not inside:
        problems.append("subnetIds is set, but no function goes there: set vpcPlacement to all, or clear it")
    if any(settings.region_problems()):  # nobody to ask
        raise DeploymentError.of(problems)
    lookups = Lookups(settings, connect(settings, names), problems)
    account = lookups.account()
    lookups.key()
    lookups.boundary(account)
    lookups.bucket([model.bundle for model in models])
    network = lookups.network()
    if inside and not settings.subnet_ids:
        lookups.zones()
    limit = lookups.concurrency(2 * len(used) * (1 + len(settings.more_models)))
    if problems:
        raise DeploymentError.of(problems)
    return Cleared(models, lookups.provider, account, network, limit)


def _bundle_problems(settings: Settings, used: Mapping[str, type[Backend]], models: Sequence[Model]) -> Iterator[str]:
    """Yield reasons why bundles do not fit the settings, and faults in the files that are uploaded from here."""
    if settings.engine in ENGINES:
        for model in models:
            if wrong := unreadable(settings.engine, model.bundle.reduction.precision):
                yield f"{model.bundle.directory}: {wrong}"
            for backend in used.values():
                yield from backend.problems(settings, model.bundle)
    uploads = not settings.model_bucket and any(backend.NEEDS_STORE for backend in used.values())
    if uploads or any(storage(name).baked for name in used):
        for model in models:
            found: list[str] = []
            with _collecting(found):
                model.bundle.check_files()
            yield from found


@contextlib.contextmanager
def _collecting(problems: list[str]) -> Iterator[None]:
    """Add the problems of a DeploymentError to the others, and continue."""
    try:
        yield
    except DeploymentError as error:
        problems += error.problems
