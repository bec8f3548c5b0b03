"""Containers as `docker ps`, `docker-compose ps` and `docker compose ps` print them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cockpit.model.raw import dig_value, list_mappings, read_integer, read_text
from cockpit.platforms.compose.mapping import LABEL, read_container_name

Raw = Mapping[str, Any]
GAP, LEAST = 3, 10  # blanks between two columns, and the least width of one, as docker's tab writer makes them
COMMAND_WIDTH = 20  # of `docker ps`, quotes left out
OLD_COMMAND_WIDTH = 30  # of docker-compose


def format_container_rows(raws: Sequence[Raw], now: datetime) -> str:
    """`docker ps`."""
    rows = [("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES")]
    for raw in raws:
        image = read_text(raw.get("Image"))
        rows.append(
            (
                read_text(raw.get("Id"))[:12],
                image.removeprefix("sha256:")[:12] if image.startswith("sha256:") else image,
                quote_command(read_text(raw.get("Command"))),
                f"{describe_age(now, raw.get('Created'))} ago",
                read_text(raw.get("Status")),
                describe_ports(raw),
                read_container_name(raw),
            )
        )
    return align_columns(rows)


def format_compose_rows(raws: Sequence[Raw], now: datetime) -> str:
    """`docker compose ps`."""
    ordered = sorted(raws, key=read_container_name)
    rows = [("NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS")]
    for raw in ordered:
        rows.append(
            (
                read_container_name(raw),
                read_text(raw.get("Image")),
                quote_command(read_text(raw.get("Command"))),
                read_text((raw.get("Labels") or {}).get(f"{LABEL}service")),
                f"{describe_age(now, raw.get('Created'))} ago",
                read_text(raw.get("Status")),
                describe_ports(raw),
            )
        )
    return align_columns(rows)


def format_old_rows(raws: Sequence[Raw], inspections: Mapping[str, Raw]) -> str:
    """`docker-compose ps`: names centred over their columns, a rule below."""
    rows = []
    for raw in sorted(raws, key=read_container_name):
        config = dig_value(inspections, read_text(raw.get("Id")), "Config")
        parts = [*(dig_value(config, "Entrypoint") or ()), *(dig_value(config, "Cmd") or ())]
        command = " ".join(map(read_text, parts))
        shortened = f"{command[: OLD_COMMAND_WIDTH - 4]} ..." if len(command) > OLD_COMMAND_WIDTH else command
        rows.append((read_container_name(raw), shortened, describe_old_state(raw), describe_ports(raw)))
    heads = ("Name", "Command", "State", "Ports")
    widths = [max(len(row[index]) for row in (heads, *rows)) for index in range(4)]
    top = "   ".join(
        (" " * ((width - len(head)) // 2) + head).ljust(width) for head, width in zip(heads, widths, strict=True)
    )
    body = ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "".join(f"{line}\n" for line in (top, "-" * (sum(widths) + 9), *body))


def describe_old_state(raw: Raw) -> str:
    """`Up (healthy)`, `Exit 1`, `Restarting`."""
    state, status = read_text(raw.get("State")), read_text(raw.get("Status"))
    if state == "running":
        health = status.rpartition("(")[2].rstrip(")") if "(" in status else ""
        return f"Up ({health})" if health else "Up"
    if state == "exited":
        return f"Exit {status.partition('(')[2].partition(')')[0]}"
    return {"created": "Exit 0"}.get(state, state.capitalize())


def quote_command(command: str) -> str:
    shortened = f"{command[: COMMAND_WIDTH - 1]}…" if len(command) > COMMAND_WIDTH else command
    return '"' + shortened.replace('"', '\\"') + '"'


def describe_ports(raw: Raw) -> str:
    """`0.0.0.0:3000->3000/tcp`."""
    ports = []
    for port in list_mappings(raw.get("Ports")):
        inside = f"{read_integer(port.get('PrivatePort'))}/{read_text(port.get('Type'))}"
        outside = read_integer(port.get("PublicPort"))
        address = read_text(port.get("IP"))
        address = f"[{address}]" if ":" in address and address != "::" else address
        ports.append(f"{address}:{outside}->{inside}" if outside else inside)
    return ", ".join(sorted(ports))


def describe_age(now: datetime, created: object) -> str:
    """Go's units package, as docker uses it: `About a minute`, `3 hours`."""
    seconds = int(now.timestamp()) - (read_integer(created) or 0)
    minutes, hours = seconds // 60, round(seconds / 3600)
    if seconds < 1:
        return "Less than a second"
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    for least, unit, length in (
        (24 * 7 * 2, "days", 24),
        (24 * 30 * 2, "weeks", 24 * 7),
        (24 * 365 * 2, "months", 720),
    ):
        if hours < least:
            return f"{hours // length} {unit}"
    return f"{hours // 24 // 365} years"


def align_columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(LEAST, GAP + max(len(row[index]) for row in rows)) for index in range(len(rows[0]) - 1)]
    lines = ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) + row[-1] for row in rows]
    return "".join(f"{line}\n" for line in lines)
