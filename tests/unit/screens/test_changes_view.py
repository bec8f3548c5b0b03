"""A source that only tells of changes: where it is shown, and that it puts nothing else in doubt."""

from random import Random

from cockpit.feeds.polling import Polled
from cockpit.feeds.watch import Watch
from cockpit.model.overall import OverallState, judge_environment
from cockpit.model.probe import ProbeState
from cockpit.model.problem import Problem, ProblemKind, SourceError
from cockpit.model.reading import FeedState, Freshness, Reading
from screens.shared.context import ReadingChanged
from screens.shared.view import build_view
from tests.unit.feeds.fake_time import FakeTime
from tests.unit.model.test_overall import probe

REVOKED = Problem(ProblemKind.SIGN_IN, "401 token refused", "GitHub does not accept the token.")


async def test_a_revoked_token_is_one_line_beside_the_timeline_and_no_sign_in_to_azure() -> None:
    async def read() -> tuple[object, ...]:
        raise SourceError(REVOKED)

    time = FakeTime()
    feed = Polled("changes:github", "prod", read, every=30.0, deadline=5.0, time=time, random=Random(1))
    watch = Watch([feed], time)
    reading = await feed.poll()
    watch.publish(reading)
    view = build_view(watch, "prod")
    assert ReadingChanged(reading).pane == "timeline"
    assert view.problems == ()
    (line,) = view.silent_changes
    assert line.startswith("github BLIND 401 token refused")


def test_a_pipeline_that_is_not_seen_puts_nothing_in_doubt() -> None:
    probes = Reading("probes", "prod", 15.0, 1.0, value=(probe(ProbeState.UP),), seen=1.0)
    blind: Reading[object] = Reading("changes:github", "prod", 30.0, 1.0, problem=REVOKED)
    freshness = {"probes": Freshness(FeedState.LIVE, 1.0), "changes:github": Freshness(FeedState.BLIND)}
    assert judge_environment([probes, blind], freshness).word is OverallState.OK
