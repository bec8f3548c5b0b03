"""Whatever echoes a secret of the configuration: nothing that is shown, printed or recorded of it holds the secret."""

import html
import json
import logging
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from cockpit.azure import errors as trouble
from cockpit.azure.mapping import map_alert as azure_alert
from cockpit.azure.mapping import map_revision
from cockpit.cli.log import CleanFormatter
from cockpit.config import Secrets
from cockpit.feeds.alertmanager.alerts import parse_listed_alerts
from cockpit.feeds.http import explain_refusal
from cockpit.feeds.polling import explain_unknown_error
from cockpit.model.answer import ProbeAnswer
from cockpit.model.conditions import check_condition, parse_condition
from cockpit.model.event import Draft, Kind
from cockpit.model.secret import KNOWN_SECRETS, MASK, Secret
from cockpit.model.text import clean_line, clean_text
from cockpit.model.time import RealTime
from cockpit.platforms.container_apps.log_lines import console_line, system_line, table_row
from cockpit.runbooks.az.output import format_az_output
from cockpit.runbooks.document.read import read_runbook, text_for_people
from cockpit.runbooks.run.attempt import Writing
from cockpit.timeline.timeline import Timeline

TOKEN = "t0k3n&Of<the>\"configuration'"
NOW = datetime(2026, 11, 29, 14, 0, tzinfo=UTC)
ECHOES: dict[str, str] = {
    "as it is": TOKEN,
    "with its scheme": f"Bearer {TOKEN}",
    "JSON": json.dumps(TOKEN)[1:-1],
    "JSON of Go": json.dumps(TOKEN)[1:-1].replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e"),
    "HTML": html.escape(TOKEN),
    "address": quote(TOKEN, safe=""),
    "base64": b64encode(f"Bearer {TOKEN}".encode()).decode(),
    "hex": TOKEN.encode().hex(),
    "repr": repr(TOKEN)[1:-1],
}


@pytest.fixture(autouse=True)
def configured() -> Secrets:
    """The header of a probe, read once as at the start of every command."""
    secrets = Secrets({"PROBE_TOKEN": f"Bearer {TOKEN}"})
    secrets.learn([Secret("env", "PROBE_TOKEN")])
    return secrets


def probe_body(echo: str) -> object:
    return check_condition(
        parse_condition("[BODY] == ok"), ProbeAnswer(connected=True, status=200, body=f"no: {echo}".encode())
    )


def probe_json(echo: str) -> object:
    body = json.dumps({"error": {"why": [f"no: {echo}"]}}).encode()
    return check_condition(parse_condition("[BODY].error == ok"), ProbeAnswer(connected=True, status=200, body=body))


def probe_header(echo: str) -> object:
    return check_condition(
        parse_condition("[HEADER].X-Why == ok"),
        ProbeAnswer(connected=True, status=200, headers={"x-why": f"no: {echo}"}),
    )


def alertmanager_refusal(echo: str) -> object:
    return explain_refusal(401, {}, f"no such credentials: {echo}".encode(), NOW)


def alertmanager_refusal_in_json(echo: str) -> object:
    return explain_refusal(403, {}, json.dumps({"error": {"message": f"no: {echo}"}}).encode(), NOW)


def alert_labels(echo: str) -> object:
    raw = {
        "fingerprint": "f00d",
        "labels": {"alertname": "Refused", "credentials": echo},
        "annotations": {"summary": f"refused {echo}", "description": echo, "runbook_url": f"https://x/{TOKEN}"},
        "generatorURL": f"https://x/{TOKEN}",
        "status": {"state": "active"},
        "startsAt": "2026-11-29T13:00:00Z",
    }
    return parse_listed_alerts(json.dumps([raw]).encode(), source="am", environment="prod", server="am-1", polled=NOW)


def azure_alert_text(echo: str) -> object:
    essentials = {"alertRule": "refused", "description": f"got {echo}", "startDateTime": "2026-11-29T13:00:00Z"}
    raw = {"id": "/x/alerts/1", "name": f"refused {echo}", "properties": {"essentials": essentials}}
    return azure_alert(raw, source="azure", environment="prod", polled=NOW)


def azure_sign_in(echo: str) -> object:
    return trouble.sign_in_failed(f"AADSTS7000215: Invalid client secret provided: {echo}")


def azure_fault(echo: str) -> object:
    return trouble.explain_missing_token(f"ERROR: unexpected {echo}")


def azure_revision(echo: str) -> object:
    return map_revision({"name": "shop--1", "properties": {"provisioningError": f"cannot pull with {echo}"}}, "shop")


def unexpected_fault(echo: str) -> object:
    return explain_unknown_error(RuntimeError(f"cannot send {echo}"))


def console(echo: str) -> object:
    return console_line(json.dumps({"TimeStamp": "2026-11-29T13:00:00Z", "Log": f"got {echo}"}).encode(), "r", "p")


def bare_console(echo: str) -> object:
    return console_line(f"got {echo}".encode(), "r", "p")


def platform(echo: str) -> object:
    return system_line(json.dumps({"Msg": f"got {echo}", "RevisionName": "r"}).encode(), "r")


def table_of_logs(echo: str) -> object:
    return table_row({"Log_s": f"got {echo}", "TimeGenerated": "2026-11-29T13:00:00Z"})


def own_log(echo: str) -> object:
    record = logging.LogRecord("cockpit", logging.ERROR, "x.py", 1, "refused: %s", (echo,), None)
    return CleanFormatter("%(message)s").format(record)


def step_body(echo: str) -> object:
    shown: list[str] = []
    writing = Writing(None, [f"Bearer {TOKEN}"], KNOWN_SECRETS.mask, shown.append, lambda url: None)
    for character in f"answer: {echo}\n":
        writing.output(character)
    writing.finish()
    return "".join(shown)


def az_output(echo: str) -> object:
    return format_az_output({"value": echo}) + format_az_output([echo], output="tsv")


def document_text(echo: str) -> object:
    return text_for_people(
        read_runbook("a.md", f"# A\n\nAsk with {echo} please.\n\n```bash\necho {echo}\n```\n".encode())
    )


def error_of_a_command(echo: str) -> object:
    return clean_line(f"it could not be started: {echo}") + clean_text(f"\n{echo}\n")


DOORS: list[Callable[[str], object]] = [
    probe_body,
    probe_json,
    probe_header,
    alertmanager_refusal,
    alertmanager_refusal_in_json,
    alert_labels,
    azure_alert_text,
    azure_sign_in,
    azure_fault,
    azure_revision,
    unexpected_fault,
    console,
    bare_console,
    platform,
    table_of_logs,
    own_log,
    step_body,
    az_output,
    document_text,
    error_of_a_command,
]


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_no_door_lets_an_echoed_secret_in(door: Callable[[str], object], echo: str) -> None:
    found = str(door(echo))
    assert MASK in found
    for secret in (echo, TOKEN, repr(TOKEN)[1:-1], "k3n&", "Of<the"):
        assert secret not in found


def test_what_an_older_cockpit_recorded_of_a_secret_is_masked_when_it_is_read(tmp_path: Path) -> None:
    KNOWN_SECRETS.forget()  # that one did not know the token by itself
    detail = {
        "text": f"got {TOKEN}",
        "lines": [{"said": TOKEN, TOKEN: "x"}],
        TOKEN: "x",
        "operation": "https://example.com/op",
    }
    with Timeline(tmp_path / "timeline.db", time=RealTime()) as timeline:
        draft = Draft(Kind.NOTE, f"got {TOKEN}", NOW, environment="prod", actor="sam", detail=detail)
        by = {"operation": f"https://example.com/{TOKEN}"}
        other = replace(draft, summary="fired", subject=f"am:{TOKEN}", actor=f"by {TOKEN}", detail=by)
        timeline.record([draft, other])
    KNOWN_SECRETS.learn(f"Bearer {TOKEN}")
    with Timeline(tmp_path / "timeline.db", time=RealTime(), read_only=True) as timeline:
        event, second = timeline.events()
    assert (second.subject, second.actor, second.detail) == (f"am:{MASK}", f"by {MASK}", {"operation": ""})
    assert event.summary == f"got {MASK}"
    assert event.detail == {
        "text": f"got {MASK}",
        "lines": [{"said": MASK, MASK: "x"}],
        MASK: "x",
        "operation": "https://example.com/op",
    }


def test_the_name_of_a_revision_stays_to_the_letter_as_it_is_sent_back() -> None:
    KNOWN_SECRETS.learn("production")
    assert map_revision({"name": "shop-production--7f9c8b6"}, "shop").name == "shop-production--7f9c8b6"


def test_a_command_of_a_document_runs_with_its_secret() -> None:
    KNOWN_SECRETS.learn("open-sesame-now")
    step = read_runbook("a.md", b"# A\n\n```bash\necho open-sesame-now\n```\n").procedures[0].steps[0]
    assert step.command == "echo open-sesame-now"
    assert "open-sesame" not in step.title
