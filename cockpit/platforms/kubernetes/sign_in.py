"""What a kubeconfig signs in with, made ready for kr8s: a plugin that is asked, a file that is read, a certificate.

kr8s knows all of these, but not how they fail: a plugin that hangs would be left behind once with each look, a file
that is gone ends in an error of its own, and a `tokenFile` counts for nothing. What is wrong is said here, by its name.
"""

import asyncio
import base64
import binascii
import json
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings, read_named_file, read_process_output
from cockpit.model.secret import KNOWN_SECRETS
from cockpit.model.text import clean_line

LARGEST_ANSWER = 1_000_000  # bytes of what a plugin prints
LARGEST_CERTIFICATE = 1_000_000  # bytes
AFTER_KILL = 1.0  # seconds for a killed plugin to be gone
NO_SUCH_API = "client.authentication.k8s.io/v1alpha1"
FILES = ("client-certificate", "client-key", "tokenFile")
DATA = ("client-certificate-data", "client-key-data")
SIGN_IN_ADVICE = "Sign in as your cluster asks (on AKS: az login, then kubelogin), then press f5 or wait."
FETCH_AGAIN = "Mend it, or fetch it again (on AKS: az aks get-credentials)."


async def complete_sign_in(
    kubeconfig: Mapping[str, Any], environ: Mapping[str, str], now: datetime, deadline: float
) -> dict[str, Any]:
    """The kubeconfig of one context with the answer of its plugin in the plugin's place. Raises SourceError."""
    first_user, first_cluster = kubeconfig["users"][0], kubeconfig["clusters"][0]
    name, user, cluster = _take_text(first_user["name"]), dict(first_user["user"]), first_cluster["cluster"]
    plugin = user.pop("exec", None)
    if isinstance(plugin, Mapping):
        user |= await ask_plugin(plugin, environ, deadline)
    await asyncio.to_thread(must_be_usable, name, user, cluster, now)
    if (path := _take_text(user.pop("tokenFile", None))) and not user.get("token"):
        user["token"] = (await asyncio.to_thread(Path(path).read_text, "utf-8")).strip()
    for key in ("token", "password"):
        if secret := _take_text(user.get(key)):
            KNOWN_SECRETS.learn(secret)
    return {**kubeconfig, "users": [{"name": name, "user": user}]}


def must_be_usable(name: str, user: Mapping[str, Any], cluster: Mapping[str, Any], now: datetime) -> None:
    """Blocking. Raises SourceError for what cannot sign anybody in, whatever the server says."""
    provider = _take_text(dig_value(user, "auth-provider", "name"))
    if provider not in ("", "oidc"):
        raise _refuse(f"signs {name} in with the auth-provider {provider}, which Kubernetes has given up", FETCH_AGAIN)
    files = {key: _take_text(user.get(key)) for key in FILES}
    files["certificate-authority"] = _take_text(cluster.get("certificate-authority"))
    for key, path in files.items():
        if path and not user.get(f"{key}-data") and not cluster.get(f"{key}-data"):
            try:
                read_named_file(Path(path), 1)
            except OSError as error:
                raise _refuse(f"names {path} as {key}, which cannot be read: {error.strerror}", FETCH_AGAIN) from None
    for key in DATA:
        if user.get(key) and not _is_pem(_take_text(user[key])):
            raise _refuse(f"holds {key} of {name} that is none", FETCH_AGAIN)
    if (ended := _find_end(user)) is not None and ended <= now:
        problem = Problem(
            ProblemKind.SIGN_IN,
            "certificate ended",
            f"The client certificate of {clean_line(name, 80)} ended on {ended:%Y-%m-%d at %H:%M} UTC.",
            SIGN_IN_ADVICE,
        )
        raise SourceError(problem)


def _is_pem(text: str) -> bool:
    if "-----BEGIN " in text:
        return True
    try:
        return b"-----BEGIN " in base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False


def _find_end(user: Mapping[str, Any]) -> datetime | None:
    """When the client certificate ends; None where there is none, or it cannot be read as one."""
    data, path = _take_text(user.get("client-certificate-data")), _take_text(user.get("client-certificate"))
    if not data and not path:
        return None
    from cryptography.x509 import load_pem_x509_certificate

    try:
        if not data:
            pem = read_named_file(Path(path), LARGEST_CERTIFICATE)
        else:
            pem = data.encode() if "-----" in data else base64.b64decode(data)
        return load_pem_x509_certificate(pem).not_valid_after_utc
    except (OSError, ValueError):
        return None


def _take_text(value: object) -> str:
    """As it is: what signs in is never shortened and never cleaned."""
    return value if isinstance(value, str) else ""


async def ask_plugin(plugin: Mapping[str, Any], environ: Mapping[str, str], deadline: float) -> dict[str, str]:
    """The credentials that a plugin prints, as fields of a user. It and all that it started are ended when it takes
    too long. Raises SourceError."""
    command, version = _take_text(plugin.get("command")), _take_text(plugin.get("apiVersion"))
    if not command:
        raise _refuse("has a sign-in plugin without a command", FETCH_AGAIN)
    if version == NO_SUCH_API:
        raise _refuse(f"asks {command} in {version}, which Kubernetes has given up", FETCH_AGAIN)
    words = [command, *(str(word) for word in plugin.get("args") or () if isinstance(word, str | int))]
    named = {_take_text(item.get("name")): _take_text(item.get("value")) for item in list_mappings(plugin.get("env"))}
    spec = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    variables = {**environ, "KUBERNETES_EXEC_INFO": json.dumps(spec), **named}
    code, output, errors = await _run_plugin(words, variables, deadline, _take_text(plugin.get("installHint")))
    if code != 0:
        reason = clean_line(errors.decode("utf-8", "replace"), 300)
        raise _fail(f"{command} ended with {code}" + (f": {reason}" if reason else "."), SIGN_IN_ADVICE)
    return _read_credential(command, output)


def _read_credential(command: str, output: bytes) -> dict[str, str]:
    try:
        answer = json.loads(output)
    except (ValueError, RecursionError):
        raise _fail(f"{command} printed no JSON.", SIGN_IN_ADVICE) from None
    status = {
        key: _take_text(dig_value(answer, "status", key)) for key in ("token", "clientCertificateData", "clientKeyData")
    }
    if status["token"]:
        return {"token": status["token"]}
    if status["clientCertificateData"] and status["clientKeyData"]:
        return {"client-certificate-data": status["clientCertificateData"], "client-key-data": status["clientKeyData"]}
    raise _fail(f"{command} printed no token and no certificate.", SIGN_IN_ADVICE)


async def _run_plugin(
    words: list[str], variables: Mapping[str, str], deadline: float, hint: str
) -> tuple[int, bytes, bytes]:
    """(exit code, standard output, standard error). It has no terminal: whoever must be asked something signs in in a
    shell of their own."""
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            env=dict(variables),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LARGEST_ANSWER,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        advice = clean_line(hint, 300) or f"Install {clean_line(words[0], 80)}, or name it by its whole path."
        raise _fail(f"{words[0]} cannot be started: {reason}.", advice) from None
    try:
        async with asyncio.timeout(deadline):
            output, errors = await read_process_output(process)
    except TimeoutError:
        advice = "Run it in a shell as the kubeconfig names it: it may ask for something."
        raise _fail(f"{words[0]} did not end within {deadline:.0f} s.", advice) from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(AFTER_KILL):
                await process.wait()
    return process.returncode or 0, output, errors


def _fail(sentence: str, advice: str) -> SourceError:
    message = clean_line(f"The sign-in of the kubeconfig failed: {sentence}", 400)
    return SourceError(Problem(ProblemKind.SIGN_IN, "sign-in failed", message, clean_line(advice, 400)))


def _refuse(sentence: str, advice: str) -> SourceError:
    message = clean_line(f"The kubeconfig {sentence}.", 400)
    return SourceError(Problem(ProblemKind.REFUSED, "bad kubeconfig", message, advice))
