"""What an index table says of a document, kept as blocks at the end of its text. See `catalogue/index_tables.py`.

The catalogue needs it before the first verdict of a probe: it imports nothing that reads commands.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cockpit.model.runbook import OutlineShape, OutlineSpan, Runbook

MARK = "~~~~~~~~~"  # one more than a sidecar's: neither ends the other
BLOCK = re.compile(rf"\n{MARK}toml index\n(.*?)\n{MARK}\n", re.DOTALL)
AT_THE_END = re.compile(rf"(?:\n{MARK}toml index\n(?:(?!{MARK}).*\n)*{MARK}\n)+\Z")


@dataclass(frozen=True, slots=True)
class BoundLabels:
    """Labels that hold for a document, or for the one procedure of that slug; `origin` is the row that says so."""

    labels: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    procedure: str = ""


def join_index_block(runbook: Runbook, bound: BoundLabels) -> Runbook:
    """The document with the block at the end of its text; its hash stands for both."""
    fields = {"origin": bound.origin, "procedure": bound.procedure, **bound.labels}
    lines = "\n".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in fields.items() if value)
    block = f"\n{MARK}toml index\n{lines}\n{MARK}\n"
    digest = hashlib.sha256((runbook.sha256 + block).encode()).hexdigest()
    return replace(add_text_block(runbook, block), sha256=digest)


def add_text_block(runbook: Runbook, block: str) -> Runbook:
    """The document with fenced blocks at its end, which its outline holds as one fence."""
    line = runbook.text.count("\n") + 1
    span = OutlineSpan(OutlineShape.FENCE, line, line + block.count("\n") + 1, info="toml index")
    return replace(runbook, text=f"{runbook.text}{block}", outline=(*runbook.outline, span))


def take_index_blocks(text: str) -> tuple[str, str, list[BoundLabels]]:
    """A text without its blocks, the blocks as they stand, and what they say. Texts from the disk have none."""
    first = AT_THE_END.search(text) if MARK in text else None
    if first is None:
        return text, "", []
    bound: list[BoundLabels] = []
    for match in BLOCK.finditer(text, first.start()):
        try:
            fields = {name: str(value) for name, value in tomllib.loads(match[1]).items()}
        except tomllib.TOMLDecodeError:
            continue
        bound.append(BoundLabels(fields, fields.pop("origin", ""), fields.pop("procedure", "")))
    return text[: first.start()], text[first.start() :], bound


def add_bound_labels(runbook: Runbook, bound: BoundLabels) -> Runbook:
    """The document whose procedures have the labels, where they have none of their own."""
    procedures = tuple(
        replace(procedure, labels={**bound.labels, "index": bound.origin, **procedure.labels})
        if bound.procedure in ("", procedure.slug)
        else procedure
        for procedure in runbook.procedures
    )
    own = {**bound.labels, **runbook.labels} if not bound.procedure else runbook.labels
    return replace(runbook, procedures=procedures, labels=own)
