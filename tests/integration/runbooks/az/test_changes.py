"""Every known command that changes something: checked, sent once, followed, and looked at again when in doubt."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cockpit.azure.identity import Credential
from cockpit.model.run import StepState
from cockpit.runbooks.az import perform_az_command, resume_operation
from cockpit.runbooks.types import Finished
from cockpit.simulator.azure.bodies import operation_link
from cockpit.simulator.world.scenario import load_scenario, rename_scenario
from tests.integration.azure.fake_azure import FakeAzure, Reply, cloud, opened, token_cache
from tests.integration.runbooks.az.commanding import Screen, Shell, known, shell
from tests.integration.simulator.playing import FakeTime

__all__ = ["cloud", "token_cache"]  # fixtures

APP = "-n shop-api -g shop-prod-rg"
SQL = "-s shop-api-sql -g shop-prod-rg"
R41, R42, R43, R44 = (f"shop-api--r{number}" for number in range(41, 45))


async def done(opened: Shell, line: str, **more: str) -> Finished:
    finished = await opened.run(line, **more)
    assert finished.state is StepState.OK, finished.outcome
    return finished


async def refused(opened: Shell, line: str, words: str, **more: str) -> None:
    """It fails with these words, and nothing changes."""
    before = await opened.play.world()
    finished = await opened.run(line, **more)
    assert (finished.state, finished.exit_code) == (StepState.FAILED, 1)
    assert words in finished.outcome
    after = await opened.play.world()
    assert (before["revisions"], before["traffic"]) == (after["revisions"], after["traffic"])


async def active(opened: Shell) -> list[str]:
    return [each["name"].rpartition("--")[2] for each in (await opened.play.world())["revisions"] if each["active"]]


class TestRevisions:
    async def test_activate_and_deactivate_print_what_azure_answers(self, quiet: Shell) -> None:
        await done(quiet, f"az containerapp revision activate {APP} --revision {R41}")
        assert quiet.screen.text == '"Activate succeeded"\n'
        assert await active(quiet) == ["r41", "r42", "r43"]
        await done(quiet, f"az containerapp revision deactivate {APP} --revision {R41}")
        assert quiet.screen.text == '"Deactivate succeeded"\n'
        assert await active(quiet) == ["r42", "r43"]

    async def test_a_revision_with_traffic_is_never_deactivated(self, quiet: Shell) -> None:
        line = f"az containerapp revision deactivate {APP} --revision {R43}"
        await refused(quiet, line, "has 100 % of the traffic, which would then go nowhere")
        assert (await quiet.look(line)).refusal.startswith(f"{R43} has 100 % of the traffic")

    async def test_the_dialog_says_that_a_label_goes_with_its_revision(self, quirks: Shell) -> None:
        await done(quirks, f"az containerapp ingress traffic set {APP} --revision-weight {R43}=100")
        shown = await quirks.look(f"az containerapp revision deactivate {APP} --revision {R42}")
        assert shown.words[1] == "It has the label 'stable', whose address it will no longer answer."

    async def test_the_last_active_revision_is_never_deactivated(self, bad: Shell) -> None:
        await done(bad, f"az containerapp revision deactivate {APP} --revision {R43}")
        await bad.play.move_traffic({"revisionName": R41, "weight": 100})  # as somebody may, in the portal
        await refused(bad, f"az containerapp revision deactivate {APP} --revision {R44}", "the last active revision")

    async def test_a_revision_that_is_not_active_is_not_restarted(self, quiet: Shell) -> None:
        await refused(quiet, f"az containerapp revision restart {APP} --revision {R41}", "is not active")

    async def test_a_restart_replaces_the_replicas(self, quiet: Shell) -> None:
        line = f"az containerapp replica list {APP} --query '[].name' -o tsv"
        await done(quiet, line)
        before = quiet.screen.text
        quiet.play.time.pass_by(5)
        await done(quiet, f"az containerapp revision restart {APP} --revision {R43}")
        await done(quiet, line)
        assert not set(before.split()) & set(quiet.screen.text.split())

    async def test_a_revision_nobody_knows_is_reported_as_none(self, quiet: Shell) -> None:
        for what in ("activate", "restart", "deactivate"):
            await refused(quiet, f"az containerapp revision {what} {APP} --revision shop-api--nope", "shop-api--nope")

    async def test_a_registry_that_is_gone_says_so_in_azures_words(self, quirks: Shell) -> None:
        line = f"az containerapp revision activate {APP} --revision shop-api--r38"
        await refused(quirks, line, "registry retired.example.com which is no longer defined")


class TestTraffic:
    async def test_traffic_is_set_and_what_stands_then_is_printed(self, bad: Shell) -> None:
        await done(bad, f"az containerapp ingress traffic set {APP} --revision-weight {R43}=100")
        assert await bad.weights() == {"r43": 100}
        assert json.loads(bad.screen.text) == [
            {"latestRevision": True, "weight": 0},
            {"revisionName": R43, "weight": 100},
        ]

    async def test_labels_and_the_shares_of_the_others_are_kept(self, quirks: Shell) -> None:
        await done(quirks, f"az containerapp ingress traffic set {APP} --revision-weight shop-api--r39=50")
        assert [(each.get("label"), each["weight"]) for each in json.loads(quirks.screen.text)] == [
            (None, 0),
            ("stable", 40),
            (None, 10),
            (None, 50),
        ]
        await done(quirks, f"az containerapp ingress traffic set {APP} --label-weight stable=100")
        assert await quirks.weights() == {"r42": 100}

    async def test_nothing_but_the_traffic_list_is_sent(self, quiet: Shell) -> None:
        seen: list[Any] = []
        apps = await (await quiet.azure.pool()).open_apps()
        update = apps.container_apps.begin_update

        async def watched(group: str, app: str, body: Any, **options: Any) -> Any:
            seen.append(body)
            return await update(group, app, body, **options)

        apps.container_apps.begin_update = watched  # type: ignore[method-assign, assignment]
        await done(quiet, f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100")
        traffic = [
            {"latestRevision": True, "weight": 0},
            {"revisionName": R42, "weight": 100, "latestRevision": False},
        ]
        assert seen == [{"properties": {"configuration": {"ingress": {"traffic": traffic}}}}]

    async def test_what_was_confirmed_is_compared_with_what_stands_just_before(self, quiet: Shell) -> None:
        line = f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100"
        shown = await quiet.look(line)
        assert shown.words == (f"Traffic now: {R43} 100 %.", f"Traffic then: {R42} 100 %.")
        await quiet.play.move_traffic({"revisionName": R43, "weight": 50}, {"revisionName": R42, "weight": 50})
        await refused(
            quiet,
            line,
            f"changed after you confirmed: it is now {R43} 50 %, {R42} 50 %. Nothing was sent.",
            confirmed=shown.fingerprint,
        )
        again = await quiet.look(line)
        await done(quiet, line, confirmed=again.fingerprint)

    async def test_traffic_to_a_revision_that_is_not_active_is_refused(self, quiet: Shell) -> None:
        await refused(
            quiet, f"az containerapp ingress traffic set {APP} --revision-weight {R41}=100", "Activate it first."
        )

    async def test_while_another_change_runs_the_refusal_of_azure_is_reported(self, quiet: Shell) -> None:
        traffic = {"properties": {"configuration": {"ingress": {"traffic": [{"latestRevision": True, "weight": 100}]}}}}
        path = "/subscriptions/5105c0de-0000-4000-8000-000000000001/resourceGroups/shop-prod-rg"
        app = f"{path}/providers/Microsoft.App/containerApps/shop-api"
        await quiet.play.http.patch(app, params={"api-version": "2025-07-01"}, json=traffic)
        for line in (
            f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100",
            f"az containerapp revision activate {APP} --revision {R41}",
            f"az containerapp update {APP} --image registry.example.com/shop-api:2",
        ):
            await refused(quiet, line, "another modification is in progress")

    @pytest.mark.parametrize("body", [{}, {"name": "shop-api", "properties": {}}, [], "<html>"])
    async def test_an_app_that_cannot_be_read_whole_is_not_written_to(self, quiet: Shell, body: Any) -> None:
        await quiet.fault("GET .*/containerApps/shop-api$", times=None, status=200, body=body)
        line = f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100"
        finished = await quiet.run(line)
        assert finished.state is StepState.FAILED
        assert await quiet.weights() == {"r43": 100}

    async def test_two_who_act_at_once_do_not_both_succeed(self, quiet: Shell) -> None:
        lines = [f"az containerapp ingress traffic set {APP} --revision-weight {R42}={weight}" for weight in (100, 40)]
        found = await asyncio.gather(*(perform_az_command(known(each), quiet.azure, Screen()) for each in lines))
        assert sorted(each.state for each in found) == [StepState.FAILED, StepState.OK]


class TestSingleMode:
    async def test_dividing_traffic_is_refused_and_explained(self, single: Shell) -> None:
        line = f"az containerapp ingress traffic set {APP} --revision-weight {R43}=100"
        await refused(single, line, "shop-api is in single revision mode")
        assert "Activate the revision that is to serve" in (await single.look(line)).refusal

    async def test_activating_a_revision_hands_it_everything_and_the_confirmation_says_so(self, single: Shell) -> None:
        line = f"az containerapp revision activate {APP} --revision {R43}"
        assert "takes all of it, and the others stop" in (await single.look(line)).words[1]
        await done(single, line)
        assert (await active(single), await single.weights()) == (["r43"], {"r43": 100})
        assert (await single.play.http.get("/health/ready")).status_code == 200

    async def test_the_one_active_revision_is_never_deactivated(self, single: Shell) -> None:
        await refused(single, f"az containerapp revision deactivate {APP} --revision {R44}", "100 % of the traffic")


class TestImages:
    async def test_an_image_becomes_a_new_revision_and_the_app_is_printed(self, quiet: Shell) -> None:
        line = f"az containerapp update {APP} --image registry.example.com/shop-api:1.42.0 --revision-suffix back"
        await done(quiet, f"{line} --query properties.latestRevisionName -o tsv")
        assert quiet.screen.text == "shop-api--back\n"
        assert (await quiet.weights()) == {"back": 100}

    async def test_an_image_that_cannot_be_pulled_fails_in_azures_words(self, quiet: Shell) -> None:
        line = f"az containerapp update {APP} --image elsewhere.example.com/shop-api:1"
        finished = await quiet.run(line)
        assert finished.state is StepState.FAILED
        assert "InvalidImage" in finished.outcome

    async def test_a_container_that_is_not_there_is_named(self, quiet: Shell) -> None:
        line = f"az containerapp update {APP} --image registry.example.com/shop-api:1 --container-name web"
        await refused(quiet, line, "no container 'web': api")


class TestLongOperations:
    async def test_the_operation_is_reported_as_soon_as_it_is_known_and_again_at_the_end(self, quiet: Shell) -> None:
        line = f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100"
        finished = await done(quiet, line)
        assert quiet.screen.operations == [finished.operation]
        assert "containerappOperationStatuses" in finished.operation

    async def test_it_is_looked_at_often_at_first_and_every_two_seconds_in_the_end(self, quiet: Shell) -> None:
        await done(quiet, f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100")
        pauses = quiet.play.time.slept
        looks = [each for each in pauses if each >= 0.1]
        assert looks[0] == 0.1
        assert looks == sorted(looks)
        assert looks[-1] == 2.0
        assert sum(looks) < 14  # of an operation that takes 12 s

    async def test_one_that_was_left_is_taken_up_again_by_its_url(self, quiet: Shell) -> None:
        url = await quiet.leave(f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100")
        assert await quiet.weights() == {"r43": 100}
        finished = await resume_operation(url, quiet.azure, Screen())
        assert (finished.state, finished.exit_code) == (StepState.OK, 0)
        assert await quiet.weights() == {"r42": 100}

    @pytest.mark.parametrize("status", ["Succeeded", "Failed"])
    async def test_one_that_ended_while_nobody_looked_ended_when_azure_says(self, quiet: Shell, status: str) -> None:
        url = await quiet.leave(f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100")
        body = {"status": status, "endTime": "2026-11-20T16:28:20.5Z"}
        await quiet.fault("GET .*/containerappOperationStatuses", times=None, status=200, body=body)
        finished = await resume_operation(url, quiet.azure, Screen())
        assert finished.ended == datetime(2026, 11, 20, 16, 28, 20, 500_000, UTC)

    async def test_one_that_nobody_knows_any_more_is_unknown(self, quiet: Shell) -> None:
        url = f"{quiet.play.url}/subscriptions/5105c0de-0000-4000-8000-000000000001/providers/Microsoft.App"
        finished = await resume_operation(
            f"{url}/locations/x/containerappOperationStatuses/gone?api-version=2025-07-01", quiet.azure
        )
        assert finished.state is StepState.UNKNOWN

    @pytest.mark.parametrize("ended", [True, False])
    async def test_of_one_that_is_lost_what_it_was_about_is_looked_at_again(self, quiet: Shell, ended: bool) -> None:
        line = f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100"
        began = quiet.play.time.now()
        url = await quiet.leave(line)
        await quiet.fault("GET .*/containerappOperationStatuses", times=None, status=404, body={})
        if ended:
            quiet.play.time.pass_by(60)
        else:
            await quiet.fault("GET .*/containerApps/", times=None, status=503, body={})
        finished = await resume_operation(url, quiet.azure, native=known(line), since=began)
        assert finished.state is (StepState.OK if ended else StepState.UNKNOWN)

    async def test_a_url_that_leads_elsewhere_is_not_followed_and_gets_no_token(self, quiet: Shell) -> None:
        finished = await resume_operation("https://elsewhere.example.com/operation", quiet.azure)
        assert finished.state is StepState.UNKNOWN
        assert "another address, which gets no token" in finished.outcome

    @pytest.mark.parametrize("body", [{}, [], "<html>", {"status": None}])
    async def test_a_status_that_tells_nothing_is_not_taken_for_success(self, quiet: Shell, body: Any) -> None:
        url = await quiet.leave(f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100")
        await quiet.fault("GET .*/containerappOperationStatuses", times=None, status=200, body=body)
        assert (await resume_operation(url, quiet.azure)).state is StepState.UNKNOWN

    async def test_an_operation_may_also_answer_with_the_finished_resource(self, quiet: Shell) -> None:
        await quiet.leave(f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100")
        stage = quiet.play.stage
        link = operation_link(stage.world().operations[-1], "Results", stage.scenario.seed)
        assert (await resume_operation(quiet.play.url + link, quiet.azure)).state is StepState.OK

    async def test_a_passing_fault_of_the_cloud_does_not_lose_it(self, quiet: Shell) -> None:
        for status in (500, 429, 503):
            await quiet.fault("GET .*/containerappOperationStatuses", times=2, status=status)
        await done(quiet, f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100")
        assert await quiet.weights() == {"r42": 100}

    async def test_one_that_is_lost_from_sight_is_settled_by_looking_at_the_app(self, quiet: Shell) -> None:
        await quiet.fault("GET .*/containerappOperationStatuses", times=None, status=404)
        finished = await done(quiet, f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100")
        assert "looking again shows that it was done" in finished.outcome


LOST = {"status": 504, "body": {"error": {"code": "GatewayTimeout", "message": "no answer from 'Microsoft.App'"}}}
CHANGES = [
    ("POST .*/activate$", f"az containerapp revision activate {APP} --revision {R41}"),
    ("POST .*/deactivate$", f"az containerapp revision deactivate {APP} --revision {R42}"),
    ("POST .*/restart$", f"az containerapp revision restart {APP} --revision {R43}"),
    ("PATCH ", f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100"),
    ("PATCH ", f"az containerapp update {APP} --image registry.example.com/shop-api:1.42.0"),
    ("PUT ", f"az sql db restore {SQL} -n shop-api --dest-name restored --time 2026-02-27T01:00:00Z"),
    ("POST .*/move$", f"az sql db rename {SQL} -n shop-api --new-name old"),
]


class TestLostAnswers:
    @pytest.mark.parametrize(("match", "line"), CHANGES)
    async def test_a_change_that_was_made_though_its_answer_was_lost_is_found_out(
        self, quiet: Shell, match: str, line: str
    ) -> None:
        quiet.play.time.pass_by(5)
        await quiet.fault(match, effect=True, **LOST)
        finished = await quiet.run(line)
        if "restore" in line:  # takes longer than we look
            assert finished.state is StepState.UNKNOWN
        else:
            assert (finished.state, finished.exit_code) == (StepState.OK, 0)
            assert "it was done" in finished.outcome

    @pytest.mark.parametrize(("match", "line"), CHANGES)
    async def test_a_change_of_which_nothing_is_to_be_seen_is_unknown_and_was_sent_once(
        self, quiet: Shell, match: str, line: str
    ) -> None:
        quiet.play.time.pass_by(5)
        await quiet.fault(match, **LOST)
        finished = await quiet.run(line)  # a second try would meet no fault, and succeed
        assert finished.state is StepState.UNKNOWN
        assert finished.exit_code is None
        assert "Look before you try again" in finished.outcome
        assert quiet.screen.text.startswith("UNKNOWN: ")

    @pytest.mark.parametrize(("match", "line"), CHANGES)
    @pytest.mark.parametrize("status", [400, 403, 409, 429])
    async def test_a_refusal_is_a_failure_and_needs_no_second_look(
        self, quiet: Shell, match: str, line: str, status: int
    ) -> None:
        quiet.play.time.pass_by(5)
        await quiet.fault(match, status=status, body={"error": {"code": "Refused", "message": "because"}})
        before = len(quiet.play.time.slept)
        finished = await quiet.run(line)
        assert (finished.state, finished.exit_code) == (StepState.FAILED, 1)
        assert "Refused: because" in finished.outcome
        assert len(quiet.play.time.slept) == before or max(quiet.play.time.slept[before:]) < 0.1

    async def test_a_change_that_hangs_is_unknown_and_was_sent_once(
        self, cloud: FakeAzure, token_cache: Credential
    ) -> None:
        cloud.on("POST .*/activate", Reply(hang=True))
        line = "az containerapp revision activate -n web -g rg --revision web--1"
        async with opened(cloud, token_cache, read_timeout=0.05, time=FakeTime()) as azure:
            finished = await perform_az_command(known(line), azure, Screen())
        assert finished.state is StepState.UNKNOWN
        assert "Azure did not answer in time" in finished.outcome
        assert cloud.sent("^POST") == 1

    async def test_a_change_that_never_left_is_a_failure(self, quiet: Shell) -> None:
        await quiet.play.closing.aclose()
        finished = await quiet.run(f"az containerapp revision activate {APP} --revision {R41}")
        assert finished.state is StepState.FAILED


PAGE = "<!DOCTYPE html><html><form>Sign in <input type=password></form></html>"
ELSEWHERE = {"Location": "https://login.example.com/authorize"}
STRANGE: dict[str, dict[str, Any]] = {
    "page": {"status": 200, "body": PAGE, "headers": {"Content-Type": "text/html"}},
    "page as JSON": {"status": 200, "body": PAGE, "headers": {"Content-Type": "application/json"}},
    "page with a link": {"status": 200, "body": PAGE, "headers": ELSEWHERE},
    "nothing": {"status": 200},
    "no content": {"status": 204},
    "created": {"status": 201, "body": {"name": "ticket-7"}},
    "accepted": {"status": 202, "body": {"queued": True}},
    "object": {"status": 200, "body": {}},
    "list": {"status": 200, "body": []},
    "word": {"status": 200, "body": '"Welcome"'},
    "signed in": {"status": 200, "body": {"status": "ok", "properties": {}}},
    "another": {
        "status": 200,
        "body": {"id": "/subscriptions/x/other", "name": "other", "properties": {"active": True}},
    },
    "302": {"status": 302, "headers": ELSEWHERE},
    "303": {"status": 303, "headers": {"Location": "/signin"}},
    "307": {"status": 307, "headers": ELSEWHERE},
    "page 403": {"status": 403, "body": PAGE},
    "page 404": {"status": 404, "body": PAGE},
    "proxy 409": {"status": 409, "body": "blocked by policy"},
    "cut": {"status": 200, "body": '{"id": "/subscr'},
}


class TestStrangeAnswers:
    """What something between here and Azure says in its place tells nothing: look, and never send again."""

    @pytest.mark.parametrize(("match", "line"), CHANGES)
    async def test_with_the_world_unchanged_it_is_unknown_and_was_sent_once(
        self, quiet: Shell, match: str, line: str
    ) -> None:
        quiet.play.time.pass_by(5)
        before = await quiet.play.world()
        for name, answer in STRANGE.items():
            await quiet.fault(match, **answer)
            finished = await quiet.run(line)  # a second try would meet no fault, and succeed
            assert (finished.state, finished.exit_code) == (StepState.UNKNOWN, None), (name, finished.outcome)
        after = await quiet.play.world()
        assert (before["revisions"], before["traffic"]) == (after["revisions"], after["traffic"])

    @pytest.mark.parametrize(("match", "line"), CHANGES)
    @pytest.mark.parametrize("name", ["page", "302", "page 403"])
    async def test_what_was_done_all_the_same_is_seen_by_looking(
        self, quiet: Shell, match: str, line: str, name: str
    ) -> None:
        quiet.play.time.pass_by(5)
        await quiet.fault(match, effect=True, **STRANGE[name])
        finished = await quiet.run(line)
        assert finished.state is (StepState.UNKNOWN if "restore" in line else StepState.OK)  # a restore takes longer

    @pytest.mark.parametrize(("match", "line"), [CHANGES[0], CHANGES[1]])
    @pytest.mark.parametrize("look", [PAGE, {}, {"properties": {}}, {"properties": {"active": False}}, {"value": []}])
    async def test_a_look_that_is_answered_as_strangely_shows_nothing(
        self, quiet: Shell, match: str, line: str, look: Any
    ) -> None:
        await quiet.fault(match, status=200, body=PAGE)
        await quiet.fault("GET .*/revisions/[^/]+$", times=None, status=200, body=look)
        assert (await quiet.run(line)).state is StepState.UNKNOWN

    async def test_an_operation_that_ends_with_another_resource_is_not_done(self, quiet: Shell) -> None:
        body = {"id": "/subscriptions/x/other", "name": "other", "properties": {}}
        await quiet.fault("GET .*/containerappOperationStatuses", times=None, status=200, body=body)
        await quiet.fault("GET .*/containerApps/shop-api$", times=None, status=200, body=body, since=3.0)
        finished = await quiet.run(f"az containerapp ingress traffic set {APP} --revision-weight {R42}=100")
        assert finished.state is StepState.UNKNOWN


class TestReadOnly:
    @pytest.mark.parametrize(("match", "line"), CHANGES)
    async def test_no_change_leaves_a_cockpit_that_is_read_only(self, match: str, line: str) -> None:
        async with shell(load_scenario("quiet"), read_only=True) as opened:
            opened.play.time.pass_by(5)
            await opened.fault(match, times=1, status=418)
            await refused(opened, line, "this cockpit is read-only")
            left = (await opened.play.http.get("/simulator/faults")).json()["faults"]
            assert [each["left"] for each in left] == [1]

    async def test_reads_and_logs_still_pass(self) -> None:
        async with shell(load_scenario("quiet"), read_only=True) as opened:
            await done(opened, f"az containerapp revision list {APP} -o table")
            await done(opened, f"az containerapp logs show {APP}")
            assert (await opened.look(CHANGES[3][1])).words


class TestDatabases:
    RESTORE = f"az sql db restore {SQL} -n shop-api --dest-name restored --time 2026-02-27T01:00:00Z"

    async def test_a_restore_is_followed_to_its_end_and_the_new_database_printed(self, quiet: Shell) -> None:
        finished = await done(quiet, f"{self.RESTORE} -o table")
        assert quiet.screen.text.splitlines()[2].split() == ["restored", "Basic", "5", "2GB"]
        assert "databaseAzureAsyncOperation" in finished.operation
        assert quiet.screen.operations == [finished.operation]

    async def test_before_a_restore_its_points_and_how_busy_the_database_is_are_shown(self, quiet: Shell) -> None:
        words = "\n".join((await quiet.look(self.RESTORE)).words)
        assert "since 2026-02-20" in words
        assert "until about 2026-02-27" in words
        assert "DTU in use: " in words

    async def test_a_restore_that_was_left_is_taken_up_again(self, quiet: Shell) -> None:
        url = await quiet.leave(self.RESTORE)
        assert (await resume_operation(url, quiet.azure)).state is StepState.OK

    async def test_a_swap_is_two_renames(self, quiet: Shell) -> None:
        await done(quiet, self.RESTORE)
        await done(quiet, f"az sql db rename {SQL} -n shop-api --new-name broken --query name -o tsv")
        assert quiet.screen.text == "broken\n"
        assert (await quiet.play.http.get("/health/ready")).status_code == 503
        await done(quiet, f"az sql db rename {SQL} -n restored --new-name shop-api")
        assert (await quiet.play.http.get("/health/ready")).status_code == 200

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            (f"az sql db restore {SQL} -n shop-api --dest-name new --time 2026-02-19T00:00:00Z", "since 2026-02-20"),
            (f"az sql db restore {SQL} -n shop-api --dest-name new --time 2026-02-27T03:00", "is still to come"),
            (f"az sql db restore {SQL} -n nope --dest-name new --time 2026-02-27T01:00:00Z", "ResourceNotFound"),
            (f"az sql db restore {SQL} -n shop-api --dest-name shop-api --time 2026-02-27T01:00:00Z", "already has"),
            (f"az sql db rename {SQL} -n shop-api --new-name master", "already has a database master"),
            (f"az sql db rename {SQL} -n nope --new-name new", "ResourceNotFound"),
        ],
    )
    async def test_what_cannot_be_is_refused_before_anything_is_sent(self, quiet: Shell, line: str, words: str) -> None:
        await refused(quiet, line, words)

    async def test_a_database_that_is_not_online_is_left_alone(self, quiet: Shell) -> None:
        await quiet.leave(self.RESTORE)
        await refused(quiet, f"az sql db rename {SQL} -n restored --new-name other", "is Restoring, not Online")

    async def test_the_dialog_says_what_it_would_meet(self, quiet: Shell) -> None:
        shown = await quiet.look(self.RESTORE)
        assert shown.words[0] == "shop-api is Online."
        assert "restored as it was since 2026-02-20T02:00:00" in shown.words[1]
        away = await quiet.look(f"az sql db rename {SQL} -n shop-api --new-name broken")
        assert away.words[1].endswith("connects to broken gets this database, and what connects to shop-api gets none.")


async def test_what_was_done_stays_done_when_its_result_cannot_be_printed_as_asked(quiet: Shell) -> None:
    finished = await quiet.run(f"az containerapp revision activate {APP} --revision {R41} --query 'abs(@)'")
    assert (finished.state, finished.exit_code) == (StepState.WARN, 0)
    assert "It was done, but" in finished.outcome
    assert "r41" in await active(quiet)


async def test_a_teams_own_runbook_runs_where_its_names_are_the_worlds() -> None:
    """Roll back, restore beside, swap, restart: the commands as such documents have them, on names that fit."""
    where = "-n mi-prod -g mi-prod-rg"
    server = "--server mi-prod-sql -g mi-prod-rg"
    async with shell(
        rename_scenario(load_scenario("bad-deploy"), app="mi-prod", resource_group="mi-prod-rg")
    ) as opened:
        opened.play.time.pass_by(30)
        for line in (
            f"az containerapp revision list {where} --query '[].{{name:name, active:properties.active}}' -o table",
            f"az containerapp revision activate {where} --revision mi-prod--r42",
            f"az containerapp ingress traffic set {where} --revision-weight mi-prod--r42=100",
            f"az containerapp revision deactivate {where} --revision mi-prod--r44",
            f"az sql db restore {server} --name mi-prod --dest-name mi-prod-restored --time 2026-02-27T02:00:00Z",
            f"az sql db rename {server} --name mi-prod --new-name mi-prod-broken",
            f"az sql db rename {server} --name mi-prod-restored --new-name mi-prod",
            f"az containerapp revision restart {where} --revision mi-prod--r42",
        ):
            await done(opened, line)
        assert await opened.weights() == {"r42": 100}
        assert (await opened.play.http.get("/health/ready")).status_code == 200
