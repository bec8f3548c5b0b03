"""Secrets are read where they are needed, at the moment they are needed, and never shown again."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.raw import read_named_file
from cockpit.model.secret import KNOWN_SECRETS, MACHINE_SECRETS, Secret
from cockpit.model.text import HOSTILE, clean_line

LARGEST = 65_536  # bytes


class Secrets:
    """Reveals secrets, and makes known to the door for outside text what it must mask. Safe from several threads."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def reveal(self, secret: Secret) -> str:
        """The value, without the line break at its end. Raises SourceError, which never holds the value."""
        value = self._read(secret)
        if HOSTILE.search(value) or "\n" in value or "\t" in value:
            raise _make_secret_error(
                "secret-malformed",
                secret,
                f"{_describe_secret_source(secret)} holds a line break or a control character.",
                "Put only the secret there.",
            )
        return value

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Know these values for masking before anybody asks for them; a missing one is reported to whoever asks."""
        self.list_known(secrets)

    def list_known(self, secrets: Iterable[Secret]) -> list[str]:
        """The value of each that is there, for masking what commands print: also of one that cannot be sent as it is,
        such as a key of several lines."""
        values = []
        for secret in (*secrets, *self._list_machine_secrets()):
            with suppress(SourceError):
                values.append(self._read(secret))
        return values

    def mask(self, text: str) -> str:
        """`text` with every value that was ever revealed replaced by dots, however it is written."""
        return KNOWN_SECRETS.mask(text)

    def _read(self, secret: Secret) -> str:
        """What is there, known from now on. Raises SourceError where there is nothing."""
        value = (self._from_environment(secret) if secret.source == "env" else _from_file(secret)).strip()
        if not value:
            where = _describe_secret_source(secret)
            raise _make_secret_error("secret-empty", secret, f"{where} is empty.", "Put the secret there.")
        KNOWN_SECRETS.learn(value)
        return value

    def _list_machine_secrets(self) -> list[Secret]:
        """What nobody configured and steps find all the same."""
        return [Secret("env", name) for name in MACHINE_SECRETS if self._environ.get(name)]

    def _from_environment(self, secret: Secret) -> str:
        if secret.name not in self._environ:
            raise _make_secret_error(
                "secret-missing",
                secret,
                f"The environment variable {secret.name} is not set.",
                f"Set {secret.name} before you start the cockpit.",
            )
        return self._environ[secret.name]


def _from_file(secret: Secret) -> str:
    raw = b""
    try:
        raw = read_named_file(Path(secret.name), LARGEST)
        return raw.decode("utf-8-sig")  # editors of Windows begin a file with a mark that is no part of the secret
    except UnicodeDecodeError:
        if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            KNOWN_SECRETS.learn(raw.decode("utf-16", "replace").strip())
        message = f"The secret file {secret.name} is not UTF-8 text."
        raise _make_secret_error("secret-malformed", secret, message, "Put the secret there as text.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        message = f"The secret file {secret.name} cannot be read: {reason}."
        raise _make_secret_error("secret-missing", secret, message, "Check the path and who may read it.") from None


def _describe_secret_source(secret: Secret) -> str:
    return f"The environment variable {secret.name}" if secret.source == "env" else f"The secret file {secret.name}"


def _make_secret_error(code: str, secret: Secret, message: str, advice: str) -> SourceError:
    facts = {"source": secret.source, "name": secret.name}
    sentence = clean_line(message, 300)
    return SourceError(Problem(ProblemKind.REFUSED, "secret missing", sentence, advice, code=code, facts=facts))
