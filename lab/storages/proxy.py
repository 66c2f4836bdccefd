"""Runs nginx before the object store, in a lab whose network is limited: it answers as late and as fast as S3 does."""

from __future__ import annotations

import asyncio
import sys

from lab.host.errors import LabError
from lab.host.workspace import Workspace
from lab.shape import paced
from lab.shape.links import SERVERS
from lab.shape.namespace import Namespace
from lab.shape.needs import ECHO_MODULE
from lab.shape.shape import Bucket
from lab.storages.bundle import Bundle
from lab.storages.seaweed import BUCKET, SOCKET, Seaweed

_PORT = 8333
#: It keeps whole objects and sends them by sendfile, which takes an eighth of the processor time of the object store.
#: A master process is needed to take over a socket. What comes through 127.0.0.1 fills the cache and is not paced.
_CONFIGURATION = """
daemon off;
user root;
worker_processes 1;
worker_rlimit_nofile 16384;
error_log stderr warn;
pid nginx.pid;
load_module {echo_module};
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nodelay on;
  client_body_temp_path client_body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  scgi_temp_path scgi;
  uwsgi_temp_path uwsgi;
  proxy_cache_path objects levels=1 keys_zone=objects:1m inactive=365d use_temp_path=off;
  server {{
    listen {address}:{port};
    listen 127.0.0.1:{port};
    location / {{
      limit_except GET {{ deny all; }}
      auth_request /first-byte;
      proxy_pass http://unix:{socket}:;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_cache objects;
      proxy_cache_key $request_uri;
      proxy_cache_valid 200 365d;
      proxy_cache_lock on;
      proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;
    }}
    location = /first-byte {{
      internal;
      echo_sleep {first_byte_s:.3f};
      echo "";
    }}
  }}
}}
"""
#: Reads what is at some addresses. The lab itself is not in the servers' network.
_READ = """
import sys, urllib.request
for url in sys.argv[1:]:
    with urllib.request.urlopen(url) as answer:
        while answer.read(1 << 20):
            pass
"""


class Proxy:
    """nginx at SERVERS, with a copy of every object; started when the first bundle is asked for."""

    def __init__(self, workspace: Workspace, seaweed: Seaweed, servers: Namespace, limits: Bucket) -> None:
        self._workspace = workspace
        self._seaweed = seaweed
        self._servers = servers
        self._limits = limits
        self._starting: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """URL of the S3 endpoint for the environments (path style, any credentials or none; it only reads)."""
        return f"http://{SERVERS}:{_PORT}"

    @property
    def sentence(self) -> str:
        """What it does, for people."""
        return (
            f"nginx before it keeps the objects in the page cache, lets each answer wait "
            f"{self._limits.first_byte_ms:g} ms and sends {self._limits.connection / 1e6:g} MB/s a connection"
        )

    async def loaded(self, bundle: Bundle) -> None:
        """Wait until the bundle is in the bucket and nginx has its copy. Raises LabError."""
        await self._seaweed.loaded(bundle)
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        await self._starting
        place = f"http://127.0.0.1:{_PORT}/{BUCKET}/{bundle.source_hash}"
        urls = [f"{place}/{path.name}" for path in bundle.files]
        await self._workspace.run(*self._servers.inside(sys.executable, "-I", "-c", _READ, *urls))

    async def _start(self) -> None:
        folder = self._workspace.folder("nginx")
        configuration = _CONFIGURATION.format(
            echo_module=ECHO_MODULE,
            address=SERVERS,
            port=_PORT,
            socket=SOCKET,  # found in nginx's working folder, the root folder
            first_byte_s=self._limits.first_byte_ms / 1e3,
        )
        (folder / "nginx.conf").write_text(configuration)
        command = self._servers.inside(
            *(sys.executable, "-I", "-S", paced.__file__, SERVERS, str(_PORT), str(int(self._limits.connection))),
            *("nginx", "-e", "stderr", "-p", folder, "-c", "nginx.conf"),
        )
        process = await self._workspace.serve("nginx", command)
        while not (folder / "nginx.pid").exists():  # it is written when nginx listens
            if process.returncode is not None:
                raise LabError(f"nginx does not start:\n{self._workspace.log_tail('nginx')}")
            await asyncio.sleep(0.01)
