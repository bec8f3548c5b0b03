"""How much it takes to start a step. The kind decides, and the runner holds everybody to it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from cockpit.model.operator import SHARED_LOGINS, normalize_name
from cockpit.model.run import StepState
from cockpit.model.runbook import Procedure, StepKind
from cockpit.runbooks.prepare.destroyed import find_argument_name, find_request_name, is_name, list_free_texts
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders
from cockpit.runbooks.types import Prepared, RunRefused

Need = Literal["key", "confirm", "word"]


@dataclass(frozen=True, slots=True)
class RequiredConfirmation:
    """`key`: one press. `confirm`: having been shown it. `word`: typed as it stands in `word`.

    `approval` asks who gave it and how; `again` that a step already done, or left unknown, is to be done once more.
    """

    need: Need
    word: str = ""
    approval: bool = False
    approver: str = ""  # who, as the document names them
    again: bool = False

    @property
    def approvers(self) -> int:
        """How many people it takes: two for `DBA + On-call lead`, and for `2 approvers`, `four-eyes principle`."""
        named = count_named_approvers(SIGNED_OFF.sub(" + ", SAYS_YES.sub("", self.approver)))
        counts = [COUNTS.get((match["count"] or "").casefold(), 2) for match in COUNTED.finditer(self.approver)]
        return max(1, *counts) if SO_MANY_OF.search(self.approver) else max(1, named, *counts)


@dataclass(frozen=True, slots=True)
class Approval:
    """Who gave it and how: `verbally, on the bridge`. By somebody else than who runs the step; of two, `Ana + Ben`."""

    by: str
    how: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person did in answer to a RequiredConfirmation. `fingerprint` is of the Prepared that was shown."""

    fingerprint: str = ""
    word: str = ""
    approval: Approval | None = None
    again: bool = False


NEEDS: Mapping[StepKind, Need] = {StepKind.CHANGE: "confirm", StepKind.DANGER: "word"}
DONE = frozenset({StepState.OK, StepState.BY_HAND})
NO_APPROVAL = frozenset({"", "no", "none", "n/a", "not required", "false", "-", "–"})
# `Yes (DBA and on-call lead)`, `Required: DBA + CTO`: the people stand behind it.
SAYS_YES = re.compile(
    r"(?i)^\s*(?:yes|required|needed|mandatory|true|always)\b[\s:;,.(–—-]*(?:(?:by|from|of)\s+)?(?:the\s+)?(?=\S)"
)
SIGNED_OFF = re.compile(
    r"(?i),?\s*\b(?:with|plus|and)\s+(?:the\s+)?(?:sign-?off|approval|consent|ok)\s+(?:by|of|from)\b"
)
COUNTS = {"three": 3, "3": 3, "four": 4, "4": 4}  # every other word or sign is two
COUNTED = re.compile(
    r"""(?ix) \b(?P<count>two|three|four|[234])\s*(?: x\b | ×
      | (?:[-\s]+(?:different|independent|senior|other|separate))?[-\s]+(?:approv\w*|people|persons?|sign-?offs?
        |engineers?|sres?|reviewers?|leads?|maintainers?|members?|dbas?|admins?|managers?|directors?|developers?|operators?
        |of\b) )
    | \b(?:four|4)[-\s]?eyes?\b | \b(?:dual|double)\s+(?:approval|control|sign-?off)\b | \btwo[-\s]man\b"""
)
SO_MANY_OF = re.compile(r"(?i)\b(?:two|three|four|[234])\s+(?:out\s+)?of\s*:?\s")  # of those whom it lists
APART = re.compile(r"\s*[,(;)]\s*")  # behind it stands one more person, or how, or on what condition
ONE_MORE = re.compile(r"(?i)(?:[+&]|(?:and|plus)\b)\s*(?:also\s+)?")
ONE_OF_THEM = re.compile(r"(?i)(?:^|\s)or\s|\s/\s")
_OFFICES = (
    "lead|leader|manager|head|director|officer|chief|owner|engineer|administrator|admin|architect|commander|responder"
    "|president|counsel|chair|sponsor|steward|custodian|approver|reviewer|maintainer|supervisor|coordinator|controller"
    "|developer|operator|analyst|auditor|secretary|on-?call|team|board|committee|management|legal|security|compliance"
    "|finance|customer|client|vendor"
)
# Said of a person: an office, or the letters that stand for one (DBA, CTO, SREs).
PERSON = re.compile(rf"(?i:\b(?:{_OFFICES})s?\b)|\b(?-i:[A-Z]{{2,5}}s?)\b")
# What one person is head of: "Head of Research and Development".
AREA = re.compile(
    rf"(?i)\b(?:{_OFFICES}|vp)\s+(?:of|for)\s+[\w\s-]+?\s(?:and|&)\s+(?P<second>[\w\s-]+?)(?=\s+(?:and|&)\s|\s*[+&]|$)"
)
# Where a clause says when, how or why, nobody in it approves: "in writing to the DBA", "if the CTO is away".
NO_PERSON = re.compile(
    r"""(?ix)^(?:if|when|unless|until|before|after|within|during|while|in|on(?!-?call)|at|by|through|via|per|see|for|from
      |to|as|with(?:out)?|except|only|not?|who|which|but|preferably|otherwise|else|because|since|then|ask|call
      |inform\w*|notif\w*|tell|deputy)\b"""
)
MOST_WORDS_OF_A_PERSON = 6
JOINED = re.compile(r"(?i)\s*(?:[+&]|\band\b)\s*")
JOINED_CLEARLY = re.compile(r"(?i)[+&]|\band\b")
GENERIC = frozenset({"process", "procedure", "steps", "guide", "commands", "runbook", "instructions", "options"})


def find_required_confirmation(prepared: Prepared, procedure: Procedure, state: StepState) -> RequiredConfirmation:
    """What it takes to start a step that stands at `state`."""
    need = NEEDS.get(prepared.kind, "key")
    acts_as = prepared.acts_as if need == "confirm" else ""  # a danger asks for what goes, and tells it
    label = procedure.labels.get("approval required", "").strip()
    flag = "approval" in prepared.step.tags or label.casefold().split(",")[0].split(" ")[0] not in NO_APPROVAL
    approval = flag and need != "key"
    approver = prepared.step.tags.get("approval", "") or label if approval else ""
    # Undoing what was done is no doing it again; what is unknown is settled first, or done again knowingly.
    again = state is StepState.UNKNOWN or (state in DONE and not prepared.undo)
    word = find_confirmation_word(prepared, procedure) if need == "word" else acts_as
    return RequiredConfirmation("word" if acts_as else need, word, approval, approver, again)


def find_confirmation_word(prepared: Prepared, procedure: Procedure) -> str:
    """What must be typed: what the document asks for, else the name of what goes, else what the procedure is about."""
    return (
        fill_confirmation_word(prepared.step.tags.get("confirm", ""), prepared)
        or find_destroyed_name(prepared)
        or find_title_noun(procedure)
    )


def fill_confirmation_word(text: str, prepared: Prepared) -> str:
    """`mi-<env>` with its values; "" when one of them is missing or secret."""
    fields = {value.name: value.value for value in prepared.values if not value.secret}
    for blank in reversed(find_placeholders(text)):
        value = fields.get(blank.name)
        if value is None:
            return ""
        text = text[: blank.start] + value + text[blank.end :]
    return text.strip()


def find_destroyed_name(prepared: Prepared) -> str:
    """The name of what a command destroys, as far as its words tell; never a secret."""
    secrets = {value.value for value in prepared.values if value.secret}
    free_texts = list_free_texts(prepared.argv)
    names = (
        value.shown
        for value in reversed(prepared.values)
        if not value.secret and is_name(value.name, value.shown) and value.shown not in free_texts
    )
    url = prepared.request.url if prepared.request else ""
    name = find_argument_name(prepared.argv) or next(names, "") or find_request_name(url)
    return "" if name in secrets else name


def find_title_noun(procedure: Procedure) -> str:
    """The last word of a procedure's title that says what it is about, in lower case."""
    parts = [part.strip(".,:;()[]'\"").casefold() for part in procedure.title.split()]
    telling = [text for text in parts if text.replace("-", "").isalpha() and text not in GENERIC and len(text) > 2]
    return telling[-1] if telling else procedure.slug


def must_consent(
    required_confirmation: RequiredConfirmation, prepared: Prepared, consent: Consent, operator_names: Collection[str]
) -> None:
    """Raise RunRefused unless a person did all that is wanted, for just this. None of `operator_names`, which all are
    names of who acts, is the name of somebody who approves it.
    """
    if consent.fingerprint and consent.fingerprint != prepared.fingerprint:
        raise RunRefused("What was confirmed is not what would run now: look at it again.", code="confirmation-stale")
    if required_confirmation.need != "key" and not consent.fingerprint:
        raise RunRefused(
            f"This is a {prepared.kind.value}: it must be shown and confirmed first.",
            code="not-confirmed",
            kind=prepared.kind.value,
        )
    if required_confirmation.need == "word" and consent.word.strip() != required_confirmation.word:
        raise RunRefused(
            f"{'It acts as somebody else' if prepared.acts_as else 'This cannot be undone by itself'}: "
            f"type {required_confirmation.word} to start it.",
            code="word-not-typed",
            word=required_confirmation.word,
        )
    if required_confirmation.again and not consent.again:
        raise RunRefused(
            "This step is done, or nobody knows whether it is: say that it is to be done again.",
            code="repeat-not-confirmed",
        )
    if required_confirmation.approval:
        _must_be_approved(required_confirmation, consent.approval, operator_names)


def _must_be_approved(
    required_confirmation: RequiredConfirmation, approval: Approval | None, operator_names: Collection[str]
) -> None:
    if approval is None or not approval.by.strip() or not approval.how.strip():
        raise RunRefused("This needs an approval: say who gave it, and how.", code="approval-missing")
    gave = split_people(approval.by.replace(",", "+"))
    if not gave.isdisjoint(map(normalize_name, operator_names)):
        raise RunRefused("An approval is given by somebody else than who runs the step.", code="approval-of-oneself")
    if shared := sorted(gave & SHARED_LOGINS):
        raise RunRefused(
            f"{shared[0]} is a shared login, not a person: name who gave the approval.",
            code="approval-of-shared-login",
            person=shared[0],
        )
    if len(gave) < required_confirmation.approvers:
        raise RunRefused(
            f"This needs {required_confirmation.approvers} approvals ({required_confirmation.approver}): "
            "name each, as in `Ana + Ben`.",
            code="approvals-missing",
            approvers=required_confirmation.approvers,
            approver=required_confirmation.approver,
        )


def count_named_approvers(text: str) -> int:
    """How many a document names: two in `DBA, On-call lead` and in `Lead (and DBA for production)`.

    One in `Head of Research and Development`, of several joined by "or", and where a comma tells how or when.
    """
    first, *others = APART.split(text)
    people = split_people(_join_area(first))
    offered = [first]
    for part in filter(None, others):
        joined = ONE_MORE.match(part)
        if joined:
            people |= split_people(_join_area(part[joined.end() :]))
        elif NO_PERSON.match(part) or len(part.split()) > MOST_WORDS_OF_A_PERSON or not PERSON.search(part):
            continue
        elif PERSON.search(first):
            offered.append(part)
            people |= split_people(_join_area(part))
    return 1 if any(map(ONE_OF_THEM.search, offered)) and not JOINED_CLEARLY.search(text) else len(people)


def _join_area(text: str) -> str:
    """The text in which what one office is about is one word, however many it names."""
    match = AREA.search(text)
    if match is None or PERSON.search(match["second"]):
        return text
    return text[: match.start()] + JOINED.sub(" ", match.group()) + text[match.end() :]


def split_people(text: str) -> set[str]:
    """Those whom `Ana + Ben`, or `Ana and Ben`, names, each once: `Ana + ana@example.com` is one person."""
    return {normalize_name(name) for name in JOINED.split(text) if normalize_name(name)}
