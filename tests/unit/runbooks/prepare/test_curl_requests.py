"""Which curl sends something, where its status can be reported, and what is left when it cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.run import StepState
from cockpit.model.runbook import StepKind
from cockpit.runbooks.prepare import curl_requests
from cockpit.runbooks.prepare.curl_requests import REPORT, add_reports, find_calls
from cockpit.runbooks.run.outcome import judge_outcome
from cockpit.runbooks.run.process.shell import CommandEnd
from cockpit.runbooks.shell_syntax import parse_shell

URL = "https://app.example.com/cache"
SENDS = [
    "-X POST", "-XDELETE", "-sXPUT", "--request PATCH", "--req POST", "-d a=b", "-sd@body.json", "--data-raw x",
    "--data-urlencode a=b", "-F f=@x", "--form-string a=b", "-T file", "--upload-file x", "--json '{}'", "-X $METHOD",
    "-X \"$METHOD\"", "$OPTIONS", "-K config", "-G -X POST -d a=b", "-H 'X: -X GET' -d a",
]  # fmt: skip
READS = [
    "",
    "-s",
    "-f -L",
    "-X GET",
    "-XHEAD",
    "-I",
    "-G -d a=b",
    "-H 'X-Method: -X POST'",
    "-o /dev/null",
    "-A '-d a'",
]


@pytest.fixture(autouse=True)
def new_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curl_requests, "knows_stderr", lambda program: True)


@pytest.mark.parametrize("flags", SENDS)
def test_what_changes_something_is_seen_as_sending(flags: str) -> None:
    (call,) = find_calls(parse_shell(f"curl {flags} {URL}", "bash"))
    assert call.sends


@pytest.mark.parametrize("flags", READS)
def test_what_only_reads_is_not(flags: str) -> None:
    (call,) = find_calls(parse_shell(f"curl {flags} {URL}", "bash"))
    assert not call.sends


@pytest.mark.parametrize(
    ("command", "reporting"),
    [
        (f"curl -X POST {URL}", f"curl -w '{REPORT}' -X POST {URL}"),
        (f"sudo /usr/bin/curl -d a {URL} | jq .", f"sudo /usr/bin/curl -w '{REPORT}' -d a {URL} | jq ."),
        (f"curl -d a -w '%{{http_code}}' {URL}", f"curl -d a -w '%{{http_code}}''{REPORT}' {URL}"),
        (f'curl -sw"%{{http_code}}" -d a {URL}', f"curl -sw\"%{{http_code}}\"'{REPORT}' -d a {URL}"),
        (f"curl \\\n  -X POST \\\n  {URL}", f"curl -w '{REPORT}' \\\n  -X POST \\\n  {URL}"),
        ("curl -X POST https://<FQDN>/x", f"curl -w '{REPORT}' -X POST https://<FQDN>/x"),
        (
            f"for x in 1 2; do curl -d $x {URL}; done; curl -s {URL}",
            f"for x in 1 2; do curl -w '{REPORT}' -d $x {URL}; done; curl -s {URL}",
        ),
    ],
)
def test_the_status_is_asked_for_where_standard_error_is_ours(command: str, reporting: str) -> None:
    assert add_reports(command, path="/bin") == reporting


@pytest.mark.parametrize(
    "command",
    [
        f"curl -X POST {URL} 2>&1 | jq .", f"{{ curl -X POST {URL}; }} &> log", f"curl -X POST {URL} |& cat",
        f"curl --stderr - -X POST {URL}", f"kubectl exec pod -- curl -X POST {URL}", f"ssh host 'curl -X POST {URL}'",
        f"curl -w @format -X POST {URL}", f'curl -w "$FORMAT" -X POST {URL}', f"curl -d a {URL} --next -d b {URL}",
        f"curl -X POST '{URL}", f"curl -s {URL} && kubectl rollout restart deploy/api", "kubectl delete pod curl",
    ],
)  # fmt: skip
def test_nothing_is_added_where_it_would_change_what_is_printed_or_was_not_sent(command: str) -> None:
    assert add_reports(command, path="/bin") == command


@given(st.integers(1, 125).filter(lambda code: code not in (6, 7)), st.sampled_from(SENDS), st.text(max_size=40))
def test_without_a_status_every_other_exit_code_is_unknown(code: int, flags: str, printed: str) -> None:
    command = f"curl {flags} {URL}"
    assert judge_outcome(CommandEnd(code), StepKind.CHANGE, command, printed).state is StepState.UNKNOWN


@given(st.sampled_from([0, 18, 22, 52]), st.lists(st.sampled_from([0, 200, 302, 404, 503]), min_size=1, max_size=4))
def test_one_answer_that_tells_nothing_makes_all_of_it_unknown(code: int, statuses: list[int]) -> None:
    command = add_reports(f"for x in $LIST; do curl -s -d $x {URL}; done", path="/bin")
    printed = "".join(f"\nanswer: HTTP {status:03}, 0 redirects, 2 bytes, text/plain\n" for status in statuses)
    state = judge_outcome(CommandEnd(code), StepKind.CHANGE, command, printed).state
    if {0, 302, 503} & set(statuses):
        assert state is StepState.UNKNOWN
    elif set(statuses) == {404}:
        assert state is StepState.FAILED
    elif set(statuses) == {200}:
        assert state is (StepState.UNKNOWN if code else StepState.OK)
    else:
        assert state is StepState.UNKNOWN


@pytest.mark.parametrize("code", [126, 127])
def test_a_curl_that_could_not_be_started_has_sent_nothing(code: int) -> None:
    assert judge_outcome(CommandEnd(code), StepKind.CHANGE, f"curl -X POST {URL}", "").state is StepState.FAILED


def test_a_word_that_is_only_called_so_is_no_request() -> None:
    assert judge_outcome(CommandEnd(0), StepKind.CHANGE, "kubectl delete pod curl", "").state is StepState.OK
    assert judge_outcome(CommandEnd(1), StepKind.CHANGE, "apt-get install -y curl", "").state is StepState.FAILED


@given(cut=st.integers(1, len("\nanswer: HTTP 504, 0 redirects, 16 bytes, text/html\n") - 2))
def test_a_report_that_other_output_cut_in_two_is_never_taken_for_done(cut: int) -> None:
    report = "\nanswer: HTTP 504, 0 redirects, 16 bytes, text/html\n"
    command = f"curl -w '{REPORT}' -s -X POST {URL} | cat"
    output = f"{report[:cut]}<html>504</html>{report[cut:]}"
    assert judge_outcome(CommandEnd(0), StepKind.CHANGE, command, output).state is StepState.UNKNOWN
