"""The links of long operations as Azure signs them: opaque, some 3,500 characters long, and good only letter by letter.

Azure puts four parameters behind such a link: a time, a certificate of 1,931 bytes and more, a signature made with it,
and a hash. What stands in them here follows from the link itself, so that a world is the same in every run.
"""

import base64
import hashlib

from cockpit.simulator.answer import RefusedError, SimulatedRequest

CERTIFICATE = range(1_931, 2_400)  # bytes
SIGNATURE, HASH = 256, 32  # bytes


def sign_link(path: str, seed: int) -> str:
    """A path with its query, and the signature behind it."""
    drawn = hashlib.shake_256(f"{seed} {path}".encode()).digest(8 + CERTIFICATE.stop + SIGNATURE + HASH)
    number = int.from_bytes(drawn[:4])
    certificate = drawn[8 : 8 + CERTIFICATE[number % len(CERTIFICATE)]]
    moment = 638_000_000_000_000_000 + int.from_bytes(drawn[:7])  # in .NET's ticks
    written = f"{path}&t={moment}&c={_as_text(certificate)}"
    signature = hashlib.shake_256(f"{seed} {written}".encode()).digest(SIGNATURE)
    return f"{written}&s={_as_text(signature)}&h={_as_text(drawn[-HASH:])}"


def must_be_signed(call: SimulatedRequest, link: str) -> None:
    """Raises RefusedError, 403, for a request whose path and query are not exactly `link`."""
    if call.target != link:
        raise RefusedError(
            403, "InvalidOperationLink", "The signature of this operation link does not fit: it was changed or cut."
        )


def _as_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
