"""What this machine can do at most: signatures on one core, and a static file from nginx with the same client."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from federation.identifiers import KeyId
from federation.keys import KeyPair
from tests.processes import free_port, listens, until

MESSAGE = (
    b"(request-target): post /inbox\nhost: campaign.example\ndate: Mon, 28 Sep 2026 09:30:12 GMT\ndigest: SHA-256=x"
)
CONFIG = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off; keepalive_requests 1000000; default_type text/html; open_file_cache max=10;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


def each_second(work: Callable[[], object], seconds: float) -> float:
    """How often a second something can be done."""
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        for _ in range(20):
            work()
        count += 20
    return count / (time.perf_counter() - begun)


def signs_and_verifies(seconds: float) -> tuple[float, float]:
    """RSA-2048 signatures and verifications a second on one core."""
    pair = KeyPair.generate_rsa(KeyId("http://localhost/key"))
    public, signature = pair.public, pair.sign(MESSAGE)
    return (
        each_second(lambda: pair.sign(MESSAGE), seconds),
        each_second(lambda: public.verify(signature, MESSAGE), seconds),
    )


@contextmanager
def nginx(folder: Path, page: bytes) -> Iterator[int | None]:
    """A port where nginx, one process, gives this page as a file; None where there is no nginx."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        yield None
        return
    port = free_port()
    (folder / "files").mkdir(parents=True)
    (folder / "files" / "page.html").write_bytes(page)
    folder.chmod(0o755)
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=port))
    command = [program, "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: listens(port), "nginx answers", 10)
        yield port
    finally:
        process.terminate()
        process.wait(10)
