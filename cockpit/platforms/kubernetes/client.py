"""The API of one cluster: signed in by kr8s as the kubeconfig says, asked for plain JSON, its refusals in words.

kr8s knows kubeconfigs, exec plugins (kubelogin, gke-gcloud-auth-plugin), client certificates and proxies. It is
imported when the first question is asked. Nothing is sent twice but after a 401, which says that nothing was done.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cockpit.azure.endpoints import is_loopback
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings
from cockpit.model.setting import ENVIRONMENT_PROXY, NO_PROXY
from cockpit.model.text import clean_line
from cockpit.model.time import Time
from cockpit.platforms.kubernetes.kubeconfig import ClusterAccess, ClusterTarget, locate_kubeconfig, read_access
from cockpit.platforms.kubernetes.sign_in import SIGN_IN_ADVICE, complete_sign_in

if TYPE_CHECKING:
    import httpx
    from kr8s.asyncio import Api

PAGE = 500  # objects in one answer, as kubectl asks
MOST_PAGES = 40
DEADLINE = 15.0  # seconds for one answer
SIGN_IN_DEADLINE = 30.0  # seconds for the plugin of a kubeconfig
SILENCE = 3_600.0  # seconds without a line before a log stream counts as dead
ERROR_BODY = 65_536
JSON, TABLE = "application/json", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PATCH_TYPES = {"strategic": "application/strategic-merge-patch+json", "json": "application/json-patch+json",
               "merge": "application/merge-patch+json"}  # fmt: skip
REFUSAL = re.compile(r'cannot (?P<verb>\w+) resource "(?P<resource>[\w./-]+)"(?: in API group "(?P<group>[^"]*)")?')
NO_ROLE_HELPS = re.compile(
    r"admission webhook|denied the request|ValidatingAdmissionPolicy|exceeded quota|violates PodSecurity"
    r"|is being terminated|(?:maximum|minimum) \w+ usage per",
    re.IGNORECASE,
)
"""What the API server says with 403 (a webhook also with 400) of a rule that holds for everybody."""
ANONYMOUS = 'User "system:anonymous"'
READING_VERBS = frozenset({"get", "list", "watch"})


class ClusterClient:
    """One context and namespace. Safe for many questions side by side."""

    def __init__(
        self,
        *,
        kubeconfig: str,
        context: str,
        namespace: str,
        environ: Mapping[str, str],
        read_only: bool,
        time: Time,
        proxy: str = NO_PROXY,
    ) -> None:
        self._proxy = proxy
        self._paths = locate_kubeconfig(kubeconfig, environ)
        self._context, self._namespace, self._environ = context, namespace, environ
        self._read_only = read_only
        self._time = time
        self._api: Api | None = None
        self._target: ClusterTarget | None = None
        self._retired: list[Api] = []
        self._connecting = asyncio.Lock()

    async def read_target(self) -> ClusterTarget:
        """Where the configured context goes at this moment. Raises SourceError."""
        return (await self._read_access()).target

    async def target(self) -> ClusterTarget:
        """Where this client goes: settled with its first question. Raises SourceError."""
        await self._connect()
        assert self._target is not None
        return self._target

    async def check_target(self) -> ClusterTarget:
        """The same, after a look whether the kubeconfig still means it: before each change. Raises SourceError."""
        target, now = await self.target(), await self.read_target()
        if (now.context, now.server, now.namespace) != (target.context, target.server, target.namespace):
            raise SourceError(_explain_other_cluster(target, now))
        return target

    async def get(self, path: str, params: Mapping[str, str] | None = None, *, accept: str = JSON) -> Mapping[str, Any]:
        """One object. Raises SourceError."""
        return await self._request("GET", path, params=params, headers={"Accept": accept})

    async def list_items(self, path: str, params: Mapping[str, str] | None = None) -> list[Mapping[str, Any]]:
        """Every object of a collection, page by page. Raises SourceError."""
        items: list[Mapping[str, Any]] = []
        query = {"limit": str(PAGE), **(params or {})}
        for _ in range(MOST_PAGES):
            answer = await self.get(path, query)
            items += list_mappings(answer.get("items"))
            more = dig_value(answer, "metadata", "continue")
            if not isinstance(more, str) or not more:
                return items
            query = {**query, "continue": more}
        raise SourceError(
            Problem(ProblemKind.GARBAGE, "endless list", f"The API gave {MOST_PAGES} pages of {path} and has more.")
        )

    async def patch(
        self, path: str, body: Any, kind: str, params: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """Change one object, once. `kind` is a key of PATCH_TYPES. Raises SourceError."""
        return await self._request(
            "PATCH", path, params=params, json=body, headers={"Accept": JSON, "Content-Type": PATCH_TYPES[kind]}
        )

    async def delete(self, path: str) -> Mapping[str, Any]:
        """Delete one object, once. Raises SourceError."""
        return await self._request("DELETE", path, headers={"Accept": JSON})

    async def stream(self, path: str, params: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The bytes of an answer as they come. Only what is followed may be silent for long. Raises SourceError."""
        import httpx

        api = await self._connect()
        base, _, url = path.rpartition("/")
        try:
            async with api.call_api(
                "GET",
                version="",
                base=base,
                url=url,
                params=dict(params),
                stream=True,
                raise_for_status=False,
                timeout=httpx.Timeout(DEADLINE, read=SILENCE if params.get("follow") == "true" else DEADLINE),
            ) as response:
                if response.status_code != 200:
                    await response.aread()
                    raise SourceError(self._explain(response))
                async for chunk in response.aiter_bytes():
                    yield chunk
        except SourceError:
            raise
        except Exception as error:
            raise SourceError(explain_cluster_error(error)) from error

    async def close(self) -> None:
        for api in (*self._retired, *filter(None, [self._api])):
            await _close_session(api)
        self._api = None
        self._retired.clear()

    async def _request(self, method: str, path: str, **rest: Any) -> Mapping[str, Any]:
        if self._read_only and method != "GET":
            raise SourceError(
                Problem(ProblemKind.REFUSED, "read-only", "This cockpit is read-only: nothing was sent to the cluster.")
            )
        api = await self._connect()
        try:
            response = await self._send(api, method, path, rest)
            if response.status_code == 401:  # nothing was done; the token may just have run out
                response = await self._send(await self._sign_in_again(api), method, path, rest)
            if response.status_code >= 300:
                raise SourceError(self._explain(response))
            answer = response.json()
        except SourceError:
            raise
        except Exception as error:
            raise SourceError(explain_cluster_error(error)) from error
        if not isinstance(answer, Mapping):
            raise SourceError(Problem(ProblemKind.GARBAGE, "not an object", "The API answered JSON that is no object."))
        return answer

    async def _send(self, api: "Api", method: str, path: str, rest: Mapping[str, Any]) -> "httpx.Response":
        base, _, url = path.rpartition("/")
        arguments = {name: value for name, value in rest.items() if value is not None}
        async with asyncio.timeout(DEADLINE):
            async with api.call_api(
                method, version="", base=base, url=url, raise_for_status=False, **arguments
            ) as response:
                return response
        raise AssertionError  # for the type checker: call_api yields or raises

    async def _read_access(self) -> ClusterAccess:
        return await asyncio.to_thread(read_access, self._paths, self._context, self._namespace)

    async def _connect(self) -> "Api":
        """Sign in with the first question; a failure is tried again with the next."""
        async with self._connecting:
            if self._api is None:
                await asyncio.to_thread(import_module, "kr8s.asyncio")
                access = await self._read_access()
                self._api, self._target = await self._sign_in(access), access.target
            return self._api

    async def _sign_in(self, access: ClusterAccess) -> "Api":
        """Run the sign-in of the kubeconfig as it is now, and open a session with what came of it."""
        from kr8s.asyncio import Api

        # Not by kr8s.asyncio.api(): it asks for the version first, warns on the terminal of one that it was not tried
        # with, and keeps a connection that nobody can close when that fails. No service account: a person's terminal
        # must not fall through to a machine's identity.
        kubeconfig = await complete_sign_in(access.kubeconfig, self._environ, self._time.now(), SIGN_IN_DEADLINE)
        api = Api(
            bypass_factory=True,
            kubeconfig=kubeconfig,
            context=access.target.context,
            namespace=access.target.namespace,
            serviceaccount="",
        )
        api.timeout = DEADLINE
        try:
            async with asyncio.timeout(SIGN_IN_DEADLINE):
                await api.auth.reauthenticate()
            choose_proxy(api, self._proxy)
            await api._create_session()
            if leaves_environment_alone(api, self._proxy) and api._session is not None:
                api._session._mounts.clear()  # the proxies of the environment: httpx knows no other way after the fact
        except Exception as error:
            raise SourceError(explain_cluster_error(error)) from error
        finally:
            _drop_key_files(api)
        return api

    async def _sign_in_again(self, api: "Api") -> "Api":
        """A new session after a 401, by whoever of several questions comes first."""
        async with self._connecting:
            if self._api is api:
                access = await self._read_access()
                if self._target is not None and access.target.server != self._target.server:
                    raise SourceError(_explain_other_cluster(self._target, access.target))
                self._retired.append(api)  # others may still wait for an answer over it
                self._api = await self._sign_in(access)
            return self._api or await self._sign_in(await self._read_access())

    def _explain(self, response: "httpx.Response") -> Problem:
        from cockpit.feeds.http import explain_refusal

        namespace = self._target.namespace if self._target else self._namespace
        problem = explain_refusal(
            response.status_code, response.headers, response.content[:ERROR_BODY], self._time.now()
        )
        return explain_cluster_refusal(problem, response.status_code, namespace)


def choose_proxy(api: "Api", setting: str) -> None:
    """A configured proxy goes before that of the kubeconfig, which kr8s reads by itself; never to this machine."""
    if is_local(api):
        api.auth._cluster.pop("proxy-url", None)
    elif setting not in (NO_PROXY, ENVIRONMENT_PROXY):
        api.auth._cluster["proxy-url"] = setting


def leaves_environment_alone(api: "Api", setting: str) -> bool:
    """Whether the proxies of the environment are not used."""
    return is_local(api) or (setting == NO_PROXY and "proxy-url" not in api.auth._cluster)


def is_local(api: "Api") -> bool:
    return is_loopback(urlsplit(api.auth.server or "").hostname or "")


async def _close_session(api: "Api") -> None:
    if api._session is not None:
        with suppress(RuntimeError):
            await api._session.aclose()


def _explain_other_cluster(target: ClusterTarget, now: ClusterTarget) -> Problem:
    return Problem(
        ProblemKind.REFUSED,
        "other cluster",
        f"The kubeconfig now means {now.label} at {now.server}; what is shown is {target.label} at {target.server}. "
        "Nothing was changed.",
        "Set context in cockpit.toml, or open the cockpit again for the other cluster.",
    )


def _drop_key_files(api: "Api") -> None:
    """kr8s writes keys of the kubeconfig into files for OpenSSL and leaves them there; by now they are loaded."""
    auth = api.auth
    user, cluster = getattr(auth, "_user", {}) or {}, getattr(auth, "_cluster", {}) or {}
    for written, path in (
        ("client-key-data" in user, auth.client_key_file),
        ("client-certificate-data" in user, auth.client_cert_file),
        ("certificate-authority-data" in cluster, auth.server_ca_file),
    ):
        if written and path:
            with suppress(OSError):
                Path(str(path)).unlink()


# Refusals in words.


def explain_cluster_refusal(problem: Problem, status: int, namespace: str) -> Problem:
    """An answer that is no success: which right is missing, who signs in, when to ask again."""
    reason = problem.message.removeprefix(f"HTTP {status}: ").removeprefix(f"HTTP {status}.")
    match status:
        case 401:
            sentence = "The cluster does not accept the sign-in" + (f": {reason}" if reason else ".")
            return Problem(ProblemKind.SIGN_IN, "401 sign in needed", sentence, SIGN_IN_ADVICE)
        case 403:
            return _explain_forbidden(reason, namespace)
        case 404:
            return Problem(
                ProblemKind.MISSING, "404 not there", reason or "It is not there.", "Check namespace and names."
            )
        case 409:
            return Problem(
                ProblemKind.CONFLICT,
                "409 changed since",
                reason or "Somebody changed it meanwhile.",
                "Look again first.",
            )
        case 422:
            return Problem(ProblemKind.REFUSED, "422 refused", reason or "The cluster refuses the change.")
        case 429:
            sentence = reason or "The API server says that there are too many requests."
            return Problem(ProblemKind.THROTTLED, "429 throttled", sentence, "", problem.retry_after)
    return problem


def _explain_forbidden(reason: str, namespace: str) -> Problem:
    if ANONYMOUS in reason:
        sentence = f"The kubeconfig signs nobody in, and the cluster asks who it is: {reason}"
        return Problem(ProblemKind.SIGN_IN, "403 nobody signed in", sentence, SIGN_IN_ADVICE)
    found = REFUSAL.search(reason)
    if found is None and NO_ROLE_HELPS.search(reason):
        advice = "No role helps: it is a rule of the cluster. Change what the message names, or ask who keeps the rule."
        return Problem(ProblemKind.REFUSED, "403 against a rule", reason, advice, code="cluster-rule")
    if found is None:
        return Problem(
            ProblemKind.FORBIDDEN,
            "403 forbidden",
            reason or "You may not do this here.",
            _advise_role(namespace, "get"),
        )
    verb, resource = found["verb"], found["resource"]
    whole = f"{resource}.{found['group']}" if found["group"] else resource
    return Problem(
        ProblemKind.FORBIDDEN,
        f"403 no {verb} {resource}"[:48],
        reason,
        f"Ask for a role in namespace {namespace} that allows {verb} on {whole}: {_advise_role(namespace, verb)}",
    )


def _advise_role(namespace: str, verb: str) -> str:
    role = "view" if verb in READING_VERBS else "edit"
    return f"the ClusterRole {role}, bound in {namespace}, does."


def explain_cluster_error(error: Exception) -> Problem:
    """The Problem of anything that kr8s, its sign-in or the network raise. Total."""
    from cockpit.feeds.http import explain_http_error

    if isinstance(error, SourceError):
        return error.problem
    name = type(error).__name__
    if name in ("APITimeoutError",) or isinstance(error, TimeoutError):
        return Problem(
            ProblemKind.TIMEOUT, "timed out", "The API server did not answer in time.", "It is asked again by itself."
        )
    response = getattr(error, "response", None)
    if name == "ServerError" and response is not None:
        from cockpit.feeds.http import explain_refusal
        from cockpit.model.time import RealTime

        problem = explain_refusal(
            response.status_code, response.headers, response.content[:ERROR_BODY], RealTime().now()
        )
        return explain_cluster_refusal(problem, response.status_code, "the namespace")
    if name in ("RuntimeError", "CalledProcessError", "FileNotFoundError", "PermissionError", "KeyError"):
        sentence = f"The sign-in of the kubeconfig failed: {clean_line(str(error) or name, 300)}"
        return Problem(ProblemKind.SIGN_IN, "sign-in failed", sentence, SIGN_IN_ADVICE)
    if isinstance(error, ValueError) and not isinstance(error, UnicodeError) and name == "ValueError":
        sentence = f"The kubeconfig cannot be used: {clean_line(error, 300)}"
        return Problem(ProblemKind.REFUSED, "bad kubeconfig", sentence, "Mend it, or fetch it again.")
    return explain_http_error(error)
