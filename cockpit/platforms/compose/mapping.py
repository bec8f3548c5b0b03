"""What the engine says of containers and images, as our own nouns. Pure and total.

A service is an app, and each image that it ran, or could run, is a revision of it. A revision is named by the tag of
its image; by tag and id where the tag says nothing (`latest`) or means another image by now. Its traffic is its share
of the ready containers. Two services of a blue-green deployment are one app whose sides are the revisions.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cockpit.model.raw import dig_value, list_mappings, read_integer, read_moment, read_text
from cockpit.model.revision import Application, Replica, Revision, RevisionContainer
from cockpit.platforms.compose.settings import BLUE_GREEN, NAME, ComposeSettings

Raw = Mapping[str, Any]
LABEL = "com.docker.compose."
MOVING_TAGS = frozenset(
    {"", "latest", "stable", "edge", "nightly", "main", "master", "develop", "dev", "staging", "prod", "production"}
)
ID_LENGTH = 7
MOST_REVISIONS = 15  # of a service
MODE = "service"
GONE = "not on this engine any more: it is pulled again when it is needed"
GONE_FOR_GOOD = "gone from this engine, and its tag means another image by now"


@dataclass(frozen=True, slots=True)
class ImageReference:
    """`ghcr.io/acme/app:1.44.0` in parts; `digest` is `sha256:...` or ""."""

    repository: str
    tag: str = ""
    digest: str = ""


def read_image_reference(text: str) -> ImageReference:
    """Total. An id without a name has no repository."""
    name, _, digest = text.partition("@")
    if re.fullmatch(r"(sha256:)?[0-9a-f]{12,64}", name):
        return ImageReference("", "", name)
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:  # registry.example.com:5000/app
        return ImageReference(name, "", digest)
    return ImageReference(head, tag, digest)


def shorten_id(identifier: str) -> str:
    return identifier.rpartition(":")[2][:ID_LENGTH]


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """One container of a service, as a list and an inspection say together."""

    identifier: str
    project: str
    service: str
    image: str  # as it was written when the container was made
    image_id: str
    state: str  # created, running, paused, restarting, removing, exited, dead
    health: str  # healthy, unhealthy, starting, "" without a health check
    replica: Replica
    made: datetime | None = None
    finished: datetime | None = None
    exit_code: int | None = None
    folder: str = ""
    files: str = ""
    compose_version: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """It has done its work, as a migration does."""
        return self.state == "exited" and self.exit_code == 0


@dataclass(frozen=True, slots=True)
class RememberedImage:
    """A revision that the timeline knows of."""

    name: str
    image: str
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class EngineAnswers:
    """What one look brought. `inspections` by the id of their container; images None where they may not be listed."""

    containers: Sequence[Raw]
    inspections: Mapping[str, Raw] = field(default_factory=dict)
    images: Sequence[Raw] | None = ()
    remembered: Mapping[str, Sequence[RememberedImage]] = field(default_factory=dict)  # by app
    variables: Mapping[tuple[str, str], str] = field(default_factory=dict)  # that set the version, by project, service
    active_side: str = ""  # what the proxy names
    names: dict[tuple[str, str], str] = field(default_factory=dict)  # of revisions, by app and image id: they stay


def map_applications(
    answers: EngineAnswers, settings: ComposeSettings, *, environment: str, location: str = ""
) -> tuple[Application, ...]:
    """Every configured service, by name; `PROJECT/SERVICE` where several projects are shown."""
    facts = [fact for raw in answers.containers if (fact := map_container(raw, answers.inspections)) is not None]
    facts = [fact for fact in facts if is_shown(fact.project, fact.service, settings)]
    known = index_images(answers.images or ())
    services: dict[tuple[str, str], list[ContainerFacts]] = {}
    for fact in facts:
        services.setdefault((fact.project, fact.service), []).append(fact)
    several = len({project for project, _ in services}) > 1
    applications = {
        key: map_service(
            f"{key[0]}/{key[1]}" if several else key[1], group, answers, settings, known, environment, location
        )
        for key, group in services.items()
    }
    result = [app for key, app in applications.items() if not find_side(*key, settings)]
    if len(settings.sides) == 2:
        result.append(join_sides(applications, services, answers, settings, environment, location))
    return tuple(sorted(result, key=lambda application: application.name))


def is_shown(project: str, service: str, settings: ComposeSettings) -> bool:
    """By `projects` and `services`; the sides of a blue-green deployment and their proxy are always shown."""
    if find_side(project, service, settings) or settings.proxy in (service, f"{project}/{service}"):
        return True
    if settings.projects and project not in settings.projects:
        return False
    return not settings.services or service in settings.services or f"{project}/{service}" in settings.services


def find_side(project: str, service: str, settings: ComposeSettings) -> str:
    """The configured side that a service is, "" for none."""
    return next((side for side in settings.sides if side in (service, f"{project}/{service}")), "")


# Containers


def map_container(raw: Raw, inspections: Mapping[str, Raw]) -> ContainerFacts | None:
    """None for a container that no Compose project has, and for one that was run once by hand (`run`)."""
    labels = {read_text(name): read_text(value) for name, value in _mapping(raw.get("Labels")).items()}
    project, service = labels.get(f"{LABEL}project", ""), labels.get(f"{LABEL}service", "")
    if not project or not service or labels.get(f"{LABEL}oneoff", "").casefold() == "true":
        return None
    identifier = read_text(raw.get("Id"))
    more = inspections.get(identifier, {})
    state = read_text(dig_value(more, "State", "Status")) or read_text(raw.get("State"))
    status = read_text(raw.get("Status"))
    health = read_health(more, status)
    exit_code = read_integer(dig_value(more, "State", "ExitCode"))
    if not more and (found := re.search(r"\((-?\d+)\)", status)) and state in ("exited", "restarting"):
        exit_code = int(found[1])
    ready = state == "running" and health in ("", "healthy")
    replica = Replica(
        name=read_container_name(raw),
        state=f"{state} ({health})" if health and state == "running" else state,
        ready=ready,
        restarts=max(0, read_integer(more.get("RestartCount")) or 0),
        created=read_moment(dig_value(more, "State", "StartedAt"))
        or read_moment(more.get("Created"))
        or _read_epoch(raw.get("Created")),
        details="" if ready else explain_container(state, health, exit_code, more),
    )
    written = read_text(dig_value(more, "Config", "Image")) or read_text(raw.get("Image"))
    return ContainerFacts(
        identifier,
        project,
        service,
        written,
        read_text(more.get("Image")) or read_text(raw.get("ImageID")),
        state,
        health,
        replica,
        read_moment(more.get("Created")) or _read_epoch(raw.get("Created")),
        read_moment(dig_value(more, "State", "FinishedAt")),
        exit_code,
        labels.get(f"{LABEL}project.working_dir", ""),
        labels.get(f"{LABEL}project.config_files", ""),
        labels.get(f"{LABEL}version", ""),
        labels,
    )


def read_container_name(raw: Raw) -> str:
    """`shop_api_1`: the name without links of other containers."""
    names = raw.get("Names")
    written = [read_text(name).removeprefix("/") for name in names] if isinstance(names, list) else []
    return next((name for name in written if "/" not in name), "") or shorten_id(read_text(raw.get("Id")))


def read_health(more: Raw, status: str) -> str:
    word = read_text(dig_value(more, "State", "Health", "Status"))
    if not word:
        found = re.search(r"\((healthy|unhealthy|health: starting)\)", status)
        word = found[1].removeprefix("health: ") if found else ""
    return "" if word == "none" else word


def explain_container(state: str, health: str, exit_code: int | None, more: Raw) -> str:
    """Why a container is not ready, in the engine's own words as far as it has some."""
    reason = read_text(dig_value(more, "State", "Error"))
    ended = "OOMKilled, out of memory" if dig_value(more, "State", "OOMKilled") is True else ""
    if state in ("exited", "restarting", "dead"):
        code = "" if exit_code is None else f"exit code {exit_code}"
        causes = ", ".join(filter(None, (reason, ended, code)))
        return f"{'restarts again and again' if state == 'restarting' else 'ended'}: {causes}" if causes else state
    if health in ("unhealthy", "starting"):
        checks = list_mappings(dig_value(more, "State", "Health", "Log"))
        streak = read_integer(dig_value(more, "State", "Health", "FailingStreak")) or 0
        output = read_text(checks[-1].get("Output"), 200) if checks else ""
        failed = f"health check failed {streak} times in a row" if streak > 1 else "health check failed"
        if not streak:
            return "its health check has not passed yet"
        return f"{failed}: {output}" if output else failed
    return reason or ("created, and not started" if state == "created" else state)


# Services


def map_service(
    name: str,
    facts: Sequence[ContainerFacts],
    answers: EngineAnswers,
    settings: ComposeSettings,
    known_images: "ImageIndex",
    environment: str,
    location: str,
) -> Application:
    """A service with the images that it runs, those that the engine still has, and those that the timeline knows."""
    groups: dict[str, list[ContainerFacts]] = {}
    for fact in facts:
        groups.setdefault(fact.image_id, []).append(fact)
    remembered = {item.name: item for item in answers.remembered.get(name, ())}
    tags = known_images.tags
    ready = {identifier: sum(fact.replica.ready for fact in group) for identifier, group in groups.items()}
    total = sum(ready.values())
    revisions: dict[str, tuple[Revision, datetime]] = {}
    for identifier, group in groups.items():
        newest = max(group, key=lambda fact: (not fact.over, fact.replica.created or EPOCH))
        called = name_revision(name, newest.image, identifier, tags, answers.names, remembered)
        revision = map_running(name, called, group, remembered.get(called), known_images.digests.get(identifier, ""))
        weight = round(100 * ready[identifier] / total) if total else 0
        revisions[called] = replace(revision, weight=weight), EPOCH
    repositories = {read_image_reference(fact.image).repository for fact in facts} - {""}
    for raw, written in (pair for repository in sorted(repositories) for pair in known_images.of(repository)):
        identifier = read_text(raw.get("Id"))
        if identifier in groups:
            continue
        called = name_revision(name, written, identifier, tags, answers.names, remembered)
        known = remembered.get(called)
        image = known.image if known and read_image_reference(written).digest else written
        revisions.setdefault(
            called,
            (
                Revision(name, called, False, 0, known.created if known else None, image, running="Inactive"),
                _read_epoch(raw.get("Created")) or EPOCH,
            ),
        )
    for item in remembered.values():
        if item.name not in revisions and item.image and answers.images is not None:
            moving = "@" in item.name
            revisions[item.name] = (
                Revision(
                    name, item.name, False, 0, item.created, item.image, running="Inactive",
                    running_details=GONE, provisioning_error=GONE_FOR_GOOD if moving else "",
                ),
                EPOCH,
            )  # fmt: skip
    ordered = sorted(
        revisions.values(),
        key=lambda pair: (pair[0].active, pair[0].created or EPOCH, pair[1]),
        reverse=True,
    )
    newest = max(facts, key=lambda fact: fact.replica.created or EPOCH)
    return Application(
        name=name,
        environment=environment,
        mode=MODE,
        fqdn="",
        revisions=_share_rest([revision for revision, _ in ordered][:MOST_REVISIONS]),
        has_ingress=False,
        platform=NAME,
        location=location,
        values=name_service(newest, answers, settings),
    )


def _share_rest(revisions: list[Revision]) -> tuple[Revision, ...]:
    """Percentages that were rounded make 100 again."""
    rest = 100 - sum(revision.weight for revision in revisions)
    most = max(revisions, key=lambda revision: revision.weight, default=None)
    if most is None or not most.weight or not rest:
        return tuple(revisions)
    return tuple(replace(item, weight=item.weight + rest) if item is most else item for item in revisions)


def name_service(
    fact: ContainerFacts, answers: EngineAnswers, settings: ComposeSettings
) -> tuple[tuple[str, str], ...]:
    """What commands need to name it: project, service, folder, files, and the variable that sets its version."""
    folder = settings.folder or fact.folder
    files = [file for file in fact.files.split(",") if file]
    variable = settings.version_variable or answers.variables.get((fact.project, fact.service), "")
    return tuple(
        {
            "project": fact.project,
            "service": fact.service,
            "folder": folder,
            "compose-files": ":".join(locate_file(file, fact.folder, folder) for file in files),
            "version-variable": variable,
            "image": fact.image,
        }.items()
    )


def locate_file(file: str, made_in: str, folder: str) -> str:
    """A compose file of a label, below the folder that the files have here."""
    inside = file.removeprefix(f"{made_in}/") if made_in else file
    return inside if inside.startswith("/") or not folder else f"{folder}/{inside}"


def map_running(
    app: str, name: str, group: Sequence[ContainerFacts], remembered: RememberedImage | None, digest: str
) -> Revision:
    """The revision of an image that containers were made of."""
    live = [fact for fact in group if not fact.over]
    replicas = tuple(sorted((fact.replica for fact in live), key=lambda replica: replica.name))
    made = [fact.made for fact in group if fact.made]
    created = min([*made, *([remembered.created] if remembered and remembered.created else [])], default=None)
    running, health, details = judge_containers(live)
    first = group[0]
    return Revision(
        app=app,
        name=name,
        active=bool(live),
        weight=0,
        created=created,
        image=first.image,
        labels=tuple(filter(None, (f"id {shorten_id(first.image_id)}", f"digest {digest}" if digest else ""))),
        last_active=None if live else max((fact.finished for fact in group if fact.finished), default=None),
        health=health,
        running=running,
        running_details=details,
        replica_count=len(replicas),
        replicas=replicas,
        containers=(RevisionContainer(first.service, first.image),),
        settings=((f"containers.{first.service}.image", first.image_id),),
    )


def judge_containers(facts: Sequence[ContainerFacts]) -> tuple[str, str, str]:
    """(running, health, why) of a service in words that `judge_revision` knows."""
    if not facts:
        return "Stopped", "", ""
    why = next((fact.replica.details for fact in facts if not fact.replica.ready), "")
    if any(fact.health == "unhealthy" for fact in facts):
        return "Running", "Unhealthy", why
    failed = [fact for fact in facts if fact.state in ("exited", "dead", "restarting", "paused")]
    if failed:
        return failed[0].state.capitalize(), "Degraded" if len(failed) < len(facts) else "Failed", why
    if any(fact.health == "starting" or fact.state in ("created", "removing") for fact in facts):
        return "Starting", "", why
    return "Running", "Healthy" if all(fact.health for fact in facts) else "", ""


@dataclass(frozen=True, slots=True)
class ImageIndex:
    """The images of an engine, found by repository: with hundreds of services each must not go through all of them."""

    tags: Mapping[str, str]  # the id that each `repository:tag` means now
    by_repository: Mapping[str, Sequence[tuple[Raw, str]]]  # with how it is written: by a tag, else by its digest
    digests: Mapping[str, str]  # of the manifest, by the image's id

    def of(self, repository: str) -> Sequence[tuple[Raw, str]]:
        return self.by_repository.get(repository, ())


def index_images(images: Iterable[Raw]) -> ImageIndex:
    tags: dict[str, str] = {}
    by_repository: dict[str, list[tuple[Raw, str]]] = {}
    digests: dict[str, str] = {}
    for raw in images:
        for text in _list_texts(raw.get("RepoDigests"))[:1]:
            digests[read_text(raw.get("Id"))] = text.rpartition("@")[2]
        written: dict[str, str] = {}
        for text in (*_list_texts(raw.get("RepoTags")), *_list_texts(raw.get("RepoDigests"))):
            reference = read_image_reference(text)
            if reference.tag == "<none>" or not reference.repository:
                continue
            if reference.tag:
                tags[text] = read_text(raw.get("Id"))
            written.setdefault(reference.repository, text)
        for repository, text in written.items():
            by_repository.setdefault(repository, []).append((raw, text))
    return ImageIndex(tags, by_repository, digests)


def name_revision(
    app: str,
    written: str,
    identifier: str,
    tags: Mapping[str, str],
    names: dict[tuple[str, str], str],
    remembered: Iterable[str] = (),
) -> str:
    """`1.44.0`, or `latest@3f2a1bc`. Once given, a name stays with its image, whatever becomes of the tag."""
    if (app, identifier) in names:
        return names[app, identifier]
    reference = read_image_reference(written)
    short = shorten_id(identifier) or shorten_id(reference.digest)
    name = reference.tag
    taken = any(other == name and key[0] == app for key, other in names.items())
    moved = tags.get(f"{reference.repository}:{reference.tag}", identifier) != identifier
    if name in MOVING_TAGS or taken or moved:
        name = f"{name or ('' if reference.digest else 'latest')}@{short}"
        name = next((known for known in remembered if known.endswith(f"@{short}")), name)
    names[app, identifier] = name
    return name


# Blue-green


def join_sides(
    applications: Mapping[tuple[str, str], Application],
    services: Mapping[tuple[str, str], Sequence[ContainerFacts]],
    answers: EngineAnswers,
    settings: ComposeSettings,
    environment: str,
    location: str,
) -> Application:
    """Two services as one app. Who has the traffic is what the proxy says; nobody where it says nothing."""
    labels = name_sides(settings.sides)
    active = find_active_side(answers.active_side, settings.sides, labels)
    revisions: list[Revision] = []
    values: dict[str, str] = {}
    for side, label in zip(settings.sides, labels, strict=True):
        key = next((key for key in services if find_side(*key, settings) == side), None)
        weight = 100 if side == active else 0
        if key is None:
            revisions.append(Revision("", label, False, weight, None, running="Inactive", running_details=NO_CONTAINER))
            continue
        app = applications[key]
        values |= {f"{label}-{name}": value for name, value in app.values}
        current = next((item for item in app.revisions if item.active), app.revisions[0])
        revisions.append(
            replace(current, name=f"{label}-{current.name}", weight=weight, labels=(label, *current.labels))
        )
    name = name_application(settings.sides)
    values["proxy"] = settings.proxy.rpartition("/")[2]
    values["proxy-project"] = settings.proxy.rpartition("/")[0]
    values["switch-variable"] = settings.switch_variable
    values["upstream-file"] = settings.active_file
    proxy = next((facts for key, facts in services.items() if settings.proxy in (key[1], "/".join(key))), None)
    if proxy:
        values |= {f"proxy-{name}": value for name, value in name_service(proxy[0], answers, settings)}
        values["proxy-container"] = proxy[0].replica.name
    ordered = sorted(revisions, key=lambda item: item.created or EPOCH, reverse=True)
    return Application(
        name=name,
        environment=environment,
        mode=BLUE_GREEN,
        fqdn="",
        revisions=tuple(replace(item, app=name) for item in ordered),
        has_ingress=True,
        platform=NAME,
        location=location,
        values=tuple((name, value) for name, value in sorted(values.items()) if value),
    )


NO_CONTAINER = "this side has no container"


def name_sides(sides: Sequence[str]) -> tuple[str, ...]:
    """`blue` and `green` of `app-blue` and `app-green`, `shop-blue/app` and `shop-green/app`."""
    words = [re.split(r"[/_.-]", side) for side in sides]
    common = set(words[0]).intersection(*words[1:])
    return tuple("-".join(word for word in side if word not in common) or "/".join(side) for side in words)


def name_application(sides: Sequence[str]) -> str:
    """What both have in common: `app`."""
    words = [re.split(r"[/_.-]", side.rpartition("/")[2]) for side in sides]
    common = [word for word in words[0] if all(word in others for others in words[1:])]
    return "-".join(common) or "app"


def find_active_side(text: str, sides: Sequence[str], labels: Sequence[str]) -> str:
    """The one side that `text` names: by its service or project, or by its colour; "" for none, or both."""
    for names in (
        sides,
        [side.rpartition("/")[2] for side in sides],
        [side.partition("/")[0] for side in sides],
        labels,
    ):
        if len(set(names)) < len(sides):
            continue
        hits = [
            side
            for side, name in zip(sides, names, strict=True)
            if re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", text)
        ]
        if len(hits) == 1:
            return hits[0]
    return ""


def read_upstream(text: str) -> str:
    """What of an nginx file says who gets the traffic: `server` lines that are neither comments, backup nor down."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    chosen = [
        line
        for line in lines
        if re.match(r"(server\s+[^{]|proxy_pass\s|set\s)", line) and not re.search(r"\b(backup|down)\b|weight=0", line)
    ]
    return "\n".join(chosen) or "\n".join(line for line in lines if line)


EPOCH = datetime.fromtimestamp(0, UTC)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list_texts(value: object) -> list[str]:
    return [text for item in value if (text := read_text(item))] if isinstance(value, list) else []


def _read_epoch(value: object) -> datetime | None:
    seconds = read_integer(value)
    if seconds is None or not 0 < seconds < 4_102_444_800:
        return None
    return datetime.fromtimestamp(seconds, UTC)
