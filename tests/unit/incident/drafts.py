"""Drafts: a night with everything in it, its post-mortem, and what a CommonMark renderer shows of that."""

import re
from collections.abc import Iterator
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cockpit.incident.ledger import Ledger
from cockpit.incident.postmortem.draft import render_draft
from cockpit.model.event import Kind
from cockpit.model.incident import Incident
from cockpit.model.plan import FIRST_TEN, Plan, default_plan
from cockpit.model.severity_scale import DEFAULT_SEVERITY_SCALE
from cockpit.model.system import Environment, System
from cockpit.model.time import format_timestamp
from tests.unit.incident.story import Story, at

SYSTEM = System("Shop", (Environment("prod"),), "/data")
PLAN = default_plan(DEFAULT_SEVERITY_SCALE)
HEAD = "ab" * 32


def tell(text: str = "harmless", title: str = "Readiness failing") -> Story:
    story = Story()
    story.probe(0, "ready", "down")
    story.alert(1, "az:5xx", "firing")
    story.tell(Kind.REVISION, 1, subject="mi/v2", summary=text, detail={"image": text, "changed_by": text})
    story.declare(2, reach=-10, title=title)
    story.act(Kind.ACK, 3, "ben", subject="az:5xx")
    note = story.act(Kind.NOTE, 4, text, summary=text)
    story.tell(Kind.ALERT, 5, subject="az:2", detail={"state": "firing", "name": text, "resource": text}, summary=text)
    story.act(Kind.SEVERITY, 6, severity="P0", reason=text)
    respond(story, text, note.id)
    story.act(Kind.RESOLVE, 30, reason=text, because="fixed")
    story.act(Kind.REVIEW, 35, state="in review", reason=text)
    return story


def respond(story: Story, text: str, note: int) -> None:
    """Everything that people may do in an incident, in the words given."""
    story.act(Kind.ROLE, 7, subject="Scribe", role="Scribe", person=text, what="takes", note=text)
    story.act(Kind.PAGE, 8, subject=f"x{text}", who=f"x{text}", tier=1, how=text, note=text)
    story.act(Kind.TICK, 9, list=FIRST_TEN, item=1, text=f"x{text}", state="skipped", reason=text)
    story.act(Kind.TICK, 9, list="gone", item=1, text=f"x{text}", state="done")
    story.act(Kind.FREEZE, 10, on=True, reason=text)
    story.act(Kind.DECISION, 11, summary=text, text=text, reason=text)
    story.act(Kind.UPDATE, 12, subject="client", audience="client", text=text, promised=format_timestamp(at(20)))
    story.act(Kind.UPDATE, 25, subject="client", audience="client", text=text)
    story.act(Kind.CLOCK, 13, subject="loop:1", what="started", kind="loop", text=f"x{text}", person=text)
    story.act(Kind.CLOCK, 13, subject="client", what="not applicable", reason=f"x{text}")
    story.act(Kind.ITEM, 14, subject="a1", text=f"x{text}", owner=text, due="2026-03-09", label=text)
    story.act(Kind.PIN, 15, subject=str(note), on=True)
    story.act(Kind.LINK, 16, subject=str(note), target=f"x{text}", text=text)
    story.act(Kind.RECOVERY, 17, subject=text, what="chosen", scenario=text, rto=1200, rpo=900, origin=text)
    story.act(Kind.RECOVERY, 18, what="recovered to", point=format_timestamp(at(-5)))
    run = {"title": f"x{text}", "procedure": "roll-back", "path": "ops.md"}
    story.act(Kind.RUN, 19, subject="r1", what="started", budget=300, **run)
    story.act(Kind.STEP, 20, subject="r1#1", phase="intent", attempt=1, title=text, as_run=f"x{text}", kind="change")
    told = {"outcome": f"x{text}", "verified": text, "output": text}
    story.act(Kind.NOTE, 18, text=f"Cause: x{text}")
    story.act(Kind.NOTE, 18, text=f"Fix: y{text}")
    story.act(Kind.STEP, 22, subject="r1#1", seconds=120, phase="outcome", attempt=1, state="ok", **told)
    story.act(Kind.RUN, 26, subject="r1", what="ended")


def incident_of(story: Story, id: str = "i1", plan: Plan = PLAN) -> Incident:
    ledger = Ledger(plan.severity_scale)
    for event in story.events:
        ledger.apply(event)
    return ledger.incidents[id]


def draft(story: Story, minutes: float = 40, plan: Plan = PLAN) -> str:
    return render_draft(
        incident_of(story, plan=plan),
        story.events,
        system=SYSTEM,
        plan=plan,
        time_zone="Pacific/Auckland",
        head=HEAD,
        now=at(minutes),
    )


def parsed(markdown: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)


def shown(token: Token) -> str:
    """What a reader sees of an inline token; anything but text is named."""
    return "".join(
        each.content if each.type == "text" else f"<{each.type}>"
        for each in token.children or []
        if each.type != "softbreak"
    )


def tables(markdown: str) -> Iterator[list[list[str]]]:
    """The rows of every table, without its head."""
    rows: list[list[str]] = []
    for before, token in pairwise(parsed(markdown)):
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and before.type in ("td_open", "th_open"):
            rows[-1].append(shown(token))
        elif token.type == "table_close":
            yield rows[1:]


def shape(markdown: str) -> list[str]:
    return [f"{token.type} {token.tag} {token.level}" for token in parsed(markdown)]


def section(markdown: str, heading: str) -> str:
    """What people are asked below a heading of any level, without our blocks."""
    own = re.sub(r"<!-- cockpit:begin.*?<!-- cockpit:end \S+ -->", "", markdown, flags=re.DOTALL)
    return re.split(r"\n(?:#+ |---\n)", re.split(rf"\n#+ {re.escape(heading)}\n", own)[1])[0]


def block(markdown: str, name: str) -> str:
    """What stands between the markers of one of our blocks."""
    return markdown.split(f"<!-- cockpit:begin {name} ")[1].split("-->", 1)[1].split(f"<!-- cockpit:end {name} -->")[0]


def table(markdown: str, name: str, number: int = 0) -> list[list[str]]:
    """The rows of a table of one of our blocks."""
    return list(tables(block(markdown, name)))[number]


ALL_ENTRIES = 1  # the number of the table with the whole timeline
