"""The API of a simulated cluster over HTTP: what kr8s and kubectl ask of it. What it does not know it refuses."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from cockpit.model.time import Time
from cockpit.simulator.kubernetes.cluster import Cluster
from cockpit.simulator.kubernetes.objects import PLURALS, Object, list_public
from cockpit.simulator.kubernetes.tables import build_table

KINDS = {plural: kind for kind, plural in PLURALS.items()}
SHORT_NAMES = {
    "deployments": ["deploy"],
    "replicasets": ["rs"],
    "statefulsets": ["sts"],
    "daemonsets": ["ds"],
    "pods": ["po"],
    "events": ["ev"],
    "namespaces": ["ns"],
    "nodes": ["no"],
}
SCALABLE = ("deployments", "replicasets", "statefulsets")
VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
PATH = re.compile(
    r"^/(?:api/v1|apis/apps/v1)(?:/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[a-z]+)"
    r"(?:/(?P<name>[^/]+))?(?:/(?P<sub>status|scale|log))?$"
)
WATCH_EVERY = 0.1  # seconds
WHO = "ana@example.com"


THROTTLED = "Too many requests, please try again later."
APF_HEADERS = {
    "X-Kubernetes-PF-FlowSchema-UID": "4a5f0c9e-1d0b-4c3a-9f6e-2b7c8d9e0f11",
    "X-Kubernetes-PF-PriorityLevel-UID": "8c2d7e64-3b5f-4f0d-8a1c-6e9d0b1a2c33",
    "Retry-After": "1",
}
"""Of an answer that API Priority and Fairness refused: the server's queues are full."""


@dataclass(frozen=True, slots=True)
class ApiRefusal:
    """An answer that stands in for the real one. `verb` and `plural` are what it is for, "" for all."""

    status: int
    reason: str = ""
    message: str = ""
    verb: str = ""
    plural: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None  # None: for ever
    done: bool = False  # the change is made all the same, and nobody gets an answer


class StatusError(Exception):
    """A Status object of the API."""

    def __init__(self, code: int, reason: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.headers = code, reason, message, dict(headers or {})

    def response(self) -> web.Response:
        body = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        return web.json_response(body, status=self.code, headers=self.headers)


class KubernetesApi:
    """One cluster behind one address. `tokens`: which bearer tokens are let in; empty for any."""

    def __init__(self, cluster: Cluster, time: Time, *, tokens: Sequence[str] = ()) -> None:
        self.cluster = cluster
        self.refusals: list[ApiRefusal] = []
        self.tokens = list(tokens)
        self.requests: list[tuple[str, str]] = []
        self._time = time

    def application(self) -> web.Application:
        application = web.Application(client_max_size=4 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._answer)
        return application

    def refuse(self, refusal: ApiRefusal) -> None:
        """From now on."""
        self.refusals.append(refusal)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path_qs))
        self.cluster.step(self._time.now().timestamp())
        try:
            bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if self.tokens and bearer not in self.tokens:
                raise StatusError(401, "Unauthorized", "Unauthorized")
            if answer := DISCOVERY.get(request.path.rstrip("/")):
                return web.json_response(answer())
            match = PATH.match(request.path)
            if match is None or match["plural"] not in KINDS:
                raise StatusError(404, "NotFound", "the server could not find the requested resource")
            return await self._answer_resource(request, match)
        except StatusError as error:
            return error.response()

    async def _answer_resource(self, request: web.Request, match: re.Match[str]) -> web.StreamResponse:
        plural, name, sub = match["plural"], match["name"] or "", match["sub"] or ""
        watching = request.query.get("watch") in ("true", "1")
        verb = {
            "GET": "watch" if watching else "get" if name else "list",
            "PATCH": "patch",
            "PUT": "update",
            "DELETE": "delete",
        }.get(request.method, "create")
        refusal = self._find_refusal(verb, plural)
        if refusal is not None and not refusal.done:
            raise self._make_refusal(refusal, verb, plural, match["namespace"] or "")
        if match["namespace"] and match["namespace"] != self.cluster.namespace and plural != "namespaces":
            if name:
                raise self._not_found(plural, name)
            return self._answer_list(request, plural, [])
        response = await self._do(request, verb, plural, name, sub)
        if refusal is not None:
            raise self._make_refusal(refusal, verb, plural, match["namespace"] or "")
        return response

    async def _do(self, request: web.Request, verb: str, plural: str, name: str, sub: str) -> web.StreamResponse:
        kind = KINDS[plural]
        if verb in ("list", "watch"):
            items = self._select(request, kind)
            return await self._watch(request, kind) if verb == "watch" else self._answer_list(request, plural, items)
        item = self.cluster.objects.get((kind, name))
        if item is None:
            raise self._not_found(plural, name)
        if sub == "log":
            return await self._send_log(request, item)
        if sub == "scale" and plural in SCALABLE:
            return await self._scale(request, verb, item)
        if verb == "get":
            if wants_table(request):
                return web.json_response(build_table(kind, [item], self.cluster.now, str(self.cluster.version)))
            return web.json_response(dict(list_public(item)))
        if verb in ("patch", "update"):
            return await self._change(request, verb, item)
        if verb == "delete" and kind == "Pod":
            self.cluster.remove(kind, name)
            self.cluster.step(self.cluster.now)
            return web.json_response(dict(list_public(item)))
        raise StatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")

    async def _change(self, request: web.Request, verb: str, item: Object) -> web.Response:
        if request.query.get("dryRun"):
            raise StatusError(400, "BadRequest", "dry runs are not simulated")
        body = await read_json(request)
        changed = body if verb == "update" else apply_patch(dict(list_public(item)), body, request.content_type)
        version = changed.get("metadata", {}).get("resourceVersion")
        if verb == "update" and version not in (None, item["metadata"]["resourceVersion"]):
            what = f'{PLURALS[item["kind"]]}.apps "{item["metadata"]["name"]}"'
            raise StatusError(
                409,
                "Conflict",
                f"Operation cannot be fulfilled on {what}: the object has been modified; "
                "please apply your changes to the latest version and try again",
            )
        before = json.dumps(item["spec"], sort_keys=True)
        item["spec"] = changed["spec"]
        for key in ("labels", "annotations"):
            if key in changed["metadata"]:
                item["metadata"][key] = changed["metadata"][key]
        if json.dumps(item["spec"], sort_keys=True) != before:
            item["metadata"]["generation"] += 1
        self.cluster.touch(item)
        answer = deepcopy(dict(list_public(item)))
        self.cluster.step(self.cluster.now)
        return web.json_response(answer)

    async def _scale(self, request: web.Request, verb: str, item: Object) -> web.Response:
        scale = build_scale(item)
        if verb != "get":
            body = await read_json(request)
            scale = body if verb == "update" else apply_patch(scale, body, request.content_type)
            item["spec"]["replicas"] = int(scale["spec"].get("replicas", 0))
            item["metadata"]["generation"] += 1
            self.cluster.touch(item)
            self.cluster.step(self.cluster.now)
            scale = build_scale(item)
        return web.json_response(scale)

    def _answer_list(self, request: web.Request, plural: str, items: list[Object]) -> web.Response:
        kind = KINDS[plural]
        limit, start = int(request.query.get("limit", 0) or 0), int(request.query.get("continue", 0) or 0)
        page = items[start : start + limit] if limit else items[start:]
        meta: Object = {"resourceVersion": str(self.cluster.version)}
        if limit and start + limit < len(items):
            meta |= {"continue": str(start + limit), "remainingItemCount": len(items) - start - limit}
        if wants_table(request):
            table = build_table(kind, page, self.cluster.now, str(self.cluster.version))
            return web.json_response({**table, "metadata": meta})
        group = "apps/v1" if plural in APPS_RESOURCES else "v1"
        bare = [{key: value for key, value in list_public(item) if key not in ("kind", "apiVersion")} for item in page]
        return web.json_response({"kind": f"{kind}List", "apiVersion": group, "metadata": meta, "items": bare})

    def _select(self, request: web.Request, kind: str) -> list[Object]:
        labels, fields = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
        return [
            item
            for item in self.cluster.of_kind(kind)
            if matches_labels(labels, item["metadata"].get("labels", {})) and matches_fields(fields, item)
        ]

    async def _watch(self, request: web.Request, kind: str) -> web.StreamResponse:
        if request.query.get("sendInitialEvents") == "true":
            raise StatusError(
                422, "Invalid", "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
            )
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        seen = int(request.query.get("resourceVersion", 0) or 0)
        names = {item["metadata"]["name"] for item in self._select(request, kind)}
        ends = self._time.monotonic() + float(request.query.get("timeoutSeconds", 300))
        while self._time.monotonic() < ends:
            self.cluster.step(self._time.now().timestamp())
            items = self._select(request, kind)
            for item in sorted(items, key=lambda entry: int(entry["metadata"]["resourceVersion"])):
                version = int(item["metadata"]["resourceVersion"])
                if version > seen:
                    seen = version
                    change = "MODIFIED" if item["metadata"]["name"] in names else "ADDED"
                    names.add(item["metadata"]["name"])
                    await send_line(response, {"type": change, "object": dict(list_public(item))})
            there = {item["metadata"]["name"] for item in items}
            for name in sorted(names - there):
                gone = {"kind": kind, "metadata": {"name": name, "namespace": self.cluster.namespace}}
                await send_line(response, {"type": "DELETED", "object": gone})
            names &= there
            await asyncio.sleep(WATCH_EVERY)
        return response

    async def _send_log(self, request: web.Request, pod: Object) -> web.StreamResponse:
        name = pod["metadata"]["name"]
        names = [entry["name"] for entry in pod["spec"]["containers"]]
        container = request.query.get("container", "")
        if not container and len(names) > 1:
            raise StatusError(
                400,
                "BadRequest",
                f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]",
            )
        container = container or names[0]
        if container not in names:
            raise StatusError(400, "BadRequest", f"container {container} is not valid for pod {name}")
        statuses = {entry["name"]: entry for entry in pod["status"].get("containerStatuses", ())}
        status: Object = statuses.get(container, {})
        previous = request.query.get("previous") == "true"
        waiting = status.get("state", {}).get("waiting", {}).get("reason", "")
        if waiting in ("ContainerCreating", "ImagePullBackOff", "ErrImagePull") and not previous:
            problem = "trying and failing to pull image" if "Image" in waiting else waiting
            raise StatusError(
                400, "BadRequest", f'container "{container}" in pod "{name}" is waiting to start: {problem}'
            )
        if previous and not status.get("lastState"):
            raise StatusError(
                400, "BadRequest", f'previous terminated container "{container}" in pod "{name}" not found'
            )
        lines = self.cluster.read_log(name, container, previous=previous)
        tail = request.query.get("tailLines", "")
        if tail.isdigit():
            lines = lines[-int(tail) :] if int(tail) else []
        if since := request.query.get("sinceTime"):
            lines = [(stamp, text) for stamp, text in lines if stamp >= since]
        stamped = request.query.get("timestamps") == "true"
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        for stamp, text in lines:
            await response.write((f"{stamp} {text}" if stamped else text).encode() + b"\n")
        while request.query.get("follow") == "true" and ("Pod", name) in self.cluster.objects:
            await asyncio.sleep(WATCH_EVERY)
            self.cluster.step(self._time.now().timestamp())
            written = self.cluster.read_log(name, container, previous=False)
            for stamp, text in written[len(lines) :]:
                await response.write((f"{stamp} {text}" if stamped else text).encode() + b"\n")
            lines = [*lines, *written[len(lines) :]]
        return response

    def _find_refusal(self, verb: str, plural: str) -> ApiRefusal | None:
        for index, refusal in enumerate(self.refusals):
            if refusal.verb in ("", verb) and refusal.plural in ("", plural):
                if refusal.times is not None:
                    left = refusal.times - 1
                    if left:
                        self.refusals[index] = ApiRefusal(
                            refusal.status,
                            refusal.reason,
                            refusal.message,
                            refusal.verb,
                            refusal.plural,
                            refusal.headers,
                            left,
                            refusal.done,
                        )
                    else:
                        del self.refusals[index]
                return refusal
        return None

    def _make_refusal(self, refusal: ApiRefusal, verb: str, plural: str, namespace: str) -> StatusError:
        message = refusal.message
        group = "apps" if plural in APPS_RESOURCES else ""
        if refusal.status == 403 and not message:
            whole = f"{plural}.{group}" if group else plural
            what = f'cannot {verb} resource "{plural}" in API group "{group}" in the namespace "{namespace}"'
            message = f'{whole} is forbidden: User "{WHO}" {what}'
        words = {
            403: "Forbidden",
            401: "Unauthorized",
            409: "Conflict",
            429: "TooManyRequests",
            500: "InternalError",
            503: "ServiceUnavailable",
            504: "Timeout",
        }
        if refusal.status == 429 and not refusal.headers:
            return StatusError(429, "TooManyRequests", refusal.message or THROTTLED, APF_HEADERS)
        reason = refusal.reason or words.get(refusal.status, "Unknown")
        return StatusError(refusal.status, reason, message or reason, refusal.headers)

    def _not_found(self, plural: str, name: str) -> StatusError:
        whole = f"{plural}.apps" if plural in APPS_RESOURCES else plural
        return StatusError(404, "NotFound", f'{whole} "{name}" not found')


APPS_RESOURCES = ("deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions")


def build_scale(item: Object) -> Object:
    meta = {key: item["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")}
    labels = item["spec"]["selector"]["matchLabels"]
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": meta,
        "spec": {"replicas": item["spec"].get("replicas", 1)},
        "status": {
            "replicas": item["status"].get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }


async def read_json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError:
        raise StatusError(400, "BadRequest", "the body is not JSON") from None


async def send_line(response: web.StreamResponse, value: Object) -> None:
    await response.write(json.dumps(value).encode() + b"\n")


def wants_table(request: web.Request) -> bool:
    return "as=Table" in request.headers.get("Accept", "")


def apply_patch(item: Object, patch: Any, content_type: str) -> Object:
    """The object with a JSON patch, a merge patch, or a strategic one as far as containers and their env go."""
    result = deepcopy(item)
    if content_type == "application/json-patch+json":
        for step in patch:
            *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
            place: Any = result
            for part in parents:
                place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
            if step["op"] == "remove":
                del place[last]
            elif step["op"] in ("replace", "add"):
                place[last] = step["value"]
            elif step["op"] == "test":
                if place.get(last) != step["value"]:
                    raise StatusError(422, "Invalid", "the server rejected our request due to an error in our request")
            else:
                raise StatusError(400, "BadRequest", f"{step['op']} is not simulated")
        return result
    if content_type not in ("application/strategic-merge-patch+json", "application/merge-patch+json"):
        raise StatusError(
            415, "UnsupportedMediaType", f"the body of the request was in an unknown format: {content_type}"
        )
    merged = merge_patch(result, patch, strategic="strategic" in content_type)
    assert isinstance(merged, dict)
    return merged


def merge_patch(before: Any, patch: Any, *, strategic: bool) -> Any:
    if isinstance(patch, dict) and patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    if isinstance(patch, dict) and isinstance(before, dict):
        merged = dict(before)
        for key, value in patch.items():
            if key.startswith("$"):
                continue  # an order of a list, which is not simulated
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = merge_patch(merged.get(key), value, strategic=strategic)
        return merged
    if (
        strategic
        and isinstance(patch, list)
        and isinstance(before, list)
        and all(isinstance(entry, dict) and "name" in entry for entry in patch)
    ):
        named = {entry["name"]: entry for entry in before}
        for entry in patch:
            named[entry["name"]] = merge_patch(named.get(entry["name"], {}), entry, strategic=True)
        return list(named.values())
    return deepcopy(patch)


def matches_labels(selector: str, labels: Mapping[str, str]) -> bool:
    for part in filter(None, re.split(r",(?![^(]*\))", selector)):
        if match := re.fullmatch(r"\s*(\S+)\s+(in|notin)\s+\(([^)]*)\)\s*", part):
            values = {value.strip() for value in match[3].split(",")}
            if (labels.get(match[1]) in values) != (match[2] == "in"):
                return False
        elif "!=" in part:
            key, _, value = part.partition("!=")
            if labels.get(key.strip()) == value.strip():
                return False
        elif "=" in part:
            key, _, value = part.replace("==", "=").partition("=")
            if labels.get(key.strip()) != value.strip():
                return False
        elif part.startswith("!"):
            if part[1:] in labels:
                return False
        elif part.strip() not in labels:
            return False
    return True


def matches_fields(selector: str, item: Object) -> bool:
    for part in filter(None, selector.split(",")):
        key, _, value = part.replace("!=", "=!").partition("=")
        place: Any = item
        for step in key.split("."):
            place = place.get(step, "") if isinstance(place, dict) else ""
        if value.startswith("!"):
            if str(place) == value[1:]:
                return False
        elif str(place) != value:
            return False
    return True


def _list_versions() -> Object:
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def _list_groups() -> Object:
    version = {"groupVersion": "apps/v1", "version": "v1"}
    group = {"name": "apps", "versions": [version], "preferredVersion": version}
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]}


def _list_resources(version: str) -> Object:
    resources = []
    for kind, plural in PLURALS.items():
        if (plural in APPS_RESOURCES) != (version == "apps/v1"):
            continue
        namespaced = plural not in ("namespaces", "nodes")
        entry: Object = {
            "name": plural,
            "singularName": kind.lower(),
            "namespaced": namespaced,
            "kind": kind,
            "verbs": VERBS,
        }
        if plural in SHORT_NAMES:
            entry["shortNames"] = SHORT_NAMES[plural]
        if plural in ("deployments", "replicasets", "statefulsets", "daemonsets", "pods"):
            entry["categories"] = ["all"]
        resources.append(entry)
        if plural in SCALABLE:
            resources.append(
                {
                    "name": f"{plural}/scale",
                    "singularName": "",
                    "namespaced": True,
                    "group": "autoscaling",
                    "version": "v1",
                    "kind": "Scale",
                    "verbs": ["get", "patch", "update"],
                }
            )
        if plural == "pods":
            resources.append(
                {"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]}
            )
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}


def _show_version() -> Object:
    return {
        "major": "1",
        "minor": "32",
        "gitVersion": "v1.32.4",
        "gitCommit": "simulated",
        "gitTreeState": "clean",
        "buildDate": "2026-04-22T16:02:58Z",
        "goVersion": "go1.23.6",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


DISCOVERY: Mapping[str, Callable[[], Object]] = {
    "/version": _show_version,
    "/api": _list_versions,
    "/apis": _list_groups,
    "/api/v1": lambda: _list_resources("v1"),
    "/apis/apps/v1": lambda: _list_resources("apps/v1"),
    "/apis/apps": lambda: _list_groups()["groups"][0] | {"kind": "APIGroup", "apiVersion": "v1"},
}


def build_kubeconfig(
    server: str,
    *,
    context: str = "shop-admin",
    cluster: str = "aks-shop",
    namespace: str = "shop",
    token: str = "",
    ca_file: str = "",
) -> Object:
    """A kubeconfig as JSON, which is YAML too."""
    where: Object = {"server": server} | ({"certificate-authority": ca_file} if ca_file else {})
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [{"name": cluster, "cluster": where}],
        "users": [{"name": "ana", "user": {"token": token} if token else {}}],
        "contexts": [{"name": context, "context": {"cluster": cluster, "user": "ana", "namespace": namespace}}],
    }
