"""A request as the handlers see it, an answer as they give it, and a refusal in Azure's error shape."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cockpit.simulator.world.world import Caller

JSON = dict[str, Any]


class RefusedError(Exception):
    """The request cannot be done. `inner`: the further error inside Azure's error object, if it has one."""

    def __init__(self, status: int, code: str, message: str, inner: JSON | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.inner = inner

    def body(self) -> JSON:
        error: JSON = {"code": self.code, "message": self.message}
        return {"error": error | ({"innererror": self.inner} if self.inner else {})}


@dataclass(frozen=True, slots=True)
class SimulatedRequest:
    """One request. `names`: the variable parts of its path; `query` and `headers` have lower-case keys.

    `target`: path and query exactly as they were asked for. `front_door`: it came to the address of the workload.
    """

    method: str
    path: str
    url: str  # `http://127.0.0.1:8080`, as the caller addressed us
    names: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    target: str = ""
    front_door: bool = False

    def json(self) -> JSON:
        """The body, a JSON object. Raises RefusedError."""
        try:
            body = json.loads(self.content)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise RefusedError(
                400, "InvalidRequestContent", "The request content was invalid and could not be deserialized."
            )
        return body

    def caller(self, otherwise: str) -> Caller:
        """Who asks: whom the bearer token names, if it is a JWT that names anybody."""
        claims = token_claims(self.headers.get("authorization", ""))
        named = (claims.get(text) for text in ("upn", "unique_name", "preferred_username", "appid"))
        name = next((item for item in named if isinstance(item, str) and item), otherwise)
        return Caller(name, self.headers.get("x-ms-client-request-id", ""))


@dataclass(frozen=True, slots=True)
class SimulatedAnswer:
    """`body` goes out as JSON, bytes as they are; None is an empty body."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def token_claims(authorization: str) -> JSON:
    """What a bearer token says of its owner; nothing for an opaque one. Any token is as good as any other here."""
    parts = authorization.partition(" ")[2].split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
