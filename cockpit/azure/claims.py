"""What a token says of its owner, and what a refused request says it still wants. Nothing is verified here."""

import base64
import binascii
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from cockpit.model.operator import Identity
from cockpit.model.raw import read_text

LOGIN_COMMAND = re.compile(r"\baz login --claims-challenge\b[^\r\n]*")


def read_token_owner(token: str, method: str, otherwise: str) -> Identity:
    """Who a token stands for. An opaque one is named `otherwise`, the user of this machine.

    The signature is Azure's to check: this is only what the bar shows and the timeline writes down.
    """
    claims = read_jwt_payload(token)
    person = next(
        filter(None, (read_text(claims.get(key)) for key in ("upn", "unique_name", "preferred_username"))), ""
    )
    resource = read_text(claims.get("xms_mirid"))
    machine = method == "managed_identity" or read_text(claims.get("idtyp")) == "app" or bool(resource)
    machine_name = (
        resource.rpartition("/")[2] or read_text(claims.get("app_displayname")) or read_text(claims.get("appid"))
    )
    name = (machine_name if machine else person or read_text(claims.get("name"))) or read_text(claims.get("oid"))
    return Identity(name or otherwise, method, read_text(claims.get("tid")), machine)


def read_jwt_payload(token: str) -> Mapping[str, Any]:
    """The middle part of a JWT, {} when there is none to read."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return claims if isinstance(claims, Mapping) else {}


def read_claims_challenge(header: str) -> str:
    """The claims a 401 asks for (its WWW-Authenticate header) as JSON text, "" when it asks for none."""
    match = re.search(r'\bclaims="([^"]+)"', header)
    if "insufficient_claims" not in header or match is None:
        return ""
    try:
        return base64.urlsafe_b64decode(match.group(1) + "=" * (-len(match.group(1)) % 4)).decode()
    except (ValueError, binascii.Error):
        return ""


def login_command_in(message: str) -> list[str]:
    """The `az login --claims-challenge ...` that an error message spells out, as an argument list; else []."""
    match = LOGIN_COMMAND.search(message)
    try:
        return shlex.split(match.group()) if match else []
    except ValueError:
        return []
