"""A caller of the Lambda API may set the contract's variables and no others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from lab.aws.variables import CHANGEABLE, refused
from tests.lab.support.accounts import Served, serve, witness

DEPLOYED = {"STORAGE_BACKEND": "s3", "ENGINE": "onnx", "MODEL_DIR": "/opt/model", "AWS_ENDPOINT_URL_S3": "http://here"}
#: Variables that load code, change who is trusted, or lead elsewhere; and those of the deployment.
FOREIGN = [
    *("LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "GCONV_PATH", "GLIBC_TUNABLES", "MALLOC_CONF", "LOCPATH"),
    *("OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"),
    *("BASH_ENV", "ENV", "SHELLOPTS", "IFS", "PS4", "PATH", "HOME", "TMPDIR", "LANG", "TZ"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONPYCACHEPREFIX", "PYTHONBREAKPOINT"),
    *("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "ALL_PROXY", "NO_PROXY", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL"),
    *("AWS_CONFIG_FILE", "AWS_PROFILE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_ARN"),
    *("AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_EXEC_WRAPPER", "AWS_LAMBDA_FUNCTION_NAME", "_HANDLER", "LAMBDA_TASK_ROOT"),
    *(
        "MODEL_BUCKET",
        "MODEL_PREFIX",
        "MODEL_ROOT",
        "SERVES",
        "MODEL_STORAGE_LAB",
        "config_nonce",
        "ENGINE ",
        "",
        "A=B",
    ),
]


@pytest.fixture(scope="module")
def deployed() -> Iterator[Served]:
    with serve(witness(environment=DEPLOYED)) as served:
        yield served


def update(served: Served, variables: dict[str, str]) -> None:
    served.aws.update_function_configuration(FunctionName="witness", Environment={"Variables": variables})
    served.aws.get_waiter("function_updated_v2").wait(FunctionName="witness", WaiterConfig={"Delay": 1})


@pytest.mark.parametrize("name", FOREIGN)
def test_what_the_contract_does_not_have_is_refused_by_name(deployed: Served, name: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValueException") as error:
        update(deployed, {**DEPLOYED, name: "/tmp/x"})
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert name in error.value.response["Error"]["Message"]


@pytest.mark.parametrize("name", [name for name in DEPLOYED if name not in CHANGEABLE])
def test_what_the_deployment_set_is_neither_changed_nor_left_out(deployed: Served, name: str) -> None:
    without = {key: value for key, value in DEPLOYED.items() if key != name}
    for variables in ({**DEPLOYED, name: "other"}, without):
        with pytest.raises(ClientError, match=f"{name} must stay as deployed"):
            update(deployed, variables)


def test_what_may_change_reaches_the_function_and_changes_back(deployed: Served) -> None:
    others = ("n", "1", "transformers", "1", "8", "1")
    changed = dict(zip(CHANGEABLE, others, strict=True))
    update(deployed, {**DEPLOYED, **changed})
    variables = deployed.invoke({})["variables"]
    assert {name: variables[name] for name in CHANGEABLE} == changed
    update(deployed, DEPLOYED)
    variables = deployed.invoke({})["variables"]
    assert ("CONFIG_NONCE" in variables, variables["ENGINE"]) == (False, "onnx")


def test_a_value_that_no_process_can_have_is_refused(deployed: Served) -> None:
    with pytest.raises(ClientError, match="CONFIG_NONCE holds a NUL"):
        update(deployed, {**DEPLOYED, "CONFIG_NONCE": "a\0b"})


@given(st.dictionaries(st.sampled_from([*DEPLOYED, *CHANGEABLE, *FOREIGN]), st.sampled_from(["onnx", "s3", "x"])))
def test_what_passes_differs_from_what_was_deployed_in_the_changeable_only(wanted: dict[str, str]) -> None:
    fixed = {key: value for key, value in DEPLOYED.items() if key not in CHANGEABLE}
    allowed = {key: value for key, value in wanted.items() if key not in CHANGEABLE} == fixed
    assert (refused(wanted, DEPLOYED) == "") == allowed
