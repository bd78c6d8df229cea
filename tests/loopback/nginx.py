"""nginx as a process of ours in a folder of its own: what a machine's web server can do, and a sink that costs little."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import listens, until

CONFIG = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
worker_rlimit_nofile 16384;
events {{ worker_connections 16000; }}
http {{
    access_log off; keepalive_requests 1000000; default_type text/html; open_file_cache max=10; client_max_body_size 2m;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {servers}
}}
"""


def program() -> str | None:
    """Where nginx is, if it is here."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def running(folder: Path, servers: str, port: int) -> Iterator[None]:
    """nginx, one process, with these servers, of which one listens on this port."""
    found = program()
    assert found is not None, "there is no nginx here"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, servers=servers))
    command = [found, "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: process.poll() is not None or listens(port), "nginx answers", 10)
        assert process.poll() is None, (folder / "error.log").read_text()[-2000:]
        yield
    finally:
        process.terminate()
        process.wait(10)
