"""What may pass the read-only door."""

import httpx
import pytest

from cockpit.azure.readonly import only_reads, refuse_change_hook
from cockpit.model.problem import ProblemKind, SourceError

APP = "https://management.azure.com/subscriptions/s/resourceGroups/rg/providers/Microsoft.App/containerApps/web"


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", f"{APP}?api-version=2025-07-01"),
        ("HEAD", APP),
        ("POST", f"{APP}/getAuthtoken?api-version=2025-07-01"),
        ("POST", f"{APP}/getAuthToken"),
        ("POST", "https://api.loganalytics.io/v1/workspaces/w/query"),
    ],
)
def test_what_only_reads_may_pass(method: str, url: str) -> None:
    assert only_reads(method, url)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", f"{APP}/revisions/r/restart"),
        ("POST", f"{APP}/revisions/getAuthToken/restart"),
        ("POST", f"{APP}/stop?x=/getAuthToken"),
        ("POST", f"{APP}/getAuthToken/../stop"),
        ("POST", "https://api.loganalytics.io/v1/workspaces/w/query/../purge"),
        ("PATCH", APP),
        ("PUT", f"{APP}/getAuthToken"),
        ("DELETE", APP),
        ("POST", "https://management.azure.com/subscriptions/s/providers/Microsoft.App/register"),
        (
            "POST",
            "https://management.azure.com/subscriptions/s/providers/Microsoft.AlertsManagement/alerts/a/changestate",
        ),
        ("OPTIONS", APP),
    ],
)
def test_everything_else_may_not(method: str, url: str) -> None:
    assert not only_reads(method, url)


async def test_the_same_door_stands_before_httpx() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport, event_hooks={"request": [refuse_change_hook]}) as client:
        await client.get(APP)
        with pytest.raises(SourceError) as refused:
            await client.post(f"{APP}/stop")
    assert refused.value.problem.kind is ProblemKind.REFUSED
    assert len(sent) == 1
