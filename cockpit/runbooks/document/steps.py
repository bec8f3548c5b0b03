"""Steps: a comment and the command under it, an item of a list, a command in a table cell."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cockpit.model.runbook import RemotePlace, Step, StepKind
from cockpit.model.text import clean_line
from cockpit.runbooks.document.fences import Piece, language_of, split_fence, trailing_comment
from cockpit.runbooks.document.labels import strip_markdown
from cockpit.runbooks.document.mentions import (
    describes_behaviour,
    forbids_command,
    forbids_what_follows,
    goes_on_harmlessly,
    is_click_path,
    joins_commands,
    requests_command,
    says_or,
    stands_alone,
)
from cockpit.runbooks.document.step_kind import kind_of, mark_verification, raise_kind
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders, parse_assignment

OR = re.compile(r"(?i)^(or|alternatively)\b")
CODE = re.compile(r"(`+)(.+?)\1")
RUNNABLE = re.compile(r"^(az|kubectl|gh|docker|curl|gitleaks|psql|alembic|helm|git|terraform|systemctl|redis-cli) \S")
HTTP = re.compile(r"^(GET|HEAD|POST|PUT|PATCH|DELETE) (/|https?://)\S*$")
BOX = re.compile(r"^\[([ xX])\]\s+")
ARROW = re.compile(r"\s(?:→|->|›|>)\s")
TAG_WORDS = {kind.value: kind for kind in StepKind if kind is not StepKind.NOTE}
TAG_KEYS = frozenset({"needs", "timeout", "retry", "undo", "confirm", "expect"})
TAG_FLAGS = frozenset({"approval", "skip"})


@dataclass(frozen=True, slots=True)
class UnnumberedStep:
    """A step before its section has numbered it; `alternative` says that it replaces the one before."""

    title: str
    kind: StepKind
    line: int
    command: str = ""
    language: str = ""
    remark: str = ""
    expected: str = ""
    alternative: bool = False
    inline: bool = False
    checkbox: bool = False
    altered: bool = False
    unparsed: str = ""  # why it is only to be looked at
    asked: bool = False  # its kind was: by a tag
    place: RemotePlace | None = None  # the session that it belongs to
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def is_forbidden(self) -> bool:
        """True when the comment above it, or behind it, says that it must not run."""
        return forbids_what_follows(self.title) or forbids_what_follows(self.remark)

    def named(self, title: str) -> "UnnumberedStep":
        return replace(self, title=title, kind=self.kind if self.asked else mark_verification(self.kind, title))

    def expecting(self, text: str) -> "UnnumberedStep":
        return replace(self, expected=text) if text else self

    def printing(self, output: str) -> "UnnumberedStep":
        """What it is expected to print, below what was already said of it."""
        return replace(self, expected=f"{self.expected}\n{output}".strip())


def number_steps(unnumbered_steps: Sequence[UnnumberedStep]) -> tuple[Step, ...]:
    """The steps of one procedure, counted from 1; an alternative points at the first of its choices."""
    steps: list[Step] = []
    for ordinal, unnumbered_step in enumerate(unnumbered_steps, start=1):
        before = steps[-1] if steps else None
        choice = (before.alternative_to or before.ordinal) if before and unnumbered_step.alternative else None
        steps.append(
            Step(
                ordinal=ordinal,
                title=unnumbered_step.title,
                kind=unnumbered_step.kind,
                line=unnumbered_step.line,
                command=unnumbered_step.command,
                language=unnumbered_step.language,
                parameters=tuple(
                    dict.fromkeys(
                        blank.name for blank in find_placeholders(unnumbered_step.command, unnumbered_step.language)
                    )
                ),
                remark=unnumbered_step.remark,
                expected=unnumbered_step.expected,
                alternative_to=choice,
                inline=unnumbered_step.inline,
                checkbox=unnumbered_step.checkbox,
                altered=unnumbered_step.altered,
                unparsed=unnumbered_step.unparsed,
                place=unnumbered_step.place,
                tags=unnumbered_step.tags,
            )
        )
    return tuple(steps)


def from_fence(info: str, content: str, line: int) -> tuple[list[UnnumberedStep], dict[str, str]]:
    """The steps of a fence and the literals it gives to names. `line` is that of the opening mark."""
    language = language_of(info, content)
    tags = fence_tags(info)
    if not language or "skip" in tags:
        return [], {}
    steps: list[UnnumberedStep] = []
    hints: dict[str, str] = {}
    comments: list[Piece] = []
    used = False  # the comments in hand already name a command
    for piece in [*split_fence(content, language), Piece("blank", "", 0)]:
        if piece.shape == "comment":
            if used:
                comments, used = [], False
            comments.append(piece)
        elif piece.shape == "blank":
            if comments and not used:
                steps.extend(make_note_steps(comments, line))
            comments, used = [], False
        else:
            pair = parse_assignment(piece.text)
            if pair:
                hints[pair[0]] = pair[1]
            else:
                steps.append(step_of(piece, comments, language, line, tags))
            used = True
    return steps, hints


def step_of(piece: Piece, comments: Sequence[Piece], language: str, line: int, tags: dict[str, str]) -> UnnumberedStep:
    """One command under its comments: the first names the step, the others and one at its end are remarks."""
    language = "bash" if language == "console" else language
    text, tail = trailing_comment(piece.text, language)
    title = clean_line(comments[0].text) if comments else ""
    remark = " ".join(clean_line(text) for text in (*(comment.text for comment in comments[1:]), tail) if text)
    kind = kind_of(text, title, language)
    step_kind = next((TAG_WORDS[word] for word in tags if word in TAG_WORDS), None)
    return UnnumberedStep(
        title=title,
        kind=raise_kind(kind, step_kind),
        line=line + 1 + piece.line,
        command=text,
        language=language,
        remark=remark,
        expected=piece.output,
        alternative=bool(OR.match(title)),
        altered=piece.altered or "\ufffd" in text,
        unparsed=piece.unparsed,
        asked=step_kind is not None,
        tags={name: value for name, value in tags.items() if name not in TAG_WORDS},
    )


def make_note_steps(comments: Sequence[Piece], line: int) -> list[UnnumberedStep]:
    """Comments with no command under them: a note each."""
    return [
        UnnumberedStep(clean_line(comment.text), StepKind.NOTE, line + 1 + comment.line)
        for comment in comments
        if comment.text
    ]


def fence_tags(info: str) -> dict[str, str]:
    """The words after the language: `bash danger needs=verify confirm="mi-prod"`. Damaged quoting gives what it can."""
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

    `ordered` is an item with a number; `told` says that what stands here is told, not asked for: causes, examples.
    """
    steps: list[UnnumberedStep] = []
    box = BOX.match(markdown)
    markdown = markdown[box.end() :] if box else markdown
    bare = stands_alone([markdown[index:to] for index, to in find_code_gaps(markdown)])
    end, request = 0, False  # of the command before, and whether it was asked for
    for match in [] if flag else CODE.finditer(markdown):
        text = match[2].strip()
        http = bool(HTTP.match(text))
        if not http and not RUNNABLE.match(text):
            continue
        before, after = markdown[: match.start()], markdown[match.end() :]
        kind = kind_of(text, strip_markdown(before).rstrip(" :—–-"))
        between = markdown[end : match.start()]
        joined = request and joins_commands(between)
        request = (
            bare
            or joined
            or requests_command(before, after, kind)
            or ((ordered or box is not None) and stands_alone([before]) and goes_on_harmlessly(after, kind))
        )
        if request:
            tokens = "" if joined else strip_markdown(before).rstrip(" :—–-")
            steps.append(
                UnnumberedStep(
                    clean_line(title or tokens or strip_markdown(markdown)),
                    kind,
                    line,
                    text,
                    "http" if http else "bash",
                    remark=clean_line(strip_markdown(markdown)),
                    alternative=joined and says_or(between),
                    inline=True,
                    checkbox=bool(box),
                )
            )
        end = match.end()
    return steps


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
    text = BOX.sub("", markdown)
    if not box and (not ordered or flag or forbids_command(text) or describes_behaviour(text)):
        return []
    return [UnnumberedStep(clean_line(strip_markdown(text)), StepKind.MANUAL, line, checkbox=bool(box))]


def click_path(markdown: str, line: int) -> UnnumberedStep | None:
    """A short paragraph of clicks, `Settings → find the token → Revoke`: a manual step."""
    flat = strip_markdown(markdown)
    if len(ARROW.findall(flat)) < 2 or len(flat) > 300 or "\n" in flat or not is_click_path(ARROW.split(flat)):
        return None
    return UnnumberedStep(clean_line(flat), StepKind.MANUAL, line)
