"""Two platforms in one environment are one pane: the apps of both, and what keeps one from being read."""

from random import Random

import pytest

from cockpit.feeds.polling import Feed, Polled
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.revision import Application
from cockpit.model.system import Environment
from cockpit.model.time import RealTime
from cockpit.platforms.kubernetes.settings import KubernetesSettings
from cockpit.platforms.registry import list_used_kinds
from cockpit.platforms.side_by_side import merge_feeds

GONE = Problem(ProblemKind.NETWORK, "no connection", "The cluster cannot be reached.")


class Source:
    """A platform that knows one app, or fails."""

    def __init__(self, name: str) -> None:
        self.apps = (Application(name, "prod", "", "", ()),)
        self.fails = False

    async def read(self) -> tuple[Application, ...]:
        if self.fails:
            raise SourceError(GONE)
        return self.apps

    def feed(self, every: float = 15.0) -> Feed:
        return Polled("revisions", "prod", self.read, every=every, deadline=1.0, time=RealTime(), random=Random(1))


def merged(*sources: Source) -> Feed:
    return merge_feeds([source.feed() for source in sources], time=RealTime(), random=Random(1))


async def test_both_are_shown() -> None:
    reading = await merged(Source("web"), Source("worker")).poll()
    assert [application.name for application in reading.value or ()] == ["web", "worker"]
    assert reading.problem is None


async def test_one_that_fails_keeps_its_old_apps_and_says_why() -> None:
    web, worker = Source("web"), Source("worker")
    feed = merged(web, worker)
    await feed.poll()
    worker.fails = True
    reading = await feed.poll()
    assert [application.name for application in reading.value or ()] == ["web", "worker"]
    assert reading.problem == GONE


async def test_when_nobody_answers_there_is_nothing() -> None:
    web, worker = Source("web"), Source("worker")
    web.fails = worker.fails = True
    reading = await merged(web, worker).poll()
    assert (reading.value, reading.problem) == (None, GONE)


def test_one_alone_is_left_as_it_is() -> None:
    feed = Source("web").feed()
    assert merge_feeds([feed], time=RealTime(), random=Random(1)) is feed


@pytest.mark.parametrize(
    ("environment", "kinds"),
    [
        (Environment("prod", subscription="s"), ["container_apps"]),
        (Environment("prod", subscription="s", platforms={"kubernetes": KubernetesSettings()}), ["kubernetes"]),
        (
            Environment("prod", subscription="s", apps=("web",), platforms={"kubernetes": KubernetesSettings()}),
            ["container_apps", "kubernetes"],
        ),
    ],
)
def test_a_subscription_beside_a_cluster_is_not_a_platform_unless_it_names_apps(
    environment: Environment, kinds: list[str]
) -> None:
    assert [kind.name for kind in list_used_kinds([environment])] == kinds
