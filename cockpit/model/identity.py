"""Who the cloud thinks we are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """As the bar shows it: `you@example.com via az cli`. `machine` is True for an identity that is no person."""

    name: str
    method: str  # cli | managed_identity | device_code | simulator
    tenant: str = ""
    machine: bool = False

    @property
    def label(self) -> str:
        return f"{self.name} via {'az cli' if self.method == 'cli' else self.method.replace('_', ' ')}"
