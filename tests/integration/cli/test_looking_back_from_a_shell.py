"""search and metrics: what is known of everything that ever happened."""

from tests.integration.cli.shell import Shell


def test_a_word_is_found_in_incidents_and_in_the_journal(shell: Shell) -> None:
    shell.say("note", "the deploy of v42 begins")
    incident = str(shell.ask("declare", "Readiness failing after the deploy")["id"])
    shell.say("note", "rolled back")
    assert [(each["incident"], each["kind"]) for each in shell.ask("search", "DEPLOY")["hits"]] == [
        (incident, "declare"),
        (None, "note"),
    ]
    said = shell.say("search", "deploy")
    assert f"  {incident}  declare  " in said
    assert "  journal         note      the deploy of v42 begins" in said


def test_an_argument_in_quotes_is_a_phrase(shell: Shell) -> None:
    shell.say("note", "back rolled")
    shell.say("note", "rolled back")
    assert [each["line"] for each in shell.ask("search", "rolled back")["hits"]] == ["rolled back"]
    assert len(shell.ask("search", "rolled", "back")["hits"]) == 2


def test_a_search_says_what_it_did_not_find_and_how_to_go_on(shell: Shell) -> None:
    for number in range(3):
        shell.say("note", f"restore {number}")
    assert shell.say("search", "zebra", "two words") == "Nothing recorded says `zebra` and `two words`.\n"
    assert "add `--before 2`" in shell.say("search", "restore", "--limit", "2")
    assert "restore 0" in shell.say("search", "restore", "--limit", "2", "--before", "2")
    assert "`nonsense` is not a kind of event" in shell.refused("search", "x", "--kind", "nonsense")
    assert "not a time" in shell.refused("search", "x", "--since", "someday")
    assert len(shell.ask("search", "restore", "--since", "1h")["hits"]) == 3


def test_a_long_line_is_cut_around_what_was_found(shell: Shell) -> None:
    shell.say("note", "x" * 300 + " needle " + "y" * 300)
    line = shell.say("search", "needle")
    assert len(line) < 300
    assert "… needle" not in line
    assert "xx needle yy" in line


def test_the_numbers_stand_with_their_definitions_and_say_what_was_left_out(shell: Shell) -> None:
    shell.say("declare", "Readiness failing", "--impact", "10m ago")
    shell.say("declare", "Practice", "--drill")
    said = shell.say("metrics")
    assert said.startswith("1 incident; left out: 1 drill. ")
    assert "detection minus impact start; detection is as a person stated it, else" in said
    found = shell.ask("metrics", "--severity", "P1", "--since", "90d")
    assert (found["incidents"], found["drills"]) == (1, 1)
    (detect,) = [each for each in found["figures"] if each["short"] == "TTD"]
    assert detect["recorded"] == 1
    assert 590 < detect["median"] < 660


def test_where_there_is_nothing_to_measure_it_says_what_to_do(shell: Shell) -> None:
    shell.say("note", "hello")
    assert "`cockpit declare TITLE` begins one" in shell.say("metrics")
    shell.say("declare", "x")
    assert "ask without --since and --severity" in shell.say("metrics", "--severity", "P3")
    assert "is not a severity here; there are P0, P1" in shell.refused("metrics", "--severity", "loud")


def test_open_action_items_of_every_incident_are_listed_the_first_due_first(shell: Shell) -> None:
    shell.say("declare", "one")
    shell.say("item", "add", "later", "--due", "2030-02-01", "--type", "prevent", "--link", "https://t.example.com/7")
    shell.say("item", "add", "whenever")
    shell.say("resolve", "--reason", "fixed")
    shell.say("declare", "two")
    shell.say("item", "add", "sooner", "--due", "2030-01-01")
    lines = shell.say("item", "list", "--all").splitlines()

    assert [line.split("  ")[0].strip() for line in lines] == ["2030-01-01", "2030-02-01", "no day"]
    assert lines[1].endswith("later (nobody yet)  prevent")
    assert shell.ask("item", "list", "--all")[1]["link"] == "https://t.example.com/7"


def test_months_and_services_are_a_line_each(shell: Shell) -> None:
    shell.say("declare", "one")
    assert shell.ask("metrics", "--by", "service")[0]["name"] == "(no app named)"
    assert shell.ask("metrics", "--by", "month")[0]["incidents"] == 1
    assert shell.ask("metrics", "--until", "1h ago")["incidents"] == 0
    assert "nothing between" in shell.refused("metrics", "--since", "1h", "--until", "2h")
