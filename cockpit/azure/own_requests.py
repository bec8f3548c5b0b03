"""The ids of our own requests, as Azure's activity log keeps them: a change that a cockpit sent is known by its mark.

Azure wants a GUID. The first eight digits of ours are fixed, so that what another cockpit sent is recognised as well;
what this process sent is remembered.
"""

from collections import deque
from uuid import uuid4

MARK = "c0c2917a"
KEPT = 1_000  # ids of this process; the log lags by minutes
_SENT: deque[str] = deque(maxlen=KEPT)


def make_request_id() -> str:
    """One for a request that is about to be sent."""
    request_id = f"{MARK}{str(uuid4())[8:]}"
    _SENT.append(request_id)
    return request_id


def is_of_cockpit(request_id: str) -> bool:
    """Whether some cockpit sent it."""
    return request_id.lower().startswith(MARK)


def is_of_this_process(request_id: str) -> bool:
    return request_id.lower() in _SENT
