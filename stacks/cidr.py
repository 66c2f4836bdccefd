"""Computes the address ranges of the VPC."""

from __future__ import annotations

import ipaddress

DEFAULT = "10.42.0.0/16"  # as in Pulumi.yaml: somebody chose any other range
SUBNET_BITS = 4  # each subnet is a sixteenth, however many are used, so that a new zone moves no other subnet
MAX_SUBNETS = 4
# RFC 1918. A VPC cannot use what else Python calls private (loopback, link-local, test networks).
PRIVATE = [ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


def problem(network: str) -> str | None:
    """Say why `network` cannot be the VPC's range, with the remedy; None if it can."""
    try:
        parsed = ipaddress.IPv4Network(network)
    except ValueError as error:
        return f"no network ({error}): set one such as 10.42.0.0/16"
    if not 16 <= parsed.prefixlen <= 24:
        return "too large or too small: AWS takes /16 at most, and the subnets need /24 at least"
    if not any(parsed.subnet_of(block) for block in PRIVATE):
        return f"not a private range: take a part of {', '.join(map(str, PRIVATE))}"
    return None


def subnets(network: str, count: int) -> list[str]:
    """Return the ranges of the first `count` subnets of `network`, each a sixteenth of it."""
    every = ipaddress.IPv4Network(network).subnets(prefixlen_diff=SUBNET_BITS)
    return [str(next(every)) for _ in range(count)]
