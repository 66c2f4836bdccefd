"""nginx before the object store answers as the object store itself does, only later and more slowly."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contract.environment import S3_ENDPOINT
from lab.host.workspace import Workspace
from lab.shape.links import connect, servers_namespace
from lab.shape.namespace import Namespace
from lab.shape.shape import like_lambda
from lab.storages import s3
from lab.storages.bundle import Bundle, read_bundle
from lab.storages.holding import Site
from tests.lab.support.bundles import SIZES, make_bundle
from tests.lab.support.shaped import answers, needs_network

LARGE, SMALL = "model.safetensors", "config.json"
#: Method, object and headers, where `own` stands for the object's ETag.
QUESTIONS: list[tuple[str, str, dict[str, str]]] = [
    ("GET", LARGE, {}),
    ("HEAD", LARGE, {}),
    ("GET", LARGE, {"Range": "bytes=0-0"}),
    ("GET", LARGE, {"Range": f"bytes=1000000-{SIZES[LARGE] - 1}"}),
    ("GET", LARGE, {"Range": f"bytes={SIZES[LARGE] - 1}-{SIZES[LARGE] + 5}"}),
    ("GET", LARGE, {"Range": "bytes=-7"}),
    ("GET", SMALL, {"Range": f"bytes={SIZES[SMALL]}-"}),
    ("GET", SMALL, {"If-Match": '"of-another-object"'}),
    ("GET", SMALL, {"If-Match": '"of-another-object"', "Range": "bytes=0-9"}),
    ("GET", SMALL, {"If-Match": "own", "Range": "bytes=3-9"}),
    ("GET", SMALL, {"If-None-Match": "own"}),
    ("GET", "not-there", {}),
    ("HEAD", "not-there", {}),
]


async def _compared(bundle: Bundle) -> tuple[list[Any], list[Any], list[Any]]:
    """The answers of nginx, as an environment gets them; those of the object store; and those to what would write."""
    workspace = Workspace()
    try:
        shape, servers = like_lambda(), await servers_namespace(workspace)
        site = Site.of(workspace, shape, servers)
        held = await s3.provide(site, bundle, "s3", None)
        network = await Namespace.make(workspace)
        await connect(workspace, servers, network, shape.network)
        nginx, store = urlsplit(held.environment[S3_ENDPOINT]).netloc, urlsplit(site.seaweed.s3_url).netloc
        path = f"/models/{bundle.source_hash}"
        own = (await answers(workspace, (), [(store, "HEAD", f"{path}/{SMALL}", {})]))[0][1]["ETag"]

        def asked(place: str) -> list[Any]:
            return [
                (
                    place,
                    method,
                    f"{path}/{name}",
                    {key: own if value == "own" else value for key, value in given.items()},
                )
                for method, name, given in QUESTIONS
            ]

        writing = [(nginx, method, f"{path}/{SMALL}", {}) for method in ("PUT", "POST", "DELETE")]
        return (
            await answers(workspace, network.inside(), asked(nginx)),
            await answers(workspace, (), asked(store)),
            await answers(workspace, network.inside(), writing),
        )
    finally:
        workspace.close()


@needs_network
def test_nginx_answers_as_the_object_store_does(tmp_path: Path) -> None:
    proxied, direct, written = asyncio.run(_compared(read_bundle(make_bundle(tmp_path / "bundle"))))
    assert [answer[0] for answer in direct] == [200, 200, 206, 206, 206, 206, 416, 412, 412, 206, 304, 404, 404]
    for question, here, there in zip(QUESTIONS, proxied, direct, strict=True):
        assert here[0] == there[0], question
        if there[0] < 300:  # the text of an error is nginx's own
            assert here[1:] == there[1:], question
        assert here[1]["Content-Range"] == there[1]["Content-Range"], question
    assert [answer[0] for answer in written] == [403, 403, 403], "an environment only reads"
