"""The web server: every request passes the faults, meets its handler, and leaves with Azure's usual headers."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from cockpit.model.time import format_timestamp
from cockpit.simulator import workload
from cockpit.simulator.answer import JSON, RefusedError, SimulatedAnswer, SimulatedRequest
from cockpit.simulator.azure.bodies import operation_body, traffic_body
from cockpit.simulator.azure.container_apps import check_place
from cockpit.simulator.azure.routes import CONSOLE, SYSTEM, match_route
from cockpit.simulator.faults import Fault
from cockpit.simulator.github.api import GithubApi, is_github_path
from cockpit.simulator.github.story import tell_story
from cockpit.simulator.log_streams import LogStream
from cockpit.simulator.world.alerts import list_simulated_alerts
from cockpit.simulator.world.site import SUBSCRIPTION, WORKSPACE, make_identifier
from cockpit.simulator.world.stage import Stage, count_restarts

# The whole world in one JSON object, for people and tests who look behind the scenes.


def show_stage(stage: Stage) -> JSON:
    """`elapsed` in simulated seconds; times on the wall clock."""
    world, clock = stage.world(), stage.clock
    weights = world.weights()
    return {
        "scenario": stage.scenario.name,
        "about": stage.scenario.about,
        "speed": clock.speed,
        "elapsed": world.now,
        "now": format_timestamp(clock.at(world.now)),
        "subscription": SUBSCRIPTION,
        "resource_group": stage.scenario.site.resource_group,
        "app": stage.scenario.site.app,
        "workspace": WORKSPACE,
        "revisions": [
            {
                "name": revision.name,
                "image": revision.image,
                "created": format_timestamp(clock.at(revision.created)),
                "active": revision.active,
                "weight": weights[revision.name],
                "condition": world.condition(revision).value,
                "restarts": count_restarts(world, revision),
            }
            for revision in world.revisions
        ],
        "traffic": traffic_body(world),
        "operations": [operation_body(operation, clock) for operation in world.operations],
        "databases": [{"name": database.name, "status": database.status} for database in world.databases],
        "alerts": [
            {"id": alert.id, "name": alert.name, "severity": alert.severity, "condition": alert.condition,
             "state": alert.state, "fired": format_timestamp(clock.at(alert.fired))}
            for alert in list_simulated_alerts(world)
        ],
        "pending": [part.model_dump() for part in world.pending],
        "requests": world.requests,
        "faults": stage.faults.listed(),
    }  # fmt: skip


FOLLOW_EVERY = 1.0  # simulated seconds between two looks for new log lines
READS, WRITES = 11_999, 1_199  # what Azure grants a caller per hour
LARGEST_BODY = 4 * 1024 * 1024  # bytes, as Resource Manager's


class SimulatorServer:
    """The simulator's one request handler."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._answered = 0
        self._github = GithubApi(tell_story(stage), any_name=True)
        self.front_door = 0  # the port of the workload's own address, once there is one

    def application(self) -> web.Application:
        application = web.Application(client_max_size=LARGEST_BODY)
        application.router.add_route("*", "/simulator/faults{slash:/?}", self.faults)
        application.router.add_get("/simulator{slash:/?}", self.behind_the_scenes)
        application.router.add_route("*", "/{path:.*}", self.handle)
        return application

    async def faults(self, request: web.Request) -> web.Response:
        """The faults in force, after one was added or all were cleared."""
        if request.method == "DELETE":
            self._stage.faults.clear()
        elif request.method == "POST":
            try:
                self._stage.faults.arm(Fault.model_validate_json(await request.read()))
            except ValidationError as error:
                wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
                return web.json_response({"error": {"code": "InvalidFault", "message": wrong}}, status=400)
        elif request.method != "GET":
            raise web.HTTPMethodNotAllowed(request.method, ["GET", "POST", "DELETE"])
        return web.json_response({"faults": self._stage.faults.listed()})

    async def behind_the_scenes(self, request: web.Request) -> web.Response:
        """The world as JSON, whatever faults are in force."""
        return web.json_response(show_stage(self._stage))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Everything that a fault may strike."""
        call = await _make_call(request, self.front_door)
        fault = self._stage.faults.strike(f"{request.method} {request.path}", self._stage.world().now)
        if fault is None:
            return await self._true_answer(request, call)
        if fault.status is None:
            await self._stage.clock.hold(fault.delay)
            return await self._true_answer(request, call)
        if fault.effect:
            self._answer(call)
        await self._stage.clock.hold(fault.delay)
        return _make_fault_answer(fault, self._usual_headers(call))

    async def _true_answer(self, request: web.Request, call: SimulatedRequest) -> web.StreamResponse:
        for pattern, system in ((SYSTEM, True), (CONSOLE, False)):
            result = pattern.fullmatch(call.path)
            if result and call.method == "GET":
                return await self._stream(request, _with_names(call, result.groupdict()), system=system)
        if is_github_path(call.path):
            now = self._stage.clock.at(self._stage.world().now).timestamp()
            answer, wait = self._github.answer(call, now), 0.0
        else:
            answer, wait = self._answer(call)
        if answer.status < 400:
            self._stage.heed_act(f"{call.method} {call.path}")
        await self._stage.clock.hold(wait)
        return self._response(call, answer)

    def _answer(self, call: SimulatedRequest) -> tuple[SimulatedAnswer, float]:
        """The true answer, carried out, and the seconds it takes."""
        try:
            # Nobody manages a cloud through its customers' front door.
            matched = None if call.front_door else match_route(call.method, call.path)
            if matched is None:
                return workload.answer_request(self._stage, call), workload.compute_delay(self._stage.world(), call)
            handler, names = matched
            named = _with_names(call, names)
            check_place(self._stage.scenario.site, named)
            _check_version(named)
            return handler(self._stage, named), 0.0
        except RefusedError as refusal:
            return SimulatedAnswer(refusal.body(), refusal.status), 0.0

    async def _stream(self, request: web.Request, call: SimulatedRequest, *, system: bool) -> web.StreamResponse:
        try:
            check_place(self._stage.scenario.site, call)
            stream = LogStream(self._stage, call, system=system)
        except RefusedError as refusal:
            return self._response(call, SimulatedAnswer(refusal.body(), refusal.status))
        response = web.StreamResponse(headers={"Content-Type": "text/plain; charset=utf-8"})
        await response.prepare(request)
        await response.write(stream.start())
        while stream.follow:
            await self._stage.clock.sleep(FOLLOW_EVERY)
            if fresh := stream.more():
                await response.write(fresh)
        await response.write_eof()
        return response

    def _response(self, call: SimulatedRequest, answer: SimulatedAnswer) -> web.Response:
        raw = isinstance(answer.body, bytes)
        body = answer.body if raw else b"" if answer.body is None else _encode_body(answer.body)
        headers = {**self._usual_headers(call), **answer.headers}
        if body:
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
        return web.Response(status=answer.status, body=body, headers=headers)

    def _usual_headers(self, call: SimulatedRequest) -> dict[str, str]:
        """What Resource Manager puts on every answer; its quotas count down."""
        if not call.path.lower().startswith("/subscriptions/"):
            return {}
        self._answered += 1
        request_id = make_identifier(self._stage.scenario.seed, "request", self._answered)
        kind, granted = ("reads", READS) if call.method == "GET" else ("writes", WRITES)
        return {
            "x-ms-request-id": request_id,
            "x-ms-correlation-request-id": call.headers.get("x-ms-correlation-request-id", request_id),
            f"x-ms-ratelimit-remaining-subscription-{kind}": str(granted - self._answered % granted),
        }


async def _make_call(request: web.Request, front_door: int) -> SimulatedRequest:
    address = request.transport.get_extra_info("sockname") if request.transport else None
    return SimulatedRequest(
        method=request.method,
        path=request.path,
        url=f"{request.scheme}://{request.host}",
        query={name.lower(): value for name, value in request.query.items()},
        headers={name.lower(): value for name, value in request.headers.items()},
        content=await request.read(),
        target=request.raw_path,
        front_door=bool(address and address[1] == front_door),
    )


def _with_names(call: SimulatedRequest, names: Mapping[str, str]) -> SimulatedRequest:
    return replace(call, names=names)


def _check_version(call: SimulatedRequest) -> None:
    if call.path.lower().startswith("/subscriptions/") and "api-version" not in call.query:
        raise RefusedError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )


def _make_fault_answer(fault: Fault, usual: Mapping[str, str]) -> web.Response:
    """The answer a fault gives instead: text as it is, anything else as JSON."""
    text = isinstance(fault.body, str)
    kind = {} if fault.body is None else {"Content-Type": "text/plain" if text else "application/json"}
    body = b"" if fault.body is None else fault.body.encode() if text else _encode_body(fault.body)
    return web.Response(status=fault.status or 200, body=body, headers={**usual, **kind, **fault.headers})


def _encode_body(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
