"""An authenticator in software: it holds passkeys and answers as a phone would, or as an attacker would like it to."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One passkey. What is set before answering is what the answer says."""

    origin: str = "https://here.test"
    host: str = "here.test"
    flags: int = USER_PRESENT | USER_VERIFIED
    count: int = 0
    counts: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    asked: dict[str, Any] = field(default_factory=dict)

    def _client_data(self, kind: str, options: str) -> bytes:
        self.asked = json.loads(options)
        said = {"type": kind, "challenge": self.asked["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, flags: int, rest: bytes = b"") -> bytes:
        self.count += self.counts
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, self.count) + rest

    def create(self, options: str) -> str:
        client = self._client_data("webauthn.create", options)
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor2.dumps(public)
        data = self._data(self.flags | ATTESTED, attested)
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": encoded(client), "attestationObject": encoded(made)})

    def get(self, options: str) -> str:
        client = self._client_data("webauthn.get", options)
        data = self._data(self.flags)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._answer({name: encoded(value) for name, value in said.items()})

    def _answer(self, response: dict[str, str]) -> str:
        name = encoded(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
