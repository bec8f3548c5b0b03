"""What placeholders stand for: the operator's answer, the environment's values, what the panes show. Never a guess."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cockpit.model.probe import ProbeResult
from cockpit.model.problem import SourceError
from cockpit.model.reading import Reading
from cockpit.model.revision import Application, Revision
from cockpit.model.run import Value
from cockpit.model.runbook import Parameter
from cockpit.model.secret import MASK, Secret, names_a_secret
from cockpit.model.system import Environment
from cockpit.model.text import clean_line, find_nearest, is_clean_line
from cockpit.model.time import WhenError, parse_past_moment
from cockpit.runbooks.plan.durations import find_amount
from cockpit.runbooks.prepare.candidates import PrintedOutput, list_candidates
from cockpit.runbooks.rollback import rollback_values
from cockpit.runbooks.shell_syntax.placeholders import asks_for_same, canonicalise_name
from cockpit.runbooks.types import NOTHING_KEPT, KeptShell, KeptVariable, Resolved

# What the Check column of a table of parameters asks of a value: `not BAD`, `at most 7 days, at least 15 min ago`.

CLAUSE = re.compile(r"[,;]\s*|\s+and\s+")
OTHER = re.compile(r"(?i)^not\W+(?P<name>[\w-]+)\W*$")
NEWEST = re.compile(r"(?i)\bat least\b|\bolder than\b|\bmore than\b")  # it must lie this far back
OLDEST = re.compile(r"(?i)\bat most\b|\bwithin\b|\b(?:not|no) (?:older|more) than\b|\bless than\b")  # and no further


def list_forbidden_parameters(text: str) -> Iterator[str]:
    """The parameters whose value this one must not have."""
    for clause in CLAUSE.split(text):
        if match := OTHER.match(clause.strip()):
            yield match["name"]


def out_of_bounds(text: str, value: str, now: datetime) -> str:
    """Why a moment lies too far back, or not far enough; "" for one that may be, and for what is no moment."""
    try:
        ago = now - datetime.fromisoformat(value)
    except (TypeError, ValueError):  # no moment, or one without its zone
        return ""
    if ago < timedelta(0):
        return f"lies in the future: it is {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if parse_age_limits(text) else ""
    return next((f"is not {clause}" for clause, least, most in parse_age_limits(text) if not least <= ago <= most), "")


def parse_age_limits(text: str) -> list[tuple[str, timedelta, timedelta]]:
    """(words, from, to) of every clause that says how long ago something may be."""
    triples: list[tuple[str, timedelta, timedelta]] = []
    for clause in CLAUSE.split(text):
        span = find_amount(clause)
        if span is not None and OLDEST.search(clause):
            triples.append((format_ago(clause), timedelta(0), span.after))
        elif span is not None and NEWEST.search(clause):
            triples.append((format_ago(clause), span.after, timedelta.max))
    return triples


def format_ago(clause: str) -> str:
    text = clause.strip().removesuffix(" ago")
    return f"{text} ago"


# Is this value what its name asks for? Whatever passes here is still given to the shell only as a variable.

SET_BY_STEP = "an earlier step"
LONGEST = 4_096  # letters
HOST = re.compile(
    r"(?=.{1,260}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:\d{1,5})?"
)
REVISION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
MOMENT = re.compile(r"(^|_)(time|timestamp|datetime|restore_point)$")
NEGATIVE = re.compile(r"-\d+")


def check_value(name: str, value: str, choices: Sequence[str] = ()) -> str:
    """Why a value cannot stand for this name, "" when it can."""
    if not value.strip():
        return f"{name} is empty"
    if len(value) > LONGEST:
        return f"{name} is longer than {LONGEST} letters"
    if not is_clean_line(value, LONGEST) or not value.isprintable():
        return f"{name} holds a line break or a letter that cannot be seen"
    if value.startswith("-") and not NEGATIVE.fullmatch(value):
        return f"{name} begins with a dash, which a command takes for an option"
    if choices and value not in choices:
        meant = find_nearest(value, choices)
        return f"there is no {clean_line(value, 80)} here" + (f"; did you mean {meant}?" if meant else "")
    return _of_its_kind(name, value)


def _of_its_kind(name: str, value: str) -> str:
    if asks_for_same(name, "fqdn") and not HOST.fullmatch(value):
        return f"{name} must be a host name such as app.example.com, without https:// and path"
    if any(asks_for_same(name, text) for text in ("previous", "bad")) and not REVISION.fullmatch(value):
        return f"{name} must be the name of a revision"
    if MOMENT.search(canonicalise_name(name)) and not _is_moment(value):
        return f"{name} must be a time with its zone, such as 2026-02-27T02:00:00Z"
    return ""


def _is_moment(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None and "T" in value.upper()
    except ValueError:
        return False


Reveal = Callable[[Secret], str]
Target = Callable[[Application], Mapping[str, str]]
"""What a rollback of an app would fill in, by placeholder; see `rollback_values`."""


@dataclass(frozen=True, slots=True)
class Live:
    """What the panes show that can fill a placeholder, built from Readings by `build_live_values`; "" is not known."""

    applications: tuple[Application, ...] = ()
    app: str = ""
    fqdn: str = ""
    previous: str = ""  # the revision a rollback would go to
    bad: str = ""  # the revision it would leave
    serving: str = ""  # the one with the most traffic
    replica: str = ""
    probes: tuple[ProbeResult, ...] = ()
    detected: datetime | None = None  # when the open incident was
    target: Target = field(default=rollback_values, compare=False)  # who decides on `previous` and `bad`


def build_live_values(readings: Iterable[Reading[Any]], *, app: str = "", target: Target = rollback_values) -> Live:
    """What the newest Readings show of one app: of `app`, else of the only one there is."""
    all_readings = list(readings)
    apps = tuple(value for value in _list_values(all_readings, "revisions") if isinstance(value, Application))
    probes = tuple(value for value in _list_values(all_readings, "probes") if isinstance(value, ProbeResult))
    return focus_app(Live(apps, probes=probes, target=target), app)


def _list_values(readings: Sequence[Reading[Any]], feed: str) -> list[Any]:
    return [
        one
        for reading in readings
        if reading.feed == feed and isinstance(reading.value, tuple)
        for one in reading.value
    ]


def focus_app(live: Live, app: str = "") -> Live:
    """The same panes, with an eye on one app. Where there are several and none is named, nothing is known of any."""
    named = (
        [application for application in live.applications if application.name == app]
        if app
        else list(live.applications)
    )
    if len(named) != 1:
        return Live(live.applications, probes=live.probes, detected=live.detected, target=live.target)
    chosen = named[0]
    serving = chosen.serving
    rollback = live.target(chosen)
    return Live(
        applications=live.applications,
        app=chosen.name,
        fqdn=chosen.fqdn,
        previous=rollback.get("previous", ""),
        bad=rollback.get("bad", serving.name if serving else ""),
        serving=serving.name if serving else "",
        replica=worst_replica(serving),
        probes=live.probes,
        detected=live.detected,
        target=live.target,
    )


def worst_replica(revision: Revision | None) -> str:
    """A replica that is not ready, the one with the most restarts first; "" when all are."""
    unready = [replica for replica in (revision.replicas if revision else None) or () if not replica.ready]
    return max(unready, key=lambda replica: replica.restarts).name if unready else ""


def resolve_values(
    parameters: Sequence[Parameter],
    environment: Environment,
    live: Live,
    values_by_name: Mapping[str, str],
    reveal: Reveal | None = None,
    kept: Sequence[Value] = (),
    proposed: Sequence[Value] = (),
    now: datetime | None = None,
    shell: KeptShell = NOTHING_KEPT,
    printed: Sequence[PrintedOutput] = (),
) -> tuple[Resolved, ...]:
    """Every parameter with its value, or why it has none. The operator's word counts most, then the environment's.

    `kept` is what the run has used before: the revision that was bad when it began stays the bad one. `proposed` is
    what was found for it before it began; `shell` is what its steps have set so far, `printed` what they have
    printed, from which an open placeholder is offered values. With `now` a moment is held to how
    long ago its document lets it be.
    """
    before = {value.name: value for value in kept if value.shown != MASK and value.source != "environment"}
    offered = {value.name: value for value in proposed}
    pairs = (*values_by_name.items(), *((value.name, value.shown) for value in (*before.values(), *proposed)))
    named = next((value for name, value in pairs if asks_for_same(name, "app")), "") or _read_plain_value(
        environment, "app"
    )
    focused = live if not named or named == live.app else focus_app(live, named)

    def found(parameter: Parameter) -> Resolved:
        if (variable := shell.variables.get(parameter.name)) and not values_by_name.get(parameter.name, "").strip():
            return _take_from_shell(parameter, variable)
        result = _resolve_parameter(
            parameter,
            environment,
            focused,
            typed_moment(parameter.name, values_by_name, now),
            reveal,
            before.get(parameter.name) or _find_named_value(parameter.name, offered),
        )
        return _with_candidates(result, printed, live)

    return tuple(_held_to(parameter.check, found(parameter), found, now) for parameter in parameters)


def typed_moment(name: str, values_by_name: Mapping[str, str], now: datetime | None) -> Mapping[str, str]:
    """What was typed, where a time is asked for with `30m ago` and the like as the moment that they mean."""
    answer = _find_named_value(name, values_by_name)
    if now is None or not isinstance(answer, str) or not MOMENT.search(canonicalise_name(name)) or _is_moment(answer):
        return values_by_name
    try:
        moment = parse_past_moment(answer, now, UTC)
    except WhenError:
        return values_by_name
    return {**values_by_name, name: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}


def _with_candidates(result: Resolved, printed: Sequence[PrintedOutput], live: Live) -> Resolved:
    """An open placeholder with what could stand for it; an answer that was printed with where it was."""
    if result.secret or result.choices or (result.value is not None and result.source != "operator"):
        return result
    candidates = [
        candidate
        for candidate in list_candidates(result.name, printed, live.applications, live.detected)
        if not check_value(result.name, candidate.value)
    ]
    if result.value is not None:
        origin = next((candidate.origin for candidate in candidates if candidate.value == result.value), "")
        return replace(result, source=origin or result.source)
    return replace(
        result,
        choices=tuple(candidate.value for candidate in candidates),
        origins=tuple(candidate.origin for candidate in candidates),
    )


def _take_from_shell(parameter: Parameter, variable: KeptVariable) -> Resolved:
    """What an earlier step of the run has set; of an array its items. One that came out empty is asked for: nothing
    starts with an empty value that the document did not write.
    """
    text = " ".join(value for _, value in variable.items) if variable.is_array else variable.value
    if not text.strip():
        return Resolved(parameter.name, None, "", SET_BY_STEP, "an earlier step has left it empty", hint=parameter.hint)
    return Resolved(parameter.name, text, clean_line(text, LONGEST), SET_BY_STEP, hint=parameter.hint, in_shell=True)


def _held_to(text: str, result: Resolved, resolved: Callable[[Parameter], Resolved], now: datetime | None) -> Resolved:
    """The value, unless the document's own words on what it must be speak against it."""
    if not text or result.value is None:
        return result
    same_as = next(
        (other for other in list_forbidden_parameters(text) if resolved(Parameter(other)).value == result.value), ""
    )
    amiss = f"must not be that of {same_as}" if same_as else out_of_bounds(text, result.value, now) if now else ""
    return replace(result, value=None, problem=f"{result.name} {amiss}") if amiss else result


def _resolve_parameter(
    parameter: Parameter,
    environment: Environment,
    live: Live,
    values_by_name: Mapping[str, str],
    reveal: Reveal | None,
    kept: Value | None,
) -> Resolved:
    name = parameter.name
    secret = parameter.secret or names_a_secret(name)
    choices = parameter.choices or _list_choices(name, live)
    try:
        result = (
            _find_value(text, environment, live, values_by_name, reveal, kept) for text in (name, *parameter.aliases)
        )
        value, source, hidden = next((triple for triple in result if triple[0] is not None), (None, "", False))
    except SourceError as error:
        return Resolved(name, None, problem=error.problem.message, secret=True, hint=parameter.hint)
    secret = secret or hidden
    if value is not None and not value.strip():
        value = None  # nothing ever starts with an empty value that the document did not write
    if value is None:
        problem = (
            f"nobody has said what it is; give it for this run, or set it in [environments.{environment.name}.values]"
        )
        return Resolved(name, None, problem=problem, secret=secret, hint=parameter.hint, choices=choices)
    problem = check_value(name, value, parameter.choices or _list_known_values(name, live))
    return Resolved(
        name,
        None if problem else value,
        MASK if secret else value,
        source,
        problem,
        secret,
        parameter.hint,
        choices,
    )


def _find_value(
    name: str,
    environment: Environment,
    live: Live,
    values_by_name: Mapping[str, str],
    reveal: Reveal | None,
    kept: Value | None,
) -> tuple[str | None, str, bool]:
    """(value, source, secret). Raises SourceError for a secret that is not there."""
    answer = _find_named_value(name, values_by_name)
    if answer is not None and answer.strip():
        return answer.strip(), "operator", False
    if kept is not None:
        return kept.shown, kept.source, False
    facts = (
        ("" if environment.unnamed else environment.name, "environment", ("env",)),
        (environment.resource_group, "environment", ("rg",)),
        (environment.subscription, "environment", ("subscription", "subscription_id")),
        (environment.workspace, "environment", ("workspace", "workspace_id")),
    )
    values = environment.values
    if environment.resource_group and _find_same_name(name, values) is None:
        # Another word for it may mean something else there: a `group` of servers is no resource group.
        values = {text: value for text, value in values.items() if canonicalise_name(text) not in VAGUE_WORDS}
    configured = _find_named_value(name, values)
    if isinstance(configured, Secret):
        return (reveal(configured) if reveal else None), "environment", True
    if configured is not None:
        return configured, "environment", False
    if EXAMPLE_HOST.fullmatch(name):
        if name.casefold() in list_example_hosts(environment):
            return name, "environment", False
        if name.casefold() in (live.fqdn, *(urlsplit(probe.url).hostname for probe in live.probes)):
            return name, "live", False
    for value, source, names in (
        *facts,
        (live.app, "live", ("app",)),
        (live.fqdn, "live", ("fqdn",)),
        (live.previous, "live", ("previous",)),
        (live.bad, "live", ("bad",)),
        (live.serving, "live", ("current_revision",)),
        (live.replica, "live", ("replica", "replica_name")),
    ):
        if value and any(asks_for_same(name, text) for text in names) and canonicalise_name(name) not in TOO_WIDE:
            return value, source, False
    return None, "", False


EXAMPLE_HOST = re.compile(r"(?i)(?:[a-z0-9-]+\.)*example\.(?:com|org|net|edu)")


def list_example_hosts(environment: Environment) -> frozenset[str]:
    """The hosts of examples that an environment names all the same: where it probes, asks and sends, in its values."""
    texts = (
        *(probe.url for probe in environment.probes),
        *(url for source in environment.alerts for url in (*source.urls, *source.prometheus)),
        *(origin for access in environment.http_access for origin in access.origins),
        *(value for value in environment.values.values() if isinstance(value, str)),
    )
    return frozenset(match.group().casefold() for text in texts for match in EXAMPLE_HOST.finditer(text))


VAGUE_WORDS = frozenset({"group"})
TOO_WIDE = frozenset({"revision", "host", "hostname"})  # a database has those too: asked for, never filled in


def _find_named_value(name: str, values: Mapping[str, Any]) -> Any:
    """The value under a name: as written, then by its canonical form, then by another name of the same value."""
    same = _find_same_name(name, values)
    return (
        same if same is not None else next((value for text, value in values.items() if asks_for_same(name, text)), None)
    )


def _find_same_name(name: str, values: Mapping[str, Any]) -> Any:
    """The value under a name as it is written, or by its canonical form."""
    if name in values:
        return values[name]
    by_form = {canonicalise_name(text): value for text, value in values.items()}
    return by_form.get(canonicalise_name(name))


def _read_plain_value(environment: Environment, name: str) -> str:
    value = _find_named_value(name, environment.values)
    return value if isinstance(value, str) else ""


def _is_revision(name: str) -> bool:
    return canonicalise_name(name) not in TOO_WIDE and any(
        asks_for_same(name, text) for text in ("previous", "bad", "current_revision")
    )


def _list_choices(name: str, live: Live) -> tuple[str, ...]:
    """What there is to choose from, as the panes show it."""
    if asks_for_same(name, "app"):
        return tuple(application.name for application in live.applications)
    apps = [application for application in live.applications if application.name == live.app]
    return tuple(revision.name for app in apps for revision in app.revisions) if _is_revision(name) else ()


def _list_known_values(name: str, live: Live) -> tuple[str, ...]:
    """The only values that can be right."""
    return _list_choices(name, live) if _is_revision(name) else ()
