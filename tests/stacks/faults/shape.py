"""Faults in the graph: parents, names, providers."""

from __future__ import annotations

from tests.stacks.faults.fault import Fault

FAULTS = (
    Fault(
        "a child without parent",
        "storages/efs.py",
        "opts=pulumi.ResourceOptions(parent=self._files),\n        )\n\n    def _guard",
        ")\n\n    def _guard",
        "children_have_parents",
    ),
    Fault(
        "a child with a fixed name", "function.py", 'f"{name}-role"', '"role" + name', "names_begin_with_the_components"
    ),
    Fault(
        "outputs never registered",
        "api.py",
        'self.register_outputs({"url": self.url})',
        "pass",
        "components_are_complete",
    ),
    Fault(
        "outputs registered twice",
        "storages/efs.py",
        "self._register()",
        "self._register(), self._register()",
        "components_are_complete",
    ),
    Fault(
        "the default provider",
        "__main__.py",
        "ResourceOptions(providers=[cleared.provider])",
        "ResourceOptions()",
        "one_provider",
    ),
    Fault("no tags", "account.py", ", default_tags=tags", "", "one_provider"),
    Fault(
        "a deployer's tag that is lost",
        "account.py",
        "**dict(settings.tags)",
        "**dict(settings.tags[1:])",
        "one_provider",
    ),
    Fault(
        "something public",
        "network.py",
        "aws.ec2.DefaultSecurityGroup(",
        "aws.ec2.InternetGateway(",
        "only_known_kinds",
    ),
    Fault("a bucket that stays", "model_store.py", "force_destroy=True, ", "", "nothing_outlives_a_destroy"),
    Fault("a repository that stays", "image.py", "force_delete=True,", "", "nothing_outlives_a_destroy"),
)
