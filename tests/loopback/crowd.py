"""Any number of accounts, each alone on an address of its own: 127.60.0.1, 127.60.0.2, and so on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from federation.identifiers import KeyId
from federation.keys import KeyPair
from federation.signatures import CavageSigner, body_digest, http_date

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
AP = "application/activity+json"
HOSTS_A_BLOCK = 250


def address(number: int) -> str:
    """The address of one host; numbers begin at 0."""
    block, last = divmod(number, HOSTS_A_BLOCK)
    return f"127.{60 + block // 256}.{block % 256}.{last + 1}"


def request(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One request as it goes over the wire."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Crowd:
    """Accounts that share one pair of keys, each under its own name: making thousands would take minutes."""

    count: int
    port: int
    pair: KeyPair = field(default_factory=lambda: KeyPair.generate_rsa(KeyId("http://127.60.0.1/spare")))
    scheme: str = "http"
    _said: int = 0

    def address(self, number: int) -> str:
        return address(number)

    def host(self, number: int) -> str:
        return f"{address(number)}:{self.port}"

    def uri(self, number: int) -> str:
        return f"{self.scheme}://{self.host(number)}/users/u"

    def document(self, host: str) -> bytes:
        """The actor document of whoever lives on this host."""
        uri = f"{self.scheme}://{host}/users/u"
        document = {
            "@context": CONTEXT,
            "id": uri,
            "type": "Person",
            "preferredUsername": "u",
            "name": "Reader",
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "url": f"{self.scheme}://{host}/@u",
            "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": self.pair.public_pem()},
        }
        return json.dumps(document).encode()

    def activity(self, number: int, type_: str, object_: Any, **more: Any) -> dict[str, Any]:
        self._said += 1
        uri = self.uri(number)
        given = {"id": f"{uri}/activities/{self._said}", "type": type_, "actor": uri, "object": object_, **more}
        return {"@context": CONTEXT, **given}

    def reply(self, number: int, to: str, whom: str) -> dict[str, Any]:
        """A Create of a short public answer to a post."""
        self._said += 1
        uri = self.uri(number)
        note = {
            "id": f"{uri}/statuses/{self._said}",
            "type": "Note",
            "attributedTo": uri,
            "inReplyTo": to,
            "content": f'<p><a href="{whom}" class="u-url mention">@us</a> We will be there, number {self._said}.</p>',
            "published": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "to": [PUBLIC],
            "cc": [f"{uri}/followers", whom],
            "tag": [{"type": "Mention", "href": whom, "name": "@us"}],
        }
        return self.activity(number, "Create", note, to=note["to"], cc=note["cc"])

    def signed(self, number: int, activity: dict[str, Any], inbox: str) -> bytes:
        """A whole signed POST to an inbox."""
        body = json.dumps(activity).encode()
        host, _, path = inbox.removeprefix("http://").partition("/")
        signer = CavageSigner(KeyPair(KeyId(f"{self.uri(number)}#main-key"), self.pair.private))
        date = http_date(datetime.now(UTC))
        headers = signer.headers(host=host, target=f"/{path}", date=date, digest=body_digest(body), content_type=AP)
        return request("POST", f"/{path}", headers, body)
