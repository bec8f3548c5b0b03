"""The hash chain: what is sealed, how, and how a reader finds the first event that does not fit.

    payload_hash = sha256(canonical JSON of [salt, summary, detail])
    hash         = sha256(prev_hash + canonical JSON of {every other column but prev_hash and hash})

The payload stands apart so that it can be emptied and the chain still verifies; the salt keeps an emptied text from
being guessed back out of its hash. Anybody can recompute both with a JSON library and sha256.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

GENESIS = "0" * 64  # what the first event names as its predecessor
CANNOT_PROVE = (
    "that the newest events were not removed: a chain cut short is still a chain",
    "that the whole file was not rewritten: whoever can write the file can compute every hash again",
    "that what was recorded is true, or that the clock of the machine was right",
)


class ChainRow(NamedTuple):
    """One event exactly as the file holds it; the columns in their order."""

    id: int
    incident: str | None
    environment: str
    subject: str
    occurred: str
    recorded: str
    kind: str
    source: str
    actor: str
    summary: str
    detail: str
    supersedes: int | None
    v: int
    salt: str
    payload_hash: str
    prev_hash: str
    hash: str

    @property
    def emptied(self) -> bool:
        """True once a redaction took the text away; an event as written always has a salt."""
        return not (self.summary or self.detail or self.salt)


PAYLOAD = ("summary", "detail", "salt")  # what a redaction empties
SEALED = tuple(name for name in ChainRow._fields if name not in (*PAYLOAD, "prev_hash", "hash"))

canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
"""JSON in the one form that is hashed: sorted keys, no spaces, text as it is. Raises TypeError, ValueError."""


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """What a walk along the chain found.

    `count` events were read, `head` is the hash of the newest. When not `ok`, `reason` says what is wrong and
    `first_bad` is the id of the first event that does not fit, None when it is the file itself.
    """

    ok: bool
    count: int
    head: str
    first_bad: int | None = None
    reason: str = ""
    cannot_prove: tuple[str, ...] = CANNOT_PROVE


class UnreadableError(Exception):
    """The rows end here because the file cannot be read any further; the message says why."""


def payload_hash(salt: str, summary: str, detail: str) -> str:
    return sha256(canonical([salt, summary, detail]).encode()).hexdigest()


def row_hash(row: ChainRow) -> str:
    sealed = {name: getattr(row, name) for name in SEALED}
    return sha256((row.prev_hash + canonical(sealed)).encode()).hexdigest()


def seal_payload(row: ChainRow) -> ChainRow:
    """`row` with the hash of its words, which do not depend on its place in the chain."""
    return row._replace(payload_hash=payload_hash(row.salt, row.summary, row.detail))


def seal_place(row: ChainRow) -> ChainRow:
    """`row` with the hash of its place in the chain; its payload must be sealed, its `prev_hash` set."""
    return row._replace(hash=row_hash(row))


def find_row_flaw(row: ChainRow, before: str, expected: int) -> str:
    """What is wrong with the event that should be number `expected` and follow hash `before`; "" when it fits."""
    if row.id != expected:
        return f"event {expected} is missing"
    if row.prev_hash != before:
        return f"event {row.id} does not follow the event before it"
    try:
        if row.hash != row_hash(row):
            return f"event {row.id} was changed after it was written"
        if not row.emptied and row.payload_hash != payload_hash(row.salt, row.summary, row.detail):
            return f"the text of event {row.id} was changed after it was written"
    except (TypeError, ValueError):  # a blob, a lone surrogate: nothing we ever write
        return f"event {row.id} holds something that was never written by the cockpit"
    return ""


def verify_chain(rows: Iterable[ChainRow], *, known_head: str = "") -> ChainVerdict:
    """Walk along all events in id order.

    `known_head` is one noted earlier (a post-mortem prints one), or how it begins: it must be on the chain. Memory
    stays flat; only the ids of emptied events are kept, each of which must be named by a later redaction.
    """
    head, count, met = GENESIS, 0, GENESIS.startswith(known_head)
    emptied: set[int] = set()
    present = iter(rows)
    while True:
        try:
            row = next(present, None)
        except UnreadableError as error:
            return ChainVerdict(False, count, head, count + 1, str(error))
        if row is None:
            break
        if reason := find_row_flaw(row, head, count + 1):
            return ChainVerdict(False, count, head, count + 1, reason)
        head, count = row.hash, row.id
        met = met or head.startswith(known_head)
        if row.emptied:
            emptied.add(row.id)
        if row.kind == "redact" and row.subject.isdigit():
            emptied.discard(int(row.subject))
    if emptied:
        first = min(emptied)
        return ChainVerdict(False, count, head, first, f"event {first} was emptied, but no redaction says so")
    if not met:
        return ChainVerdict(
            False, count, head, None, f"no event has the hash {known_head}: events were removed or rewritten"
        )
    return ChainVerdict(True, count, head)
