"""The environment of a step: a few things of ours, nothing else, so that the same step does the same everywhere."""

from collections.abc import Mapping

KEPT = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR"),
        # where tools keep whom they are signed in as
        *("AZURE_CONFIG_DIR", "KUBECONFIG", "SSH_AUTH_SOCK", "DOCKER_HOST", "DOCKER_CONFIG", "GH_CONFIG_DIR"),
        *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"),
        # whom they trust, and the way out
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    )
)
PLAIN = {"TERM": "dumb", "PAGER": "cat", "GIT_PAGER": "cat", "NO_COLOR": "1", "AZURE_CORE_NO_COLOR": "1"}
UNBUFFERED = {"PYTHONUNBUFFERED": "1"}  # into a pipe Python prints nothing before 8 KB, or its end
OF_A_TERMINAL = ("TERM", "COLORTERM", "EDITOR", "VISUAL", "SSH_TTY", "SSH_CONNECTION")
PATH = "/usr/local/bin:/usr/bin:/bin"


def build_step_environment(ours: Mapping[str, str], more: Mapping[str, str], *, tty: bool = False) -> dict[str, str]:
    """What a step finds. `ours` is our own environment, `more` are the values and the COCKPIT_ variables."""
    kept = {name: value for name, value in ours.items() if name in KEPT or name.startswith("LC_")}
    values_by_name = {name: ours[name] for name in OF_A_TERMINAL if name in ours} if tty else PLAIN
    return {"PATH": PATH, **UNBUFFERED, **kept, **values_by_name, **more}
