"""A campaign of ours and an account on Fedify, each a process of its own, over TLS with a throw-away authority."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.commands.conftest import Terminal
from tests.conftest import require
from tests.processes import Served, answers, callout, free_port, listens, until

HERE = Path(__file__).parent
NODE = HERE / "node_modules" / "node" / "bin" / "node"


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate(name: str, issuer: str, open_key: Any, signing: Any, issuer_key: Any, *, ca: bool) -> x509.Certificate:
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(open_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(hours=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=ca, crl_sign=ca, decipher_only=False, **usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(open_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )
    if not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(signing, hashes.SHA256())


def authority(folder: Path) -> None:
    """ca.pem that both believe, cert.pem and key.pem for localhost."""
    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    top = _certificate("Throw-away", "Throw-away", root.public_key(), root, root.public_key(), ca=True)
    end = _certificate("localhost", "Throw-away", leaf.public_key(), root, root.public_key(), ca=False)
    (folder / "ca.pem").write_bytes(top.public_bytes(serialization.Encoding.PEM))
    (folder / "cert.pem").write_bytes(end.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(_pem(leaf))


class FedifyPeer(Served):
    """The account `reader` on the other server, steered from outside."""

    def __init__(self, folder: Path) -> None:
        self.port, self.control = free_port(), free_port()
        environ = {
            "PEER_FOLDER": str(folder),
            "PEER_PORT": str(self.port),
            "PEER_CONTROL": str(self.control),
            "NODE_EXTRA_CA_CERTS": str(folder / "ca.pem"),
        }
        command = [str(NODE), str(HERE / "peer.mjs")]
        super().__init__(command, environ, lambda: answers(f"http://127.0.0.1:{self.control}/"), folder / "peer.log")
        self.uri = f"https://localhost:{self.port}/users/reader"
        self.handle = f"@reader@localhost:{self.port}"

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.control}/", timeout=10).json()
        return found

    def does(self, act: str, **given: Any) -> str:
        answer = httpx.post(f"http://127.0.0.1:{self.control}/", json={"act": act, **given}, timeout=30)
        assert answer.status_code == 200, answer.text
        return str(answer.json())

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """The activities of a kind that it took, each once."""
        found = {one["id"]: one for one in self.state()["received"] if one["type"] == kind}
        return list(found.values())


class Campaign:
    """Our server behind its front, and a terminal beside it."""

    def __init__(self, folder: Path) -> None:
        self.port, inner = free_port(), free_port()
        self.base = f"https://localhost:{self.port}"
        self.handle = f"@harbour@localhost:{self.port}"
        self.uri = f"{self.base}/users/harbour"
        self.terminal = Terminal(folder)
        self.terminal.environ |= {
            "CALLOUT_SENDERS": "1",
            "CALLOUT_ALLOW_NETWORKS": "127.0.0.0/8,::1/128",
            "CALLOUT_CA_FILE": str(folder / "ca.pem"),
        }
        made = self.terminal("init", "--domain", self.base, "--handle", "harbour", "--name", "Open Harbour")
        assert made.exit_code == 0, made.output
        command = [sys.executable, "-m", "tests.interop.front", str(folder), str(self.port), str(inner)]
        self.front = Served(command, {}, lambda: listens(self.port), folder / "front.log")
        self.server = callout(self.terminal.data, inner, self.terminal.environ)
        self.inner = f"http://127.0.0.1:{inner}"

    def page(self, url: str) -> str:
        answer = httpx.get(url.replace(self.base, self.inner), timeout=10)
        return answer.text if answer.status_code in {200, 410} else ""

    def document(self, url: str) -> dict[str, Any]:
        headers = {"Accept": "application/activity+json"}
        found: dict[str, Any] = httpx.get(url.replace(self.base, self.inner), headers=headers, timeout=10).json()
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    require("Node and Fedify", present=NODE.exists(), hint="run tests/interop/install.sh")
    authority(tmp_path)
    return tmp_path


@pytest.fixture
def campaign(folder: Path) -> Iterator[Campaign]:
    ours = Campaign(folder)
    ours.server.start()
    ours.front.start()
    yield ours
    code = ours.server.stop()
    ours.front.kill()
    assert code == 0
    assert "Traceback" not in ours.server.log.read_text()


@pytest.fixture
def peer(folder: Path) -> Iterator[FedifyPeer]:
    theirs = FedifyPeer(folder)
    theirs.start()
    yield theirs
    theirs.kill()


@pytest.fixture
def followed(campaign: Campaign, peer: FedifyPeer) -> None:
    """The account follows the campaign."""
    peer.does("follow", handle=campaign.handle)
    until(lambda: peer.state()["following"].get(campaign.uri) == "accepted", "the follow is accepted")
