"""A step becomes a Prepared: values found, script made, and every reason why it could not start named beforehand."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cockpit.model.probe import find_origin
from cockpit.model.runbook import Parameter, Procedure, Runbook, Step, StepKind
from cockpit.model.secret import MASK, names_a_secret
from cockpit.model.system import Environment
from cockpit.model.text import clean_line, clean_text, is_clean
from cockpit.platforms.registry import list_used_kinds
from cockpit.runbooks.document.sessions import goes_through, leaves_commands_behind, opens_session, through_place
from cockpit.runbooks.document.step_kind import ORDER, kind_of
from cockpit.runbooks.prepare import curl_requests, script, tags
from cockpit.runbooks.prepare import target_guard as guard
from cockpit.runbooks.prepare.command_inputs import read_command_inputs
from cockpit.runbooks.prepare.context import RunContext
from cockpit.runbooks.prepare.folders import find_lost_folder
from cockpit.runbooks.prepare.http_request import READING, build_request, list_plain_hosts
from cockpit.runbooks.prepare.read_as_code import find_code_computed_with
from cockpit.runbooks.prepare.values import resolve_values
from cockpit.runbooks.shell_syntax import requirements as tools
from cockpit.runbooks.shell_syntax.cluster_options import find_identity
from cockpit.runbooks.shell_syntax.hidden_letters import name_hidden_letters
from cockpit.runbooks.shell_syntax.literal_secrets import hide_literal_secrets, looks_secret, remove_secrets, secrets_in
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders
from cockpit.runbooks.shell_syntax.standard_input import find_unfed_reader
from cockpit.runbooks.types import NOTHING_KEPT, NativeCommand, Prepared, Resolved, Retry, RunRefused, Script

LANGUAGES = frozenset({"bash", "powershell", "http"})
CARRIED = re.compile(
    r"(?!(?:PATH|HOME|ENV|IFS|SHELLOPTS|PROMPT_COMMAND|PS\d|P\d+)$|(?:LD|DYLD|BASH|PYTHON|NODE|PERL|RUBY|GIT|COCKPIT)_?)"
    r"[A-Za-z_]\w*"
)  # names of variables that change nothing about how a shell or a program itself runs
_SCRIPTS = r"(?:^|[\s;&|])(?:\./|make\b|bash\s|sh\s)"
DIRECTS = tuple(
    (variable, rf"(?:^|[\s;&|(/])(?:{tools})\b|{_SCRIPTS}")
    for variable, tools in (
        (r"KUBE\w+|HELM_\w+", r"kubectl|helm|helmfile|oc|k9s|flux|istioctl|velero|kustomize|stern"),
        (r"AWS_\w+", r"aws|terraform|eksctl|sam|cdk|kubectl"),
        (r"CLOUDSDK_\w+|GOOGLE_\w+", r"gcloud|gsutil|bq|terraform"),
        (r"DOCKER_\w+|COMPOSE_\w+", r"docker|docker-compose"),
        (r"PG\w+|DATABASE_URL", r"psql|pg_\w+|createdb|dropdb|alembic|flyway|prisma|rails|rake|python3?"),
        (r"TF_\w+|ARM_\w+", r"terraform|tofu"),
        (r"VAULT_\w+", r"vault"),
        (r"CONSUL_\w+|NOMAD_\w+|ETCDCTL_\w+", r"consul|nomad|etcdctl"),
        (r"RAILS_ENV|RACK_ENV|NODE_ENV|DJANGO_\w+|FLASK_\w+", r"rails|rake|npm|node|yarn|python3?|flask|bundle"),
        (r"ANSIBLE_\w+", r"ansible\S*"),
    )
)  # variables that a tool reads by itself
BY_HAND = frozenset({StepKind.MANUAL, StepKind.NOTE})
CHANGES = frozenset({StepKind.CHANGE, StepKind.DANGER})


def prepare_step(
    run: str, runbook: Runbook, step: Step, context: RunContext, *, edit: str | None = None, undo: bool = False
) -> Prepared:
    """The step as it would run now. Never raises: what keeps it from running is its `reason_not_runnable`."""
    written = step.tags.get("undo", "") if undo else step.command if edit is None else edit
    language = "bash" if undo else step.language
    kind = kind_now(step, written, language, edited=edit is not None, undo=undo)
    values = typed_along(context.typed) if step.literal else values_of(runbook, written, language, context)
    if step.place is not None and edit is None:
        values = tuple(value for value in values if value.value is not None)  # it does not run: nothing is asked for it
    shown_text = script.render_command(written, language, () if step.literal else values)
    hidden = (*secrets_in(written), *secrets_in(shown_text))
    bare = Prepared(
        run=run,
        step=step,
        environment=context.environment.name,
        kind=kind,
        as_written=written,
        as_run=clean_text(remove_secrets(hide_literal_secrets(shown_text), hidden)),
        values=tuple(replace(value, shown=MASK, secret=True) if value.value in hidden else value for value in values),
        hidden=hidden,
        cwd=context.folder,
        start=context.start,
        kept_shell=NOTHING_KEPT if step.literal else context.kept_shell,
        edited=edit is not None and edit != step.command,
        undo=undo,
        undone_by="" if undo else _render_undo(runbook, step, context),
    )
    if reason := explain_never_runnable(runbook, bare, language):
        return replace(bare, reason_not_runnable=reason)
    try:
        ready = with_request(bare, context) if language == "http" else with_command(runbook, bare, language, context)
    except RunRefused as refusal:
        return replace(bare, reason_not_runnable=str(refusal))
    if ready.script is not None and ready.kind in CHANGES:
        ready = replace(ready, inputs=read_command_inputs(ready.as_written, ready.cwd))
    return with_limits(ready, context)


def _render_undo(runbook: Runbook, step: Step, context: RunContext) -> str:
    written = step.tags.get("undo", "")
    if not written:
        return ""
    rendered = script.render_command(written, "bash", values_of(runbook, written, "bash", context))
    return clean_text(hide_literal_secrets(rendered))


def kind_now(step: Step, command: str, language: str, *, edited: bool, undo: bool) -> StepKind:
    """The kind of what would run. An edit is judged by its own words, and by what the document asked beyond them."""
    if step.kind in BY_HAND or not (edited or undo):
        return step.kind
    own = kind_of(command, "" if undo else step.title, language)
    if undo:
        return find_stricter_kind(own, StepKind.CHANGE)
    asked_for_more = find_stricter_kind(step.kind, kind_of(step.command, step.title, step.language)) is step.kind
    return find_stricter_kind(own, step.kind) if asked_for_more and step.kind is not own else own


def find_stricter_kind(one: StepKind, other: StepKind) -> StepKind:
    return max(one, other, key=ORDER.index)


def values_of(runbook: Runbook, command: str, language: str, context: RunContext) -> tuple[Resolved, ...]:
    """The placeholders of a command, each once, with what they stand for; behind them what is carried along."""
    declared = {parameter.name: parameter for parameter in runbook.parameters}
    names = dict.fromkeys(blank.name for blank in find_placeholders(command, language))
    if language == "bash":
        names |= dict.fromkeys(
            parameter.name
            for parameter in runbook.parameters
            if parameter.hint and directs_tool(parameter.name, command)
        )
    parameters = [declared.get(name, Parameter(name, secret=names_a_secret(name))) for name in names]
    rest = [
        parameter
        for parameter in runbook.parameters
        if parameter.hint and parameter.name not in names and CARRIED.fullmatch(parameter.name)
    ]
    return (
        *resolve_parameters(parameters, context),
        *(item for item in resolve_parameters(rest, context) if item.value is not None),
    )


def directs_tool(name: str, command: str) -> bool:
    """True for a variable that no command names and its tool reads all the same: KUBECONFIG decides which cluster.

    Where a document sets one, its commands must not run with another, or with none.
    """
    return any(re.fullmatch(variable, name) and re.search(tool, command) for variable, tool in DIRECTS)


def list_parameters(runbook: Runbook, procedure: Procedure) -> list[Parameter]:
    """The placeholders of a procedure, each once."""
    declared = {parameter.name: parameter for parameter in runbook.parameters}
    names = dict.fromkeys(name for step in procedure.steps for name in step.parameters)
    hinted = (parameter.name for parameter in runbook.parameters if parameter.hint)
    names |= dict.fromkeys(
        name for name in hinted if any(directs_tool(name, command.command) for command in procedure.commands)
    )
    return [declared.get(name, Parameter(name)) for name in names]


def typed_along(values_by_name: Mapping[str, str]) -> tuple[Resolved, ...]:
    """Variables of the shell that a literal command was typed at, exactly as they are there."""
    secret = {name: looks_secret(name, value) for name, value in values_by_name.items()}
    return tuple(
        Resolved(name, value, MASK if secret[name] else clean_line(value), "operator", secret=secret[name])
        for name, value in values_by_name.items()
    )


def resolve_parameters(parameters: Sequence[Parameter], context: RunContext) -> tuple[Resolved, ...]:
    return resolve_values(
        parameters,
        context.environment,
        context.panes,
        context.typed,
        context.reveal,
        context.kept,
        context.proposed,
        context.time.now(),
        context.kept_shell,
        context.printed,
    )


def explain_never_runnable(runbook: Runbook, prepared: Prepared, language: str) -> str:
    """Why this can never run, whatever the values."""
    step = prepared.step
    if prepared.kind in BY_HAND:
        return "a person does this; there is no command"
    if runbook.view_only:
        return "the document had lost its line breaks, and text: save a mended copy (`cockpit runbooks --repair`)"
    if (step.altered and not (prepared.edited or prepared.undo)) or not is_clean(prepared.as_written):
        return "the command holds letters that cannot be shown as they are, or look like others: write it anew"
    if letters := name_hidden_letters(prepared.as_written):
        return f"the command holds letters that cannot be seen, or look like others ({letters}): write it anew"
    if step.unparsed and not (prepared.edited or prepared.undo):
        return step.unparsed
    if reason := explain_remote_command(prepared):
        return reason
    if not prepared.as_written.strip():
        return "this step names no undo" if prepared.undo else "there is no command"
    if language not in LANGUAGES:
        return "nobody here knows how to run this"
    missing = [f"{value.name}: {value.problem}" for value in prepared.values if value.value is None]
    return "; ".join(missing)


def explain_remote_command(prepared: Prepared) -> str:
    """Why a command that belongs to a session in another place does not run on this machine.

    Edited, it may: written through that place, by the command that opens it. Somebody has seen and confirmed it so.
    """
    step = prepared.step
    if step.place is not None and not (prepared.edited and goes_through(step.place, prepared.as_written)):
        where = f"`{step.place.opener}`" if not step.place.by_prose else f'"{step.place.opener}"'
        by_edit = ", or edit it to run through that place" if through_place(step.place, step.command) else ""
        return (
            f"it belongs to the place that {where} (line {step.place.line}) leads to: run it there and tick it{by_edit}"
        )
    if not step.literal and leaves_commands_behind(prepared.as_written):
        return "it opens a session and goes on behind it: what follows would run here; run it by hand and tick it"
    return ""


def with_request(prepared: Prepared, context: RunContext) -> Prepared:
    """An HTTP step. Raises RunRefused."""
    host = resolve_parameters([Parameter("FQDN")], context)[0]
    environment = context.environment
    origins = (origin for access in environment.http_access for origin in access.origins)
    plain_hosts = list_plain_hosts((*origins, *(probe.url for probe in environment.probes)))
    request = build_request(prepared.as_written, prepared.values, host, plain_hosts)
    return replace(
        prepared,
        request=request,
        as_run=clean_text(remove_secrets(hide_literal_secrets(request.shown), prepared.hidden)),
    )


def with_command(runbook: Runbook, prepared: Prepared, language: str, context: RunContext) -> Prepared:
    """A command for a shell, or one that needs none. Raises RunRefused."""
    command = prepared.as_written
    if language == "bash" and prepared.kind in CHANGES and not tools.needs_terminal(command):
        command = curl_requests.add_reports(command, path=context.path)
        if command != prepared.as_written:
            with_reports = script.render_command(command, language, () if prepared.step.literal else prepared.values)
            prepared = replace(
                prepared, as_run=clean_text(remove_secrets(hide_literal_secrets(with_reports), prepared.hidden))
            )
    blanks = () if prepared.step.literal else prepared.values
    ready = Script(command, {}, command) if prepared.step.literal else script.build_script(command, language, blanks)
    kept = () if prepared.step.literal or language != "bash" else find_placeholders(command, language)
    set_before = prepared.kept_shell.variables
    for name in (blank.name for blank in kept if blank.kept and not CARRIED.fullmatch(blank.name)):
        if name in set_before:
            continue
        raise RunRefused(
            f"{name} cannot be given to a shell under that name, and the command does more than put it there.",
            code="name-not-for-shell",
            name=name,
        )
    if language == "bash" and (name := find_code_computed_with(command, set_before)):
        raise RunRefused(
            f"The value that an earlier step gave {name} would be run here: bash computes with it as with a number.",
            code="value-not-for-shell",
            placeholder=f"${name}",
        )
    # `export NAME=...` of an earlier step is a parameter here: a program that reads it from its environment finds it.
    carried = {
        value.name: value.value
        for value in prepared.values
        if value.value and CARRIED.fullmatch(value.name) and not value.in_shell
    }
    kept_values = prepared.kept_shell.environment() if language == "bash" else {}
    ready = replace(ready, variables=kept_values | carried | dict(ready.variables))
    argv = script.build_argument_list(command, blanks) if language == "bash" else ()
    native = recognise_command(argv, context) if argv else None
    if native is not None:
        return replace(
            prepared,
            native=native,
            argv=argv,
            kind=find_stricter_kind(prepared.kind, native.kind),
            follow=native.follow,
        )
    is_typed = language == "bash" and not prepared.step.literal and not tools.needs_terminal(command)
    if is_typed and prepared.kind is not StepKind.READ and (reader := find_unfed_reader(command)) is not None:
        text = clean_line(command[reader.start : reader.end], 80)
        raise RunRefused(
            f"`{text}` reads what is typed or pasted at it, and nothing gives it that: edit the command, with a"
            " here-document or a file, or do it by hand.",
            code="input-missing",
            command=text,
        )
    return replace(
        prepared,
        script=ready,
        argv=argv,
        tty=language == "bash" and (tools.needs_terminal(command) or opens_here(prepared)),
        done_there=list_commands_there(runbook, prepared.step) if language == "bash" else (),
        follow=tools.is_endless(command),
    )


def recognise_command(argv: Sequence[str], context: RunContext) -> NativeCommand | None:
    """The command without a shell that an argument list stands for here; None where a shell must run it."""
    from cockpit.runbooks.az import recognise_az_command

    where = context.environment
    if context.through_sdk and (native := recognise_az_command(argv, subscription=where.subscription)) is not None:
        return native
    return next(filter(None, (kind.recognise_command(argv, where) for kind in list_used_kinds([where]))), None)


def opens_here(prepared: Prepared) -> bool:
    """True for a step that opens a session on the terminal: a person goes there, and comes back."""
    return not prepared.step.literal and opens_session(prepared.as_written)


def list_commands_there(runbook: Runbook, step: Step) -> tuple[str, ...]:
    """What the document writes below a step that opens a session: to be typed there, by hand."""
    procedure = next((item for item in runbook.procedures if step in item.steps), None)
    there = (item for item in procedure.steps if item.ordinal > step.ordinal) if procedure else ()
    return tuple(
        hide_literal_secrets(item.command)
        for item in there
        if item.place is not None and item.place.line == step.line and item.command
    )


def with_limits(prepared: Prepared, context: RunContext) -> Prepared:
    """Its time-out and tries, and what keeps it from running here and now."""
    timeout, wrong_timeout = tags.timeout_of(prepared.step, prepared.kind)
    retry, wrong_retry = tags.retry_of(prepared.step, prepared.kind)
    unbounded = prepared.follow or prepared.tty
    notices = [text for text in (wrong_timeout, wrong_retry) if text]
    if prepared.script is not None and prepared.kind in CHANGES:
        notices += [
            f"nothing in the configuration says which {text} this must go to"
            for text in guard.list_tools(prepared)
            if not guard.find_expected_target(text, context.environment)
        ]
    acts_as = ""
    own_words = prepared.script is not None and prepared.kind in CHANGES and not prepared.step.literal
    if own_words and (acts_as := find_identity(prepared.as_run)):
        notices.append(f"it acts as {clean_line(acts_as, 80)}, and not as whoever the context of kubectl says")
    notices += guard.list_script_notices(prepared, context.environment)
    ready = replace(
        prepared,
        acts_as=clean_line(acts_as, 80),
        timeout=None if unbounded else timeout,
        retry=Retry() if unbounded else retry,
        notices=tuple(notices),
    )
    if reason := not_now(ready, context):
        choices = context.folder_choices if ready.script is not None else ()
        return replace(
            ready, reason_not_runnable=reason, folder_choices=choices, suggestion=suggest_return(ready, context)
        )
    misfit = next(filter(None, (explain_wrong_target(ready, tool, context) for tool in context.guards)), "")
    return replace(ready, reason_not_runnable=misfit, misfit=bool(misfit))


def not_now(prepared: Prepared, context: RunContext) -> str:
    """Why this cannot start here and now; "" when it can."""
    if context.read_only and not only_looks(prepared):
        return "read-only: only what looks through the SDK or with GET may run"
    if context.environment.drill and not stays_in_simulator(prepared, context.environment):
        if prepared.request is None:
            return "a drill runs no command of a shell: read it, and mark it done as if you had run it"
        return "a drill reaches nothing outside the simulator: read it, and mark it done as if you had run it"
    if prepared.script is None:
        return ""
    if context.folder_choices:
        return f"its paths are there from two folders; say once where it starts: {' or '.join(context.folder_choices)}"
    if not Path(context.folder).is_dir():  # bash would start elsewhere, and say nothing
        return f"the run is in {context.folder}, which is not there any more: run or edit a `cd` to another folder"
    if lost := find_lost_folder(prepared.as_run, context.folder, context.start):
        return (
            f"there is no folder {lost} in {context.folder}, where this run is now; there is one where it began, "
            f"{context.start}: edit the command to go there"
        )
    if prepared.tty and context.terminal is None:
        return "it needs a terminal of its own, and there is none"
    language = "bash" if prepared.undo else prepared.step.language
    return tools.explain_missing_program(prepared.as_written, language, path=context.path, cwd=context.folder)


def stays_in_simulator(prepared: Prepared, environment: Environment) -> bool:
    """True for what a drill may do: a known command, which goes to the simulated cloud, and HTTP to its app."""
    if prepared.request is None:
        return prepared.native is not None
    return find_origin(prepared.request.url) in map(find_origin, environment.simulated_at)


def suggest_return(prepared: Prepared, context: RunContext) -> str:
    """The command with a `cd` to where the run began before it, where what it goes to is only there; "" otherwise."""
    if prepared.script is None or not find_lost_folder(prepared.as_run, context.folder, context.start):
        return ""
    return f"cd {shlex.quote(context.start)}\n{prepared.as_written}"


def explain_wrong_target(prepared: Prepared, tool: str, context: RunContext) -> str:
    """Why a change by this tool would hit something else; "" when it would not, or is none."""
    if prepared.script is None or prepared.kind not in CHANGES or tool not in guard.list_tools(prepared):
        return ""
    return guard.explain_misfit(tool, context.environment, context.guards[tool], prepared)


def only_looks(prepared: Prepared) -> bool:
    """True for what read-only lets through: a known read, or GET."""
    if prepared.native is not None:
        return prepared.native.kind in tags.LOOKS
    return prepared.request is not None and prepared.request.method in READING
