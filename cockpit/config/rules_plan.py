"""What no single value of the plan can tell: severities that there are, and nothing said twice."""

from collections.abc import Iterator

from cockpit.config.errors import ConfigError, Path, mistake
from cockpit.config.raw import Raw, duplicates, tables, text, texts
from cockpit.model.near import near

SEVERAL = ("escalation", "checklist")  # kinds that one severity may have more than one of


def plan_rules(data: Raw) -> Iterator[ConfigError]:
    """Every broken rule of [[rules]], [[roles]], [[contacts]], [[targets]], [[checklists]] and `snapshot`."""
    yield from duplicates(("roles",), data.get("roles"))
    yield from duplicates(("checklists",), data.get("checklists"))
    yield from duplicates(("contacts",), data.get("contacts"), "role")
    yield from duplicates(("targets",), data.get("targets"), "scenario")
    ladder = [name for _, rung in tables(data.get("ladder")) if (name := text(rung.get("name")).strip())]
    for key in ("rules", "checklists"):
        for at, each in tables(data.get(key)):
            yield from _levels((key, at, "levels"), each, ladder)
    yield from _complete(data)
    yield from _twice(data)
    if (snapshot := text(data.get("snapshot")).strip()) and "#" not in snapshot:
        yield mistake(("snapshot",), "must name a procedure as runbook#procedure", f"{snapshot}#")


def _levels(path: Path, rule: Raw, ladder: list[str]) -> Iterator[ConfigError]:
    """Only a ladder of this file can say it: another may stand in a document."""
    for at, level in texts(rule.get("levels")):
        if ladder and level.strip().casefold() not in {each.casefold() for each in ladder}:
            yield mistake((*path, at), f"`{level}` is not in the ladder: {', '.join(ladder)}", near(level, ladder))


def _complete(data: Raw) -> Iterator[ConfigError]:
    for at, rule in tables(data.get("rules")):
        if rule.get("kind") == "escalation" and not rule.get("who"):
            yield mistake(("rules", at, "who"), "is required: an escalation says who is called")
        if rule.get("kind") == "checklist" and not rule.get("checklist"):
            yield mistake(("rules", at, "checklist"), "is required: the name of the list")


def _twice(data: Raw) -> Iterator[ConfigError]:
    """Two deadlines for one thing: nobody could say which holds."""
    first: dict[tuple[str, str], int] = {}
    for at, rule in tables(data.get("rules")):
        kind = text(rule.get("kind"))
        for level in [level.strip().casefold() for _, level in texts(rule.get("levels"))] or [""]:
            earlier = first.setdefault((kind, level), at)
            if earlier != at and kind not in SEVERAL:
                held = f"for {level.upper()}" if level else "for every severity"
                yield mistake(("rules", at, "kind"), f"`{kind}` {held} is already said by rules[{earlier}]")
