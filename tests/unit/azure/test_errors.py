"""What a failure to get a token, or to connect, is called."""

import json

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseTimeoutError
from azure.identity import CredentialUnavailableError

from cockpit.azure.errors import (
    NO_AZ,
    NO_MANAGED_IDENTITY,
    advise_without_sign_in,
    explain_azure_error,
    find_inner_reason,
)
from cockpit.model.problem import Problem, ProblemKind, SourceError


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("Azure CLI not found on path", NO_AZ),
        ("Failed to execute '/usr/bin/az'", NO_AZ),
        ("authentication unavailable, no response from the IMDS endpoint.", NO_MANAGED_IDENTITY),
    ],
)  # fmt: skip
def test_a_way_that_does_not_exist_on_this_machine(message: str, problem: Problem) -> None:
    assert explain_azure_error(CredentialUnavailableError(message=message)) == problem


@pytest.mark.parametrize(
    ("message", "kind", "short"),
    [
        ("Please run 'az login' to set up an account", ProblemKind.SIGN_IN, "az not signed in"),
        ("AADSTS700082: expired. Run az login --scope x", ProblemKind.SIGN_IN, "az login expired AADSTS700082"),
        ("AADSTS50076: you must use multi-factor authentication", ProblemKind.SIGN_IN, "sign-in failed AADSTS50076"),
        ("AADSTS50173: provide a fresh grant", ProblemKind.SIGN_IN, "sign-in expired AADSTS50173"),
        ("something nobody has seen", ProblemKind.SIGN_IN, "sign-in failed"),
        ("", ProblemKind.SIGN_IN, "sign-in failed"),
    ],
)  # fmt: skip
def test_a_sign_in_that_failed_is_named_by_its_code(message: str, kind: ProblemKind, short: str) -> None:
    found = explain_azure_error(ClientAuthenticationError(message=message))
    assert (found.kind, found.short) == (kind, short)
    assert found.message


@pytest.mark.parametrize("message", ["AADSTS700082: it is old. Run az login", "AADSTS50173: provide a fresh grant"])
def test_an_expired_sign_in_is_reported_first_and_azures_own_words_after_it(message: str) -> None:
    assert (
        explain_azure_error(ClientAuthenticationError(message=message)).message
        == f"The sign-in to Azure has expired: {message}"
    )


def test_nobody_is_asked_to_sign_in_where_nobody_can() -> None:
    expired = explain_azure_error(ClientAuthenticationError(message="AADSTS50173: provide a fresh grant"))
    assert "one key in the cockpit" in advise_without_sign_in(expired, person=True).advice
    told = advise_without_sign_in(expired, person=False)
    assert "one key" not in told.advice
    assert told.advice.startswith("Nobody can sign in here")
    assert told.message == expired.message
    assert advise_without_sign_in(NO_AZ, person=False) == NO_AZ


def test_the_command_that_azure_asks_for_is_shown_as_it_is() -> None:
    message = "To authenticate with the required claims, please run: az login --claims-challenge eyJh --scope https://x/.default"
    found = explain_azure_error(CredentialUnavailableError(message=message))
    assert found.advice == "Run: az login --claims-challenge eyJh --scope https://x/.default"


@pytest.mark.parametrize(
    ("message", "short"),
    [
        ("Cannot connect to host x:443 ssl:<ssl.SSLContext object at 0x7f> [Connection refused]", "cannot connect"),
        ("Cannot connect to host x:443 ssl:default [Name or service not known]", "no such name"),
        ("Cannot connect to host x:443 ssl:True [SSLCertVerificationError: certificate verify failed]", "TLS refused"),
        ("Server disconnected", "connection broke"),
        ("[Errno 104] Connection reset by peer", "connection broke"),
    ],
)
def test_a_connection_that_fails_says_which_part_did(message: str, short: str) -> None:
    found = explain_azure_error(ServiceRequestError(message))
    assert (found.kind, found.short) == (ProblemKind.NETWORK, short)
    assert "SSLContext" not in found.message


@pytest.mark.parametrize("error", [TimeoutError(), ServiceResponseTimeoutError("x"), OSError("timed out")])
def test_no_answer_in_time(error: Exception) -> None:
    assert explain_azure_error(error).kind is ProblemKind.TIMEOUT


def test_our_own_words_pass_through_and_a_defect_is_called_one() -> None:
    ours = Problem(ProblemKind.REFUSED, "read-only", "no")
    assert explain_azure_error(SourceError(ours)) is ours
    assert explain_azure_error(RuntimeError("bug \x1b[2J")).kind is ProblemKind.FAULT
    assert "\x1b" not in explain_azure_error(RuntimeError("bug \x1b[2J")).message


@pytest.mark.parametrize(
    "error", [json.JSONDecodeError("x", "y", 0), KeyError("value"), AttributeError("get"), RecursionError()]
)
def test_an_answer_of_the_wrong_shape_is_garbage(error: Exception) -> None:
    assert explain_azure_error(error).kind is ProblemKind.GARBAGE


INNER = {"innererror": {"code": "SEM0100", "message": "Failed to resolve table named 'NoSuchTable'"}}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"message": "A semantic error occurred.", **INNER}, "Failed to resolve table named 'NoSuchTable'"),
        ({"message": "", **INNER}, "Failed to resolve table named 'NoSuchTable'"),
        ({"message": "A semantic error occurred."}, "A semantic error occurred."),
        ({}, ""),
        (["x"], ""),
    ],
)
def test_the_reason_of_a_query_that_fails_is_the_innermost(error: object, reason: str) -> None:
    assert find_inner_reason({"error": {"code": "BadArgumentError", "message": "odd", "innererror": error}}) == reason


def test_errors_without_end_are_read_to_an_end() -> None:
    error: dict[str, object] = {"message": "deep"}
    error["innererror"] = error
    assert find_inner_reason({"error": error}) == "deep"
