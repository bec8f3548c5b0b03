"""Moments as a document shows them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class TimeFace:
    """Moments as a document shows them: the day only where it is another than that of the incident.

    `zone` is the team's; where it shows the same time as UTC, one column says it all.
    """

    zone: tzinfo
    day: datetime

    @property
    def is_utc(self) -> bool:
        return self.day.astimezone(self.zone).utcoffset() == timedelta()

    @property
    def zone_name(self) -> str:
        """How the team's zone was called on that day: `NZDT`."""
        return f"{self.day.astimezone(self.zone):%Z}"

    def utc(self, moment: datetime) -> str:
        """`11:06:56`, of another day `2026-11-30 00:12:04`."""
        moment = moment.astimezone(UTC)
        same_day = moment.date() == self.day.astimezone(UTC).date()
        return f"{moment:%H:%M:%S}" if same_day else f"{moment:%Y-%m-%d %H:%M:%S}"

    def local(self, moment: datetime) -> str:
        """In the team's zone, `00:06:56`, with the zone where the clocks were changed since; "" where that is UTC."""
        if self.is_utc:
            return ""
        here = moment.astimezone(self.zone)
        same_day = here.date() == self.day.astimezone(self.zone).date()
        text = f"{here:%H:%M:%S}" if same_day else f"{here:%Y-%m-%d %H:%M:%S}"
        return text if f"{here:%Z}" == self.zone_name else f"{text} {here:%Z}"

    def full(self, moment: datetime) -> str:
        """With its day, in both: `2026-11-29 11:06:56 UTC (2026-11-30 00:06:56 NZDT)`."""
        text = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return text if self.is_utc else f"{text} ({moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S %Z})"
