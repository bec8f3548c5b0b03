"""`cockpit --help` lists every command once, below the heading of what it is for."""

from collections import Counter

from click.testing import CliRunner

from cockpit.cli import COMMAND_GROUPS, COMMANDS, cockpit


def test_the_groups_name_every_command_once() -> None:
    names = Counter(name for group in COMMAND_GROUPS.values() for name in group)
    assert names == Counter(list(COMMANDS))


def test_help_shows_each_group_with_its_commands_on_one_line_each() -> None:
    lines = CliRunner().invoke(cockpit, ["--help"], prog_name="cockpit").output.splitlines()
    headings = [line.removesuffix(":") for line in lines if line.removesuffix(":") in COMMAND_GROUPS]
    assert headings == list(COMMAND_GROUPS)
    listed = lines[lines.index("Watch:") :]
    assert sorted(line.split()[0] for line in listed if line.startswith("  ")) == sorted(COMMANDS)
