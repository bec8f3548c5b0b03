"""How much it takes to start a step, by its kind and by what its document asks for."""

from typing import Any

import pytest

from cockpit.model.run import StepState
from cockpit.model.runbook import Procedure, Step, StepKind
from cockpit.runbooks.prepare.confirmation import (
    Approval,
    Consent,
    RequiredConfirmation,
    find_required_confirmation,
    must_consent,
)
from cockpit.runbooks.types import Prepared, Resolved, RunRefused

TODO = StepState.TODO


def prepared(
    kind: StepKind, *argv: str, values: tuple[Resolved, ...] = (), undo: bool = False, **tags: str
) -> Prepared:
    step = Step(1, "x", kind, 1, "x", "bash", tags=tags)
    return Prepared("r", step, "prod", kind, "x", "x", values, argv=argv, undo=undo)


def procedure(title: str = "2. Restore Database (PITR)", **labels: str) -> Procedure:
    named = {name.replace("_", " "): value for name, value in labels.items()}
    return Procedure(title, "p", 2, 1, (), labels=named)


@pytest.mark.parametrize(
    ("kind", "need"),
    [
        (StepKind.READ, "key"),
        (StepKind.VERIFY, "key"),
        (StepKind.LOCAL, "key"),
        (StepKind.CHANGE, "confirm"),
        (StepKind.DANGER, "word"),
    ],
)
def test_the_kind_decides(kind: StepKind, need: str) -> None:
    assert find_required_confirmation(prepared(kind), procedure(), TODO).need == need


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        ("az containerapp revision deactivate -n mi-prod -g rg --revision mi-prod--v2", "mi-prod--v2"),
        ("az sql db rename --server s -g rg --name mi-prod --new-name mi-prod-broken", "mi-prod"),
        ("kubectl delete pod web-1 -n shop", "web-1"), ("kubectl delete deployment/web", "web"),
    ],
)  # fmt: skip
def test_the_word_is_the_name_of_what_is_destroyed(argv: str, word: str) -> None:
    assert find_required_confirmation(prepared(StepKind.DANGER, *argv.split()), procedure(), TODO).word == word


def test_without_a_known_name_the_last_value_is_it() -> None:
    values = (Resolved("env", "prod", "prod"), Resolved("id", "tok-17", "tok-17"))
    assert find_required_confirmation(prepared(StepKind.DANGER, values=values), procedure(), TODO).word == "tok-17"


def test_a_secret_is_never_the_word() -> None:
    values = (Resolved("TOKEN", "hunter2", "•••", secret=True),)
    assert find_required_confirmation(prepared(StepKind.DANGER, values=values), procedure(), TODO).word == "pitr"
    argv = ("az", "x", "--name", "hunter2")
    assert find_required_confirmation(prepared(StepKind.DANGER, *argv, values=values), procedure(), TODO).word == "pitr"


def test_what_the_document_asks_to_be_typed_is_never_skipped() -> None:
    values = (Resolved("env", "prod", "prod"),)
    asked = prepared(StepKind.DANGER, "az", "x", "--name", "db", values=values, confirm="mi-<env>")
    assert find_required_confirmation(asked, procedure(), TODO).word == "mi-prod"
    unfilled = prepared(StepKind.DANGER, "az", "x", "--name", "db", confirm="mi-<env>")
    assert find_required_confirmation(unfilled, procedure(), TODO).word == "db"


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("Database Migration Process", "migration"),
        ("1. Rollback a Bad Deployment", "deployment"),
        ("4. Full Environment Rebuild", "rebuild"),
    ],
)
def test_without_any_name_it_is_what_the_procedure_is_about(title: str, word: str) -> None:
    assert find_required_confirmation(prepared(StepKind.DANGER), procedure(title), TODO).word == word


@pytest.mark.parametrize(
    ("labels", "kind", "asked"),
    [
        ({"approval_required": "Yes - the owner"}, StepKind.CHANGE, True),
        ({"approval_required": "No"}, StepKind.DANGER, False),
        ({"approval_required": "None, but tell us"}, StepKind.DANGER, False), ({}, StepKind.DANGER, False),
        ({"approval_required": "Yes"}, StepKind.READ, False),
    ],
)  # fmt: skip
def test_an_approval_is_asked_where_the_document_says(labels: dict[str, str], kind: StepKind, asked: bool) -> None:
    assert find_required_confirmation(prepared(kind), procedure(**labels), TODO).approval is asked


def test_a_tag_asks_for_an_approval_too() -> None:
    assert find_required_confirmation(
        prepared(StepKind.CHANGE, approval=""), procedure(approval_required="No"), TODO
    ).approval


@pytest.mark.parametrize(
    ("state", "undo", "again"),
    [(TODO, False, False), (StepState.FAILED, False, False), (StepState.OK, False, True),
     (StepState.BY_HAND, False, True),
     (StepState.OK, True, False), (StepState.UNKNOWN, False, True), (StepState.UNKNOWN, True, True)],
)  # fmt: skip
def test_what_is_done_or_unknown_is_done_again_only_knowingly(state: StepState, undo: bool, again: bool) -> None:
    assert find_required_confirmation(prepared(StepKind.CHANGE, undo=undo), procedure(), state).again is again


def refused(wanted: RequiredConfirmation, **given: Any) -> bool:
    ready = prepared(StepKind.DANGER)
    consent = Consent(**({"fingerprint": ready.fingerprint} | given))
    try:
        must_consent(wanted, ready, consent, ("you", "you@example.com"))
    except RunRefused:
        return True
    return False


def test_nothing_less_than_all_of_it_will_do() -> None:
    wanted = RequiredConfirmation("word", "mi-prod", approval=True, again=True)
    full: dict[str, Any] = {"word": "mi-prod", "approval": Approval("ana", "by phone"), "again": True}
    assert not refused(wanted, **full)
    lacking: list[dict[str, Any]] = [
        {"word": ""}, {"word": "mi-prod-2"}, {"approval": None}, {"approval": Approval("YOU ",
        "by phone")}, {"again": False},
        {"fingerprint": ""}, {"fingerprint": "x"},
    ]  # fmt: skip
    for each in lacking:
        assert refused(wanted, **(full | each)), each


@pytest.mark.parametrize(
    ("named", "by", "enough"),
    [
        ("DBA + On-call lead", "Ana", False), ("DBA + On-call lead", "Ana + Ben", True),
        ("DBA and on-call lead", "ana, ben", True), ("DBA & lead", "Ana + ana", False),
        ("DBA + On-call lead", "Ana + YOU", False), ("On-call lead", "Ana", True),
        ("Business owner, through on-call and in writing", "Ana", True), ("Owner (by phone and mail)", "Ana", True),
    ],
)  # fmt: skip
def test_an_approval_by_two_takes_two_who_are_not_the_operator(named: str, by: str, enough: bool) -> None:
    wanted = RequiredConfirmation("confirm", approval=True, approver=named)
    assert refused(wanted, approval=Approval(by, "by phone")) is not enough


def test_a_key_confirms_nothing_that_was_shown_otherwise() -> None:
    assert not refused(RequiredConfirmation("key"), fingerprint="")
    assert refused(RequiredConfirmation("key"), fingerprint="of something else")


def test_the_fingerprint_stands_for_everything_that_would_run() -> None:
    from dataclasses import replace

    from cockpit.runbooks.types import Request, Script

    base = replace(prepared(StepKind.CHANGE), script=Script("echo", {"P1": "a"}))
    others = [
        replace(base, script=Script("echo", {"P1": "b"})), replace(base, script=Script("echo x", {"P1": "a"})),
        replace(base, cwd="/x"),
        replace(base, environment="staging"), replace(base, run="s"), replace(base, kind=StepKind.READ),
        replace(base, confirmed="x"),
        replace(base, script=None, request=Request("GET", "https://x")), replace(base, undo=True),
        replace(base, argv=("x",)),
    ]  # fmt: skip
    native_only = {6}
    for index, other in enumerate(others):
        assert (other.fingerprint == base.fingerprint) is (index in native_only)


@pytest.mark.parametrize(
    ("approver", "people"),
    [
        ("two SREs", 2),
        ("2 approvers from the platform team", 2),
        ("Yes (DBA and on-call lead)", 2),
        ("Yes, by the DBA + CTO", 2),
        ("Required: DBA & CTO (in writing)", 2),
        ("Yes, on-call lead", 1),
        ("Yesterday's lead", 1),
        ("Yes (two people)", 2),
        ("both the CTO and the DPO", 2),
        ("dual approval", 2),
        ("four-eyes principle", 2),
        ("CTO (two-person rule)", 2),
        ("2x SRE", 2),
        ("two of: CTO, CISO, DPO", 2),
        ("three independent reviewers", 3),
        ("Incident commander, with sign-off by DBA", 2),
        ("Engineering manager or CTO", 1),
        ("On-call lead, within 2 hours", 1),
        ("Yes, for P2 people call first", 1),
        ("DBA, On-call lead", 2),
        ("DBA; on-call lead", 2),
        ("Yes (DBA, On-call lead)", 2),
        ("DBA, On-call lead, CTO", 3),
        ("DBA, on-call lead and CTO", 3),
        ("DBA, on-call lead or CTO", 1),
        ("On-call lead (and DBA for production)", 2),
        ("On-call lead (plus the DBA in production)", 2),
        ("On-call lead (if away: the CTO)", 1),
        ("Head of Research and Development", 1),
        ("VP of Sales & Marketing", 1),
        ("Head of Research and Development and the DBA", 2),
        ("Head of Platform and DBA", 2),
        ("Director of Operations and the CTO", 2),
        ("Head of Research and Development (in writing)", 1),
        ("DBA, in writing to the CTO", 1),
        ("Product owner, who asks the customer", 1),
        ("On-call lead, after the DBA was told", 1),
        ("Yes", 1),
    ],
)
def test_as_many_approve_as_the_document_asks_for(approver: str, people: int) -> None:
    assert RequiredConfirmation("confirm", approval=True, approver=approver).approvers == people
