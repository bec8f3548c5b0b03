"""Who deployed a revision, as far as the app can say: whoever moved its traffic later did not."""

from datetime import UTC, datetime, timedelta

import pytest

from cockpit.model.revision import Application, Revision, find_author

MADE = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)
OLD, NEW = (Revision("mi", name, True, weight, MADE) for name, weight in (("old", 0), ("new", 100)))


@pytest.mark.parametrize(
    ("revisions", "asked", "changed_after", "author"),
    [
        ((NEW, OLD), NEW, timedelta(seconds=20), "ci"),
        ((NEW, OLD), NEW, timedelta(minutes=14), ""),  # the traffic was moved, and nothing deployed
        ((NEW, OLD), OLD, timedelta(seconds=20), ""),
        ((), NEW, timedelta(seconds=20), ""),  # the app was looked at again meanwhile, and answered nothing
    ],
)
def test_the_last_change_of_an_app_is_a_deployment_only_of_its_newest_revision_and_right_after_it(
    revisions: tuple[Revision, ...], asked: Revision, changed_after: timedelta, author: str
) -> None:
    app = Application("mi", "prod", "multiple", "", revisions, changed_by="ci", changed_at=MADE + changed_after)
    assert find_author(app, asked) == author
