"""A crowd behind nginx: it answers for every address of 127.0.0.0/8 at a tenth of what the sink in Python costs, and logs who was reached."""

from __future__ import annotations

import socket
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from tests.loopback import nginx
from tests.loopback.certificates import Authority
from tests.loopback.crowd import AP, Crowd
from tests.processes import free_port, until

SERVERS = """
    log_format sink '$msec $http_host $request_method';
    server {{
        listen *:{port} backlog=4096;{tls}
        access_log {folder}/sink.log sink buffer=32k flush=100ms;
        location / {{ if ($request_method = POST) {{ return 202; }} default_type {type}; return 200 '{document}'; }}
    }}
    server {{ listen *:{failing} backlog=4096; location / {{ return 500; }} }}
"""
TLS = """ listen *:{tls_port} ssl backlog=4096;
        ssl_certificate {folder}/$server_addr.pem; ssl_certificate_key {folder}/key.pem; ssl_session_cache off;"""
SILENT_BACKLOG = 4096


class Readers(Protocol):
    """A crowd of servers that take what comes, and what is known of it."""

    crowd: Crowd

    def forget(self) -> None:
        """Count from here."""

    def posts(self) -> int:
        """How many POSTs came."""

    def when(self) -> dict[str, float]:
        """When the first POST came to each host."""

    def gets(self) -> Counter[str]:
        """How many GETs came to each host."""


class QuickSink:
    """Every host of the crowd on one port; on `failing` all answers are 500, on `silent` there is none, on `refusing` nobody.

    With `secure` they speak TLS, each by a certificate for its address.
    """

    def __init__(self, folder: Path, hosts: int, *, secure: bool = False, port: int = 0) -> None:
        self.port, self.failing, self.refusing, self.tls_port = port or free_port(), *(free_port() for _ in range(3))
        self.crowd = Crowd(hosts, self.tls_port if secure else self.port, scheme="https" if secure else "http")
        self.authority = folder / "authority.pem"
        self._folder, self._secure = folder, secure
        self._stack = ExitStack()
        self._read = 0
        self._posts: list[tuple[float, str]] = []
        self._gets: Counter[str] = Counter()

    def __enter__(self) -> QuickSink:
        silent = self._stack.enter_context(socket.create_server(("", 0), backlog=SILENT_BACKLOG))
        self.silent = int(silent.getsockname()[1])
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._secure:
            Authority().write(self._folder, self.authority, [self.crowd.address(n) for n in range(self.crowd.count)])
        self._stack.enter_context(nginx.running(self._folder, self._servers(), self.port))
        until((self._folder / "sink.log").exists, "the log of nginx", 5)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _servers(self) -> str:
        tls = TLS.format(tls_port=self.tls_port, folder=self._folder) if self._secure else ""
        document = self.crowd.document("$http_host").decode().replace("\\", "\\\\")
        return SERVERS.format(
            port=self.port, failing=self.failing, tls=tls, folder=self._folder, type=AP, document=document
        )

    def forget(self) -> None:
        time.sleep(0.15)  # longer than nginx keeps a line to itself
        self._look()
        self._posts.clear()
        self._gets.clear()

    def _look(self) -> None:
        with (self._folder / "sink.log").open("rb") as log:
            log.seek(self._read)
            data = log.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode().splitlines():
            at, host, method = line.split()
            if method == "POST":
                self._posts.append((float(at), host))
            else:
                self._gets[host] += 1

    def posts(self) -> int:
        self._look()
        return len(self._posts)

    def when(self) -> dict[str, float]:
        self._look()
        return {host: at for at, host in reversed(self._posts)}

    def last(self) -> float:
        """When the last POST came."""
        self._look()
        return max(at for at, _ in self._posts)

    def gets(self) -> Counter[str]:
        self._look()
        return Counter(self._gets)
