"""How a server is reached over HTTP, a health check, a threshold of the team's own, and what each came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

from cockpit.model.problem import ProblemKind
from cockpit.model.secret import Secret
from cockpit.model.setting import (
    NO_PROXY,
    BodyText,
    ClockTime,
    ConditionText,
    Duration,
    LineText,
    LongDuration,
    Moment,
    NameText,
    PathText,
    ProbeUrlText,
    ProxyText,
    SecretReference,
    TextOrSecret,
    UrlText,
    ZoneText,
    setting,
)
from cockpit.model.time import format_duration

ENTRA_AUTH = "entra:"
"""How `auth` begins where one text stands for the table: `auth = "entra:SCOPE"`."""


@dataclass(frozen=True, slots=True)
class HttpAuth:
    """Who we are to a server: a token, or a user with a password. Sent in `Authorization`, to that server alone."""

    bearer: SecretReference | None = field(default=None, metadata=setting("A token, sent as `Bearer ...`."))
    user: LineText = field(default="", metadata=setting("A user, together with `password`."))
    password: SecretReference | None = field(default=None, metadata=setting("The user's password."))
    entra: LineText = field(
        default="",
        metadata=setting(
            'The scope of a token of the identity in use: `api://orders/.default`. Also written `auth = "entra:SCOPE"`.'
        ),
    )
    token_url: UrlText = field(
        default="", metadata=setting("Where a token is asked for by client credentials (OAuth 2.0).")
    )
    client_id: LineText = field(default="", metadata=setting("As whom, together with `client_secret`."))
    client_secret: SecretReference | None = field(default=None, metadata=setting("The secret of the client."))
    scope: LineText = field(default="", metadata=setting("For what, where the server wants to know."))

    @property
    def takes_token(self) -> bool:
        """Whether a token must be asked for first."""
        return bool(self.entra or self.token_url)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAccess:
    """How a server is reached: what is sent along, which certificates are trusted and shown, through which proxy."""

    auth: HttpAuth | None = field(
        default=None,
        metadata=setting(
            '`{ bearer = { env = "NAME" } }`, `{ user = "...", password = { env = "NAME" } }`, `"entra:SCOPE"`, or '
            "client credentials; see below."
        ),
    )
    headers: Mapping[str, TextOrSecret] = field(
        default_factory=dict, metadata=setting('Headers sent along; a secret one is `{ env = "NAME" }`.')
    )
    verify_tls: bool = field(default=True, metadata=setting("`false` accepts any certificate."))
    ca_file: PathText = field(
        default="",
        metadata=setting("Trusted certificates (PEM) of a private authority.", absent_text="the system's"),
    )
    client_certificate: PathText = field(
        default="", metadata=setting("Our own certificate (PEM), where the server asks for one.", absent_text="none")
    )
    client_key: PathText = field(
        default="",
        metadata=setting("Its private key (PEM), without a password.", absent_text="in the file of the certificate"),
    )
    proxy: ProxyText = field(
        default=NO_PROXY,
        metadata=setting(
            "`none`; `env`: as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say; or `http://host:port`. Never for this "
            "machine itself."
        ),
    )

    def list_secrets(self) -> tuple[Secret, ...]:
        """Every secret that reaching it takes."""
        auth = (self.auth.bearer, self.auth.password, self.auth.client_secret) if self.auth else ()
        return tuple(value for value in (*auth, *self.headers.values()) if isinstance(value, Secret))

    @property
    def header_names(self) -> tuple[str, ...]:
        """Of what is sent for this server alone."""
        return (*self.headers, *(("Authorization",) if self.auth else ()))


@dataclass(frozen=True, slots=True)
class OriginAccess(HttpAccess):
    """How the HTTP steps of runbooks reach servers. The first table that names the origin of an address holds."""

    origins: tuple[UrlText, ...] = field(
        metadata=setting("Scheme, host and port: `https://api.example.com`.", not_empty=True)
    )


def find_origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address; None where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower(), 0)
    except ValueError:
        return None
    return (parts.scheme.lower(), (parts.hostname or "").lower(), port) if parts.hostname else None


def find_access(accesses: Sequence[OriginAccess], url: str) -> HttpAccess:
    """How an address is reached: as the table that names its origin says, else as it comes."""
    origin = find_origin(url)
    fitting = (access for access in accesses if origin in map(find_origin, access.origins))
    return next(fitting, HttpAccess()) if origin else HttpAccess()


class ProbeState(StrEnum):
    """What we may say of an endpoint. Only DOWN accuses it."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    PENDING = "pending"  # failing, still below its threshold
    UNKNOWN = "unknown"  # no data, its parent is down, or the lag was our own
    MAINTENANCE = "maintenance"
    ASLEEP = "asleep"  # its app scaled to zero, and we do not wake it


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """A window of planned work, in which a probe's answers accuse nobody."""

    start: Moment = field(metadata=setting("Its beginning, with a time zone.", key="from"))
    until: Moment = field(metadata=setting("Its end, with a time zone."))


@dataclass(frozen=True, slots=True)
class RecurringWindow:
    """Recurring planned work."""

    every: LineText = field(
        metadata=setting(
            "`daily`, `weekdays`, `weekends`, `sun`, `mon, thu`, `first sun`, or a rule of RFC 5545: "
            "`FREQ=WEEKLY;INTERVAL=2;BYDAY=SU`, counted from the first Monday of 2024."
        )
    )
    at: ClockTime = field(metadata=setting("The local time at which it begins."))
    lasting: Duration = field(metadata=setting("How long it takes.", key="for"))
    zone: ZoneText = field(default="UTC", metadata=setting("Whose local time; an IANA name."))


@dataclass(frozen=True, slots=True)
class Probe(HttpAccess):
    """One health check."""

    name: NameText = field(metadata=setting("How it is called on the screen; unique in its environment."))
    environment: str
    url: ProbeUrlText = field(
        metadata=setting(
            "The address: `http://`, `https://`; `tcp://host:port` and `tls://host:port` only connect, "
            "`tls://host:5432?starttls=postgres` (or `smtp`) asks for TLS first; `dns://server/name?type=A`, "
            "`icmp://host`, `ws://` and `wss://`; `beat://NAME` waits for `cockpit beat NAME`."
        )
    )
    method: str = field(
        default="GET",
        metadata=setting("The HTTP method.", choices=("GET", "HEAD", "POST", "PUT", "OPTIONS")),
    )
    body: BodyText = field(default="", metadata=setting("What is sent with it."))
    interval: Duration = field(default=15.0, metadata=setting("Time between two checks."))
    timeout: Duration = field(
        default=5.0,
        metadata=setting(
            "How long one check may take; not longer than the interval.",
            absent_text="5s, or the interval if shorter",
        ),
    )
    retry_interval: Duration = field(
        default=3.0,
        metadata=setting("Wait after a failed check.", absent_text="3s, or the interval if shorter"),
    )
    redirects: Literal["watch", "follow", "refuse"] = field(
        default="watch",
        metadata=setting(
            "What a redirect means: `watch` follows it, and one to a sign-in page is a failure, one to another host "
            "or port degraded; `follow` judges only where it ends; `refuse` judges the redirect itself."
        ),
    )
    conditions: tuple[ConditionText, ...] = field(
        default=(),
        metadata=setting("All must hold, or the check has failed.", absent=["[STATUS] == 200"], not_empty=True),
    )
    degraded: tuple[ConditionText, ...] = field(
        default=(), metadata=setting("One that does not hold makes a working probe degraded.")
    )
    within: LongDuration = field(
        default=90_000.0,
        metadata=setting(
            "For `beat://`: how long the job may stay silent; a nightly one `26h`, a weekly one `8d`.",
            absent_text="25h",
        ),
    )
    failures: int = field(
        default=2, metadata=setting("Failed checks in a row before it is down.", minimum=1, maximum=100)
    )
    successes: int = field(
        default=1, metadata=setting("Good checks in a row before it is up again.", minimum=1, maximum=100)
    )
    depends_on: tuple[NameText, ...] = field(
        default=(), metadata=setting("Names of probes; while one of them is down, this one is unknown.")
    )
    maintenance: tuple[tuple[datetime, datetime], ...] = field(
        default=(), metadata=setting("Windows of planned work.", tables=MaintenanceWindow)
    )
    recurring_maintenance: tuple[RecurringWindow, ...] = field(
        default=(), metadata=setting("Windows of planned work that come round; see below.")
    )
    only_while_running: LineText = field(
        default="",
        metadata=setting(
            "The app that it asks, where that scales to zero: while it has no replica the probe is asleep and is not "
            "asked, so that nothing is woken."
        ),
    )
    runbook: LineText = field(
        default="",
        metadata=setting("The procedure that helps when it is down: `runbook`, or `runbook#procedure`."),
    )


@dataclass(frozen=True, slots=True)
class ProbeEvidence:
    """One failing answer, kept. All text is cleaned, and known secrets are masked.

    `headers` are those that tell what answered; `body` at most 2,000 characters, or what it was where it is no text;
    `phases` seconds by phase, `broke_off` the last of them where the answer ended in it. `tried` are the addresses that
    did not take us, each with its reason.
    """

    at: datetime
    reason: str
    status: int | None = None
    url: str = ""  # where the answer came from, after redirects; without its query
    address: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    phases: tuple[tuple[str, float], ...] = ()
    certificate_ends: datetime | None = None
    tls: str = ""  # `TLSv1.3 TLS_AES_256_GCM_SHA384, certificate of shop.example.com by R11`
    tried: tuple[str, ...] = ()
    broke_off: str = ""


@dataclass(frozen=True, slots=True)
class ProbeFlap:
    """How a probe failed now and then: how many times, from its first failing answer to the last one, and for how long
    it answered well in between at most. What was down for its own time before that is not in it.

    `well_since` is the first of the good answers that ended it; None while it goes on.
    """

    began: datetime
    last_bad: datetime
    times: int = 1
    longest_well: timedelta = timedelta()
    well_since: datetime | None = None

    def describe(self, unseen: str = "") -> str:
        """`flapped 7 times from 02:11:05 to 02:14:30 UTC, well for 12s at most in between`; `unseen` is what stands
        behind a beginning that only a first look dates."""
        day = "" if self.began.date() == self.last_bad.date() else "%Y-%m-%d "
        begin, end = (f"{moment.astimezone(UTC):{day}%H:%M:%S}" for moment in (self.began, self.last_bad))
        between = f", well for {format_duration(self.longest_well)} at most in between" if self.longest_well else ""
        return f"flapped {self.times} times from {begin}{unseen} to {end} UTC{between}"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Where one probe stands.

    `reason` is one cleaned line: the failed condition with its value, `[STATUS] (503) == 200`, or what went wrong
    and in which phase. `latency` is seconds of the last answer; `history` the newest latencies, oldest first,
    None where there was no answer (at most 60).
    """

    name: str
    environment: str
    url: str
    state: ProbeState
    since: datetime
    checked: datetime | None = None
    status: int | None = None
    latency: float | None = None
    reason: str = ""
    failing: int = 0  # consecutive failing answers
    flapping: bool = False
    history: tuple[float | None, ...] = ()
    address: str = ""  # the address that answered
    answered: float | None = None  # when it last answered anything (monotonic)
    runbook: str = ""  # the procedure that helps when it is down, as the configuration names it
    first_failure: ProbeEvidence | None = None  # of the outage it is in, or of the last one
    last_failure: ProbeEvidence | None = None
    maintenance_until: datetime | None = None
    silent_since: float | None = None  # when the first check began (monotonic) since which nothing came, nor from DNS
    flap: ProbeFlap | None = None  # the one that goes on, else the last one
    blind_from: datetime | None = None  # since when no answer showed anything, of what the first ones after that show


# Signals: a number that somebody else measures, and the limits that the team set for it.


@dataclass(frozen=True, slots=True)
class WatchedSignal(HttpAccess):
    """One number from Azure Monitor, Log Analytics or a Prometheus, with the limits of the team."""

    name: NameText = field(metadata=setting("How it is called on the screen; unique in its environment."))
    kind: Literal["azure_metric", "kql", "promql"] = field(metadata=setting("Who measures it."))
    environment: str = ""
    query: BodyText = field(
        default="",
        metadata=setting(
            "PromQL or KQL that gives one number, or for KQL one for each time; the newest counts.",
            required_for="for `promql` and `kql`",
        ),
    )
    url: UrlText = field(default="", metadata=setting("The Prometheus that is asked, for `promql`."))
    source: LineText = field(
        default="",
        metadata=setting("Instead of `url`: the alert source whose first `prometheus` is asked, with its headers."),
    )
    metric: LineText = field(
        default="", metadata=setting("The name of the metric: `Requests`.", required_for="for `azure_metric`")
    )
    resource: LineText = field(
        default="",
        metadata=setting(
            "Of which resource: its id, or the name of a container app of the resource group.",
            absent_text="the first of `apps`",
        ),
    )
    aggregation: str = field(
        default="total",
        metadata=setting(
            "How the points of the window become one number.",
            choices=("total", "average", "maximum", "minimum", "count"),
        ),
    )
    filter: LineText = field(default="", metadata=setting("Dimensions of the metric: `statusCodeCategory eq '5xx'`."))
    window: Duration = field(default=300.0, metadata=setting("The time that one number is about, for Azure and KQL."))
    per_query: BodyText = field(default="", metadata=setting("The number is divided by that of this query: a ratio."))
    per_metric: LineText = field(default="", metadata=setting("The number is divided by that of this metric."))
    per_filter: LineText = field(default="", metadata=setting("Dimensions of `per_metric`; none counts all."))
    unit: LineText = field(
        default="",
        metadata=setting(
            "Shown behind the number. `%` shows what is divided by `per_query` or `per_metric` in hundredths: 0.05 is "
            "5 %. A query that divides by itself multiplies by 100 itself."
        ),
    )
    degraded: tuple[ConditionText, ...] = field(
        default=(), metadata=setting("`[VALUE] < 5`: one that does not hold makes it degraded.")
    )
    down: tuple[ConditionText, ...] = field(
        default=(), metadata=setting("`[VALUE] < 20`: one that does not hold makes it down.")
    )
    lasting: Duration = field(
        default=0.0,
        metadata=setting("How long a limit must be passed before it counts.", key="for", absent_text="at once"),
    )
    no_data: Literal["unknown", "ok", "degraded", "down"] = field(
        default="unknown", metadata=setting("What it means that there is no number.")
    )
    every: Duration = field(default=60.0, metadata=setting("Time between two looks."))
    runbook: LineText = field(
        default="", metadata=setting("The procedure that helps: `runbook`, or `runbook#procedure`.")
    )


SignalPoint = tuple[datetime, float | None]
"""When, and what was measured; None where there was nothing."""


@dataclass(frozen=True, slots=True)
class SignalResult:
    """Where one signal stands. All text is cleaned.

    `limit` is the condition that is nearest to what is shown, `points` what was measured in the last hour, oldest
    first, `caution` says what the number may lack: a partial answer, a delay.
    """

    name: str
    environment: str
    state: ProbeState
    since: datetime
    value: float | None = None
    unit: str = ""
    limit: str = ""
    reason: str = ""
    caution: str = ""
    measured: datetime | None = None  # what moment the number is about
    checked: datetime | None = None
    points: tuple[SignalPoint, ...] = ()
    limits: tuple[float, ...] = ()  # the numbers that the conditions name, for a drawing
    query: str = ""
    runbook: str = ""
    failure: ProblemKind | None = None  # why the newest look could not be made

    @property
    def text(self) -> str:
        """`0.4 %`, `312 ms`."""
        return format_number(self.value, self.unit)


def format_number(value: float | None, unit: str = "") -> str:
    """A number with its unit in few letters: `0.42 %`, `1.2k`, `-`."""
    if value is None:
        return "-"
    size = abs(value)
    if size >= 1e15:
        text = f"{value:.1e}"
    elif size >= 1e9:
        text = f"{value / 1e9:.3g}G"
    elif size >= 1e6:
        text = f"{value / 1e6:.3g}M"
    elif size >= 1e4:
        text = f"{value / 1e3:.3g}k"
    else:
        text = f"{value:.0f}" if size >= 100 or value == int(value) else f"{value:.3g}"
    return f"{text} {unit}".rstrip()
