"""`cockpit check`: one look tells whether the file is right, what it would run, and whom it can reach."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from cockpit.cli.check.command import command
from cockpit.cli.check.live import LiveCheck, build_live_document, list_live_lines
from cockpit.feeds.http import explain_http_error
from cockpit.model.operator import Identity
from cockpit.model.probe import ProbeResult, ProbeState, SignalResult, WatchedSignal
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.reading import Reading
from cockpit.model.system import AlertSource, Environment

GUID = "11111111-2222-3333-4444-555555555555"
GOOD = f"""
system = "shop"
[environments.prod]
production = true
subscription = "{GUID}"
resource_group = "shop-rg"
workspace = "{GUID}"
apps = ["shop-api"]
[[environments.prod.probes]]
name = "ready"
url = "https://shop.example.com/ready"
headers = {{ Authorization = {{ env = "PROBE_TOKEN" }} }}
degraded = ["[RESPONSE_TIME] < 300ms"]
[[environments.prod.alerts]]
name = "azure"
kind = "azure"
[environments.staging]
"""
Check = Callable[..., Result]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Run the command on a configuration of that text."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PROBE_TOKEN", "s3cr3t-of-some-length")

    def run(text: str, *arguments: str) -> Result:
        file = tmp_path / "cockpit.toml"
        file.write_text(text)
        return CliRunner().invoke(command, ["--config", str(file), *arguments])

    return run


def test_a_right_file_says_what_would_run_and_no_secret(check: Check) -> None:
    result = check(GOOD)
    assert result.exit_code == 0
    assert "system shop" in result.output
    assert "prod  PRODUCTION" in result.output
    assert "every 15s   probe ready: GET https://shop.example.com/ready, timeout 5s" in result.output
    assert "down after 2 failures in a row: [STATUS] == 200" in result.output
    assert "degraded unless [RESPONSE_TIME] < 300ms" in result.output
    assert "with Authorization: •••" in result.output
    assert "every 30s   alerts azure (azure)" in result.output
    assert "nothing to watch" in result.output
    assert "s3cr3t" not in result.output


def test_the_same_as_json(check: Check) -> None:
    report = json.loads(check(GOOD, "--json").stdout)
    assert (report["ok"], report["errors"], report["warnings"]) == (True, [], [])
    assert report["environments"][0]["probes"][0]["conditions"] == ["[STATUS] == 200"]
    assert report["environments"][0]["probes"][0]["headers"] == {"Authorization": "•••"}
    assert report["keys"]["declare"] == "d"


def test_references_are_recommended_where_there_are_probes_and_none_is_named(check: Check) -> None:
    recommended, touched = json.loads(check(GOOD, "--json").stdout)["recommendations"]
    assert "references" in recommended
    assert "[RESPONSE_TIME]" in touched
    with_references = GOOD + '\n[self]\nreferences = ["192.0.2.53:53"]\n'
    assert json.loads(check(with_references, "--json").stdout)["recommendations"] == [touched]
    assert json.loads(check("", "--json").stdout)["recommendations"] == []


def test_every_error_is_listed_and_the_exit_is_2(check: Check) -> None:
    result = check('bell = 1\ntime_zone = "NZST"\n')
    assert result.exit_code == 2
    assert [line.split(": ")[0].strip() for line in result.stderr.splitlines()[1:]] == [
        "line 1, column 1",
        "line 2, column 1",
    ]
    assert result.stdout == ""


def test_errors_as_json(check: Check) -> None:
    result = check("bell = 1\nread_onyl = true", "--json")
    assert result.exit_code == 2
    report = json.loads(result.stdout)
    assert report["ok"] is False
    assert [each["path"] for each in report["errors"]] == ["bell", "read_onyl"]
    assert report["errors"][1] == {
        "path": "read_onyl",
        "line": 2,
        "column": 1,
        "code": "unknown-key",
        "message": "is not known",
        "suggestion": "read_only",
        "facts": {},
    }


def test_mistakes_of_keys_theme_and_matchers_are_reported_with_all_others(check: Check) -> None:
    source = '[[environments.prod.alerts]]\nname = "am"\nkind = "alertmanager"\nurls = ["http://am.example.com"]\n'
    text = 'theme = "drak"\nreed_only = true\n[keys]\nnote = "d"\nlogs = "f55"\nxyzzy = "g"\n'
    result = check(f"{text}{source}filters = ['severity=~']", "--json")
    assert result.exit_code == 2
    assert [(error["line"], error["path"], error["code"]) for error in json.loads(result.stdout)["errors"]] == [
        (1, "theme", "unknown-name"),
        (2, "reed_only", "unknown-key"),
        (4, "keys.note", "key-taken"),
        (5, "keys.logs", "not-a-key"),
        (6, "keys.xyzzy", "unknown-action"),
        (11, "environments.prod.alerts[0].filters[0]", "not-a-matcher"),
    ]


def test_what_is_wrong_on_this_machine_only_warns(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROBE_TOKEN")
    text = 'runbooks = ["none"]\n' + GOOD.replace("production = true", "").replace(
        'name = "ready"', 'name = "ready"\nca_file = "none.pem"'
    )
    found = [(finding["code"], finding["path"], finding["level"]) for finding in findings_of(check(text, "--json"))]
    assert found == [
        ("path-missing", "runbooks[0]", "warning"),
        ("not-marked-as-production", "environments.prod.production", "warning"),
        ("path-missing", "environments.prod.probes[0].ca_file", "warning"),
        ("secret-missing", "environments.prod.probes[0].headers.Authorization", "warning"),
        ("no-references", "self.references", "recommendation"),
        ("response-time-whole", "environments.prod.probes", "recommendation"),
    ]
    assert check(text).exit_code == 0
    assert check(text).output.count("\nwarning: ") == 4


def findings_of(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    return found


MISSING = {
    "secret": ("secret-missing", GOOD.replace("PROBE_TOKEN", "NOBODY_SET_THIS")),
    "folder of runbooks": ("path-missing", 'runbooks = ["none"]\n' + GOOD),
    "folder of messages": ("path-missing", 'templates = ["none"]\n' + GOOD),
    "private contacts": ("path-missing", 'contacts_file = "none.toml"\n' + GOOD),
    "certificates": ("path-missing", GOOD.replace('name = "ready"', 'name = "ready"\nca_file = "none.pem"')),
    "snapshot": ("unknown-procedure", 'snapshot = "none#take"\n' + GOOD),
    "procedure of a key": ("unknown-procedure", GOOD + '[keys]\nF6 = "none"\n'),
    "short secret": ("secret-too-short", GOOD.replace("PROBE_TOKEN", "SHORT_TOKEN")),
}


@pytest.mark.parametrize("what", MISSING)
def test_strict_ends_with_1_for_what_the_file_names_and_the_machine_lacks(
    check: Check, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setenv("SHORT_TOKEN", "Bearer 8080")
    monkeypatch.setenv("PROBE_TOKEN", "long enough for anybody")
    code, text = MISSING[what]
    assert check(text).exit_code == 0
    strict = check(text, "--strict", "--json")
    assert strict.exit_code == 1
    assert json.loads(strict.stdout)["ok"] is False
    assert [finding["code"] for finding in findings_of(strict) if finding["strict"]] == [code]


def test_strict_is_content_with_a_file_that_lacks_nothing(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_TOKEN", "long enough for anybody")
    assert check(GOOD, "--strict").exit_code == 0


def test_a_short_secret_is_named_with_its_length_and_never_shown(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_TOKEN", "zq8")
    result = check(GOOD, "--json")
    (short,) = [finding for finding in findings_of(result) if finding["code"] == "secret-too-short"]
    assert short["facts"] == {"length": 3, "least": 8}
    assert "zq8" not in result.output


def test_an_unknown_procedure_of_a_probe_is_an_error_with_its_place(check: Check) -> None:
    text = GOOD.replace('name = "ready"', 'name = "ready"\nrunbook = "rollbakc"')
    result = check(text, "--json")
    assert result.exit_code == 2
    (error,) = json.loads(result.stdout)["errors"]
    assert (error["code"], error["path"]) == ("unknown-procedure", "environments.prod.probes[0].runbook")
    assert (error["line"], error["column"]) == (11, 1)
    assert check(text.replace("rollbakc", "rollback")).exit_code == 0


def test_an_unknown_procedure_of_a_signal_is_an_error_too(check: Check) -> None:
    signal = '[[environments.prod.signals]]\nname = "queue"\nkind = "promql"\nurl = "https://prom.example.com"\n'
    text = GOOD + signal + 'query = "queue"\ndown = ["[VALUE] < 5"]\nrunbook = "rollbakc"\n'
    (error,) = json.loads(check(text, "--json").stdout)["errors"]
    assert (error["code"], error["path"]) == ("unknown-procedure", "environments.prod.signals[0].runbook")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (GOOD, "cloud.proxy"),
        ("[environments.prod.kubernetes]\n", "environments.prod.kubernetes.proxy"),
        ('[cloud]\nproxy = "env"\n' + GOOD.replace('system = "shop"', ""), ""),
        ("[environments.prod]\n", ""),
    ],
)
def test_a_proxy_of_the_environment_that_nothing_uses_is_reported(
    text: str, place: str, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    found = [finding["path"] for finding in findings_of(check(text, "--json")) if finding["code"] == "proxy-not-used"]
    assert found == ([place] if place else [])


def test_a_key_that_does_nothing_any_more_is_a_notice_and_no_error(check: Check) -> None:
    result = check(GOOD.replace("production = true", 'production = true\nguard_word = "prod"'), "--json")
    assert result.exit_code == 0
    assert ("retired-key", "environments.prod.guard_word") in [
        (finding["code"], finding["path"]) for finding in findings_of(result)
    ]


def test_without_a_file_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("COCKPIT_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, [])
    assert result.exit_code == 0
    assert "cockpit info" in result.output


# --- live -----------------------------------------------------------------------------------------------------------

PROD = Environment(
    "prod",
    subscription=GUID,
    resource_group="shop-rg",
    workspace=GUID,
    apps=("shop-api",),
    alerts=(AlertSource("azure", "azure"), AlertSource("am", "alertmanager")),
)
FORBIDDEN = Problem(ProblemKind.FORBIDDEN, "403 AuthorizationFailed", "The client has no authorization.")


def looked(source: str, value: Any = None, problem: Problem | None = None) -> LiveCheck:
    return LiveCheck(PROD, source, Reading(source, "prod", 15.0, 0.0, value=value, problem=problem))


def probe(name: str, state: ProbeState, status: int | None, reason: str = "") -> ProbeResult:
    url = f"https://{name}.example.com"
    return ProbeResult(name, "prod", url, state, datetime(2026, 11, 21, tzinfo=UTC), status=status, reason=reason)


@pytest.mark.parametrize(
    ("source", "role"),
    [
        ("revisions", "the role Reader on resource group shop-rg"),
        ("alerts:azure", f"the role Monitoring Reader on subscription {GUID}"),
        ("alerts:am", "access; the server refuses the headers in cockpit.toml"),
        ("logs", f"the role Log Analytics Reader on workspace {GUID}"),
        ("log stream", "such as Container Apps Operator, on resource group shop-rg"),
    ],
)
def test_a_forbidden_source_names_the_role_to_ask_for(source: str, role: str) -> None:
    (found,) = build_live_document([looked(source, problem=FORBIDDEN)])
    assert not found["ok"]
    assert role in found["advice"]


def test_an_unreachable_source_names_the_reach() -> None:
    problem = Problem(ProblemKind.NETWORK, "no such name", "The name could not be resolved.", "Check DNS.")
    assert list(list_live_lines([looked("alerts:am", problem=problem)])) == [
        "FAIL prod  alerts:am  no such name",
        "       The name could not be resolved.",
        "       This machine cannot reach it: network, proxy or firewall. Check DNS.",
    ]


def test_a_source_that_answers_and_may_not_know_everything_says_why_and_does_not_fail() -> None:
    caution = Problem(ProblemKind.SERVER, "prom-1 cannot evaluate Slow", "Slow: no such function.", "Mend the rule.")
    look = LiveCheck(PROD, "alerts:am", Reading("alerts:am", "prod", 15.0, 0.0, value=(), caution=caution))
    assert list(list_live_lines([look])) == [
        "ok   prod  alerts:am  0 alerts",
        "       Slow: no such function. Mend the rule.",
    ]
    (found,) = build_live_document([look])
    assert (found["ok"], found["caution"]) == (True, caution.sentence)


def test_an_expired_sign_in_passes_on_its_advice() -> None:
    problem = Problem(ProblemKind.SIGN_IN, "401 sign-in expired", "The token expired.", "Sign in again: `az login`.")
    assert "       Sign in again: `az login`." in list(list_live_lines([looked("revisions", problem=problem)]))


def test_a_probe_that_answers_badly_is_reached_and_one_without_an_answer_is_not() -> None:
    results = (probe("sick", ProbeState.DOWN, 503), probe("gone", ProbeState.DOWN, None, "connect: refused"))
    assert list(list_live_lines([looked("probes", results)])) == [
        "FAIL prod  probes  1 of 2 answer",
        "       gone: connect: refused (https://gone.example.com)",
    ]
    assert build_live_document([looked("probes", results)])[0]["no_answer"] == {"gone": "connect: refused"}


def test_a_source_that_answers_says_how_much() -> None:
    looks = [looked("revisions", (1,)), looked("alerts:azure", ()), looked("logs", True), looked("pod logs", True)]
    assert [line.rpartition("  ")[2] for line in list_live_lines(looks)] == ["1 app", "0 alerts", "answers", "answers"]


class Cloud:
    """An Azure that knows nobody's logs."""

    async def stream_token(self, resource_group: str, app: str) -> str:
        return "token"

    async def query(self, *_: object) -> object:
        raise SourceError(FORBIDDEN)

    async def close(self) -> None:
        pass

    def identity(self) -> Identity:
        return Identity("ana@example.com", "cli")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feeds that answer, and a cloud in place of Azure."""

    async def poll() -> Reading[Any]:
        return Reading("revisions", "prod", 15.0, 0.0, value=())

    feed = SimpleNamespace(name="revisions", poll=poll)
    monkeypatch.setattr(
        "cockpit.connections.connect_azure", lambda *_, **__: (Cloud(), {"prod": Cloud(), "staging": Cloud()})
    )
    monkeypatch.setattr(
        "cockpit.connections.build_feeds", lambda where, *_, **__: [feed] if where.name == "prod" else []
    )


@pytest.mark.usefixtures("world")
def test_live_asks_every_source_and_exits_1_when_one_does_not_answer(check: Check) -> None:
    result = check(GOOD, "--live")
    assert result.exit_code == 1
    assert "asked as ana@example.com via az cli" in result.output
    assert "ok   prod  revisions   0 apps" in result.output
    assert "ok   prod  log stream  answers" in result.output
    assert "FAIL prod  logs        403 AuthorizationFailed" in result.output
    assert "token" not in result.output.replace("getAuthToken", "")


@pytest.mark.usefixtures("world")
def test_live_asks_only_the_environment_that_was_named(check: Check) -> None:
    result = check(GOOD, "--live", "--env", "staging")
    assert result.exit_code == 0
    assert "There is no source to call." in result.output


@pytest.mark.usefixtures("world")
def test_live_as_json(check: Check) -> None:
    report = json.loads(check(GOOD, "--live", "--json").stdout)
    assert report["ok"] is False
    assert report["as"] == "ana@example.com via az cli"
    assert {each["source"]: each["ok"] for each in report["live"]} == {
        "revisions": True,
        "log stream": True,
        "logs": False,
    }


def test_live_without_an_identity_is_one_sentence(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise SourceError(Problem(ProblemKind.REFUSED, "identity refused", "They do not fit.", "Change one."))

    monkeypatch.setattr("cockpit.connections.connect_azure", refuse)
    result = check(GOOD, "--live")
    assert result.exit_code == 2
    assert result.stderr == "cockpit: They do not fit. Change one.\n"


def test_a_platform_with_a_table_of_its_own_is_something_to_watch(check: Check) -> None:
    result = check('[environments.prod.kubernetes]\nnamespace = "shop"\n')
    assert "platform Kubernetes" in result.output
    assert "nothing to watch" not in result.output


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        ("azure_metric", "Monitoring Reader on shop-api"),
        ("kql", f"on workspace {GUID}"),
        ("promql", "a Prometheus"),
    ],
)
def test_a_signal_that_cannot_be_asked_is_no_success_and_names_what_it_takes(kind: Any, role: str) -> None:
    since = datetime(2026, 11, 21, tzinfo=UTC)
    results = tuple(
        SignalResult(name, "prod", state, since, reason=reason, failure=failure)
        for name, state, reason, failure in (
            ("share", ProbeState.UNKNOWN, "The client has no authorization.", ProblemKind.FORBIDDEN),
            ("quiet", ProbeState.UNKNOWN, "no data: not a number", None),
            ("fine", ProbeState.UP, "", None),
        )
    )
    where = replace(PROD, signals=(WatchedSignal(name="share", kind=kind),))
    look = LiveCheck(where, "signals", Reading("signals", "prod", 15.0, 0.0, value=results))
    assert not look.ok
    lines = list(list_live_lines([look]))
    assert lines[0] == "FAIL prod  signals  2 of 3 answer"
    assert role in lines[-1]
    (found,) = build_live_document([look])
    assert found["no_answer"] == {"share": "The client has no authorization."}


@pytest.mark.parametrize(("kind", "asks"), [("azure_metric", False), ("kql", False), ("promql", True)])
def test_who_is_not_signed_in_to_azure_lacks_no_role(kind: Any, asks: bool) -> None:
    since = datetime(2026, 11, 21, tzinfo=UTC)
    expired = SignalResult("share", "prod", ProbeState.UNKNOWN, since, reason="expired", failure=ProblemKind.SIGN_IN)
    where = replace(PROD, signals=(WatchedSignal(name="share", kind=kind),))
    lines = list(list_live_lines([LiveCheck(where, "signals", Reading("signals", "prod", 1.0, 0.0, value=(expired,)))]))
    assert any("It takes" in line for line in lines) is asks


def test_a_query_that_fails_asks_for_no_other_role() -> None:
    since = datetime(2026, 11, 21, tzinfo=UTC)
    failed = SignalResult(
        "share", "prod", ProbeState.UNKNOWN, since, reason="No such table.", failure=ProblemKind.REFUSED
    )
    where = replace(PROD, signals=(WatchedSignal(name="share", kind="kql"),))
    look = LiveCheck(where, "signals", Reading("signals", "prod", 15.0, 0.0, value=(failed,)))
    assert list(list_live_lines([look])) == ["FAIL prod  signals  0 of 1 answer", "       share: No such table."]


def test_a_certificate_is_no_firewall() -> None:
    problem = explain_http_error(httpx.ReadError("[SSL] tlsv13 alert certificate required (_ssl.c:2580)"))
    (found,) = build_live_document([looked("alerts:am", problem=problem)])
    assert found["advice"] == "It asks for a certificate of ours: configure `client_certificate` and `client_key`."


def test_a_job_that_reports_itself_is_not_asked() -> None:
    job = replace(probe("backup", ProbeState.UNKNOWN, None), url="beat://backup")
    assert looked("probes", (job,)).ok
