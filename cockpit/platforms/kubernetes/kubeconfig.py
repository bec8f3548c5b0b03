"""Which cluster a context stands for, as the kubeconfig says at this moment. Reads files, asks nobody.

kubectl goes by the same rules: several files are merged, and the first that says something wins.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import dig_value, list_mappings, read_named_file, read_text
from cockpit.model.text import clean_line, find_nearest

LARGEST = 5_000_000  # bytes
MOST_NAMED = 12
PATHS = frozenset({"client-key", "client-certificate", "certificate-authority", "tokenFile"})


@dataclass(frozen=True, slots=True)
class ClusterTarget:
    """Where commands go. `namespace` is the configured one, else that of the context, else `default`."""

    context: str
    namespace: str
    cluster: str
    server: str

    @property
    def label(self) -> str:
        """`prod-admin/shop (aks-prod)`: the cluster only where the context is not called like it."""
        cluster = f" ({self.cluster})" if self.cluster not in ("", self.context) else ""
        return f"{self.context}/{self.namespace}{cluster}"


def locate_kubeconfig(configured: str, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The files that hold: the configured one, else those of KUBECONFIG, else kubectl's own."""
    named = configured or environ.get("KUBECONFIG", "")
    paths = [Path(part).expanduser() for part in named.split(os.pathsep) if part]
    return tuple(paths) or (Path(environ.get("HOME", "~")).expanduser() / ".kube" / "config",)


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """A target, and a kubeconfig that holds only what reaches it, with whole paths. It holds secrets."""

    target: ClusterTarget
    kubeconfig: dict[str, Any] = field(repr=False)


def read_access(paths: tuple[Path, ...], context: str, namespace: str) -> ClusterAccess:
    """How a context is reached, "" for the current one. Blocking. Raises SourceError."""
    documents = [document for path in paths if (document := _read_document(path)) is not None]
    if not documents:
        raise SourceError(
            Problem(
                ProblemKind.MISSING,
                "no kubeconfig",
                f"There is no kubeconfig at {clean_line(', '.join(map(str, paths)), 200)}.",
                "Fetch one (on AKS: az aks get-credentials), or set kubeconfig in cockpit.toml.",
            )
        )
    name = context or next(filter(None, (read_text(document.get("current-context")) for document in documents)), "")
    contexts = {read_text(entry.get("name")): entry for entry in _list_entries(documents, "contexts")}
    if name not in contexts:
        raise SourceError(_explain_unknown_context(name, sorted(contexts)))
    details = dig_value(contexts[name], "context")
    cluster = read_text(dig_value(details, "cluster"))
    clusters = {read_text(entry.get("name")): entry for entry in _list_entries(documents, "clusters")}
    server = read_text(dig_value(clusters.get(cluster), "cluster", "server"))
    if not server:
        message = f"The context {name} names the cluster {cluster or 'of nothing'}, which the kubeconfig does not have."
        raise SourceError(Problem(ProblemKind.MISSING, "no cluster", message, "Fetch the kubeconfig again."))
    where = namespace or read_text(dig_value(details, "namespace")) or "default"
    user = read_text(dig_value(details, "user"))
    users = {read_text(entry.get("name")): entry for entry in _list_entries(documents, "users")}
    if user and user not in users:
        message = f"The context {name} names the user {clean_line(user, 80)}, which the kubeconfig does not have."
        raise SourceError(Problem(ProblemKind.MISSING, "no user", message, "Fetch the kubeconfig again."))
    return ClusterAccess(
        ClusterTarget(name, where, cluster, server),
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "contexts": [{"name": name, "context": {"cluster": cluster, "user": user, "namespace": where}}],
            "clusters": [{"name": cluster, "cluster": dict(dig_value(clusters[cluster], "cluster"))}],
            "users": [{"name": user, "user": dict(dig_value(users.get(user), "user") or {})}],
        },
    )


def _explain_unknown_context(name: str, names: list[str]) -> Problem:
    if not name:
        message = "The kubeconfig has no current context."
    else:
        message = f"The kubeconfig has no context {clean_line(name, 80)}."
    known = ", ".join(names[:MOST_NAMED]) or "none"
    meant = find_nearest(name, names)
    advice = f"It has: {known}." + (f" Did you mean {meant}?" if meant else "")
    return Problem(ProblemKind.MISSING, "no such context", message, clean_line(advice, 400))


def _read_document(path: Path) -> Mapping[str, Any] | None:
    """None for a file that is not there, as kubectl has it. Raises SourceError for one that cannot be read."""
    import yaml

    try:
        content = read_named_file(path, LARGEST + 1)
        if len(content) > LARGEST:
            raise OSError("is larger than 5 MB")
        document = yaml.safe_load(content)
    except FileNotFoundError:
        return None
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "problem", None) or error
        message = f"The kubeconfig {clean_line(path, 200)} cannot be read: {clean_line(reason, 200)}."
        raise SourceError(
            Problem(ProblemKind.REFUSED, "bad kubeconfig", message, "Mend it, or fetch it again.")
        ) from None
    if document is None:  # an empty file, which kubectl takes too
        return {}
    if not isinstance(document, Mapping):
        message = f"The kubeconfig {clean_line(path, 200)} holds something else."
        raise SourceError(Problem(ProblemKind.REFUSED, "bad kubeconfig", message, "Mend it, or fetch it again."))
    plain: Mapping[str, Any] = _make_plain(document, path.resolve().parent)
    return plain


def _make_plain(value: Any, folder: Path, key: str = "") -> Any:
    """Paths as seen from the file that names them, and times as text."""
    if isinstance(value, Mapping):
        return {str(name): _make_plain(inner, folder, str(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_make_plain(inner, folder) for inner in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if key in PATHS and isinstance(value, str) and value:
        return str(folder / Path(value).expanduser())
    if key == "command" and isinstance(value, str) and value.startswith((".", "~")):
        return str(folder / Path(value).expanduser())
    return value


def _list_entries(documents: list[Mapping[str, Any]], key: str) -> list[Mapping[str, Any]]:
    """Of all files, so that the first one's come last and win in a dictionary."""
    return [entry for document in reversed(documents) for entry in reversed(list_mappings(document.get(key)))]
