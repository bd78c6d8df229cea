"""What this machine allows, whoever programs it: signatures on one core, a file from nginx."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.loopback.load import again, pour
from tests.processes import free_port, listens, until

MESSAGE = (
    b"(request-target): post /inbox\nhost: campaign.test\ndate: Sun, 06 Nov 1994 08:49:37 GMT\ndigest: SHA-256="
    + b"x" * 44
)


def signatures(seconds: float) -> tuple[float, float]:
    """RSA-2048 signatures made, and verified, a second on one core."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    made, end, begun = 0, time.monotonic() + seconds, time.monotonic()
    signature = b""
    while time.monotonic() < end:
        signature = key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        made += 1
    signing = made / (time.monotonic() - begun)
    public, made, end, begun = key.public_key(), 0, time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < end:
        public.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        made += 1
    return signing, made / (time.monotonic() - begun)


def static_file(folder: Path, seconds: float, at_once: int) -> float | None:
    """GETs a second of a file of 4 KiB from nginx with two workers; None without nginx."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if nginx is None:
        return None
    port = free_port()
    (folder / "index.html").write_bytes(b"x" * 4096)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log; user root;"
        f" events {{}} http {{ access_log off; keepalive_requests 1000000; {temporary}"
        f" server {{ listen 127.0.0.1:{port}; root {folder}; }} }}"
    )
    process = subprocess.Popen(
        [nginx, "-c", str(folder / "nginx.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: listens(port), "nginx listens", 10)
        get = b"GET /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n"
        return pour(port, again(get), at_once=at_once, seconds=seconds).rate
    finally:
        process.terminate()
        process.wait(10)
