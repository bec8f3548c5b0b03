"""The rollback window in a shell: from when what serves now was deployed, as recorders wrote it down."""

from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.event import Kind, OutsideChange
from cockpit.model.revision import Application, Revision
from cockpit.model.time import format_timestamp
from cockpit.recorder.last_recorded import find_newest_deployment, find_recorded_author, find_recorded_deployment
from tests.unit.incident.folding import fold
from tests.unit.incident.story import Story, at


def made(story: Story, minute: float, name: str) -> None:
    story.tell(
        Kind.REVISION, minute, subject=f"mi/{name}", detail={"what": "created", "created": format_timestamp(at(minute))}
    )


def serves(story: Story, minute: float, name: str) -> None:
    story.tell(Kind.TRAFFIC, minute, subject="mi", detail={"after": {name: 100}})


def test_the_newest_revision_that_had_traffic_says_when_it_was_also_after_a_rollback() -> None:
    story = Story()
    assert find_recorded_deployment(story.events) is None
    made(story, -600, "v41")
    serves(story, -599, "v41")
    made(story, 5, "v42")
    assert find_recorded_deployment(story.events) == at(-599)
    serves(story, 6, "v42")
    assert find_recorded_deployment(story.events) == at(6)
    serves(story, 20, "v41")
    assert find_recorded_deployment(story.events) == at(6), "v41 was there before"
    assert fold(story.events).deployed("prod") == at(6), "the screen tells the same"


def test_a_revision_that_waited_for_its_traffic_is_deployed_when_it_gets_some() -> None:
    """Made a day before and tried without traffic: the window never counts from before what broke it."""
    story = Story()
    made(story, -1500, "v41")
    serves(story, -1499, "v41")
    made(story, -1440, "v42")
    assert find_recorded_deployment(story.events) == at(-1499)
    story.tell(Kind.TRAFFIC, 0, subject="mi", detail={"before": {"v41": 100}, "after": {"v41": 90, "v42": 10}})
    story.tell(Kind.TRAFFIC, 5, subject="mi", detail={"before": {"v41": 90, "v42": 10}, "after": {"v42": 100}})
    assert find_recorded_deployment(story.events) == at(0)


def test_a_revision_from_before_the_record_began_says_when_it_was_made_where_the_cloud_did() -> None:
    story = Story()
    revisions = {
        "v41": {"active": True, "created": format_timestamp(at(-900))},
        "v40": {"active": False, "created": "odd"},
    }
    detail = {"what": "baseline", "traffic": {"v41": 100}, "revisions": revisions}
    story.tell(Kind.REVISION, 0, subject="mi", detail=detail)
    assert find_recorded_deployment(story.events) == at(-900)


def test_a_revision_that_was_there_before_the_record_began_says_nothing() -> None:
    story = Story()
    detail = {"what": "baseline", "traffic": {"v41": 100}, "revisions": {"v41": {"active": True}}}
    story.tell(Kind.REVISION, 0, subject="mi", detail=detail)
    story.tell(Kind.REVISION, 1, subject="mi/v42", detail={"created": "nonsense", "what": "created"})
    assert find_recorded_deployment(story.events) is None
    story.tell(Kind.TRAFFIC, 2, subject="mi", detail={"after": {"v42": 100}})
    assert find_recorded_deployment(story.events) == at(2)
    story.tell(Kind.TRAFFIC, 3, subject="mi", detail={"before": {"v42": 100}, "after": {"v41": 100}})
    assert find_recorded_deployment(story.events) == at(2)


def test_where_no_revision_says_it_the_pipeline_does() -> None:
    story = Story()
    story.tell(Kind.DEPLOYMENT, -300, subject="github:a/b deployment 1", detail={"state": "success"})
    story.tell(Kind.DEPLOYMENT, -20, subject="github:a/b deployment 2", detail={"state": "failure"})
    assert find_recorded_deployment(story.events) == at(-300)
    made(story, 5, "v42")
    serves(story, 6, "v42")
    assert find_recorded_deployment(story.events) == at(6)


def test_the_panes_tell_the_same_of_a_pipeline() -> None:
    def deployment(state: str, minute: float) -> OutsideChange:
        return OutsideChange(f"k{minute}", Kind.DEPLOYMENT, state, "", at(minute))

    changes = [deployment("success", -300), deployment("failure", -20)]
    assert find_newest_deployment([], changes) == at(-300)
    app = Application("a", "prod", "single", "", (Revision("a", "r1", True, 100, at(-5)),))
    assert find_newest_deployment([app], changes) == at(-5)


@given(st.permutations(["v39", "v40", "v42"]), st.lists(st.sampled_from(["v39", "v40", "v41", "v42"]), max_size=5))
def test_going_back_to_what_is_older_than_what_served_deploys_nothing_also_where_nobody_saw_it_serve(
    order: list[str], more: list[str]
) -> None:
    """Seen: the rollback window began anew with the rollback to a revision that had its traffic before the record."""
    made_at = {"v39": -3000, "v40": -2000, "v41": -1000, "v42": -5}
    story = Story()
    revisions = {name: {"active": False, "created": format_timestamp(at(minute))} for name, minute in made_at.items()}
    detail = {"what": "baseline", "traffic": {"v41": 100}, "revisions": revisions}
    story.tell(Kind.REVISION, -10, subject="mi", detail=detail)
    moves = [*order, *more]
    for minute, name in enumerate(moves):
        serves(story, minute, name)
    assert find_recorded_deployment(story.events) == at(moves.index("v42")), "the one that was made after it"


def test_who_made_a_revision_is_who_was_recorded_then_whoever_changed_the_app_since() -> None:
    story = Story()
    story.tell(Kind.REVISION, 1, subject="mi/v44", detail={"what": "created", "changed_by": "ci@example.com"})
    story.tell(Kind.TRAFFIC, 2, subject="mi", detail={"after": {"v43": 100}, "changed_by": "ana@example.com"})
    story.tell(Kind.REVISION, 3, subject="mi/v44", detail={"what": "deactivated", "changed_by": ""})
    assert find_recorded_author(story.events, "mi/v44") == "ci@example.com"
    assert find_recorded_author(story.events, "mi/v43") == ""
