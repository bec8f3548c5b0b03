"""How a server is reached over HTTP: the same keys for probes, Alertmanager and Prometheus."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cockpit.model.secret import Secret
from cockpit.model.setting import PathText, TextOrSecret, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAccess:
    """What is sent along, and which certificates are trusted. Whatever asks over HTTP has these keys."""

    headers: Mapping[str, TextOrSecret] = field(
        default_factory=dict, metadata=setting('Headers sent along; a secret one is `{ env = "NAME" }`.')
    )
    verify_tls: bool = field(default=True, metadata=setting("`false` accepts any certificate."))
    ca_file: PathText = field(
        default="",
        metadata=setting("Trusted certificates (PEM) of a private authority.", absent_text="the system's"),
    )

    def list_secrets(self) -> tuple[Secret, ...]:
        """Every secret that reaching it takes."""
        return tuple(value for value in self.headers.values() if isinstance(value, Secret))
