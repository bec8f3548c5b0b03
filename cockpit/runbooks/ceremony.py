"""How much it takes to start a step. The kind decides, and the runner holds everybody to it."""

from dataclasses import dataclass
from typing import Literal

Need = Literal["key", "confirm", "word"]


@dataclass(frozen=True, slots=True)
class Ceremony:
    """`key`: one press. `confirm`: having been shown it. `word`: typed as it stands in `word`.

    `approval` asks who gave it and how; `again` that a step already done, or left unknown, is to be done once more.
    """

    need: Need
    word: str = ""
    approval: bool = False
    approver: str = ""  # who, as the document names them
    again: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """Who gave it and how: `verbally, on the bridge`. By somebody else than who runs the step."""

    by: str
    how: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person did in answer to a Ceremony. `fingerprint` is of the Prepared that was shown."""

    fingerprint: str = ""
    word: str = ""
    approval: Approval | None = None
    again: bool = False
