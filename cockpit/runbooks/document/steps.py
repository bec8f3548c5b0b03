"""Steps: a comment and the command under it, an item of a list, a command in a table cell."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from cockpit.model.runbook import ONLY_VALUES, Finding, RemotePlace, Step, StepKind, Way
from cockpit.model.text import clean_line, clean_unmasked
from cockpit.runbooks.document.choices import falls_back, stands_in_place
from cockpit.runbooks.document.fence_pieces import Piece, find_commands_among_output, split_fence, trailing_comment
from cockpit.runbooks.document.fences import PLAIN, find_language_name, read_fence
from cockpit.runbooks.document.labels import strip_markdown
from cockpit.runbooks.document.mentions import (
    RUNS,
    begins_with_imperative,
    describes_behaviour,
    forbids_command,
    forbids_what_follows,
    goes_on_harmlessly,
    is_click_path,
    joins_commands,
    requests_command,
    says_or,
    says_where,
    stands_alone,
)
from cockpit.runbooks.document.step_kind import kind_of, mark_verification, raise_kind
from cockpit.runbooks.document.typed_lines import begins_with_program
from cockpit.runbooks.shell_syntax.hidden_letters import mark_hidden_letters
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders, parse_assignment
from cockpit.runbooks.shell_syntax.powershell import read_as_plain_program
from cockpit.runbooks.shell_syntax.standard_input import feed

CODE = re.compile(r"(`+)(.+?)\1")
_TOOLS = (
    "az kubectl gh docker curl gitleaks psql alembic helm git terraform systemctl redis-cli aws gcloud oc ceph nodetool"
    " npm pnpm yarn rabbitmqctl argocd flux velero istioctl etcdctl patronictl pgbackrest supervisorctl doctl flyctl"
    " heroku"
)
RUNNABLE = re.compile(rf"^(?:sudo )?(?:{'|'.join(_TOOLS.split())}) \S")
SIGN_OF_A_COMMAND = re.compile(r"\s--?\w|^sudo\s|\s[|&]|\s\S*[/=]")
FEWEST_WORDS = (2, 3)  # of what may be a command, and of what is one without any other sign
RUN_SENTENCE = re.compile(
    r"(?i)\W*(?:(?:then|now|next|finally|first|afterwards)\b,?\s+|(?:to|for)\s+[^.:`]{3,60},\s+)?(?:please\s+)?"
    r"(?:run|execute|invoke|issue|type)\b[^.`]{0,40}\Z"
)
BARE_COMMAND = re.compile(r"sudo(?:\s+[\w./@:=%+-]+){2,8}(?<![.:])")
SENTENCE_ENDS = re.compile(r"\W{0,3}(?:\Z|(?<=[.!)])\s)")
HTTP = re.compile(r"^(GET|HEAD|POST|PUT|PATCH|DELETE) (/|https?://)\S*$")
BOX = re.compile(r"^\[([ xX])\]\s+")
ARROW = re.compile(r"\s(?:→|->|›|>)\s")
NUMBERED_TITLE = re.compile(r"(?i)^(?:step\s+\d+|\d+(?:\.\d+)*)\s*[.):]\s+(?=\S)")
WARNS = re.compile(r"^\W*(?:WARNING|CAUTION|DANGER|ATTENTION)\b\s*[:!—–-]|^\W*WARNING\s+(?=[a-z])|^⚠")
SQL_NAMES = frozenset(
    ("sql", "psql", "mysql", "pgsql", "postgresql", "plpgsql", "tsql", "t-sql", "mssql", "plsql", "cql")
)
BANNER = re.compile(r"^\W?[-=*#~_]{2,}\s+|\s+[-=*#~_]{2,}$")  # `---- Restart ----`
DECORATION = re.compile(r"[\W_]*")
MOST_NAMES_SHOWN = 6  # of the values that a block sets
LONGEST_SHORT = 60  # letters of a command that stands for its own name
TAG_WORDS = {kind.value: kind for kind in StepKind if kind is not StepKind.NOTE}
TAG_KEYS = frozenset({"needs", "timeout", "retry", "undo", "confirm", "expect"})
TAG_FLAGS = frozenset({"approval", "skip"})


class UnnumberedStep(NamedTuple):
    """A step before its section has numbered it; `alternative` says that it replaces the one before, `fallback` that
    it does so only where that was of no use.

    A tuple as `Piece` is: each is made anew with its name, its place, its kind.
    """

    title: str
    kind: StepKind
    line: int
    command: str = ""
    language: str = ""
    remark: str = ""
    expected: str = ""
    alternative: bool = False
    fallback: bool = False
    inline: bool = False
    counted: bool = False  # an item with a number, or a box: it has its turn
    checkbox: bool = False
    altered: bool = False
    unparsed: str = ""  # why it is only to be looked at
    asked: bool = False  # its kind was: by a tag
    place: RemotePlace | None = None  # the session that it belongs to
    tags: Mapping[str, str] = MappingProxyType({})
    mention: str = ""  # commands that a note or a manual step names: to copy, never to run
    way: Way | None = None

    @property
    def is_forbidden(self) -> bool:
        """True when the comment above it, or behind it, says that it must not run."""
        return forbids_what_follows(self.title) or (self.remark != "" and forbids_what_follows(self.remark))

    def named(self, title: str) -> "UnnumberedStep":
        return self._replace(title=title, kind=self.kind if self.asked else mark_verification(self.kind, title))

    def marked(self, title: str) -> "UnnumberedStep":
        """A look below "Verify ..." verifies, whatever it is called."""
        kind = self.kind if self.asked or self.title else mark_verification(self.kind, title)
        return self if kind is self.kind else self._replace(kind=kind)

    def called(self, title: str) -> "UnnumberedStep":
        """Another name, which says nothing of its kind."""
        return self._replace(title=title)

    def expecting(self, text: str) -> "UnnumberedStep":
        return self._replace(expected=text) if text else self

    def fed(self, text: str) -> "UnnumberedStep | None":
        """With a text for its command that reads its standard input; None for a command that has all it needs."""
        command = feed(self.command, text) if self.language == "bash" and not self.unparsed else ""
        if not command:
            return None
        kind = raise_kind(kind_of(command, self.title, self.language), self.kind)
        return self._replace(command=command, kind=kind)

    def printing(self, output: str) -> "UnnumberedStep":
        """What it is expected to print, below what stands of it already."""
        return self._replace(expected=f"{self.expected}\n{output}".strip())


def number_steps(unnumbered_steps: Sequence[UnnumberedStep]) -> tuple[Step, ...]:
    """The steps of one procedure, counted from 1; an alternative points at the first of its choices."""
    steps: list[Step] = []
    for ordinal, unnumbered_step in enumerate(unnumbered_steps, start=1):
        before = steps[-1] if steps else None
        instead = unnumbered_step.alternative or unnumbered_step.fallback
        choice = (before.alternative_to or before.ordinal) if before and instead else None
        blanks = find_placeholders(unnumbered_step.command, unnumbered_step.language) if unnumbered_step.command else []
        steps.append(
            Step(
                ordinal=ordinal,
                title=unnumbered_step.title,
                kind=unnumbered_step.kind,
                line=unnumbered_step.line,
                command=unnumbered_step.command,
                language=unnumbered_step.language,
                parameters=tuple(dict.fromkeys(blank.name for blank in blanks)) if blanks else (),
                remark=unnumbered_step.remark,
                expected=unnumbered_step.expected,
                alternative_to=choice,
                inline=unnumbered_step.inline,
                checkbox=unnumbered_step.checkbox,
                altered=unnumbered_step.altered,
                unparsed=unnumbered_step.unparsed,
                place=unnumbered_step.place,
                tags=dict(unnumbered_step.tags),
                mention=unnumbered_step.mention,
                way=unnumbered_step.way,
            )
        )
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class FenceContents:
    """The steps of a fence, the literals it gives to names, and what of it was left out, with the reason."""

    steps: tuple[UnnumberedStep, ...] = ()
    hints: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    to_read: str = ""  # the language of a block that holds no commands: yaml, json; ONLY_VALUES for assignments


def from_fence(info: str, content: str, line: int) -> FenceContents:
    """What a fence holds. `line` is that of the opening mark."""
    reading = read_fence(info, content)
    tags = fence_tags(info)
    if find_language_name(info) in SQL_NAMES and "skip" not in tags:
        return FenceContents(tuple(list_sql_steps(content, line)))
    if reading.left_out and "skip" not in tags:
        left = Finding("block-left-out", line, clean_line(f"this block is no step: {reading.left_out}", 300))
        name = clean_line(find_language_name(info), 40)
        named = name and name not in PLAIN
        note = make_mention(f"A block of {name} to look at" if named else "A block to look at", content, line)
        return FenceContents((note,), findings=(left,))
    if not reading.language or "skip" in tags:
        return FenceContents(to_read=find_language_name(info) or "text" if content.strip() else "")
    language = reading.shell if reading.language == "console" else reading.language
    steps: list[UnnumberedStep] = []
    hints: dict[str, str] = {}
    findings: list[Finding] = []
    comments: list[Piece] = []
    used = False  # the comments in hand already name a command
    for piece in [*split_fence(content, reading.language), Piece("blank", "", 0)]:
        if piece.shape == "comment":
            if used:
                comments, used = [], False
            if not DECORATION.fullmatch(piece.text):
                comments.append(piece)
        elif piece.shape == "blank":
            if comments and not used:
                add_comments(steps, comments, line)
            comments, used = [], False
        elif piece.shape == "sql":
            title = clean_line(comments[0].text) if comments and not used else "SQL, for the session of the database"
            steps.append(make_mention(title, piece.text, line + 1 + piece.line))
            reason = f"`{piece.text.split()[0]} ...` is SQL among commands: it belongs into the session of a database"
            findings.append(Finding("block-left-out", line + 1 + piece.line, clean_line(reason, 300)))
            comments, used = [], False
        elif piece.shape == "foreign":
            title = clean_line(comments[0].text) if comments and not used else "A part to look at"
            steps.append(make_mention(title, piece.text, line + 1 + piece.line))
            reason = f"`{piece.text.split(chr(10))[0]}` begins a part that no shell reads: it is no step"
            findings.append(Finding("block-left-out", line + 1 + piece.line, clean_line(reason, 300)))
            comments, used = [], False
        else:
            pair = parse_assignment(trailing_comment(piece.text, language)[0]) if "=" in piece.text else None
            if pair:
                hints[pair[0]] = pair[1]
            else:
                step = step_of(piece, comments, language, line, tags)
                if used and comments:  # the comment is the name of the command below it, not of those that follow
                    tail = trailing_comment(piece.text, language)[1]
                    step = step._replace(title=shorten_command(step.command), remark=clean_line(tail))
                steps.append(step)
            used = True
            findings += find_lowering_tags(tags, piece.text, language, line + 1 + piece.line) if tags else []
            for text in find_commands_among_output(piece.output) if piece.output else ():
                reason = clean_line(f"`{text}` stands where output is shown", 300)
                findings.append(Finding("block-left-out", line + 1 + piece.line, reason))
    only_values = bool(hints) and not any(step.command or step.mention for step in steps)
    if only_values:
        names = ", ".join([*hints][:MOST_NAMES_SHOWN])
        sentence = f"this block only sets values ({names}) and is no step: a command that uses one asks for it"
        findings.append(Finding("only-values", line, clean_line(sentence, 300)))
    return FenceContents(tuple(steps), hints, tuple(findings), to_read=ONLY_VALUES if only_values else "")


def list_sql_steps(content: str, line: int) -> Iterator[UnnumberedStep]:
    """A block of SQL is for the session of a database that a person has open: shown, copied, ticked, never run here.

    Each part under a comment of its own is a step of its own.
    """
    parts: list[tuple[int, list[str]]] = []
    for number, text in enumerate(content.split("\n")):
        begins = text.lstrip().startswith("--") and (not parts or not parts[-1][1][-1].strip())
        if begins or not parts:
            parts.append((number, []))
        parts[-1][1].append(text)
    for number, lines in parts:
        comments = [text.strip().lstrip("-").strip() for text in lines if text.lstrip().startswith("--")]
        if any(text.strip() and not text.lstrip().startswith("--") for text in lines):
            title = NUMBERED_TITLE.sub("", clean_line(comments[0])) if comments else ""
            mention = clean_unmasked("\n".join(lines)).strip("\n")
            yield UnnumberedStep(
                title, StepKind.MANUAL, line + 1 + number, mention=mention, alternative=stands_in_place(title)
            )


def find_lowering_tags(tags: Mapping[str, str], command: str, language: str, line: int) -> list[Finding]:
    """A tag that says less than what the command is known to do: it counts for nothing, and its author shall know."""
    declared = next((TAG_WORDS[word] for word in tags if word in TAG_WORDS), None)
    if declared is None or declared is StepKind.MANUAL:
        return []
    judged = kind_of(command, "", language)
    if raise_kind(judged, declared) is declared:
        return []
    message = f"`{declared}` says less than what the command is known to do: it stays a {judged}"
    return [Finding("tag-lowers", line, message)]


def make_mention(title: str, content: str, line: int) -> UnnumberedStep:
    """A note of commands that are only named: to read and to copy, never in a run."""
    return UnnumberedStep(title, StepKind.NOTE, line, mention=clean_unmasked(content).strip("\n"))


def shorten_command(command: str) -> str:
    """A command as its own name: its first line, cut."""
    first = clean_line(command.strip().split("\n")[0].rstrip("\\ "))
    return first if len(first) <= LONGEST_SHORT else f"{first[: LONGEST_SHORT - 1].rstrip()}…"


def step_of(piece: Piece, comments: Sequence[Piece], language: str, line: int, tags: dict[str, str]) -> UnnumberedStep:
    """One command under its comments: the first names the step, the others and one at its end are remarks."""
    warnings = [comment for comment in comments if WARNS.match(comment.text)]
    if warnings:  # a warning is no name
        comments = [comment for comment in comments if comment not in warnings]
    text, tail = trailing_comment(piece.text, language)
    text = mark_hidden_letters(text)
    if language == "powershell" and not piece.unparsed and (plain := read_as_plain_program(text)):
        text, language = plain, "bash"
    first = clean_line(comments[0].text) if comments else ""
    title = NUMBERED_TITLE.sub("", clean_title(comments[0].text, first)) if comments else ""
    remarks = [*(comment.text for comment in (*warnings, *comments[1:])), tail] if warnings or comments[1:] else [tail]
    remark = " ".join(clean_line(text) for text in remarks if text)
    kind = kind_of(text, first, language)
    step_kind = next((TAG_WORDS[word] for word in tags if word in TAG_WORDS), None) if tags else None
    return UnnumberedStep(
        title=title,
        kind=raise_kind(kind, step_kind),
        line=line + 1 + piece.line,
        command=text,
        language=language,
        remark=remark,
        expected=piece.output,
        alternative=stands_in_place(title),
        fallback=falls_back(title),
        altered=piece.altered or "\ufffd" in text,
        unparsed=piece.unparsed,
        asked=step_kind is not None,
        tags={name: value for name, value in tags.items() if name not in TAG_WORDS},
    )


def clean_title(comment: str, cleaned: str) -> str:
    """A comment without the signs of a banner around it; most have none, and are `cleaned` already."""
    bare = BANNER.sub("", comment) or comment
    return cleaned if bare == comment else clean_line(bare)


def add_comments(steps: list[UnnumberedStep], comments: Sequence[Piece], line: int) -> None:
    """Comments with no command under them: what the command above prints, or notes."""
    output = EXPECTED.match(clean_line(comments[0].text))
    if output and steps and steps[-1].command:
        rows = [output["rest"], *(comment.text for comment in comments[1:])]
        steps[-1] = steps[-1].printing("\n".join(row for row in rows if row.strip()))
        return
    if steps and steps[-1].command and EXPECTED_SENTENCE.match(clean_line(comments[0].text)):
        steps[-1] = steps[-1].printing("\n".join(comment.text for comment in comments))
        return
    steps.extend(make_note_steps(comments, line))


def make_note_steps(comments: Sequence[Piece], line: int) -> list[UnnumberedStep]:
    """Comments with no command under them: a note each; a list under "Common causes:" is one note with it.

    One with a number that tells what to do is a step of the row, and a person does it.
    """
    first, *others = (clean_line(comment.text) for comment in comments)
    if (numbered := NUMBERED_TITLE.match(first)) and begins_with_imperative(first[numbered.end() :]):
        # "3. Update the proxy": counted among the commands, and only a person can do it.
        line += 1 + comments[0].line
        return [UnnumberedStep(first[numbered.end() :], StepKind.MANUAL, line, remark=" · ".join(filter(None, others)))]
    if first.endswith(":") and others and all(text.startswith(("-", "*", "•")) for text in others):
        remark = " · ".join(text.lstrip("-*• ") for text in others)
        return [UnnumberedStep(first, StepKind.NOTE, line + 1 + comments[0].line, remark=remark)]
    return [
        UnnumberedStep(clean_line(comment.text), StepKind.NOTE, line + 1 + comment.line)
        for comment in comments
        if comment.text
    ]


def fence_tags(info: str) -> dict[str, str]:
    """The words after the language: `bash danger needs=verify confirm="mi-prod"`. Damaged quoting gives what it can."""
    if len(info.split(maxsplit=1)) < 2:
        return {}
    try:
        parts = shlex.split(info)[1:]
    except ValueError:
        parts = info.split()[1:]
    return {
        clean_line(name, 40).casefold(): clean_line(value) for name, _, value in (word.partition("=") for word in parts)
    }


def from_inline(
    markdown: str, title: str, line: int, *, ordered: bool = False, flag: bool = False
) -> list[UnnumberedStep]:
    """The commands and requests in backticks that a table cell or a list item asks for; a mention is none.

    `ordered` is an item with a number; `flag` says that what stands here is described, not asked for: causes, examples.
    """
    steps: list[UnnumberedStep] = []
    box = BOX.match(markdown)
    markdown = markdown[box.end() :] if box else markdown
    if "`" not in markdown and BARE_COMMAND.fullmatch(markdown) and is_runnable(markdown):
        markdown = f"`{markdown}`"  # `- sudo systemctl reload web`: nobody says that to a person
    if flag or "`" not in markdown:
        return []
    bare = stands_alone([markdown[index:to] for index, to in find_code_gaps(markdown)])
    end, request = 0, False  # of the command before, and whether it was asked for
    for match in CODE.finditer(markdown):
        text = match[2].strip()
        http = bool(HTTP.match(text))
        if not http and not is_runnable(text):
            continue
        before, after = markdown[: match.start()], markdown[match.end() :]
        kind = kind_of(text, strip_markdown(before).rstrip(" :—–-"))
        between = markdown[end : match.start()]
        joined = request and joins_commands(between)
        request = (
            bare
            or joined
            or (requests_command(before, after, kind) and not says_where(after, find_first_program(text)))
            or ((ordered or box is not None) and stands_alone([before]) and goes_on_harmlessly(after, kind))
        )
        if request:
            tokens = "" if joined else strip_markdown(before).rstrip(" :—–-")
            if tokens.casefold() in RUNS:  # "Run" is no name
                tokens = shorten_command(text)
            steps.append(
                UnnumberedStep(
                    clean_line(title or tokens or strip_markdown(markdown)),
                    kind,
                    line,
                    text,
                    "http" if http else "bash",
                    remark="" if bare and strip_markdown(markdown) == text else clean_line(strip_markdown(markdown)),
                    alternative=joined and says_or(between),
                    inline=True,
                    counted=ordered or box is not None,
                    checkbox=bool(box),
                )
            )
        end = match.end()
    return steps


def is_runnable(code: str) -> bool:
    """True for code in a sentence that is a whole command, and no name: `kubectl`, `celery worker`, `./README.md`.

    Two words are one only of a tool that is no name of a service; of any other program an option or a third word says
    so. A script is one by its path and what it is given: `release.sh patch` is found by nobody's shell.
    """
    if RUNNABLE.match(code):
        return True
    if not begins_with_program(code) or len(code.split()) < FEWEST_WORDS[0]:
        return False
    program = find_first_program(code)
    if "/" in program or "." in program:
        return program.startswith(("./", "../", "/", "~/"))  # `app/GL agents` is where something lies
    return bool(SIGN_OF_A_COMMAND.search(code)) or len(code.split()) >= FEWEST_WORDS[1]


def find_first_program(code: str) -> str:
    """The first word that is no sudo and no assignment."""
    return next((word for word in code.split() if word != "sudo" and "=" not in word), "")


def find_code_gaps(markdown: str) -> Iterator[tuple[int, int]]:
    """From where to where no code stands: before, between and behind the backticks."""
    end = 0
    for match in CODE.finditer(markdown):
        yield end, match.start()
        end = match.end()
    yield end, len(markdown)


def from_item(markdown: str, line: int, *, ordered: bool, flag: bool = False) -> list[UnnumberedStep]:
    """A numbered item or a box to tick: something a person does. A bullet, a cause, a prohibition is only text."""
    box = BOX.match(markdown)
    if not box and not ordered:
        return []
    text = BOX.sub("", markdown)
    if not box and (flag or forbids_command(text) or describes_behaviour(text)):
        return []
    named = [] if forbids_command(text) else [match[2].strip() for match in CODE.finditer(text)]
    commands = clean_unmasked("\n".join(code for code in named if is_runnable(code)))
    return [
        UnnumberedStep(clean_line(strip_markdown(text)), StepKind.MANUAL, line, checkbox=bool(box), mention=commands)
    ]


def from_paragraph(markdown: str, line: int) -> list[UnnumberedStep]:
    """The commands of a paragraph that is nothing but them, or one sentence that says to run one: "Run `x`."

    What stands in the middle of a text is only mentioned, and what ends in a colon announces the block below it.
    """
    if "`" not in markdown or markdown.rstrip().endswith(":"):
        return []
    gaps = [markdown[index:end] for index, end in find_code_gaps(markdown)]
    asks = len(gaps) == 2 and RUN_SENTENCE.match(gaps[0]) and SENTENCE_ENDS.match(gaps[1])
    return from_inline(markdown, "", line) if asks or stands_alone(gaps) else []


def click_path(markdown: str, line: int) -> UnnumberedStep | None:
    """A short paragraph of clicks, `Settings → find the token → Revoke`: a manual step."""
    if not (">" in markdown or "→" in markdown or "›" in markdown):
        return None
    flat = strip_markdown(markdown)
    if len(ARROW.findall(flat)) < 2 or len(flat) > 300 or "\n" in flat or not is_click_path(ARROW.split(flat)):
        return None
    return UnnumberedStep(clean_line(flat), StepKind.MANUAL, line)


EXPECTED = re.compile(
    r"(?i)^(?:(?:expected|sample|example|typical)(?:\s+(?:output|result|response))?(?:\s*\([^)]*\))?"
    r"|(?:it\s+)?should\s+(?:show|return|print|be|output)|output(?:\s*\([^)]*\))?|returns?|prints?)\s*:\s*(?P<rest>.*)$"
)
# The whole comment says it: `# Should return "PONG"`.
EXPECTED_SENTENCE = re.compile(
    r"(?i)^(?:(?:it|this)\s+)?(?:should|must)\s+(?:show|return|print|say|read|output|answer|be\s+empty)\b"
)
SEQUEL = re.compile(
    r"""(?ix)^(?:and\s+)?(?:
      (?:then|next|after\ (?:that|this)|afterwards?|finally|lastly|now|please(?!\ note)
        |once\ (?:that|this)\ is\ done)\b[,:]?\s+
    | (?:remember|do\ not\ forget|don['’]t\ forget)\ to\s+
    | (?:once|when|as\ soon\ as|after)\ (?!.{0,60}\b(?:fail|error|problem|wrong|stuck|break|not|still)\w*\b.*,)
      [^,.:]{3,60},\s+
    )"""
)
# What alone tells to do something, whatever its emphasis.
MAY_BE_A_SEQUEL = re.compile(
    r"(?i)\W*(?:and\W+)?(?:then|next|after|final|last|once|when|as\W+soon|now|please|remember|do|wait)"
)
GOES_ON = re.compile(r"(?i)(?:continue|proceed|go\s+on|carry\s+on)\s+(?:with|to|at)\s+\S")
WAITS = re.compile(r"(?i)^wait\s+(?:for|until|till|about|at\s+least|a\s+(?:few|minute)|\d)")
DENIES = re.compile(r"(?i)\b(?:not|never|no longer)\b|n['’]t\b")
LONGEST_SEQUEL = 300  # letters


def what_comes_then(markdown: str, line: int) -> UnnumberedStep | None:
    """A sentence behind the commands that says what is to be done next, "Then swap it in": a person does it."""
    if MAY_BE_A_SEQUEL.match(markdown) is None:
        return None
    flat = clean_line(strip_markdown(markdown))
    match = SEQUEL.match(flat)
    rest = flat[match.end() :] if match else flat
    if len(flat) > LONGEST_SEQUEL or flat.endswith(":") or DENIES.search(rest):
        return None
    if not (begins_with_imperative(rest) or GOES_ON.match(rest) if match else WAITS.match(flat)):
        return None
    named = (code[2].strip() for code in CODE.finditer(markdown))
    return UnnumberedStep(
        flat, StepKind.MANUAL, line, mention=clean_unmasked("\n".join(code for code in named if is_runnable(code)))
    )
