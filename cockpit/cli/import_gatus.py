"""`cockpit import gatus FILE`: the endpoints of a gatus configuration as probes, and a list of what was left out."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from cockpit.cli.options import Refusal
from cockpit.model.conditions import ConditionError, parse_condition
from cockpit.model.raw import read_named_file
from cockpit.model.secret import MASK
from cockpit.model.text import clean_line, clean_text
from cockpit.model.time import DurationError, seconds

LARGEST = 1_000_000  # bytes
MOST_ENDPOINTS = 5_000
LONGEST_TEXT = 65_536
WHOLE_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
VARIABLE = re.compile(r"\$\{[A-Za-z_]|\$[A-Z_]{2,}")
SECRET_NAME = re.compile(r"auth|cookie|session|signature|token|secret|password|api-?key|-key$", re.IGNORECASE)
SCHEMES = ("http://", "https://", "tcp://", "tls://", "icmp://", "ws://", "wss://")
NOT_OURS = {
    "alerting": "the cockpit pages nobody: keep what pages you",
    "storage": "the timeline is the cockpit's own",
    "suites": "requests that depend on one another are not probed",
    "announcements": "say it in an incident",
    "security": "there is no web page to protect",
    "remote": "name the other instance's endpoints here",
    "tunneling": "probes go straight, or by `proxy`",
}
SILENT = {"ui", "web", "metrics", "debug", "concurrency", "disable-monitoring-lock", "skip-invalid-config-update"}
READ = {
    *("name", "group", "url", "method", "headers", "body", "interval", "conditions", "client", "dns", "alerts", "ui"),
    *("enabled", "maintenance-windows", "graphql", "extra-labels"),
}


METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS")


class GatusImport:
    """The TOML that comes of it, line by line, and what has no counterpart."""

    def __init__(self, environment: str) -> None:
        self.lines: list[str] = []
        self.left_out: list[str] = []
        self._environment = json.dumps(environment) if not re.fullmatch(r"[A-Za-z0-9_-]+", environment) else environment
        self._names: set[str] = set()
        self._variables: dict[str, str] = {}  # which secret each variable is for

    @property
    def probes(self) -> int:
        return len(self._names)

    def read(self, document: Mapping[str, Any]) -> None:
        for key, value in document.items():
            if key in NOT_OURS:
                self.leave_out(key, NOT_OURS[key])
            elif key not in (*SILENT, "endpoints", "external-endpoints", "maintenance", "connectivity"):
                self.leave_out(str(key), "not known")
            elif key == "connectivity":
                target = _dig(value, "checker", "target")
                if isinstance(target, str) and re.fullmatch(r"[^\s/]+:\d+", target):
                    self.lines += ["[self]", f"references = [{_quote(target)}]", ""]
                else:
                    self.leave_out("connectivity", "no host:port to ask")
        if isinstance(document.get("maintenance"), dict):
            self._add_window(
                f"environments.{self._environment}.recurring_maintenance", document["maintenance"], "maintenance"
            )
        for endpoint in _tables(document.get("endpoints")):
            self._add_endpoint(endpoint)
        for endpoint in _tables(document.get("external-endpoints")):
            self._add_external(endpoint)

    def leave_out(self, what: str, why: str) -> None:
        self.left_out.append(clean_line(f"{what}: {why}", 300))

    def _choose_name(self, endpoint: Mapping[str, Any]) -> str:
        name, group = (
            clean_line(str(endpoint.get("name") or "unnamed"), 60),
            clean_line(str(endpoint.get("group") or ""), 15),
        )
        whole = f"{group}/{name}" if group and name in self._names else name
        number = 2
        while whole in self._names:
            whole, number = f"{name} {number}", number + 1
        self._names.add(whole)
        return whole

    def _add_endpoint(self, endpoint: Mapping[str, Any]) -> None:
        name = clean_line(str(endpoint.get("name") or "unnamed"), 60)
        if endpoint.get("enabled") is False:
            self.leave_out(name, "it is not enabled")
            return
        method = str(endpoint.get("method") or "GET").upper()
        if method not in METHODS:  # whatever else is sent in its place asks for something else
            self.leave_out(name, f"method {method}")
            return
        url = self._translate_url(endpoint, name)
        if not url:
            return
        name = self._choose_name(endpoint)
        pairs: dict[str, str] = {"name": _quote(name), "url": _quote(url)}
        if method != "GET":
            pairs["method"] = _quote(method)
        if text := str(endpoint.get("body") or ""):
            pairs["body"] = _quote(json.dumps({"query": text}) if endpoint.get("graphql") is True else text)
        interval = _read_seconds(endpoint.get("interval")) or 60.0
        client = self._translate_client(name, endpoint.get("client"), interval)
        if headers := list(self._translate_headers(name, endpoint.get("headers"), signed_in="auth" in client)):
            pairs["headers"] = f"{{ {', '.join(headers)} }}"
        pairs["interval"] = _quote(f"{interval:g}s")
        pairs |= client
        pairs |= self._translate_thresholds(endpoint.get("alerts"))
        if conditions := list(self._translate_conditions(name, endpoint.get("conditions"))):
            pairs["conditions"] = f"[{', '.join(conditions)}]"
        for key in sorted(map(str, endpoint.keys() - READ)):
            self.leave_out(name, key)
        for key in [key for key, value in pairs.items() if MASK in value]:
            self.leave_out(name, f"{key}: what looks like a secret in it is masked: write it yourself, or by reference")
        self._write(f"environments.{self._environment}.probes", pairs)
        for window in _tables(endpoint.get("maintenance-windows")):
            self._add_window(f"environments.{self._environment}.probes.recurring_maintenance", window, name)

    def _translate_url(self, endpoint: Mapping[str, Any], name: str) -> str:
        url = str(endpoint.get("url") or "").strip()
        if isinstance(dns := endpoint.get("dns"), dict):
            query, kind = str(dns.get("query-name") or "").rstrip("."), str(dns.get("query-type") or "A").upper()
            return f"dns://{url.removeprefix('udp://').removeprefix('tcp://')}/{query}?type={kind}"
        if url.startswith("starttls://"):
            return f"tls://{url.removeprefix('starttls://')}?starttls=smtp"
        if VARIABLE.search(url):
            self.leave_out(name, "its url has a variable: write the address")
            return ""
        if url.startswith(SCHEMES):
            return url.rstrip("/") if url.startswith(("tcp://", "tls://", "icmp://")) else url
        self.leave_out(name, f"{url.partition('://')[0]}:// is not probed" if "://" in url else "it has no url")
        return ""

    def _choose_variable(self, name: str, secret: str) -> str:
        """A variable for that secret alone: under one name one endpoint would be sent the secret of another."""
        chosen, number = name, 2
        while self._variables.setdefault(chosen, secret) != secret:
            chosen, number = f"{name}_{number}", number + 1
        return chosen

    def _translate_headers(self, name: str, headers: object, *, signed_in: bool) -> Iterator[str]:
        for header, value in headers.items() if isinstance(headers, dict) else ():
            key, text = _quote(str(header)), str(value)
            if signed_in and str(header).lower() == "authorization":
                self.leave_out(name, f"its {header} header, which its oauth2 sets")
                continue
            if variable := WHOLE_VARIABLE.fullmatch(text):
                yield f"{key} = {{ env = {_quote(variable[1])} }}"
            elif SECRET_NAME.search(str(header)) or VARIABLE.search(text):
                plain = re.sub(r"[^A-Z0-9]+", "_", str(header).upper()).strip("_") or "SECRET"
                variable_name = self._choose_variable(plain, text)
                self.leave_out(name, f"the value of header {header} goes into the variable {variable_name}, whole")
                yield f"{key} = {{ env = {_quote(variable_name)} }}"
            else:
                yield f"{key} = {_quote(text)}"

    def _translate_client(self, name: str, client: object, interval: float) -> dict[str, str]:
        pairs: dict[str, str] = {}
        for key, value in client.items() if isinstance(client, dict) else ():
            match key:
                case "timeout" if _read_seconds(value):
                    pairs["timeout"] = _quote(f"{min(_read_seconds(value) or interval, interval):g}s")
                case "insecure":
                    pairs |= {"verify_tls": "false"} if value is True else {}
                case "ignore-redirect":
                    pairs["redirects"] = _quote("refuse" if value is True else "follow")
                case "proxy-url" if str(value).startswith("http://"):
                    pairs["proxy"] = _quote(str(value).rstrip("/"))
                case "tls" if isinstance(value, dict) and value.get("certificate-file"):
                    pairs["client_certificate"] = _quote(str(value["certificate-file"]))
                    if value.get("private-key-file"):
                        pairs["client_key"] = _quote(str(value["private-key-file"]))
                case "oauth2" if isinstance(value, dict) and value.get("token-url"):
                    scopes = value.get("scopes")
                    scope = " ".join(map(str, scopes)) if isinstance(scopes, list) else ""
                    variable = self._choose_variable("CLIENT_SECRET", str(value.get("client-secret") or ""))
                    self.leave_out(name, f"client-secret: put it into the variable {variable}")
                    table = {"token_url": str(value["token-url"]), "client_id": str(value.get("client-id") or "")}
                    table |= {"scope": scope} if scope else {}
                    inner = ", ".join(f"{part} = {_quote(text)}" for part, text in table.items())
                    pairs["auth"] = f'{{ {inner}, client_secret = {{ env = "{variable}" }} }}'
                case _:
                    self.leave_out(name, f"client.{key}")
        return pairs

    def _translate_thresholds(self, alerts: object) -> dict[str, str]:
        """The lowest of its alerts: a probe is down as soon as somebody would have been notified."""
        pairs: dict[str, str] = {}
        for ours, theirs in (("failures", "failure-threshold"), ("successes", "success-threshold")):
            numbers = [str(alert.get(theirs)) for alert in _tables(alerts)]
            if known := [int(number) for number in numbers if re.fullmatch(r"[1-9]\d?|100", number)]:
                pairs[ours] = str(min(known))
        return pairs

    def _translate_conditions(self, name: str, conditions: object) -> Iterator[str]:
        for text in map(str, conditions if isinstance(conditions, list) else ()):
            try:
                parse_condition(text)
            except ConditionError as error:
                self.leave_out(name, f"condition `{text}` {error.reason}")
            else:
                yield _quote(text)

    def _add_external(self, endpoint: Mapping[str, Any]) -> None:
        name = self._choose_name(endpoint)
        beat = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._") or "job"
        within = _read_seconds(_dig(endpoint, "heartbeat", "interval"))
        pairs = {"name": _quote(name), "url": _quote(f"beat://{beat}")}
        pairs |= {"within": _quote(f"{within:g}s")} if within else {}
        self.leave_out(name, f"its token: report by `cockpit beat {beat}`")
        self._write(f"environments.{self._environment}.probes", pairs)

    def _add_window(self, table: str, window: Mapping[str, Any], name: str) -> None:
        if window.get("enabled") is False:
            return
        start, length = str(window.get("start") or ""), _read_seconds(window.get("duration"))
        days = window.get("every") if isinstance(window.get("every"), list) else []
        every = ", ".join(str(day).lower()[:3] for day in days or []) or "daily"
        if not re.fullmatch(r"\d\d:\d\d", start) or not length:
            self.leave_out(name, "a maintenance window without start or duration")
            return
        pairs = {"every": _quote(every), "at": _quote(start), "for": _quote(f"{length:g}s")}
        if window.get("timezone"):
            pairs["zone"] = _quote(str(window["timezone"]))
        self._write(table, pairs)

    def _write(self, table: str, pairs: Mapping[str, str]) -> None:
        self.lines += [f"[[{table}]]", *(f"{key} = {value}" for key, value in pairs.items()), ""]


def _quote(text: str) -> str:
    """A TOML string: JSON's escapes are a part of TOML's. Masked signs stay readable."""
    return json.dumps(clean_text(text, LONGEST_TEXT), ensure_ascii=True).replace(json.dumps(MASK)[1:-1], MASK)


def _dig(value: object, *names: str) -> object:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _tables(value: object) -> list[Mapping[str, Any]]:
    items: list[Mapping[str, Any]] = (
        [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    )
    return items[:MOST_ENDPOINTS]


def _read_seconds(value: object) -> float | None:
    """`1m30s` as Go writes it; a bare number is of nanoseconds there, and nobody means that."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", str(value or ""))
    if not parts or "".join(number + unit for number, unit in parts) != str(value):
        return None
    try:
        return float(sum(seconds(number + unit) for number, unit in parts)) or None
    except DurationError:
        return None


def translate_gatus(text: str, environment: str) -> GatusImport:
    """Raises Refusal."""
    import yaml

    class PlainLoader(yaml.SafeLoader):
        """Reads a plain scalar as gatus does, as the text that it is: `start: 23:00` is no number of seconds, a client
        id of digits no number, `X-Debug: yes` no truth."""

    PlainLoader.yaml_implicit_resolvers = {}
    PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
    PlainLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
    PlainLoader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])
    try:
        document = yaml.load(text, PlainLoader)  # a SafeLoader that guesses less
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Refusal(f"It is not YAML: {clean_line(error, 200)}", code="not-yaml") from None
    if not isinstance(document, dict) or not ({"endpoints", "external-endpoints"} & document.keys()):
        raise Refusal("It has no `endpoints`: this is no configuration of gatus.", code="not-gatus")
    result = GatusImport(environment)
    result.read(document)
    return result


@click.group(name="import", help="Take over the configuration of another prober.")
def import_group() -> None:
    """The programs are its commands."""


@import_group.command(
    name="gatus",
    help="Print the endpoints of a gatus configuration as probes for cockpit.toml; what has no counterpart is listed on"
    " standard error.",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--env", "environment", default="prod", show_default=True, metavar="NAME", help="The environment.")
def gatus(file: Path, environment: str) -> None:
    try:
        content = read_named_file(file, LARGEST + 1)
        if len(content) > LARGEST:
            raise Refusal("The file is larger than 1 MB: no configuration is.", code="too-large")
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise Refusal(f"{clean_line(str(file), 200)}: {reason}.", code="unreadable") from None
    result = translate_gatus(text, environment)
    click.echo("\n".join(result.lines))
    click.echo(f"{result.probes} probes. Left out, or for you to do: {len(result.left_out)}", err=True)
    for line in result.left_out:
        print_clean_error(line)


def print_clean_error(line: str) -> None:
    click.echo(f"  {clean_line(line, 300)}", err=True)
