"""Changes of a container app: each checked against what stands now, sent once, and looked at again when in doubt."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from cockpit.azure.changes.change import AzureChange, ChangeOutcome, send_change_once
from cockpit.azure.changes.long_running import ReportProgress, follow_operation, long_change, settle_change
from cockpit.azure.changes.traffic import fingerprint_traffic, merge_traffic, refuse_change, sum_weights, traffic_of
from cockpit.azure.client import Azure
from cockpit.azure.mapping import map_application
from cockpit.azure.pool import API_VERSION
from cockpit.azure.validate import StrangeAnswerError, body_of, must_be_resource_at, quote_name
from cockpit.model.raw import dig_value, list_mappings, read_text, resource_name
from cockpit.model.revision import Application, Revision

Raw = Mapping[str, Any]


class ContainerApp:
    """One app of one resource group. Reads raise SourceError; changes never raise, their Change says what came."""

    def __init__(self, azure: Azure, group: str, name: str) -> None:
        self.azure = azure
        self.group = group
        self.name = name
        below = f"/subscriptions/{quote_name(azure.subscription)}/resourceGroups/{quote_name(group)}"
        self.path = f"{below}/providers/Microsoft.App/containerApps/{quote_name(name)}"

    async def read(self) -> Raw:
        """The app as Resource Manager tells it."""
        return must_be_resource_at(await self.azure.get(self.path, api_version=API_VERSION), self.path)

    async def revisions(self) -> list[Raw]:
        """Every revision, inactive ones too, the oldest first."""
        return await self.azure.pages(f"{self.path}/revisions", api_version=API_VERSION)

    async def revision(self, name: str) -> Raw:
        path = f"{self.path}/revisions/{quote_name(name)}"
        return must_be_resource_at(await self.azure.get(path, api_version=API_VERSION), path)

    async def replicas(self, revision: str) -> list[Raw]:
        return await self.azure.pages(f"{self.path}/revisions/{quote_name(revision)}/replicas", api_version=API_VERSION)

    async def standing(self) -> tuple[Raw, Application]:
        """The app and its revisions at this moment; the app last, since its traffic is what may be about to change."""
        revisions = await self.revisions()
        app = await self.read()
        return app, map_application(app, revisions, environment="", name=self.name)

    async def activate(self, revision: str) -> AzureChange:
        """Start a revision. Traffic stays where it is, but in single revision mode all of it follows."""
        change = await self._act("activate_revision", revision)
        return await settle_change(self.azure, change, lambda: self._is_active(revision, True))

    async def deactivate(self, revision: str) -> AzureChange:
        """Stop a revision. Refused while it has traffic, which Azure would then send nowhere, or is the last one."""

        async def check() -> None:
            _, application = await self.standing()
            must_be_idle(application, revision)

        change = await self._act("deactivate_revision", revision, check)
        return await settle_change(self.azure, change, lambda: self._is_active(revision, False))

    async def restart(self, revision: str) -> AzureChange:
        """Replace every instance of an active revision."""
        before: set[str] = set()

        async def check() -> None:
            fields = await self.revision(revision)
            if dig_value(fields, "properties", "active") is not True:
                raise refuse_change(
                    f"{revision} is not active, so there is nothing to restart.", "Activate it instead."
                )
            before.update(resource_name(item.get("name")) for item in await self.replicas(revision))

        async def looks_done() -> bool:
            now = {resource_name(fields.get("name")) for fields in await self.replicas(revision)}
            return bool(before) and bool(now) and not now & before

        return await settle_change(self.azure, await self._act("restart_revision", revision, check), looks_done)

    async def set_traffic(
        self, weights: Mapping[str, int], labels: Mapping[str, int], *, confirmed: str, tell: ReportProgress
    ) -> AzureChange:
        """Give revisions, by name or label, their percent of the traffic. Only the traffic list is sent.

        `confirmed` is the fingerprint of what the person saw; refused if the app is not as it was then. "" compares
        with nothing. The answer is the list that was sent.
        """
        sent: list[dict[str, Any]] = []

        async def send() -> Any:
            app, application = await self.standing()
            if confirmed and fingerprint_traffic(app) != confirmed:
                raise refuse_change(
                    describe_current_traffic(app, application),
                    "Look at the traffic again, and confirm what you then see.",
                )
            must_be_divisible(app, application)
            sent.extend(merge_traffic(app, application, weights, labels))
            return await self._patch({"configuration": {"ingress": {"traffic": sent}}})

        async def looks_done() -> bool:
            app = await self.read()
            latest = resource_name(dig_value(app, "properties", "latestRevisionName"))
            return not is_provisioning(app) and sum_weights(traffic_of(app), latest) == sum_weights(sent, latest)

        change = await settle_change(self.azure, await long_change(self.azure, self.path, send, tell), looks_done)
        return replace(change, answer=sent) if change.outcome is ChangeOutcome.DONE else change

    async def set_image(self, image: str, *, container: str, suffix: str, tell: ReportProgress) -> AzureChange:
        """Deploy an image as a new revision. `container` may be "" when there is but one."""
        before: list[str] = []

        async def send() -> Any:
            app, application = await self.standing()
            before.extend(revision.name for revision in application.revisions)
            containers = with_image(app, image, container)
            return await self._patch({"template": {"containers": containers, "revisionSuffix": suffix or None}})

        async def looks_done() -> bool:
            app, application = await self.standing()
            fresh = [
                revision
                for revision in application.revisions
                if revision.name not in before and image in revision.image.split(", ")
            ]
            return not is_provisioning(app) and bool(fresh)

        return await settle_change(self.azure, await long_change(self.azure, self.path, send, tell), looks_done)

    async def _act(self, what: str, revision: str, check: Callable[[], Awaitable[None]] | None = None) -> AzureChange:
        """One of the SDK's actions on a revision, which answers with one JSON string: `"Activate succeeded"`."""
        answers: list[Any] = []

        async def send() -> Any:
            if check is not None:
                await check()
            pool = await self.azure.pool()
            action = getattr((await pool.open_apps()).container_apps_revisions, what)
            keep = {"raw_response_hook": lambda response: answers.append(response.http_response)}
            await action(self.group, self.name, revision, **keep)
            answer, verb = body_of(answers[-1]), what.partition("_")[0]
            if not isinstance(answer, str) or not re.search(rf"\b{verb}", answer, re.IGNORECASE):
                raise StrangeAnswerError
            return answer

        return await send_change_once(send, explain=self.azure.explain)

    async def _is_active(self, revision: str, flag: bool) -> bool:
        return dig_value(await self.revision(revision), "properties", "active") is flag

    async def _patch(self, properties: Raw) -> Any:
        """The SDK's PATCH; the poller it makes is left alone, because it would wait 30 s between two looks."""
        answers: list[Any] = []
        pool = await self.azure.pool()
        body: Any = {"properties": properties}
        await (await pool.open_apps()).container_apps.begin_update(
            self.group,
            self.name,
            body,
            polling=False,
            raw_response_hook=lambda item: answers.append(item.http_response),
        )
        return answers[-1]


async def resume_change(azure: Azure, url: str) -> AzureChange:
    """Take up a long operation by its URL, after a restart."""
    return await follow_operation(azure, url, soon=0.0)


def must_be_idle(application: Application, name: str) -> None:
    """Raises SourceError, in words, for a revision that must not be deactivated."""
    revision = find_named_revision(application, name)
    if revision.weight:
        raise refuse_change(
            f"{revision.name} has {revision.weight} % of the traffic, which would then go nowhere.",
            "Move the traffic to another revision first.",
        )
    if [revision for revision in application.revisions if revision.active] == [revision]:
        raise refuse_change(
            f"{revision.name} is the last active revision of {application.name}.", "Activate another one first."
        )


def must_be_divisible(app: Raw, application: Application) -> None:
    """Raises SourceError in single revision mode, and without an ingress: there is no traffic to divide."""
    if not isinstance(dig_value(app, "properties", "configuration", "ingress"), Mapping):
        raise refuse_change(f"{application.name} has no ingress, so it gets no traffic.")
    if application.mode == "single":
        raise refuse_change(
            single_mode(application.name), "Activate the revision that is to serve, or deploy its image again."
        )


def single_mode(app: str) -> str:
    return f"{app} is in single revision mode: one revision is active and has all the traffic, which cannot be divided."


def find_named_revision(application: Application, name: str) -> Revision:
    """Raises SourceError."""
    for revision in application.revisions:
        if revision.name.lower() == name.lower():
            return revision
    raise refuse_change(f"{application.name} has no revision {name!r}.", "List its revisions to see which there are.")


def describe_current_traffic(app: Raw, application: Application) -> str:
    """What stands now, for someone who confirmed something else."""
    latest = resource_name(dig_value(app, "properties", "latestRevisionName"))
    now = ", ".join(f"{name} {weight} %" for name, weight in sum_weights(traffic_of(app), latest).items())
    return (
        f"The traffic of {application.name} changed after you confirmed: it is now {now or 'nowhere'}. "
        "Nothing was sent."
    )


def is_provisioning(app: Raw) -> bool:
    return read_text(dig_value(app, "properties", "provisioningState")) in ("InProgress", "Waiting")


def with_image(app: Raw, image: str, container: str) -> list[dict[str, Any]]:
    """All containers of the latest template, one of them with another image. Raises SourceError.

    Azure leaves out variables that are empty, and takes a list without their `value` for a mistake.
    """
    records = [dict(item) for item in list_mappings(dig_value(app, "properties", "template", "containers"))]
    names = [resource_name(item.get("name")) for item in records]
    chosen = [item for item in records if resource_name(item.get("name")) == container] if container else records
    if len(chosen) != 1:
        raise refuse_change(
            f"{'It has no container ' + repr(container) if container else 'It has more than one container'}: "
            f"{', '.join(names)}.",
            "Name one of them with --container-name.",
        )
    chosen[0]["image"] = image
    for fields in records:
        fields["env"] = [
            entry if "value" in entry or entry.get("secretRef") else {**entry, "value": ""}
            for entry in list_mappings(fields.get("env"))
        ] or None
    return [{key: value for key, value in item.items() if value is not None} for item in records]
