"""The plan in cockpit.toml: every key reaches it with its line, and every mistake is said."""

from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from cockpit.config import ConfigError
from cockpit.model.clock import ClockKind, Counting, Rule
from cockpit.model.plan import Checklist, Contact, Hours, Role, Target
from cockpit.model.severity_scale import SeverityLevel
from cockpit.model.system import System

Read = Callable[[str], System]
Wrong = Callable[[str], dict[str, ConfigError]]
WHOLE = """templates = ["templates", "~/one.md"]
contacts_file = "people.md"
snapshot = "evidence#take"

[[ladder]]
name = "P0"
response = "update every 20 min"

[[ladder]]
name = "P3"
backlog = true

[[rules]]
kind = "postmortem"
after = "5d"
counting = "business days"

[[rules]]
kind = "escalation"
after = "0s"
who = "Kim"
levels = ["P0"]

[[rules]]
kind = "escalation"
after = "15m"
who = "Sam"
levels = ["P0"]

[[roles]]
name = "Scribe"

[[roles]]
name = "Boss"
duty = "leads"
lead = true

[[contacts]]
role = "DBA"
backup = "Sam"

[[targets]]
scenario = "Region"
rpo = "0s"
how = "by hand"

[[checklists]]
name = "first"
items = ["look", "tell"]
levels = ["P0"]
within = "10m"

[hours]
days = ["sun", "mon"]
opens = "09:30"
closes = 17:00:00
zone = "Asia/Riyadh"
holidays = [2026-12-25]
"""


def test_every_key_of_the_plan_reaches_it_with_its_line(read: Read, tmp_path: Path) -> None:
    system = read(WHOLE)
    plan, minute = system.plan, timedelta(minutes=1)
    assert system.templates == (str(tmp_path / "templates"), str(Path("~/one.md").expanduser()))
    assert system.contacts_file == str(tmp_path / "people.md")
    assert system.severity_scale == (
        SeverityLevel("P0", 0, "", "update every 20 min", origin="cockpit.toml:5"),
        SeverityLevel("P3", 1, backlog=True, origin="cockpit.toml:9"),
    )
    assert plan.rules == (
        Rule(
            ClockKind.POSTMORTEM, "review the post-mortem", timedelta(days=5), "cockpit.toml:13", counting=Counting.DAYS
        ),
        Rule(ClockKind.ESCALATION, "call Kim", 0 * minute, "cockpit.toml:18", "Kim", levels=("P0",), number=1),
        Rule(ClockKind.ESCALATION, "call Sam", 15 * minute, "cockpit.toml:24", "Sam", levels=("P0",), number=2),
        Rule(ClockKind.CHECKLIST, "first", 10 * minute, "cockpit.toml:47", levels=("P0",), checklist="first"),
    )
    assert plan.roles == (
        Role("Scribe", origin="cockpit.toml:30"),
        Role("Boss", "leads", True, "cockpit.toml:33"),
    )
    assert plan.contacts == (Contact("DBA", backup="Sam", filled=False, origin="cockpit.toml:38"),)
    assert plan.targets == (Target("Region", timedelta(0), None, "by hand", "cockpit.toml:42"),)
    assert plan.checklists == (Checklist("first", "first", ("look", "tell"), ("P0",), "cockpit.toml:47", 10 * minute),)
    assert plan.hours == Hours((0, 6), time(9, 30), time(17), "Asia/Riyadh", (date(2026, 12, 25),), "cockpit.toml:53")
    assert plan.snapshot == "evidence#take"


def test_the_first_role_leads_where_none_is_configured_to(read: Read) -> None:
    roles = read('[[roles]]\nname = "Boss"\n[[roles]]\nname = "Scribe"\n').plan.roles
    assert [each.lead for each in roles] == [True, False]


UPDATE = '[[rules]]\nkind = "update"\nafter = "20m"\n'


@pytest.mark.parametrize(
    ("text", "path", "code", "suggestion"),
    [
        ('[[rules]]\nkind = "updates"\nafter = "1m"', "rules[0].kind", "not-one-of", "update"),
        ('[[rules]]\nkind = "update"', "rules[0].after", "required", ""),
        ('[[rules]]\nkind = "update"\nafter = "3 business days"', "rules[0].after", "not-a-duration", ""),
        ('[[rules]]\nkind = "update"\nafter = "400d"', "rules[0].after", "out-of-range", ""),
        (f'{UPDATE}level = "P0"', "rules[0].level", "unknown-key", "levels"),
        (f'{UPDATE}levels = "P0"', "rules[0].levels", "wrong-type", ""),
        (f'[[ladder]]\nname = "P0"\n{UPDATE}levels = ["P9"]', "rules[0].levels[0]", "unknown-name", ""),
        (f"{UPDATE}{UPDATE}", "rules[1].kind", "duplicate", ""),
        (
            f'{UPDATE}levels = ["P0", "P1"]\n{UPDATE}levels = ["p1"]',
            "rules[1].kind",
            "duplicate",
            "",
        ),
        ('[[rules]]\nkind = "escalation"\nafter = "1m"', "rules[0].who", "required", ""),
        ('[[rules]]\nkind = "checklist"\nafter = "1m"', "rules[0].checklist", "required", ""),
        ('[[contacts]]\nrole = "x"\n[[contacts]]\nrole = "x"', "contacts[1].role", "duplicate", ""),
        ('[[targets]]\nscenario = "x"\n[[targets]]\nscenario = "x"', "targets[1].scenario", "duplicate", ""),
        ('[[checklists]]\nname = "x"\nitems = []', "checklists[0].items", "empty", ""),
        ('snapshot = "evidence"', "snapshot", "not-a-procedure", "evidence#"),
        ('[hours]\nzone = "Pacific/Aukland"', "hours.zone", "not-a-time-zone", "Pacific/Auckland"),
        ('[hours]\nzone = "nzst"', "hours.zone", "not-a-time-zone", "Pacific/Auckland"),
        ('[hours]\nzone = "IST"', "hours.zone", "not-a-time-zone", ""),
        ('[hours]\nopens = "25:00"', "hours.opens", "wrong-type", ""),
        ("[hours]\nopens = 8", "hours.opens", "wrong-type", ""),
        ('[hours]\ndays = ["monday"]', "hours.days[0]", "not-one-of", "mon"),
        ('[hours]\nholidays = ["2026-12-25"]', "hours.holidays[0]", "wrong-type", ""),
        ("[hours]\nholidays = [2026-12-25T10:00:00Z]", "hours.holidays[0]", "wrong-type", ""),
        ("[[hours]]", "hours", "wrong-type", ""),
    ],
)
def test_a_mistake_in_the_plan_is_named_with_its_place(
    wrong: Wrong, text: str, path: str, code: str, suggestion: str
) -> None:
    found = wrong(text)
    assert path in found, found
    assert found[path].code == code
    assert suggestion in found[path].suggestion or not suggestion
    assert bool(found[path].suggestion) == bool(suggestion) or path.endswith("after")
