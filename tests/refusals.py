"""Refusals by their code: a sentence may be improved, and no test breaks."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cockpit.model.problem import CodedError


@contextmanager
def refuses(code: str, kind: type[CodedError] = CodedError) -> Iterator[pytest.ExceptionInfo[CodedError]]:
    """What is done inside is refused, with this code."""
    with pytest.raises(kind) as refusal:
        yield refusal
    assert refusal.value.code == code, refusal.value
