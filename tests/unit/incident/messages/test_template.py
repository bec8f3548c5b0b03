"""A message from a template: what is known stands in it, what is not is a mark, and no name of an incident is read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.incident.actions.errors import IncidentActionError
from cockpit.incident.messages.fields import usual_promise
from cockpit.incident.messages.offers import declare_text, status_line
from cockpit.incident.messages.outbox import write_message_file
from cockpit.incident.messages.template import FilledMessage, fill_template, find_marks, list_short_values
from cockpit.model.clock import Clock, ClockKind, Rule
from cockpit.model.incident import Incident, Status
from cockpit.model.plan import Plan, Role, Template
from cockpit.model.response import Holding
from cockpit.model.secret import Secret
from cockpit.model.system import Environment, System
from cockpit.model.text import HOSTILE
from tests.examples import scale_examples

AUCKLAND = ZoneInfo("Pacific/Auckland")
SUMMER = datetime(2026, 11, 20, 13, 26, 40, tzinfo=UTC)
WINTER = datetime(2026, 7, 20, 13, 26, 40, tzinfo=UTC)
UPDATE = Rule(ClockKind.UPDATE, "next update", timedelta(minutes=30))
PLAN = Plan(roles=(Role("Incident Commander", lead=True), Role("Scribe")))
VALUES: dict[str, str | Secret] = {"rg": "mi-prod-rg", "client-name": "Example Ltd", "token": Secret("env", "TOKEN")}
SYSTEM = System("Meetings", (Environment("prod", values=VALUES), Environment("staging")), data="/nowhere")


def incident(now: datetime = SUMMER, **given: object) -> Incident:
    found = Incident(
        id="2026-11-20-k7f",
        environment="staging",
        title="Readiness failing",
        severity="P1",
        status=Status.INVESTIGATING,
        declared=now - timedelta(minutes=12),
        declared_by="ana",
        reach_from=now - timedelta(hours=1),
        detected=now - timedelta(minutes=14),
        detected_by="probe ready",
        rules=(UPDATE,),
    )
    return replace(found, **given)  # type: ignore[arg-type]  # names of its own fields


def filled(text: str, now: datetime = SUMMER, zone: ZoneInfo = AUCKLAND, **given: object) -> FilledMessage:
    return fill_template(Template("t", "T", text, "team"), incident(now, **given), SYSTEM, PLAN, now, zone)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("[Incident Title]", "Readiness failing"),
        ("{{ title }}", "Readiness failing"),
        ("{{ incident.title | upper }}", "Readiness failing"),
        ("<title>", "Readiness failing"),
        ("[what does not work]", "Readiness failing"),
        ("[Severity]", "P1"),
        ("[P0/P1/P2]", "P1"),
        ("[Status]", "Investigating"),
        ("[Service]", "Meetings"),
        ("[Environment]", "staging"),
        ("[Duration]", "14 minutes"),
        ("Symptoms: [symptoms]", "Symptoms: probe ready"),
        ("[Incident Commander]: me", "ana: me"),
        ("{{ started_at }}", "02:12 NZDT (13:12 UTC)"),
        ("[next update]", "02:56 NZDT (13:56 UTC)"),
    ],
)
def test_what_the_incident_knows_is_filled_in(field: str, value: str) -> None:
    told = filled(field, roles=(Holding("Incident Commander", "ana", SUMMER),))
    assert (told.text, told.unknown) == (value, ())


@pytest.mark.parametrize("field", ["[Client Name]", "{{ client_name }}", "<client name>", "[Root cause?]", "[Scribe]"])
def test_what_nobody_knows_is_a_mark_and_is_listed(field: str) -> None:
    told = filled(f"Dear {field}: hello")
    assert told.text.startswith("Dear ⟦")
    assert told.text.endswith("?⟧: hello")
    assert len(told.unknown) == len(find_marks(told.text)) == 1


def test_a_value_of_the_environment_fills_a_field_and_a_secret_never_does() -> None:
    told = filled("[Client Name], [token]", environment="prod")
    assert told.text == "Example Ltd, ⟦token?⟧"


def test_what_a_person_typed_comes_before_what_the_incident_knows() -> None:
    template = Template("t", "T", "[Client Name]: [Impact]")
    said = {"client name": "Example Ltd", "Impact": "nobody can\nsign in"}
    assert (
        fill_template(template, incident(), SYSTEM, PLAN, SUMMER, AUCKLAND, said).text
        == "Example Ltd: nobody can sign in"
    )


@pytest.mark.parametrize(
    "looks_like_one",
    [
        *("- [ ] box", "- [x] box", "see [the page](https://x.example.com)", "[1]", "![i](p.png)"),
        *("<br>", "<https://status.example.com>", "<ops@example.com>"),
    ],
)
def test_what_only_looks_like_a_field_stays(looks_like_one: str) -> None:
    assert filled(looks_like_one) == FilledMessage(looks_like_one)


def test_stars_and_quotes_of_markdown_are_not_sent() -> None:
    assert filled("> **Subject:** down\n>\n> __Now__ 2 * 3 ** 4").text == "Subject: down\n\nNow 2 * 3 ** 4"


# Times


@pytest.mark.parametrize("written", ["[Time] NZST", "[Time] NZDT", "[Time] (NZST)", "[Time NZST]", "[HH:MM]", "[Time]"])
@pytest.mark.parametrize(("now", "abbreviation", "hour"), [(SUMMER, "NZDT", "02"), (WINTER, "NZST", "01")])
def test_a_time_bears_the_abbreviation_in_force_whatever_the_document_says(
    written: str, now: datetime, abbreviation: str, hour: str
) -> None:
    assert filled(f"Started: {written}.", now).text == f"Started: {hour}:12 {abbreviation} (13:12 UTC)."


def test_a_zone_that_stands_alone_is_the_one_in_force_and_other_words_stay() -> None:
    assert filled("All times are NZST. The FIRST BEST LAST EST.").text == "All times are NZDT. The FIRST BEST LAST EST."


def test_a_time_that_is_asked_for_in_utc_is_shown_in_utc() -> None:
    assert filled("[Time] UTC, [Time UTC], [HH:MM]Z").text == "13:12 UTC, 13:12 UTC, 13:12 UTC"


def test_which_time_is_meant_stands_before_it() -> None:
    told = filled("Since [time]\nDetected: [time]\nNext update: [time]\nResolved: [time]\nAs of [time]")
    assert told.text.splitlines() == [
        "Since 02:12 NZDT (13:12 UTC)",
        "Detected: 02:12 NZDT (13:12 UTC)",
        "Next update: 02:56 NZDT (13:56 UTC)",
        "Resolved: ⟦time?⟧",
        "As of 02:26 NZDT (13:26 UTC)",
    ]


def test_when_users_felt_it_is_when_it_started_and_another_day_is_named() -> None:
    assert filled("[start time]", impact_started=SUMMER - timedelta(hours=3)).text == "20 Nov 23:26 NZDT (10:26 UTC)"


# Choices


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (Status.INVESTIGATING, "Investigating"),
        (Status.IDENTIFIED, "Identified"),
        (Status.MONITORING, "Monitoring"),  # not on offer, and what it is all the same
        (Status.RESOLVED, "Resolved"),
    ],
)
@pytest.mark.parametrize("choice", ["Investigating/Identified/Resolved", "[Investigating / Identified / Resolved]"])
def test_the_status_is_a_word_of_the_templates_own_choice(choice: str, status: Status, word: str) -> None:
    assert filled(f"Status: {choice}", status=status).text == f"Status: {word}"


@pytest.mark.parametrize(
    ("minutes", "said"), [(30, "30 minutes"), (60, "1 hour"), (90, "1 hour 30 minutes"), (0, "⟦30 minutes / 1 hour?⟧")]
)
def test_the_next_message_is_promised_in_the_templates_words_where_it_has_them(minutes: int, said: str) -> None:
    template = Template("t", "T", "Next update: [30 minutes / 1 hour]")
    promise = timedelta(minutes=minutes)
    told = fill_template(template, incident(), SYSTEM, PLAN, SUMMER, AUCKLAND, promise=promise)
    assert told.text == f"Next update: {said}"
    assert told.promised == ((SUMMER + promise).replace(second=0) if minutes else None)


def test_without_a_word_about_it_the_rules_of_the_incident_promise() -> None:
    assert filled("[30 minutes / 1 hour]").promised == SUMMER.replace(minute=56, second=0)
    assert filled("hello").promised is None
    assert usual_promise(incident(rules=()), Plan(rules=(UPDATE,))) == timedelta(minutes=30)
    assert usual_promise(incident(resolved=SUMMER), PLAN) is None


def test_a_promise_without_a_field_becomes_a_sentence_since_its_readers_must_have_read_it() -> None:
    promise = timedelta(minutes=15)
    told = fill_template(
        Template("t", "T", "We are on it."), incident(), SYSTEM, PLAN, SUMMER, AUCKLAND, promise=promise
    )
    assert told.text == "We are on it.\n\nThe next message follows by 02:41 NZDT (13:41 UTC)."
    assert told.promised == SUMMER.replace(minute=41, second=0)


def test_a_drill_says_so_in_every_text() -> None:
    drill = incident(drill=True)
    assert fill_template(Template("t", "T", "Down."), drill, SYSTEM, PLAN, SUMMER, AUCKLAND).text.startswith("DRILL")
    assert status_line(drill, (), SUMMER, AUCKLAND).startswith("[P1] DRILL INVESTIGATING")
    assert declare_text(drill, AUCKLAND).startswith("DRILL")


# Whatever is written into a template, and however an incident is called

TITLES = st.text(max_size=40) | st.sampled_from(
    [
        "[Client Name]",
        "{{ severity }}",
        "⟦client name?⟧",
        "<title>",
        "[/x]",
        "[@click=app.quit]a[/]",
        "\x1b]52;c;eA==\x07",
    ]
)
TEMPLATES = (
    st.text(alphabet=st.sampled_from("[]{}<>⟦⟧|/ :\n*_>aTimeNZSTnextstatus3 0minutes\x1b"), max_size=120) | st.text()
)


@given(TEMPLATES, TITLES)
@settings(max_examples=scale_examples(200), deadline=None)
def test_any_template_is_filled_and_every_mark_is_one_that_is_listed(text: str, title: str) -> None:
    told = filled(text, title=title)
    assert {told.text[start + 1 : end - 2] for start, end in find_marks(told.text)} <= {
        each.rstrip("? ").casefold() or "this" for each in told.unknown
    }
    assert not HOSTILE.search(told.text)


@given(TITLES)
@settings(deadline=None)
def test_the_words_of_an_incident_are_put_in_once_and_never_read(title: str) -> None:
    told = filled("a {{ title }} b", title=title)
    assert (told.text == "a ⟦title?⟧ b") == bool(told.unknown)
    if not told.unknown:
        assert find_marks(told.text) == []
        assert told.text == f"a {told.fields[0][1]} b"
    assert "\n" not in status_line(incident(title=title), (), SUMMER, AUCKLAND)
    assert len(declare_text(incident(title=title), AUCKLAND).splitlines()) == 6


def test_a_long_line_of_stars_takes_no_time_to_speak_of() -> None:
    assert filled("**a " * 16_000).text.startswith("**a **a")


# The incident channel


def clock(kind: ClockKind, minutes: int, **given: object) -> Clock:
    found = Clock(kind.value, kind, "", "", "", SUMMER, SUMMER + timedelta(minutes=minutes))
    return replace(found, **given)  # type: ignore[arg-type]


def test_one_line_says_how_it_stands() -> None:
    led = incident(roles=(Holding("Incident Commander", "ana@example.com", SUMMER),), environment="prod")
    clocks = [clock(ClockKind.UPDATE, 51), clock(ClockKind.PROMISE, 60), clock(ClockKind.ESCALATION, 2)]
    assert status_line(led, clocks, SUMMER, AUCKLAND) == (
        "[P1] INVESTIGATING Readiness failing · prod · 00:12:00 · IC ana · next update 03:17 NZDT (14:17Z)"
    )


def test_the_line_tells_a_late_update_a_missing_leader_and_the_end() -> None:
    late = status_line(incident(), [clock(ClockKind.UPDATE, -3)], SUMMER, AUCKLAND)
    assert late.endswith("no IC yet · next update was due 02:23 NZDT (13:23Z)")
    done = [clock(ClockKind.UPDATE, 3, done=SUMMER), clock(ClockKind.PROMISE, 3, not_applicable="over")]
    over = incident(status=Status.RESOLVED, resolved=SUMMER)
    assert status_line(over, done, SUMMER, AUCKLAND) == "[P1] RESOLVED Readiness failing · staging · after 00:12:00"


def test_the_declaration_names_severity_symptoms_impact_and_one_commander() -> None:
    said = declare_text(incident(), AUCKLAND, PLAN).splitlines()
    assert said[0] == "[P1] Readiness failing"
    assert said[1].startswith("Severity: P1, A major feature is broken")
    assert said[2] == "Symptoms: probe ready, since 02:12 NZDT (13:12Z)"
    assert said[3] == "Impact: not known yet"
    assert said[4] == "Incident Commander: nobody yet, who takes it?"


@pytest.mark.parametrize(
    ("fields", "impact"),
    [
        ({}, "felt since 02:14 NZDT (13:14Z)"),
        ({"mitigated": SUMMER}, "felt from 02:14 NZDT (13:14Z) to 02:26 NZDT (13:26Z)"),
        (
            {"mitigated": SUMMER, "status": Status.RESOLVED, "resolved": SUMMER},
            "felt from 02:14 NZDT (13:14Z) to 02:26 NZDT (13:26Z)",
        ),
        ({"status": Status.RESOLVED, "resolved": SUMMER}, "felt from 02:14 NZDT (13:14Z)"),
        ({"status": Status.RESOLVED, "resolved": SUMMER, "impact_started": None}, "not known"),
    ],
)
def test_a_declaration_that_is_made_after_the_end_calls_nothing_felt_still(
    fields: dict[str, object], impact: str
) -> None:
    declared = incident(SUMMER, **{"impact_started": SUMMER - timedelta(minutes=12), **fields})
    assert declare_text(declared, AUCKLAND, PLAN).splitlines()[3] == f"Impact: {impact}"


# The file beside the timeline


def test_a_message_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    path = write_message_file("Dear …", tmp_path, "2026-11-20-k7f", SUMMER)
    assert path == tmp_path / "messages" / "update-2026-11-20-k7f-132640Z.txt"
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("Dear …\n", 0o600)


def test_messages_of_one_second_have_a_file_each(tmp_path: Path) -> None:
    """The record of the first named a file with the words of the second; so did one of the next day."""
    files = [write_message_file(text, tmp_path, "2026-11-20-k7f", SUMMER) for text in ("to clients", "to the team")]
    assert [file.read_text() for file in files] == ["to clients\n", "to the team\n"]


def test_a_team_that_shares_the_timeline_reads_what_was_sent(tmp_path: Path) -> None:
    tmp_path.chmod(0o2770)
    path = write_message_file("x", tmp_path, "../../etc/x", SUMMER)
    assert (path.name, path.stat().st_mode & 0o777) == ("update-etcx-132640Z.txt", 0o640)


def test_a_directory_that_takes_no_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "messages").write_text("in the way")
    with pytest.raises(IncidentActionError, match="cannot be written"):
        write_message_file("x", tmp_path, "k7f", SUMMER)


# The manual


def manual() -> list[tuple[str, str]]:
    """Every field of the table in docs/messages.md, and what it is said to become."""
    page = (Path(__file__).parents[4] / "docs" / "messages.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    return [(field.strip("`"), value) for fields, value in rows for field in fields.split(", ")]


@pytest.mark.parametrize(("field", "value"), manual())
def test_the_manual_says_what_a_field_becomes(field: str, value: str) -> None:
    led = (Holding("Incident Commander", "ana", SUMMER), Holding("Scribe", "ana", SUMMER))
    start = SUMMER - timedelta(minutes=12)
    known = incident(title="Sign-in fails", environment="prod", detected=start, roles=led)
    value, _, for_clients = value.partition("; for clients ")
    told = fill_template(Template("t", "T", field, "team"), known, SYSTEM, PLAN, SUMMER, AUCKLAND)
    assert bool(for_clients) <= bool(
        fill_template(Template("t", "T", field), known, SYSTEM, PLAN, SUMMER, AUCKLAND).unknown
    )
    said = told.text.removeprefix("Detected: ")
    if field.endswith("UTC"):
        assert said in value
    elif value[0].isupper() or value[0] in "0123⟦":
        assert said == value
    else:
        assert told.unknown == ()


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Dear ⟦client?⟧,\nwe know of ⟦what?⟧.", []),  # holes are counted elsewhere
        ("Dear j,\nwe know of failed orders.", ["j"]),
        ("Dear ,\nwe know of 5xx.", [""]),
        ("Dear Joan,\nwe know of no.", ["no"]),
        ("Hello Joan, we know of failed orders.", []),
    ],
)
def test_what_hardly_answers_in_place_of_a_mark_is_found(text: str, short: list[str]) -> None:
    assert list_short_values("Dear ⟦client?⟧,\nwe know of ⟦what?⟧.", text) == short
