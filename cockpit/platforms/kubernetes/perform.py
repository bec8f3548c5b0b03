"""Performs the known kubectl commands, and prints what kubectl prints.

A change is sent once. It is refused where the workload is no longer as the person saw it: by its generation, which the
API server compares in the same transaction where the patch allows it. Where no answer comes the workload is read again.
"""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings, read_integer, read_text
from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.model.text import clean_text
from cockpit.model.time import Time, format_timestamp
from cockpit.platforms.kubernetes.client import TABLE, ClusterClient
from cockpit.platforms.kubernetes.known_commands import KubectlCommand
from cockpit.platforms.kubernetes.mapping import CHANGE_CAUSE, NUMBER, index_owned, read_name, read_uid
from cockpit.platforms.platform import CommandOutcome, CommandSurvey

Raw = Mapping[str, Any]
Output = Callable[[str], None]

APPS = frozenset({"deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions"})
LOOK_AGAIN = 1.0  # seconds between two looks at a rollout
ROLLOUT_PATIENCE = 600.0  # seconds, where the command names no timeout; kubectl would wait for ever
BLIND_PATIENCE = 60.0  # seconds in which looks at a rollout may stay without an answer
THROTTLED_TRIES, LONGEST_PAUSE = 4, 30.0  # of a read; seconds between two, whatever the server asks for
LOOKS_AFTER = 3  # looks at a workload after a change that nobody answered
UNANSWERED = frozenset({ProblemKind.TIMEOUT, ProblemKind.SERVER, ProblemKind.GARBAGE, ProblemKind.FAULT})
REASONS = {  # as the API calls them, and kubectl prints them
    ProblemKind.MISSING: "NotFound",
    ProblemKind.FORBIDDEN: "Forbidden",
    ProblemKind.CONFLICT: "Conflict",
    ProblemKind.THROTTLED: "TooManyRequests",
}
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
SKIPPED_ANNOTATIONS = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        NUMBER,
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
        "deprecated.deployment.rollback.to",
    }
)
MORE = "The cluster may still be working on it. Look before you try again."


class KubectlError(Exception):
    """What kubectl would print behind `error:`; nothing was changed."""


class KubectlPerformer:
    """Commands of one environment, over its client."""

    def __init__(self, client: ClusterClient, time: Time) -> None:
        self._client, self._time = client, time

    async def survey(self, command: KubectlCommand) -> CommandSurvey:
        """What a change would meet, without changing anything. Never raises."""
        if command.kind is StepKind.READ:
            return CommandSurvey()
        try:
            target = await self._client.check_target()
            item = await self._client.get(locate_object(command))
            words = [f"on {target.label}", *describe_workload(command, item)]
            if command.verb == "rollout undo":
                words.append(await self._describe_undo(command, item))
        except KubectlError as error:
            return CommandSurvey(refusal=str(error))
        except SourceError as error:
            return CommandSurvey(refusal=describe_problem(error.problem))
        return CommandSurvey(tuple(words), fingerprint_workload(item))

    async def perform(self, command: KubectlCommand, output: Output, *, confirmed: str = "") -> CommandOutcome:
        """Do it, print as kubectl prints, and tell how it ended. Raises nothing but cancellation."""
        try:
            if command.kind is StepKind.READ:
                return await self._read_patiently(command, output)
            return await self._change(command, output, confirmed)
        except KubectlError as error:
            output(f"error: {error}\n")
            return CommandOutcome(StepState.FAILED, str(error), 1)
        except SourceError as error:
            reason = REASONS.get(error.problem.kind, "")
            output(f"Error from server{f' ({reason})' if reason else ''}: {error.problem.message}\n")
            return CommandOutcome(StepState.FAILED, describe_problem(error.problem), 1)

    # Reads

    async def _read_patiently(self, command: KubectlCommand, output: Output) -> CommandOutcome:
        """A throttled read is asked again when the server says, as kubectl's own client does; never once it printed."""
        printed: list[str] = []

        def print_and_keep(text: str) -> None:
            printed.append(text)
            output(text)

        for _ in range(THROTTLED_TRIES):
            try:
                return await self._read(command, print_and_keep)
            except SourceError as error:
                if error.problem.kind is not ProblemKind.THROTTLED or printed:
                    raise
                await self._time.sleep(min(error.problem.retry_after or LOOK_AGAIN, LONGEST_PAUSE))
        return await self._read(command, output)

    async def _read(self, command: KubectlCommand, output: Output) -> CommandOutcome:
        match command.verb:
            case "get":
                return await self._print_table(command, output)
            case "logs":
                return await self._print_logs(command, output)
            case "rollout history":
                return await self._print_history(command, output)
        return await self._wait_for_rollout(command, output)

    async def _print_table(self, command: KubectlCommand, output: Output) -> CommandOutcome:
        path = locate_object(command) if command.name else locate_collection(command.namespace, command.plural)
        selector = {"labelSelector": command.flags["selector"]} if "selector" in command.flags else {}
        table = await self._client.get(path, selector, accept=TABLE)
        text = format_table(
            table, wide=command.flags.get("output") == "wide", headers=command.flags.get("no-headers") != "true"
        )
        output(text or f"No resources found in {command.namespace} namespace.\n")
        return CommandOutcome(StepState.OK, f"{command.describe()}: done.", 0)

    async def _print_logs(self, command: KubectlCommand, output: Output) -> CommandOutcome:
        pod = command.name if command.plural == "pods" else await self._find_pod(command)
        names = {"container": "container", "tail": "tailLines", "follow": "follow", "previous": "previous",
                 "timestamps": "timestamps"}  # fmt: skip
        params = {names[flag]: value for flag, value in command.flags.items() if flag in names}
        if "since" in command.flags:
            params["sinceSeconds"] = str(max(1, int(parse_span(command.flags["since"]))))
        rest = b""
        count = 0
        async for chunk in self._client.stream(f"/api/v1/namespaces/{command.namespace}/pods/{pod}/log", params):
            *lines, rest = (rest + chunk).split(b"\n")
            count += len(lines)
            if lines:
                output(clean_text(b"\n".join(lines).decode("utf-8", "replace")) + "\n")
        if rest:
            output(clean_text(rest.decode("utf-8", "replace")) + "\n")
        return CommandOutcome(StepState.OK, f"{count} lines of {pod}.", 0)

    async def _find_pod(self, command: KubectlCommand) -> str:
        """As kubectl chooses: the one that is ready longest, and says that it chose."""
        item = await self._client.get(locate_object(command))
        labels = dig_value(item, "spec", "selector", "matchLabels")
        selector = (
            ",".join(f"{key}={value}" for key, value in sorted(labels.items())) if isinstance(labels, Mapping) else ""
        )
        pods = await self._client.list_items(locate_collection(command.namespace, "pods"), {"labelSelector": selector})
        if not pods:
            raise KubectlError(f"timed out waiting for the condition: {command.plural}/{command.name} has no pods")
        ready = [pod for pod in pods if read_condition(pod, "Ready") == "True"]
        chosen = min(ready or pods, key=lambda pod: str(dig_value(pod, "metadata", "creationTimestamp")))
        return read_name(chosen)

    async def _print_history(self, command: KubectlCommand, output: Output) -> CommandOutcome:
        item = await self._client.get(locate_object(command))
        histories = await self._read_histories(command, item)
        rows = [("REVISION", "CHANGE-CAUSE")]
        for number, history in sorted(histories.items()):
            cause = read_text(dig_value(history, "metadata", "annotations", CHANGE_CAUSE))
            rows.append((str(number), cause or "<none>"))
        output(f"{command.plural.removesuffix('s')}.apps/{command.name} \n{align_rows(rows, gap=2, least=0)}\n")
        return CommandOutcome(StepState.OK, f"{len(histories)} revisions.", 0)

    async def _wait_for_rollout(self, command: KubectlCommand, output: Output) -> CommandOutcome:
        patience = parse_span(command.flags.get("timeout", "")) or ROLLOUT_PATIENCE
        until = self._time.monotonic() + patience
        last = ""
        blind_until = 0.0
        while True:
            try:
                item = await self._client.get(locate_object(command))
            except SourceError as error:
                # A rollout goes on while nobody answers: one lost look must not end the wait for it.
                now, problem = self._time.monotonic(), error.problem
                blind_until = blind_until or now + BLIND_PATIENCE
                if not last or not problem.transient or now >= min(until, blind_until):
                    raise
                await self._time.sleep(min(problem.retry_after or LOOK_AGAIN, LONGEST_PAUSE))
                continue
            blind_until = 0.0
            sentence, done = describe_rollout(command.plural, item)
            if sentence != last:
                output(f"{sentence}\n")
                last = sentence
            if done or command.flags.get("watch") == "false":
                return CommandOutcome(StepState.OK, sentence, 0)
            if self._time.monotonic() >= until:
                reason = await self._find_reason(command, item)
                raise KubectlError(f"timed out waiting for the condition{f' ({reason})' if reason else ''}")
            await self._time.sleep(LOOK_AGAIN)

    async def _find_reason(self, command: KubectlCommand, item: Raw) -> str:
        """Why pods do not come up, as far as they say."""
        from cockpit.platforms.kubernetes.mapping import map_pod

        if dig_value(item, "spec", "paused") is True:
            return "it is paused: kubectl rollout resume goes on with it"

        labels = dig_value(item, "spec", "selector", "matchLabels")
        if not isinstance(labels, Mapping):
            return ""
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        try:
            pods = await self._client.list_items(
                locate_collection(command.namespace, "pods"), {"labelSelector": selector}
            )
        except SourceError:
            return ""
        return next((pod.details for pod in map(map_pod, pods) if not pod.ready and pod.details), "")

    # Changes

    async def _change(self, command: KubectlCommand, output: Output, confirmed: str) -> CommandOutcome:
        await self._client.check_target()
        item = await self._client.get(locate_object(command))
        if confirmed and fingerprint_workload(item) != confirmed:
            raise KubectlError(
                f"{command.plural.removesuffix('s')} {command.name} was changed by somebody else since this was shown. "
                "Nothing was sent. Look again, then decide anew."
            )
        if command.verb == "delete":
            return await self._send(command, item, output, self._client.delete(locate_object(command)), "deleted")
        if command.verb == "scale":
            body = {"spec": {"replicas": int(command.flags["replicas"])}}
            sending = self._client.patch(f"{locate_object(command)}/scale", body, "merge")
            return await self._send(command, item, output, sending, "scaled")
        if command.verb == "rollout undo":
            return await self._undo(command, item, output)
        patch, word = build_patch(command, item, self._time.now())
        return await self._send(
            command, item, output, self._client.patch(locate_object(command), patch, "strategic"), word
        )

    async def _undo(self, command: KubectlCommand, item: Raw, output: Output) -> CommandOutcome:
        number, history = await self._find_history(command, item)
        if command.plural != "deployments":
            body = dig_value(history, "data")
            sending = self._client.patch(locate_object(command), body, "strategic")
            template = dig_value(body, "spec", "template")
            wanted = {key: value for key, value in dict(template or {}).items() if key != "$patch"}
            return await self._send(command, item, output, sending, "rolled back", wanted=wanted)
        template = without_hash(dig_value(history, "spec", "template"))
        if template == without_hash(dig_value(item, "spec", "template")):
            output(f"{name_object(command)} skipped rollback (current template already matches revision {number})\n")
            return CommandOutcome(StepState.OK, f"It already runs the template of revision {number}.", 0)
        steps = [
            {"op": "test", "path": "/metadata/generation", "value": dig_value(item, "metadata", "generation")},
            {"op": "replace", "path": "/spec/template", "value": template},
            {"op": "replace", "path": "/metadata/annotations", "value": merge_annotations(item, history)},
        ]
        sending = self._client.patch(locate_object(command), steps, "json")
        return await self._send(command, item, output, sending, "rolled back", wanted=template)

    async def _send(
        self,
        command: KubectlCommand,
        before: Raw,
        output: Output,
        sending: Awaitable[Raw],
        word: str,
        *,
        wanted: Any = None,
    ) -> CommandOutcome:
        """Send a change once; where nobody answered, look whether it was done. `wanted`: the template of an undo."""
        try:
            after = await sending
        except SourceError as error:
            problem = error.problem
            sent = problem.kind in UNANSWERED or (
                problem.kind is ProblemKind.NETWORK and problem.short == "connection lost"
            )
            if not sent:
                raise
            if await self._was_done(command, before, wanted):
                output(f"{name_object(command)} {word}\n")
                sentence = "The cluster gave no answer, but looking again shows that it was done."
                return CommandOutcome(StepState.OK, sentence, 0)
            sentence = f"Unknown whether it was done: {problem.message} {MORE}"
            output(f"UNKNOWN: {sentence}\n")
            return CommandOutcome(StepState.UNKNOWN, sentence)
        unchanged = word in UNCHANGED_WORDS and dig_value(after, "metadata", "generation") == dig_value(
            before, "metadata", "generation"
        )
        output(f"{name_object(command)} {word}\n" if not unchanged else f"{name_object(command)} {word} (no change)\n")
        return CommandOutcome(StepState.OK, f"{command.describe()}: done.", 0)

    async def _was_done(self, command: KubectlCommand, before: Raw, wanted: Any) -> bool:
        """True where the workload is what was asked for; False where it is not, or cannot be read.

        That it has changed since is no proof: an autoscaler or somebody else may have changed something else of it.
        """
        for attempt in range(LOOKS_AFTER):
            if attempt:
                await self._time.sleep(LOOK_AGAIN)
            try:
                after = await self._client.get(locate_object(command))
            except SourceError as error:
                if error.problem.kind is ProblemKind.MISSING and command.verb == "delete":
                    return True
                continue
            if command.verb == "delete":
                return read_uid(after) != read_uid(before)
            if is_as_ordered(command, before, after, wanted):
                return True
        return False

    # Revisions

    async def _describe_undo(self, command: KubectlCommand, item: Raw) -> str:
        number, history = await self._find_history(command, item)
        template = dig_value(history, "spec", "template") or dig_value(history, "data", "spec", "template")
        images = [read_text(entry.get("image")) for entry in list_mappings(dig_value(template, "spec", "containers"))]
        return f"revision {number}: {', '.join(images)}"

    async def _find_history(self, command: KubectlCommand, item: Raw) -> tuple[int, Raw]:
        """The revision to go back to: the named one, else the one before the current. Raises KubectlError."""
        if dig_value(item, "spec", "paused") is True:
            raise KubectlError(
                "cannot rollback a paused deployment; resume it first with "
                f"'kubectl rollout resume {command.plural.removesuffix('s')}/{command.name}' and try again"
            )
        histories = await self._read_histories(command, item)
        number = int(command.flags.get("to-revision", "0"))
        if number == 0:
            older = sorted(histories)[:-1]
            if not older:
                raise KubectlError(f'no rollout history found for {command.plural.removesuffix("s")} "{command.name}"')
            number = older[-1]
        if number not in histories:
            raise KubectlError(
                f"unable to find specified revision {number} in history; "
                f"it has {', '.join(map(str, sorted(histories)))}"
            )
        return number, histories[number]

    async def _read_histories(self, command: KubectlCommand, item: Raw) -> dict[int, Raw]:
        """ReplicaSets or ControllerRevisions of a workload, by number."""
        kind = "replicasets" if command.plural == "deployments" else "controllerrevisions"
        owned = index_owned(await self._client.list_items(locate_collection(command.namespace, kind)))
        histories: dict[int, Raw] = {}
        for history in owned.get(read_uid(item), ()):
            number = (
                read_integer(dig_value(history, "metadata", "annotations", NUMBER))
                if kind == "replicasets"
                else read_integer(history.get("revision"))
            )
            if number is not None:
                histories[number] = history
        return histories


UNCHANGED_WORDS = frozenset({"image updated", "paused", "resumed"})


# Pure parts


def locate_collection(namespace: str, plural: str) -> str:
    base = "/apis/apps/v1" if plural in APPS else "/api/v1"
    return f"{base}/namespaces/{namespace}/{plural}"


def locate_object(command: KubectlCommand) -> str:
    return f"{locate_collection(command.namespace, command.plural)}/{command.name}"


def name_object(command: KubectlCommand) -> str:
    """`deployment.apps/api`, `pod "api-1"` as kubectl prints them."""
    single = command.plural.removesuffix("s")
    if command.verb == "delete":
        return f'{single} "{command.name}"'
    return f"{single}.apps/{command.name}" if command.plural in APPS else f"{single}/{command.name}"


def fingerprint_workload(item: Raw) -> str:
    """Changes when what the workload asks for does; not when its pods come and go."""
    spec = dig_value(item, "spec")
    parts = [read_uid(item), dig_value(item, "metadata", "generation"), spec]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def describe_workload(command: KubectlCommand, item: Raw) -> list[str]:
    """What is there before the change, for the dialog."""
    if command.plural == "pods":
        return [f"pod {command.name}: {read_text(dig_value(item, 'status', 'phase'))}"]
    status = dig_value(item, "status")
    desired = read_integer(dig_value(item, "spec", "replicas"))
    if desired is None:
        desired = read_integer(dig_value(status, "desiredNumberScheduled")) or 0
    ready = read_integer(dig_value(status, "readyReplicas")) or read_integer(dig_value(status, "numberReady")) or 0
    containers = list_mappings(dig_value(item, "spec", "template", "spec", "containers"))
    images = ", ".join(read_text(entry.get("image")) for entry in containers)
    number = read_text(dig_value(item, "metadata", "annotations", NUMBER))
    revision = f"revision {number}, " if number else ""
    updated = read_integer(dig_value(status, "updatedReplicas"))
    if updated is None:
        updated = read_integer(dig_value(status, "updatedNumberScheduled")) or 0
    paused = ", and it is paused" if dig_value(item, "spec", "paused") is True else ""
    if updated < desired and ready:
        half = f"a rollout to {revision}{images} is under way{paused}: {updated} of {desired} pods have it"
        return [f"{half}; {ready} pods are ready, old and new"]
    return [f"it runs {revision}{images}, {ready} of {desired} pods ready{paused}"]


def build_patch(command: KubectlCommand, item: Raw, now: datetime) -> tuple[Any, str]:
    """The strategic patch of a change, and kubectl's word for what was done. Raises KubectlError."""
    match command.verb:
        case "rollout restart":
            if dig_value(item, "spec", "paused") is True:
                raise KubectlError("can't restart paused deployment (run rollout resume first)")
            stamp = format_timestamp(now)
            return {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: stamp}}}}}, "restarted"
        case "rollout pause" | "rollout resume":
            pause = command.verb == "rollout pause"
            if (dig_value(item, "spec", "paused") is True) == pause:
                raise KubectlError(f'deployments.apps "{command.name}" is {"already" if pause else "not"} paused')
            return {"spec": {"paused": True if pause else None}}, "paused" if pause else "resumed"
        case "set image":
            containers = list_mappings(dig_value(item, "spec", "template", "spec", "containers"))
            names = {read_text(entry.get("name")) for entry in containers}
            pairs = [image.partition("=")[::2] for image in command.images]
            if "*" in {name for name, _ in pairs}:
                pairs = [(name, pairs[0][1]) for name in sorted(names)]
            for name, _ in pairs:
                if name not in names:
                    raise KubectlError(f'unable to find container named "{name}"; it has {", ".join(sorted(names))}')
            entries = [{"name": name, "image": image} for name, image in pairs]
            return {"spec": {"template": {"spec": {"containers": entries}}}}, "image updated"
    raise KubectlError(f"{command.verb} is not known here")


def is_as_ordered(command: KubectlCommand, before: Raw, after: Raw, wanted: Any = None) -> bool:
    """Whether a workload that was changed since `before` is what this change would have made of it.

    `wanted` is the pod template that an undo gives it.
    """
    if fingerprint_workload(after) == fingerprint_workload(before):
        return False
    match command.verb:
        case "scale":
            return read_integer(dig_value(after, "spec", "replicas")) == int(command.flags["replicas"])
        case "set image":
            containers = list_mappings(dig_value(after, "spec", "template", "spec", "containers"))
            images = {read_text(entry.get("name")): read_text(entry.get("image")) for entry in containers}
            return all(images.get(name) == image for name, _, image in (pair.partition("=") for pair in command.images))
        case "rollout pause" | "rollout resume":
            return (dig_value(after, "spec", "paused") is True) == (command.verb == "rollout pause")
        case "rollout restart":
            stamps = [
                dig_value(item, "spec", "template", "metadata", "annotations", RESTARTED_AT) for item in (before, after)
            ]
            return bool(stamps[1]) and stamps[0] != stamps[1]
        case "rollout undo":
            return wanted is not None and without_hash(dig_value(after, "spec", "template")) == without_hash(wanted)
    return False


def without_hash(template: Any) -> Any:
    """A pod template without the label that its ReplicaSet adds."""
    labels = dig_value(template, "metadata", "labels")
    if not isinstance(template, Mapping) or not isinstance(labels, Mapping):
        return template
    kept = {key: value for key, value in labels.items() if key != "pod-template-hash"}
    return {**template, "metadata": {**template["metadata"], "labels": kept}}


def merge_annotations(item: Raw, history: Raw) -> dict[str, Any]:
    """As kubectl: those of the older revision, but what belongs to the workload of now stays."""
    now = dig_value(item, "metadata", "annotations")
    then = dig_value(history, "metadata", "annotations")
    kept = {key: value for key, value in dict(now or {}).items() if key in SKIPPED_ANNOTATIONS}
    return kept | {key: value for key, value in dict(then or {}).items() if key not in SKIPPED_ANNOTATIONS}


def describe_rollout(plural: str, item: Raw) -> tuple[str, bool]:
    """kubectl's sentence for where a rollout stands, and whether it is through. Raises KubectlError where it failed."""
    name, status = read_name(item), dig_value(item, "status")

    def count(key: str) -> int:
        return read_integer(dig_value(status, key)) or 0

    generation = read_integer(dig_value(item, "metadata", "generation")) or 0
    if count("observedGeneration") < generation:
        what = {"deployments": "deployment", "statefulsets": "statefulset", "daemonsets": "daemon set"}[plural]
        return f"Waiting for {what} spec update to be observed...", False
    if plural == "deployments":
        return _describe_deployment_rollout(name, item, count)
    if plural == "daemonsets":
        desired, updated = count("desiredNumberScheduled"), count("updatedNumberScheduled")
        waiting = f'Waiting for daemon set "{name}" rollout to finish'
        if updated < desired:
            return f"{waiting}: {updated} out of {desired} new pods have been updated...", False
        if count("numberAvailable") < desired:
            return f"{waiting}: {count('numberAvailable')} of {desired} updated pods are available...", False
        return f'daemon set "{name}" successfully rolled out', True
    replicas = read_integer(dig_value(item, "spec", "replicas"))
    replicas = 1 if replicas is None else replicas
    if count("readyReplicas") < replicas:
        return f"Waiting for {replicas - count('readyReplicas')} pods to be ready...", False
    rolling = dig_value(item, "spec", "updateStrategy", "rollingUpdate")
    if isinstance(rolling, Mapping):  # as the API server fills it in; kubectl calls each such roll-out partitioned
        due = replicas - (read_integer(rolling.get("partition")) or 0)
        if count("updatedReplicas") < due:
            sentence = f"Waiting for partitioned roll out to finish: {count('updatedReplicas')} out of {due}"
            return f"{sentence} new pods have been updated...", False
        return f"partitioned roll out complete: {count('updatedReplicas')} new pods have been updated...", True
    revision = read_text(dig_value(status, "updateRevision"))
    if revision != read_text(dig_value(status, "currentRevision")):
        sentence = f"waiting for statefulset rolling update to complete {count('updatedReplicas')} pods"
        return f"{sentence} at revision {revision}...", False
    current = read_text(dig_value(status, "currentRevision"))
    return f"statefulset rolling update complete {count('currentReplicas')} pods at revision {current}...", True


def _describe_deployment_rollout(name: str, item: Raw, count: Callable[[str], int]) -> tuple[str, bool]:
    for condition in list_mappings(dig_value(item, "status", "conditions")):
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            raise KubectlError(f'deployment "{name}" exceeded its progress deadline')
    desired = read_integer(dig_value(item, "spec", "replicas"))
    desired = 1 if desired is None else desired
    waiting = f'Waiting for deployment "{name}" rollout to finish'
    updated = count("updatedReplicas")
    if updated < desired:
        return f"{waiting}: {updated} out of {desired} new replicas have been updated...", False
    if count("replicas") > updated:
        return f"{waiting}: {count('replicas') - updated} old replicas are pending termination...", False
    if count("availableReplicas") < updated:
        return f"{waiting}: {count('availableReplicas')} of {updated} updated replicas are available...", False
    return f'deployment "{name}" successfully rolled out', True


def format_table(table: Raw, *, wide: bool, headers: bool) -> str:
    """A server's Table as kubectl prints it; "" where it has no rows."""
    columns = list_mappings(table.get("columnDefinitions"))
    shown = [index for index, column in enumerate(columns) if wide or not read_integer(column.get("priority"))]
    rows = []
    for row in list_mappings(table.get("rows")):
        cells = row.get("cells")
        if isinstance(cells, list):
            rows.append(tuple(format_cell(cells[index]) if index < len(cells) else "" for index in shown))
    if not rows:
        return ""
    top = [tuple(read_text(columns[index].get("name")).upper() for index in shown)] if headers else []
    return align_rows([*top, *rows])


def format_cell(value: object) -> str:
    if value is None:
        return "<none>"
    return str(value).lower() if isinstance(value, bool) else read_text(value)


def align_rows(rows: Sequence[Sequence[str]], *, gap: int = 3, least: int = 6) -> str:
    """Columns `gap` blanks apart and `least` wide, as kubectl's tab writer makes them; the last is not padded."""
    widths = [max(least, gap + max(len(row[index]) for row in rows)) for index in range(len(rows[0]) - 1)]
    lines = ["".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)) + row[-1] for row in rows]
    return "".join(f"{line}\n" for line in lines)


def parse_span(text: str) -> float:
    """Seconds of a Go duration such as 1h30m or 120s; 0 for none."""
    units = {"h": 3600, "m": 60, "s": 1}
    return float(sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([hms])", text)))


def read_condition(item: Raw, kind: str) -> str:
    conditions = list_mappings(dig_value(item, "status", "conditions"))
    return next((read_text(entry.get("status")) for entry in conditions if entry.get("type") == kind), "")


def describe_problem(problem: Problem) -> str:
    return problem.refusal
