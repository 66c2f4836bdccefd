"""Limits the environment variables that a caller of the Lambda API may set to those of the contract.

An interpreter, its libraries and the C library read more variables than anybody can list, and some of them load code
(LD_PRELOAD, OPENSSL_CONF, GCONV_PATH, …). So this is a list of what may change, not of what may not.
"""

from __future__ import annotations

from collections.abc import Mapping

from contract.environment import VARIABLES

CHANGEABLE = tuple(sorted(variable.name for variable in VARIABLES if variable.changeable))


def refused(wanted: Mapping[str, str], deployed: Mapping[str, str]) -> str:
    """Why these variables may not replace those that the function was deployed with; nothing if they may.

    A variable that the deployment set, such as the place of the weights, keeps its value unless it is CHANGEABLE.
    """
    unknown = sorted(key for key in wanted if key not in deployed and key not in CHANGEABLE)
    fixed = [key for key in sorted(deployed) if key not in CHANGEABLE and wanted.get(key) != deployed[key]]
    if unknown:
        return f"the functions do not read {', '.join(unknown)}: {', '.join(CHANGEABLE)} can be set"
    if fixed:
        return f"{', '.join(fixed)} must stay as deployed: {', '.join(CHANGEABLE)} can be changed"
    broken = sorted(key for key in wanted if key in CHANGEABLE and "\0" in wanted[key])
    return f"{', '.join(broken)} holds a NUL character" if broken else ""
