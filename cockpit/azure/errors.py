"""What an exception of the Azure libraries means for the person at the screen."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cockpit.model.problem import CodedError, Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, read_retry_after, read_text
from cockpit.model.text import MAX_KEY, clean_line

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError

MESSAGE = 400  # characters of somebody else's error text that are worth showing
SIGN_IN_ADVICE = "Sign in again: one key in the cockpit, or `az login` in another shell."
NOBODY_ADVICE = (
    "Nobody can sign in here, only a machine's identity is configured: check that one, or add cli to [identity] order."
)
SIGN_IN_EXPIRED = "The sign-in to Azure has expired"

NO_AZ = Problem(
    ProblemKind.SIGN_IN,
    "az not installed",
    "The Azure CLI is not on the PATH of this machine.",
    "Install az, or name another way in [identity] order.",
)
AZ_HANGS = Problem(
    ProblemKind.TIMEOUT,
    "az timed out",
    "The Azure CLI did not answer in time, or waited for somebody to type.",
    "Run `az account get-access-token` in another shell to see what it waits for.",
)
TOKEN_REFUSED = Problem(
    ProblemKind.SIGN_IN,
    "token refused",
    "Azure does not take the token that was issued a moment ago.",
    SIGN_IN_ADVICE,
)
NO_MANAGED_IDENTITY = Problem(
    ProblemKind.SIGN_IN,
    "no managed identity",
    "This machine has no managed identity that answers.",
    "Assign one to it, or name another way in [identity] order.",
)
IDENTITY_HANGS = Problem(
    ProblemKind.TIMEOUT,
    "identity timed out",
    "The address at which this machine asks for its identity did not answer in time.",
    "It is asked again by itself.",
    code="managed-identity-hangs",
)
NOT_SIGNED_IN = Problem(
    ProblemKind.SIGN_IN,
    "sign in needed",
    "Nobody has signed in with a device code yet.",
    "Sign in from the cockpit; it shows an address and a code.",
)

UNREGISTERED = Problem(
    ProblemKind.REFUSED,
    "not registered",
    "A resource provider that this needs is not registered in the subscription.",
    "Someone who may do it runs: az provider register -n Microsoft.App (or Microsoft.AlertsManagement).",
)
TIMED_OUT = Problem(ProblemKind.TIMEOUT, "timed out", "Azure did not answer in time.", "It is asked again by itself.")


def explain_azure_error(error: Exception) -> Problem:
    """The Problem of anything the SDKs, the credential or the network raise. Total."""
    if isinstance(error, SourceError):
        return error.problem
    if isinstance(error, CodedError):  # a sentence for people already, and no defect
        sentence = clean_line(error, MESSAGE)
        return Problem(ProblemKind.REFUSED, sentence, sentence, code=error.code, facts=error.facts)
    from azure.core import exceptions

    if isinstance(error, exceptions.DecodeError) and (error.status_code or 200) == 200:
        return make_garbage_problem(error.message)
    if isinstance(error, exceptions.HttpResponseError):
        return of_response(error) if error.response is not None else explain_missing_token(str(error.message))
    if isinstance(error, TimeoutError | exceptions.ServiceRequestTimeoutError | exceptions.ServiceResponseTimeoutError):
        return TIMED_OUT
    if isinstance(error, exceptions.ServiceRequestError | exceptions.ServiceResponseError | OSError):
        return explain_connection_error(error)
    if isinstance(error, ValueError | TypeError | AttributeError | LookupError | RecursionError):
        # Raised inside the SDK when an answer has not the shape it must have; our own mapping never raises.
        return make_garbage_problem(str(error))
    return Problem(
        ProblemKind.FAULT,
        f"fault {type(error).__name__}",
        clean_line(f"Unexpected {type(error).__name__}: {error}", MESSAGE),
        "This is a defect of the cockpit; the log file has the details.",
    )


def advise_without_sign_in(problem: Problem, person: bool) -> Problem:
    """The same Problem, not asking to sign in where no person can: with the simulator, or a machine's identity."""
    return problem if person or problem.advice != SIGN_IN_ADVICE else replace(problem, advice=NOBODY_ADVICE)


def explain_missing_token(message: str) -> Problem:
    """A credential that got no token. Where its words hold the command to run, that is shown as it is."""
    if "not found on path" in message or "Failed to execute" in message:
        return NO_AZ
    if "claims-challenge" in message:
        command = message[message.index("az login") :]
        return Problem(
            ProblemKind.SIGN_IN,
            "sign in again",
            "Azure wants a fresh sign-in that meets its access policy.",
            clean_line(f"Run: {command}", MAX_KEY),  # a claims challenge that is cut is none
        )
    if ("az login" in message or "az account set" in message) and "AADSTS" not in message:
        return Problem(ProblemKind.SIGN_IN, "az not signed in", "Nobody is signed in to the Azure CLI.", SIGN_IN_ADVICE)
    if "anaged identity" in message or "IMDS" in message or "ManagedIdentity" in message:
        return explain_managed_identity(message)
    return sign_in_failed(message)


def _read_reason(content: str) -> str:
    """The sentence in a body that is JSON; any other body as it is."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    fields = body if isinstance(body, Mapping) else {}
    words = (fields.get(key) for key in ("Message", "message", "error_description", "error"))
    return next((clean_line(word, MESSAGE) for word in words if isinstance(word, str) and word), "") or clean_line(
        content, MESSAGE
    )


def explain_chosen_identity(error: Exception) -> Problem:
    """A `client_id` that this kind of machine does not take."""
    return Problem(
        ProblemKind.REFUSED,
        "client_id refused",
        f"This machine's identity cannot be chosen: {clean_line(error, MESSAGE)}",
        "Leave client_id out of [identity] in cockpit.toml.",
        code="client-id-refused",
    )


NO_IDENTITY_HERE = re.compile(
    r"no response from the IMDS|no managed identity endpoint|authentication unavailable", re.I
)
CONTENT = re.compile(r"^Content: (?P<content>.+)$", re.MULTILINE)


def explain_managed_identity(words: str) -> Problem:
    """A machine without an identity, or one whose identity answers with a refusal: then with the reason."""
    _, _, reason = words.partition("ManagedIdentityCredential: ")
    reason = (reason or words).partition("\nTo mitigate")[0]
    if NO_IDENTITY_HERE.search(reason):
        return NO_MANAGED_IDENTITY
    content = CONTENT.search(reason)
    sentence = _read_reason(content["content"]) if content else clean_line(reason, MESSAGE)
    advice = "Look at the identity that is assigned to it, and at client_id in [identity] of cockpit.toml."
    if "key file" in reason or "azcmagent" in reason:
        advice = (
            "On Azure Arc only members of the group himds may use it: be added to it, and sign in to the machine anew."
        )
    message = f"The machine's own identity gives no token: {sentence}"
    return Problem(ProblemKind.SIGN_IN, "managed identity failed", message, advice, code="managed-identity-refused")


def sign_in_failed(value: object) -> Problem:
    """A sign-in that the authority refused, with its AADSTS code where there is one."""
    tokens = clean_line(value, MESSAGE).removeprefix("ERROR: ")  # as az begins what it prints
    code = re.search(r"AADSTS\d+", tokens)
    expired = "expired" in tokens.lower() or (code is not None and code.group() in EXPIRED)
    short = (
        "az login expired" if expired and "az login" in tokens else "sign-in expired" if expired else "sign-in failed"
    )
    message = f"{SIGN_IN_EXPIRED}: {tokens}" if expired else tokens or "No token."
    return Problem(ProblemKind.SIGN_IN, f"{short} {code.group()}" if code else short, message, SIGN_IN_ADVICE)


EXPIRED = frozenset({"AADSTS700082", "AADSTS70043", "AADSTS50173", "AADSTS50078", "AADSTS70008", "AADSTS50089"})


def of_response(error: "HttpResponseError") -> Problem:
    """An answer with an error status, or with a failed operation in a 200."""
    status = error.status_code or 0
    code, tokens = code_and_message(error)
    if not code and "JSON is invalid" in tokens:
        tokens = ""  # an error page of something in between: its status tells more than that it is no JSON
    if tokens.startswith(UNWORDED):
        tokens = ""  # the library's own words for an answer without any
    sentence = f"{code}: {tokens}".removesuffix(": ") if code else tokens
    short = f"{status} {code}".strip()[:48]
    if status == 200 and not code:
        return make_garbage_problem(error.message)
    if status == 200:
        # How the SDK reports an operation that was accepted and failed later.
        return Problem(ProblemKind.REFUSED, f"failed {code}".strip()[:48], sentence or "The operation failed.")
    if status == 401 and (issuer := explain_wrong_tenant(tokens)):
        return issuer
    if status == 401:
        message = f"{SIGN_IN_EXPIRED}: {sentence}" if sentence else f"{SIGN_IN_EXPIRED}."
        return Problem(ProblemKind.SIGN_IN, "401 sign-in expired", message, SIGN_IN_ADVICE)
    if status == 409 and code == "MissingSubscriptionRegistration":
        return UNREGISTERED
    kind = ProblemKind.REFUSED if code in RULES else kind_of(status)
    wait = retry_after(error.response) if kind in (ProblemKind.THROTTLED, ProblemKind.SERVER) else None
    return Problem(
        kind,
        short,
        sentence or f"Azure answered {status} ({name_status(status)}).",
        RULES.get(code, ADVICE.get(kind, "")),
        wait,
    )


UNWORDED = "Operation returned an invalid status"


def name_status(status: int) -> str:
    """`Too Many Requests`; "no known status" for a number that nobody gave a name."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no known status"


def kind_of(status: int) -> ProblemKind:
    """What an HTTP status other than 200 and 401 means."""
    named = {
        403: ProblemKind.FORBIDDEN,
        404: ProblemKind.MISSING,
        408: ProblemKind.TIMEOUT,
        409: ProblemKind.CONFLICT,
        429: ProblemKind.THROTTLED,
    }
    if status in named:
        return named[status]
    if status >= 500:
        return ProblemKind.SERVER
    # A redirect or an odd 2xx comes from something between us and Azure, a proxy or a sign-in page.
    return ProblemKind.REFUSED if status >= 400 else ProblemKind.GARBAGE


ADVICE = {
    ProblemKind.FORBIDDEN: "The identity in use lacks a role; docs/azure.md lists which call needs which.",
    ProblemKind.MISSING: "Check the names in the command and in cockpit.toml: subscription, resource group, app.",
    ProblemKind.CONFLICT: "Another change is in progress; look again before trying again.",
    ProblemKind.GARBAGE: "Something between here and Azure answered in its place: a proxy, or a network sign-in page.",
}


RULES = {
    "RequestDisallowedByPolicy": "A policy of the subscription forbids it, whatever role one has: ask who keeps it.",
    "RequestDisallowedByAzure": "Azure itself forbids it there, whatever role one has: the message says why.",
    "ScopeLocked": "Somebody locked it against changes; whoever may manage locks takes that off (see az lock list).",
    "ReadOnlyDisabledSubscription": "Whoever pays for the subscription must enable it again.",
    "SubscriptionDisabled": "Whoever pays for the subscription must enable it again.",
}
"""Refusals with the status of a missing role (403) or of another change in progress (409) that are neither: no role and
no waiting helps."""

TENANT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def explain_wrong_tenant(words: str) -> Problem | None:
    """A token that is good and of another tenant than the subscription: to sign in again the same way does not help."""
    if "wrong issuer" not in words.lower():
        return None
    return _make_tenant_problem(words.lower().partition("must match")[2])


def explain_refused_token(challenge: str) -> Problem:
    """Why a service does not take a token that was issued a moment ago, by the `WWW-Authenticate` of its answer."""
    if "wrong issuer" not in challenge.lower():
        return TOKEN_REFUSED
    return _make_tenant_problem(challenge.lower().partition("authorization_uri=")[2])


def _make_tenant_problem(place: str) -> Problem:
    """`place`: a text that begins with the address of the tenant that the subscription belongs to."""
    tenant = next(iter(TENANT.findall(place)), "")
    belongs = f", which belongs to {tenant}" if tenant else ""
    return Problem(
        ProblemKind.SIGN_IN,
        "401 other tenant",
        f"The sign-in is good, but of another tenant than the subscription{belongs}.",
        f"Set tenant in [identity] of cockpit.toml, or run: az login --tenant {tenant or 'TENANT'}. "
        "Or the subscription in cockpit.toml is the wrong one.",
        code="wrong-tenant",
        facts={"tenant": tenant},
    )


def code_and_message(error: "HttpResponseError") -> tuple[str, str]:
    """The service's own code and sentence, cleaned; from the SDK's model, else the body, else the exception."""
    code, tokens = (
        read_text(getattr(error.error, "code", None)),
        read_text(getattr(error.error, "message", None), MESSAGE),
    )
    if not code:
        body = json_body(error.response)
        inner = dig_value(body, "error")
        for place in (inner if isinstance(inner, Mapping) else {}, body):
            # App Service writes both with a capital.
            code = code or read_text(place.get("code")) or read_text(place.get("Code"))
            tokens = tokens or read_text(place.get("message"), MESSAGE) or read_text(place.get("Message"), MESSAGE)
    tokens = tokens or clean_line(error.message or "", MESSAGE)
    inner = find_inner_reason(json_body(error.response))
    return code, clean_line(f"{tokens}: {inner}", MESSAGE) if inner and inner not in tokens else tokens


DEEPEST = 8


def find_inner_reason(body: Mapping[str, Any]) -> str:
    """The innermost reason: Log Analytics says what is wrong with a query in the error of an error of an error."""
    reason, error = "", dig_value(body, "error")
    for _ in range(DEEPEST):
        error = dig_value(error, "innererror")
        if not isinstance(error, Mapping):
            break
        reason = read_text(dig_value(error, "message"), MESSAGE) or reason
    return reason


def json_body(response: Any) -> Mapping[str, Any]:
    try:
        body = response.json()
    except Exception:  # whatever the body is, it must not hide the status
        return {}
    return body if isinstance(body, Mapping) else {}


def retry_after(response: Any) -> float | None:
    """Seconds the service asked us to wait."""
    headers = getattr(response, "headers", None) or {}
    return read_retry_after(headers.get("Retry-After"), datetime.now(UTC))


TLS_SETTINGS = re.compile(r" ssl:(<.*?>|\w+)")  # aiohttp names them in every failure to connect, TLS or not


def explain_connection_error(error: Exception) -> Problem:
    """No connection, or one that broke. The words of the innermost cause tell which."""
    tokens = clean_line(TLS_SETTINGS.sub("", str(error)), MESSAGE)
    lowered = tokens.lower()
    if "timed out" in lowered:
        return TIMED_OUT
    if "certificate" in lowered or "ssl" in lowered:
        return Problem(
            ProblemKind.NETWORK,
            "TLS refused",
            f"The certificate of Azure's address is not trusted here: {tokens}",
            "Behind an inspecting proxy, set SSL_CERT_FILE to its CA.",
        )
    if "name or service" in lowered or "resolution" in lowered or "getaddrinfo" in lowered or "dns" in lowered:
        return Problem(ProblemKind.NETWORK, "no such name", f"The name could not be resolved: {tokens}", "Check DNS.")
    if "connect" in lowered and "disconnect" not in lowered and "reset" not in lowered:
        return Problem(
            ProblemKind.NETWORK, "cannot connect", f"No connection: {tokens}", "Check the line and the proxy."
        )
    return Problem(ProblemKind.NETWORK, "connection broke", f"The connection broke: {tokens}")


def make_garbage_problem(message: object) -> Problem:
    return Problem(
        ProblemKind.GARBAGE,
        "unreadable answer",
        clean_line(f"Azure's answer cannot be read: {message}", MESSAGE),
        ADVICE[ProblemKind.GARBAGE],
    )
