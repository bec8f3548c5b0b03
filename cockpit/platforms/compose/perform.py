"""Performs the known commands of docker and Compose.

Reads, restarts and tags go through the API. Pulling and `up` are Compose's own work: only Compose reads its files as
Compose does, so its program is started, once, with the words that were shown, in a session of its own. Its output goes
to a file: a cockpit that dies takes nothing down between the end of the old container and the start of the new one.
Before each change the service is compared with what the person saw; when nobody answered it is read again.
"""

import asyncio
import hashlib
import os
import re
import shlex
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cockpit.model.problem import ProblemKind, SourceError
from cockpit.model.raw import read_text
from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.model.text import clean_line, clean_text
from cockpit.model.time import Time
from cockpit.platforms.compose.container_logs import FrameReader
from cockpit.platforms.compose.engine import READ_ONLY, EngineClient
from cockpit.platforms.compose.known_commands import DockerCommand
from cockpit.platforms.compose.mapping import (
    ContainerFacts,
    map_container,
    read_container_name,
    read_image_reference,
    shorten_id,
)
from cockpit.platforms.compose.services import filter_projects
from cockpit.platforms.compose.settings import ComposeSettings
from cockpit.platforms.compose.tables import format_compose_rows, format_container_rows, format_old_rows
from cockpit.platforms.platform import CommandOutcome, CommandSurvey

Output = Callable[[str], None]

PATIENCE = 900.0  # seconds for Compose to end, where the step has no time-out
GRACE = 10  # seconds that containers get to stop, Docker's own
LOOK_FOR_OUTPUT = 0.2  # seconds
END_PATIENCE = 5.0  # seconds from SIGTERM to SIGKILL: whoever leaves waits so long at most
LOOKS_AFTER, LOOK_AGAIN = 5, 1.0  # looks at a service after a change that nobody answered, and seconds between
UNANSWERED = frozenset({ProblemKind.TIMEOUT, ProblemKind.SERVER, ProblemKind.GARBAGE, ProblemKind.FAULT})
NO_ANSWER = re.compile(
    r"timed? ?out|deadline exceeded|connection (?:reset|aborted|refused|broken)|\bEOF\b|broken pipe|"
    r"cannot connect to the docker daemon|error during connect|couldn't connect to docker daemon|"
    r"is the docker daemon running|bad gateway|service unavailable|remote end closed|RemoteDisconnected",
    re.IGNORECASE,
)
"""What Compose prints when the engine, not Compose, left a question open."""
PROGRAMS = (("docker", "compose"), ("docker-compose",))


class DockerCommandError(Exception):
    """What docker would print; nothing was changed."""


class DockerPerformer:
    """Commands of one environment, over its engine."""

    def __init__(self, client: EngineClient, settings: ComposeSettings, time: Time, environ: Mapping[str, str]) -> None:
        self._client, self._settings, self._time, self._environ = client, settings, time, environ

    async def survey(self, command: DockerCommand) -> CommandSurvey:
        """What a change would meet, without changing anything. Never raises."""
        if command.kind is StepKind.READ:
            return CommandSurvey()
        try:
            facts = await self._find_containers(command)
            self._client.must_be_same_engine()
            words = [f"on {await self._client.read_name()}", *describe_containers(facts)]
            if needs_compose(command):
                program, why = await self._choose_program(command, facts)
                words.append(f"by {' '.join(program)}{why}")
                self._check_files(command)
        except DockerCommandError as error:
            return CommandSurvey(refusal=str(error))
        except SourceError as error:
            return CommandSurvey(refusal=error.problem.refusal)
        return CommandSurvey(tuple(words), fingerprint_containers(facts))

    async def perform(self, command: DockerCommand, output: Output, *, confirmed: str = "") -> CommandOutcome:
        """Do it once, and tell how it ended. Raises nothing but cancellation."""
        try:
            if command.kind is StepKind.READ:
                return await self._read(command, output)
            return await self._change(command, output, confirmed)
        except DockerCommandError as error:
            output(f"{error}\n")
            return CommandOutcome(StepState.FAILED, str(error), 1)
        except SourceError as error:
            output(f"Error response from daemon: {error.problem.message}\n")
            return CommandOutcome(StepState.FAILED, error.problem.refusal, 1)

    async def read_unready(self, command: DockerCommand) -> str:
        """Why the containers that a command names do not all serve now; "" when they do."""
        try:
            facts = [fact for fact in await self._find_containers(command) if not fact.over]
        except (SourceError, DockerCommandError) as error:
            return str(error)
        if not facts:
            return "it has no container"
        return "; ".join(
            f"{fact.replica.name}: {fact.replica.details or fact.replica.state}"
            for fact in facts
            if not fact.replica.ready
        )

    # Looking

    async def _find_containers(self, command: DockerCommand) -> list[ContainerFacts]:
        """Those that a command is about, inspected. Raises SourceError; DockerCommandError where a name is unknown."""
        if command.verb == "tag":
            return []
        filters = {} if not command.project else {"filters": filter_projects(None)}
        raws = await self._client.list_items("/containers/json", {"all": "1", **filters})
        facts = []
        for raw in raws:
            fact = map_container(raw, {})
            names = {read_container_name(raw)}
            identifier = read_text(raw.get("Id"))
            if command.project:
                mine = fact is not None and fact.project == command.project
                mine = mine and (not command.names or (fact is not None and fact.service in command.names))
            else:
                mine = not command.names or any(
                    name in names or (len(name) > 3 and identifier.startswith(name)) for name in command.names
                )
            if mine:
                more = await self._client.get(f"/containers/{identifier}/json")
                facts.append(
                    map_container(raw, {identifier: more}) or map_container(_as_service(raw), {identifier: more})
                )
        result = [fact for fact in facts if fact is not None]
        if not result and command.names and command.verb not in ("compose up", "compose pull"):
            name = command.names[0]
            raise DockerCommandError(
                f"no such service: {name}" if command.project else f"Error: No such container: {name}"
            )
        return result

    # Reads

    async def _read(self, command: DockerCommand, output: Output) -> CommandOutcome:
        if command.verb.endswith("logs"):
            return await self._print_logs(command, output)
        query = {"all": "1"} if "all" in command.flags or command.project else {}
        if "filter" in command.flags:
            name, _, value = command.flags["filter"].partition("=")
            query["filters"] = f'{{"{name}": ["{re.sub(r"[^A-Za-z0-9_.-]", "", value)}"]}}'
        raws = await self._client.list_items("/containers/json", query)
        if not command.project:
            output(format_container_rows(raws, self._time.now()))
            return CommandOutcome(StepState.OK, command.describe(), 0)
        shows_stopped = "all" in command.flags or command.written_program == "docker-compose"
        mine = [
            raw
            for raw in raws
            if (fact := map_container(raw, {})) is not None
            and fact.project == command.project
            and (not command.names or fact.service in command.names)
            and (fact.state not in ("exited", "dead") or shows_stopped)
        ]
        if not mine and command.names:
            raise DockerCommandError(f"no such service: {command.names[0]}")
        if command.written_program == "docker-compose":
            found = {read_text(raw.get("Id")): await self._client.get(f"/containers/{raw['Id']}/json") for raw in mine}
            output(format_old_rows(mine, found))
        else:
            output(format_compose_rows(mine, self._time.now()))
        return CommandOutcome(StepState.OK, command.describe(), 0)

    async def _print_logs(self, command: DockerCommand, output: Output) -> CommandOutcome:
        facts = await self._find_containers(command)
        params = {"stdout": "1", "stderr": "1", "tail": command.flags.get("tail", "all")}
        params |= {"timestamps": "1"} if "timestamps" in command.flags else {}
        params |= {"follow": "1"} if command.follow else {}
        if since := command.flags.get("since"):
            params["since"] = str(int(self._time.now().timestamp() - parse_span(since)))
        prefix = bool(command.project)

        async def follow(fact: ContainerFacts) -> None:
            more = await self._client.get(f"/containers/{fact.identifier}/json")
            config = more.get("Config")
            reader = FrameReader(tty=isinstance(config, Mapping) and config.get("Tty") is True)
            before = f"{fact.replica.name}  | " if prefix else ""
            async for chunk in self._client.stream(f"/containers/{fact.identifier}/logs", params):
                for line in reader.feed(chunk):
                    output(before + clean_text(line.decode("utf-8", "replace")) + "\n")
            for line in reader.finish():
                output(before + clean_text(line.decode("utf-8", "replace")) + "\n")

        if command.follow:
            await asyncio.gather(*(follow(fact) for fact in facts))
        else:
            for fact in facts:
                await follow(fact)
        return CommandOutcome(StepState.OK, command.describe(), 0)

    # Changes

    async def _change(self, command: DockerCommand, output: Output, confirmed: str) -> CommandOutcome:
        if self._client.read_only:
            raise SourceError(READ_ONLY)
        facts = await self._find_containers(command)
        self._client.must_be_same_engine()
        if confirmed and confirmed != fingerprint_containers(facts):
            raise DockerCommandError(
                "Somebody changed it since you looked; nothing was sent. It is now: "
                f"{'; '.join(describe_containers(facts))}. Look again, then decide."
            )
        if needs_compose(command):
            return await self._run_compose(command, facts, output)
        if command.verb == "tag":
            identifier, written = command.names
            reference = read_image_reference(written)
            params = {"repo": reference.repository, "tag": reference.tag or "latest"}
            return await self._send_all([(f"/images/{identifier}/tag", params, written)], command, facts, output)
        verb = command.verb.removeprefix("compose ")
        grace = command.flags.get("timeout") or command.flags.get("time")
        params = {"t": grace} if grace and verb != "start" else {}
        posts = [(f"/containers/{fact.identifier}/{verb}", params, fact.replica.name) for fact in facts]
        return await self._send_all(posts, command, facts, output)

    async def _send_all(
        self,
        posts: Sequence[tuple[str, Mapping[str, str], str]],
        command: DockerCommand,
        facts: Sequence[ContainerFacts],
        output: Output,
    ) -> CommandOutcome:
        """Each once, one after the other; the first that is not answered ends it."""
        for number, (path, params, name) in enumerate(posts):
            try:
                await self._client.post(path, params, grace=float(params.get("t", GRACE)))
                output(f"{name}\n")
            except SourceError as error:
                problem = error.problem
                lost = problem.kind is ProblemKind.NETWORK and problem.short == "connection lost"
                if problem.kind not in UNANSWERED and not lost:
                    done = f" {number} of {len(posts)} were done before." if number else ""
                    output(f"Error response from daemon: {problem.message}\n")
                    return CommandOutcome(StepState.FAILED, f"{problem.message}{done} {problem.advice}".strip(), 1)
                return await self._look_after(command, facts, output, problem.message)
        return CommandOutcome(StepState.OK, f"{command.describe()}: done.", 0)

    async def _look_after(
        self, command: DockerCommand, before: Sequence[ContainerFacts], output: Output, why: str
    ) -> CommandOutcome:
        """Nobody answered: read again, and tell what is there. Sent again it is not."""
        now: list[ContainerFacts] | None = None
        for attempt in range(LOOKS_AFTER):
            if attempt:
                await self._time.sleep(LOOK_AGAIN)
            try:
                now = await self._find_containers(command)
            except (SourceError, DockerCommandError):
                continue
            if is_as_ordered(command, before, now):
                output("No answer came, but looking again shows that it was done.\n")
                return CommandOutcome(StepState.OK, "No answer came, but looking again shows that it was done.", 0)
        seen = "the engine cannot be read now" if now is None else f"by now {'; '.join(describe_containers(now))}"
        sentence = f"Unknown whether it was done: {why} Looked again: {seen}. Look before you try again."
        output(f"UNKNOWN: {sentence}\n")
        return CommandOutcome(StepState.UNKNOWN, sentence)

    # Compose's own program

    def _check_files(self, command: DockerCommand) -> None:
        """Compose needs its files here. Raises DockerCommandError."""
        files = [file for file in command.variables.get("COMPOSE_FILE", "").split(":") if file]
        missing = [file for file in files if not Path(file).is_file()]
        if missing:
            raise DockerCommandError(
                f"The compose file {clean_line(missing[0], 200)} is not on this machine, and Compose needs it. Do it "
                "on the machine that deployed the project, or set folder in cockpit.toml to a checkout of it."
            )

    async def _choose_program(
        self, command: DockerCommand, facts: Sequence[ContainerFacts]
    ) -> tuple[tuple[str, ...], str]:
        """Compose as it is called here, and why so. Raises DockerCommandError where there is none."""
        if self._settings.program:
            return tuple(shlex.split(self._settings.program)), ", as cockpit.toml says"
        started_by = next((fact.compose_version for fact in facts if fact.compose_version), "")
        old = started_by.startswith("1.") or (not started_by and command.written_program == "docker-compose")
        for program in reversed(PROGRAMS) if old else PROGRAMS:
            if await self._is_there(program):
                why = f": the project was started by version {started_by}" if started_by else ""
                return program, why
        raise DockerCommandError(
            "Neither `docker compose` nor `docker-compose` is installed here: install one, or name it as program in "
            "cockpit.toml."
        )

    async def _is_there(self, program: Sequence[str]) -> bool:
        if shutil.which(program[0], path=self._environment(None).get("PATH")) is None:
            return False
        if len(program) == 1:
            return True
        process = await asyncio.create_subprocess_exec(
            *program,
            "version",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=self._environment(None),
        )
        try:
            async with asyncio.timeout(10):
                return await process.wait() == 0
        except TimeoutError:
            return False
        finally:
            if process.returncode is None:  # its time is over, or nobody waits for it any more
                process.kill()
                await process.wait()

    def _environment(self, command: DockerCommand | None) -> dict[str, str]:
        """What the program finds: the engine that is shown, and what the command sets."""
        assignments = dict(command.variables) if command else {}
        return {**self._environ, "DOCKER_HOST": self._client.locate().docker_host, **assignments}

    async def _run_compose(
        self, command: DockerCommand, facts: Sequence[ContainerFacts], output: Output
    ) -> CommandOutcome:
        self._check_files(command)
        program, _ = await self._choose_program(command, facts)
        output(f"$ {shlex.join([*program, *command.arguments])}\n")
        code, printed, started = await self._run_program([*program, *command.arguments], command, output)
        if code == 0:
            return CommandOutcome(StepState.OK, f"{command.describe()}: done.", 0)
        if not started:
            return CommandOutcome(StepState.FAILED, printed, 127)
        last = clean_line(next((line for line in reversed(printed.splitlines()) if line.strip()), ""), 300)
        if code is None or NO_ANSWER.search(printed):
            return await self._look_after(
                command, facts, output, last or "Compose was stopped after its time was over."
            )
        ending = await self._describe_failure(command, facts)
        return CommandOutcome(StepState.FAILED, f"{last or 'Compose failed.'} {ending}".strip(), code)

    async def _describe_failure(self, command: DockerCommand, before: Sequence[ContainerFacts]) -> str:
        try:
            now = await self._find_containers(command)
        except (SourceError, DockerCommandError):
            return "The engine cannot be read now: look before you try again."
        if fingerprint_containers(now) == fingerprint_containers(before):
            return "The containers are as before."
        return f"The containers changed all the same: {'; '.join(describe_containers(now))}."

    async def _run_program(
        self, argv: Sequence[str], command: DockerCommand, output: Output
    ) -> tuple[int | None, str, bool]:
        """(exit code, what it printed, whether it started). None for one that was ended after its time was over."""
        with tempfile.TemporaryFile() as file:
            try:
                process = await asyncio.create_subprocess_exec(
                    *argv,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    env=self._environment(command),
                    start_new_session=True,
                )
            except OSError as error:
                return 127, f"{argv[0]} cannot be started: {clean_line(error, 200)}.", False
            reader = os.fdopen(os.dup(file.fileno()), "rb", buffering=0)
            printed = b""
            ended = asyncio.ensure_future(process.wait())
            try:
                with reader:
                    deadline = self._time.monotonic() + PATIENCE
                    position = 0
                    while True:
                        await asyncio.wait({ended}, timeout=LOOK_FOR_OUTPUT)
                        over = ended.done()
                        chunk = os.pread(reader.fileno(), 1_000_000, position)
                        position += len(chunk)
                        printed = (printed + chunk)[-100_000:]
                        if chunk:
                            output(clean_text(chunk.decode("utf-8", "replace")))
                        if over and not chunk:
                            return ended.result(), printed.decode("utf-8", "replace"), True
                        if self._time.monotonic() > deadline:
                            await _end_program(process)
                            return None, printed.decode("utf-8", "replace"), True
            finally:
                if process.returncode is None:
                    await _end_program(process)
                await ended


async def _end_program(process: asyncio.subprocess.Process) -> None:
    """Compose ends in good order at SIGTERM: it lets go of what it waits for. One that does not is killed."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        async with asyncio.timeout(END_PATIENCE):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


# Pure parts


def needs_compose(command: DockerCommand) -> bool:
    return command.verb in ("compose up", "compose pull")


def fingerprint_containers(facts: Sequence[ContainerFacts]) -> str:
    """Changes when containers are replaced, or stopped and started; not with their health."""
    parts = sorted(
        (fact.identifier, fact.image_id, str(fact.replica.created), fact.state == "running") for fact in facts
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def describe_containers(facts: Sequence[ContainerFacts]) -> list[str]:
    """What is there, for the dialog: `now app:1.44.0 (3f2a1bc), 1 of 2 containers ready`."""
    if not facts:
        return ["no container now"]
    images = dict.fromkeys(f"{fact.image} ({shorten_id(fact.image_id)})" for fact in facts)
    ready = sum(fact.replica.ready for fact in facts)
    return [f"it runs {', '.join(images)}, {ready} of {len(facts)} container{'' if len(facts) == 1 else 's'} ready"]


def is_as_ordered(command: DockerCommand, before: Sequence[ContainerFacts], now: Sequence[ContainerFacts]) -> bool:
    """Whether what is there now is what the change would have made of it; False where that cannot be known."""
    verb = command.verb.removeprefix("compose ")
    started = {fact.identifier: fact.replica.created for fact in before}
    match verb:
        case "restart":
            return bool(now) and all(
                fact.state == "running" and fact.replica.created != started.get(fact.identifier) for fact in now
            )
        case "start":
            return bool(now) and all(fact.state == "running" for fact in now)
        case "stop":
            return all(fact.state == "exited" for fact in now)
        case "up":
            tags = {value for name, value in command.variables.items() if name != "COMPOSE_FILE"}
            new = {fact.identifier for fact in now} - set(started)
            return bool(new and tags) and all(
                fact.state == "running" and read_image_reference(fact.image).tag in tags for fact in now
            )
    return False


def parse_span(text: str) -> float:
    """Seconds of `1h30m`."""
    units = {"h": 3600, "m": 60, "s": 1}
    return float(sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([hms])", text)))


def _as_service(raw: Mapping[str, object]) -> Mapping[str, object]:
    """A container that is of no project, as one of a project of its own, so that it reads alike."""
    labels = raw.get("Labels")
    kept = dict(labels) if isinstance(labels, Mapping) else {}
    return {**raw, "Labels": {**kept, "com.docker.compose.project": "-", "com.docker.compose.service": "-"}}
