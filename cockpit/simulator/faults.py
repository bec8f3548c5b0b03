"""Faults on request, such as a 429: the next answers to some requests are replaced, delayed or lost on their way."""

import re
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Fault(BaseModel):
    """What to do to requests whose `METHOD path` matches `match`, a regular expression in any case.

    `times`: how many requests, None for all until cleared. `status` None lets the real answer through (a mere delay).
    `body`: text as it is, anything else as JSON. `delay`: real seconds. `effect`: the request is carried out all the
    same, and only its answer is lost. `since`, `until`: the seconds of the story between which it strikes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: str
    times: int | None = Field(default=1, ge=1)
    status: int | None = Field(default=None, ge=200, le=599)
    headers: dict[str, str] = {}
    delay: float = Field(default=0.0, ge=0.0)
    body: Any = None
    effect: bool = False
    since: float = Field(default=0.0, ge=0.0)
    until: float | None = None

    @field_validator("match")
    @classmethod
    def _compiles(cls, match: str) -> str:
        try:
            re.compile(match)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return match

    @model_validator(mode="after")
    def _answers_or_delays(self) -> "Fault":
        if self.status is None and (self.body is not None or self.headers or self.effect):
            raise ValueError("body, headers and effect belong to an answer of its own: give a status")
        return self

    def hits(self, request: str, now: float) -> bool:
        in_time = self.since <= now and (self.until is None or now < self.until)
        return in_time and re.search(self.match, request, re.IGNORECASE) is not None


@dataclass(slots=True)
class Faults:
    """The faults in force, oldest first, with how often each is still to strike."""

    _armed: list[tuple[Fault, int | None]] = field(default_factory=list)

    def arm(self, fault: Fault) -> None:
        self._armed.append((fault, fault.times))

    def clear(self) -> None:
        self._armed.clear()

    def strike(self, request: str, now: float) -> Fault | None:
        """The first fault that `METHOD path` meets at second `now`; it has struck once more."""
        for place, (fault, left) in enumerate(self._armed):
            if fault.hits(request, now):
                if left is not None:
                    self._armed[place : place + 1] = [(fault, left - 1)] if left > 1 else []
                return fault
        return None

    def listed(self) -> list[dict[str, Any]]:
        return [{**fault.model_dump(), "left": left} for fault, left in self._armed]
