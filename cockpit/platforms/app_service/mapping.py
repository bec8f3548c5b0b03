"""Answers about a site and its slots become an Application. Pure.

What is deployed is the revision, and the slot where it sits is its label: a swap moves two revisions past each other,
and the traffic from one to the other, so that "served well until the swap" is known of the one to go back to.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cockpit.model.raw import dig_value, list_mappings, read_integer, read_moment, read_text, resource_name
from cockpit.model.revision import Application, Replica, Revision
from cockpit.platforms.app_service.settings import NAME, PRODUCTION

Raw = Mapping[str, Any]
SUCCESS, FAILED = 4, 3  # of a deployment, as Kudu counts them
SHA_LENGTH = 7
IMAGE_PREFIXES = ("DOCKER|", "COMPOSE|", "KUBE|", "SITECONTAINERS|")


@dataclass(frozen=True, slots=True)
class SlotAnswers:
    """What was read of one slot; None for what could not be read, or the caller may not see."""

    site: Raw
    config: Raw | None = None
    instances: Sequence[Raw] | None = None
    deployments: Sequence[Raw] | None = None


@dataclass(frozen=True, slots=True)
class SlotDeployment:
    """The newest deployment that is in effect in a slot."""

    identifier: str = ""
    sha: str = ""
    by: str = ""
    message: str = ""
    ended: Any = None
    failed: bool = False


def map_site(name: str, slots: Sequence[SlotAnswers], *, environment: str, location: str) -> Application:
    """`slots[0]` is production."""
    production = slots[0]
    shares = read_shares(production.config)
    revisions: list[Revision] = []
    names: set[str] = set()
    for answers in slots:
        slot = read_slot(answers.site)
        weight = shares.get(slot, 0) if slot != PRODUCTION else max(0, 100 - sum(shares.values()))
        revision = map_slot(name, slot, answers, weight)
        if revision.name in names:  # the same is deployed in both
            revision = _rename(revision, f"{revision.name}@{slot}")
        names.add(revision.name)
        revisions.append(revision)
    revisions.sort(key=lambda revision: (revision.created is not None, revision.created), reverse=True)
    deployment = read_deployment(production.deployments)
    swapped = read_moment(dig_value(production.site, "properties", "slotSwapStatus", "timestampUtc"))
    moments = [moment for moment in (swapped, deployment.ended) if moment is not None]
    return Application(
        name=name,
        environment=environment,
        mode="slots",
        fqdn=read_text(dig_value(production.site, "properties", "defaultHostName")),
        revisions=tuple(revisions),
        running=describe_site(slots),
        changed_by=deployment.by if swapped is None or swapped < (deployment.ended or swapped) else "",
        changed_at=max(moments, default=None),
        platform=NAME,
        location=location,
    )


def _rename(revision: Revision, name: str) -> Revision:
    return replace(revision, name=name)


def read_slot(site: Raw) -> str:
    """`staging` of `shop/staging`; the site itself is `production`."""
    return resource_name(read_text(site.get("name")).partition("/")[2]) or PRODUCTION


def map_slot(site: str, slot: str, answers: SlotAnswers, weight: int) -> Revision:
    properties = answers.site.get("properties")
    state = read_text(dig_value(properties, "state")) or "unknown"
    deployment = read_deployment(answers.deployments)
    image = read_image(answers.config) or read_image(dig_value(properties, "siteConfig"))
    replicas = map_instances(answers)
    notes = list_slot_notes(answers)
    return Revision(
        app=site,
        name=name_content(image, deployment, slot),
        active=state.lower() == "running",
        weight=weight,
        created=deployment.ended,
        image=image,
        labels=(slot,),
        running=state,
        health=read_health(replicas),
        provisioning_error="the last deployment failed" if deployment.failed and not image else "",
        replica_count=None if replicas is None else len(replicas),
        replicas=replicas,
        fqdn=read_text(dig_value(properties, "defaultHostName")),
        running_details="; ".join(notes),
        change_cause=deployment.message,
    )


def name_content(image: str, deployment: SlotDeployment, slot: str) -> str:
    """The tag of an image, the commit of a deployment, else its id; the slot's name where nothing is known."""
    tail = image.rpartition("/")[2]
    if "@sha256:" in tail:
        return tail.rpartition(":")[2][:12]
    if ":" in tail:
        return tail.rpartition(":")[2]
    return deployment.sha[:SHA_LENGTH] or deployment.identifier[:12] or slot


def read_image(config: object) -> str:
    """Of `DOCKER|registry/app:1.2`; "" for code and for what is no single image."""
    for key in ("linuxFxVersion", "windowsFxVersion"):
        written = read_text(dig_value(config, key))
        if written.upper().startswith("DOCKER|"):
            return written.partition("|")[2]
    return ""


def read_deployment(raws: Sequence[Raw] | None) -> SlotDeployment:
    """The active one of a slot's deployments. GitHub's own action writes what it knows as JSON into the message."""
    newest = sorted(raws or (), key=lambda raw: read_text(dig_value(raw, "properties", "end_time")), reverse=True)
    active = next((raw for raw in newest if dig_value(raw, "properties", "active") is True), None)
    raw = active or next(iter(newest), None)
    if raw is None:
        return SlotDeployment()
    properties = raw.get("properties")
    message = dig_value(properties, "message")
    facts: object = None
    if isinstance(message, str) and message.lstrip().startswith("{"):
        try:
            facts = json.loads(message[:20_000])
        except (ValueError, RecursionError):
            facts = None
    identifier = read_text(dig_value(properties, "id")) or read_text(raw.get("name"))
    is_sha = len(identifier) == 40 and all(character in "0123456789abcdef" for character in identifier.lower())
    sha = read_text(dig_value(facts, "sha") or dig_value(facts, "commitId"))[:40] or (identifier if is_sha else "")
    people = (dig_value(facts, "actor"), dig_value(properties, "author"), dig_value(properties, "deployer"))
    by = next((text for text in map(read_text, people) if text and text not in ("N/A", "ms-azuretools-vscode")), "")
    return SlotDeployment(
        identifier=identifier,
        sha=sha,
        by=by,
        message=read_text(dig_value(facts, "commitMessage")) or ("" if facts else read_text(message, 200)),
        ended=read_moment(dig_value(properties, "end_time")) or read_moment(dig_value(properties, "start_time")),
        failed=read_integer(dig_value(properties, "status")) == FAILED,
    )


def map_instances(answers: SlotAnswers) -> tuple[Replica, ...] | None:
    """None where nobody says how they are: without a health check Azure knows no more than that they run."""
    if answers.instances is None:
        return None
    instances = [
        Replica(
            read_text(raw.get("name"))[:12],
            state := read_text(dig_value(raw, "properties", "state")) or "UNKNOWN",
            state.upper() == "READY",
            0,
        )
        for raw in answers.instances
    ]
    checked = read_text(dig_value(answers.config, "healthCheckPath"))
    if not checked and all(instance.state.upper() == "UNKNOWN" for instance in instances):
        return None
    return tuple(instances)


def read_health(replicas: tuple[Replica, ...] | None) -> str:
    if not replicas:
        return ""
    return (
        "Healthy"
        if all(replica.ready for replica in replicas)
        else ""
        if any(r.ready for r in replicas)
        else "Unhealthy"
    )


def read_shares(config: Raw | None) -> dict[str, int]:
    """Percent of production's traffic that is routed to slots, by their names."""
    rules = list_mappings(dig_value(config, "experiments", "rampUpRules"))
    shares: dict[str, int] = {}
    for rule in rules:
        host = read_text(rule.get("actionHostName")).partition(".")[0]
        name = read_text(rule.get("name")) or host.rpartition("-")[2]
        percent = rule.get("reroutePercentage")
        if name and isinstance(percent, int | float) and not isinstance(percent, bool) and 0 < percent <= 100:
            shares[name] = round(percent)
    return shares


def list_slot_notes(answers: SlotAnswers) -> list[str]:
    """What whoever swaps must know."""
    notes: list[str] = []
    if target := read_text(dig_value(answers.config, "autoSwapSlotName")):
        notes.append(f"auto-swap: each deployment to it goes on into {target} by itself")
    if read_text(dig_value(answers.site, "properties", "inProgressOperationId")):
        notes.append("a swap or another change of it is under way: Azure refuses a second one until it is over")
    if target := read_pending(answers.site):
        notes.append(f"swap with preview begun: it has the settings of {target}, and waits to be completed or reset")
    return notes


def read_pending(site: Raw) -> str:
    """The slot that a swap with preview was begun with; "" while none is."""
    return read_text(dig_value(site, "properties", "targetSwapSlot"))


def describe_site(slots: Sequence[SlotAnswers]) -> str:
    """The state of the site, and a swap that is only half done."""
    waiting = [read_slot(answers.site) for answers in slots if read_pending(answers.site)]
    if waiting:
        return f"Swap of {waiting[0]} begun"
    return read_text(dig_value(slots[0].site, "properties", "state"))
