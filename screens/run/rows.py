"""What a run says of itself and of the current step, as rows of pieces. Pure."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from cockpit.model.run import SETTLED, Attempt, Run, SettledBy, ShellState, StepState
from cockpit.model.runbook import Procedure, Step, StepKind
from cockpit.model.secret import MASK
from cockpit.runbooks.plan.durations import read_time_budget
from cockpit.runbooks.prepare.target_guard import ToolContext
from cockpit.runbooks.shell_syntax.literal_secrets import hide_literal_secrets
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders
from cockpit.runbooks.types import Prepared, Resolved
from screens.run.standing import StepStanding
from widgets.cell import Piece, cut_text, measure_pieces, sanitize_line, wrap_pieces
from widgets.pane import render_border
from widgets.steps import SIGNS, format_length

# How much is gone of the time that a document allows a procedure.

CELLS = 8
AT_RISK = 0.8  # of the budget


def render_budget(spent: float, budget: float | None) -> list[Piece]:
    """`budget 5:00 ▰▰▱▱▱▱▱▱ 1:12`; without a budget only the time that passed."""
    if not budget:
        return [(format_minutes(spent), "muted")]
    share = spent / budget
    tone = "bad" if share > 1 else "warn" if share >= AT_RISK else "good"
    full = max(0, min(CELLS, int(share * CELLS)))  # a clock that was set back has spent nothing
    over = [(f"  {format_minutes(spent - budget)} over", "bad")] if share > 1 else []
    return [
        (f"budget {format_minutes(budget)} ", "muted"),
        ("█" * full, tone),
        ("▁" * (CELLS - full), "muted"),
        (f" {format_minutes(spent)}", tone),
        *over,
    ]


def format_minutes(seconds: float) -> str:
    """`1:12`, `75:00`."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02}"


LABEL = 12  # cells
WARNS = re.compile(r"^[⚠\ufe0f\s]*(?:WARNING|Warning)?[:\s]*")
KINDS = {
    StepKind.READ: "read",
    StepKind.VERIFY: "verify",
    StepKind.LOCAL: "this machine only",
    StepKind.CHANGE: "change",
    StepKind.DANGER: "⚠ danger",
    StepKind.MANUAL: "by hand",
    StepKind.NOTE: "note",
}
KIND_TONES = {StepKind.CHANGE: "warn", StepKind.DANGER: "bad"}


def render_head(
    run: Run, procedure: Procedure, standing: str, written: str, spent: float, production: bool, width: int
) -> list[Piece]:
    """`PROD  Roll back   INC-20261120-abc   rollback.md unchanged      budget 5:00 ▰▰▱▱ 1:12`."""
    left: list[Piece] = [(" ", ""), *([("PROD", "bad"), ("  ", "")] if production else [])]
    left += [(procedure.title, "strong"), *([(f"   {written}", "info")] if written else [])]
    left += [(f"   {name_of(run.path)} ", "muted"), (standing, "muted")]
    limit = read_time_budget(procedure)
    right = [*render_budget(spent, limit.total_seconds() if limit else None), (" ", "")]
    room = max(0, width - measure_pieces(right) - 1)
    fitted = wrap_pieces(left, room, most=1)[0] if measure_pieces(left) <= room else _cut_pieces(left, room)
    return [*fitted, (" " * max(1, width - measure_pieces(fitted) - measure_pieces(right)), ""), *right]


def render_shell(shell: ShellState, start: str) -> list[Piece]:
    """`in infra/prod · KUBECONFIG=staging.yaml`: where the run is and what its steps have set; [] for nothing."""
    pieces: list[Piece] = []
    if shell.folder and shell.folder != start:
        pieces += [("in ", "muted"), (shorten_folder(shell.folder, start), "info")]
    # What programs read by themselves says most; a secret is named, and never shown.
    for variable in sorted(shell.variables, key=lambda variable: (not variable.exported, variable.step)):
        pieces.append((" · " if pieces else "", "muted"))
        pieces.append((f"{variable.name}={MASK if variable.secret else variable.shown}", "info"))
    for option in shell.options:
        pieces += [(" · " if pieces else "", "muted"), (option, "info")]
    return pieces


def shorten_folder(folder: str, start: str) -> str:
    """A folder as seen from where the run began."""
    inside = PurePath(folder).is_relative_to(start) if start else False
    return str(PurePath(folder).relative_to(start)) if inside else folder


def render_contexts(
    tools: Sequence[ToolContext], environment: str, width: int, shell: Sequence[Piece] = ()
) -> list[Piece]:
    """` in infra · kubectl prod-cluster · az 0f3c9a1b… is not prod`: where the commands of this run are, and what they
    act on; [] for nothing.
    """
    pieces: list[Piece] = [(" ", ""), *shell] if shell else []
    for tool in tools:
        pieces += [(" · " if pieces else " ", "muted"), (f"{tool.tool} ", "muted")]
        value = tool.value or "(it does not say what it acts on)"
        cluster = f" (cluster {tool.cluster})" if tool.cluster not in ("", tool.value) else ""
        tone = "bad" if not tool.fits else "good" if tool.expected else "warn"
        misfit = "" if tool.fits or not tool.value else f" is not {environment}"
        pieces.append((f"{value}{cluster}{misfit}", tone))
    return _cut_pieces(pieces, width) if pieces else []


def name_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def render_heading(step: Step, prepared: Prepared | None, width: int) -> list[Piece]:
    """The upper border: number and title at the left, the kind in words at the right."""
    kind = prepared.kind if prepared else step.kind
    parts = [KINDS[kind]]
    if prepared and prepared.native:
        parts.append("without a shell")
    elif prepared and prepared.request:
        parts.append("HTTP")
    elif prepared and prepared.script:
        parts.append(step.language)
    if prepared and prepared.edited:
        parts.append("edited")
    if prepared and prepared.undo:
        parts.append("undo")
    state = (" · ".join(parts), KIND_TONES.get(kind, "muted"))
    title = cut_text(sanitize_line(step.full_title), max(4, width - measure_pieces([state]) - 12), middle=False)
    return join_halves(render_border([(f"{step.ordinal} ", "muted"), (title, "strong")], state, width, "muted"))


def steps_title(run: Run, procedure: Procedure, width: int) -> list[Piece]:
    """The upper border of the steps: a menu says that it is one."""
    name = "Menu: choose one" if procedure.menu else "Steps"
    done = sum(run.state(step.ordinal) in SETTLED for step in procedure.to_do)
    return join_halves(
        render_border([(name, "strong")], (f"{done} of {len(procedure.to_do)}", "muted"), width, "muted")
    )


def join_halves(halves: tuple[list[Piece], list[Piece]]) -> list[Piece]:
    return [*halves[0], *halves[1]]


def output_title(expected: bool, attempt: Attempt | None, width: int, whose: str = "") -> list[Piece]:
    """The rule above the output, with the path of the whole transcript; `whose` where it is of another step."""
    left = [("── ", "muted"), (f"{'Expected beside output' if expected else 'Output'} {whose}", "strong")]
    path = f" {attempt.transcript} " if attempt and attempt.transcript else ""
    room = max(0, width - measure_pieces(left) - 3)
    right = cut_text(path, room)
    return [*left, ("─" * max(0, room - measure_pieces([(right, "")])), "muted"), (right, "muted"), ("──", "muted")]


def render_step(
    step: Step, now: StepStanding, attempt: Attempt | None, word: SettledBy | None, width: int, most: int, copy: str
) -> list[list[Piece]]:
    """The current step: its command with values shown, what it asks for, the words of people, and how it ended.

    The command gets the rows of `most` that nothing else needs; `copy` is the key that copies it.
    """
    above = wrap_pieces([(step.remark, "muted")], width, most=2) if step.remark else []
    facts, warnings = _render_facts(now, attempt, width), _render_warnings(now, attempt, word, width)
    if len(above) + len(facts) + len(warnings) + LEAST_COMMAND <= most:
        room = most - len(above) - len(facts) - len(warnings)
        return [*above, *_render_body(step, now, width, room, copy), *facts, *warnings]
    # What warns comes before what only tells: the pane ends where its rows do.
    facts = _render_facts(now, attempt, width, most=2)
    for rows in (2, 1):
        warnings = _render_warnings(now, attempt, word, width, most=rows)
        if len(warnings) + LEAST_COMMAND <= most:
            break
    room = most - len(above) - len(facts) - len(warnings)
    if room >= LEAST_COMMAND:
        return [*above, *_render_body(step, now, width, room, copy), *facts, *warnings]
    return [*_render_body(step, now, width, most - len(warnings), copy), *warnings, *above, *facts][:most]


def _render_body(step: Step, now: StepStanding, width: int, room: int, copy: str) -> list[list[Piece]]:
    """What is to be run or done, in the rows that there are."""
    if step.command:
        shown_text = now.prepared.as_run if now.prepared else hide_literal_secrets(step.command)
        return wrap_command(highlight_unanswered(shown_text, step.language), width, max(LEAST_COMMAND, room), copy)
    title = wrap_pieces([(step.title, "")], width, most=max(2, room)) if step.title else []
    named = wrap_command([(hide_literal_secrets(step.mention), "muted")], width, max(2, room - len(title)), copy)
    return [*title, *(named if step.mention else [])]


LEAST_COMMAND = 3  # rows that a command has at least


def _render_facts(now: StepStanding, attempt: Attempt | None, width: int, most: int = 0) -> list[list[Piece]]:
    """What stands below the command and warns of nothing; of what a change meets, at most `most` rows each where there
    is no room for all, 0 for all."""
    rows: list[list[Piece]] = []
    if now.template:
        rows += render_labelled(
            "template", now.template, width, tone="warn" if "NOT there" in now.template else "info", most=3
        )
    if now.references:
        rows += render_labelled("see", " · ".join(item.name for item in now.references), width, tone="info", most=2)
    if attempt and now.state is not StepState.TODO and (attempt.edited or attempt.undo):
        what = "edited to" if attempt.edited else "undone by"
        rows += render_labelled(what, attempt.as_run, width, tone="warn", most=3)
    if now.prepared:
        rows += render_change_effects(now.prepared, width, most)
        rows += render_values(now.prepared.values, width)
    return rows


def _render_warnings(
    now: StepStanding, attempt: Attempt | None, word: SettledBy | None, width: int, most: int = 0
) -> list[list[Piece]]:
    """What is still asked, what to be careful of, why it cannot run, and how it ended: of a caution at most `most` rows
    where there is no room for all, 0 for all."""
    rows: list[list[Piece]] = []
    if now.prepared:
        rows += render_missing_values(now.prepared.values, width)
        for notice in now.prepared.notices:
            rows += render_labelled("caution", notice, width, tone="warn", most=most)
        if not now.prepared.runnable and not now.asks:
            rows += render_labelled("cannot run", now.prepared.reason_not_runnable, width, tone="bad", most=3)
    if now.problem:
        rows += render_labelled("cannot run", now.problem, width, tone="bad", most=3)
    return rows + (render_settled(word, width) if word else render_ended(now.state, attempt, width))


def wrap_command(command: Sequence[Piece], width: int, most: int = 0, copy: str = "") -> list[list[Piece]]:
    """A command in rows. Where it does not fit it says how much of it is missing: nobody takes a part for the whole."""
    rows = wrap_pieces(command, width, indent=4)
    if most and len(rows) > most:
        copies = f"; {copy} copies them all" if copy else ""
        rows = [*rows[: most - 1], [(f"… and {len(rows) - most + 1} more rows{copies}", "warn")]]
    return rows


def strip_warning(text: str) -> str:
    """A document's warning without its own sign and word, which we put in front ourselves."""
    return WARNS.sub("", text)


def undo_of(prepared: Prepared, values_by_name: Mapping[str, str]) -> str:
    """The undo that a step names, with these values and those that it knows; "" for none."""
    text = prepared.undone_by
    for blank in reversed(find_placeholders(text)):
        text = text[: blank.start] + values_by_name.get(blank.name, blank.form) + text[blank.end :]
    return hide_literal_secrets(text)


def highlight_unanswered(command: str, language: str) -> list[Piece]:
    """A command in which what nobody has answered yet stands out."""
    pieces: list[Piece] = []
    index = 0
    for blank in find_placeholders(command, language):
        pieces += [(command[index : blank.start], ""), (blank.form, "warn")]
        index = blank.end
    return [*pieces, (command[index:], "")]


def render_values(resolved_values: Sequence[Resolved], width: int) -> list[list[Piece]]:
    """`with env = prod · PREVIOUS = mi-prod--v41 (live)`."""
    telling = sorted(
        resolved_values, key=lambda resolved: resolved.source == "environment"
    )  # what is configured is seldom the surprise
    names = [
        f"{resolved.name} = {resolved.shown} ({resolved.source})" for resolved in telling if resolved.value is not None
    ]
    return render_labelled("with", " · ".join(names), width, tone="muted", most=2) if names else []


def render_missing_values(resolved_values: Sequence[Resolved], width: int) -> list[list[Piece]]:
    """`asks rg`, and which values will not do."""
    missing = [resolved for resolved in resolved_values if resolved.value is None]
    request = " · ".join(resolved.name for resolved in missing)
    rows = render_labelled("asks", request, width, tone="warn", most=2) if request else []
    for resolved in missing:
        if resolved.source:
            rows += render_labelled("wrong", f"{resolved.name}: {resolved.problem}", width, tone="bad", most=2)
    return rows


def render_change_effects(prepared: Prepared, width: int, most: int = 0) -> list[list[Piece]]:
    """What a known change would meet, such as the traffic before and afterwards; each in at most `most` rows, 0 for all
    of it: whoever confirms it has read it."""
    return [row for meet in prepared.meets for row in render_labelled("state now", meet, width, tone="info", most=most)]


def render_settled(word: SettledBy, width: int) -> list[list[Piece]]:
    """The words of a person on the step."""
    glyph, tone = SIGNS.get(word.state, ("·", ""))
    sentence = f"{word.state.value}, said {word.by}{f': {word.reason}' if word.reason else ''}"
    return wrap_pieces([(f"{glyph} {sentence}", tone)], width, most=3, indent=2)


def render_ended(state: StepState, attempt: Attempt | None, width: int) -> list[list[Piece]]:
    """How the newest try ended."""
    if attempt is None or state in (StepState.TODO, StepState.RUNNING):
        return []
    glyph, tone = SIGNS[state]
    after = f" after {format_length(attempt.took)}" if attempt.took else ""
    exit = f"exit {attempt.exit_code}" if attempt.exit_code is not None else ""
    exit = "" if exit and exit in attempt.outcome else exit
    signal = f"signal {attempt.signal}" if attempt.signal is not None else ""
    how = attempt.ending if attempt.state is state else state.value
    outcome = "" if attempt.outcome == how else attempt.outcome
    lines = [f"{how}{after}", exit, signal, "timed out" if attempt.timed_out else "", outcome]
    lines += [attempt.verified, f"approved by {attempt.approval}" if attempt.approval else ""]
    return wrap_pieces(
        [(f"{glyph} ", tone), (" · ".join(item for item in lines if item), tone)], width, most=3, indent=2
    )


def render_warnings(warnings: Sequence[str], width: int) -> list[list[Piece]]:
    """What the document warns of, in two lines at most: what one must not do often stands at the end of it."""
    text = " ".join(map(strip_warning, warnings))
    lines = wrap_pieces([(text, "warn")], width - 4, most=2)
    return [[("   " if index else " ⚠ ", "warn"), *line] for index, line in enumerate(lines)]


def render_labelled(label: str, text: str, width: int, *, tone: str = "", most: int = 0) -> list[list[Piece]]:
    """`label     text`, the text wrapped under itself."""
    rows = wrap_pieces([(text, tone)], width - LABEL, most=most)
    return [[(f"{'' if index else label:<{LABEL}}", "muted"), *row] for index, row in enumerate(rows)]


def _cut_pieces(pieces: Sequence[Piece], width: int) -> list[Piece]:
    """Pieces in `width` cells, the last that fits cut."""
    fitted: list[Piece] = []
    for text, tone in pieces:
        room = width - measure_pieces(fitted)
        fitted.append((cut_text(text, room, middle=False), tone))
        if measure_pieces(fitted) >= width:
            break
    return fitted
