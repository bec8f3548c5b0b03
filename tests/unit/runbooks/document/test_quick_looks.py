"""What is asked first, because it costs little, never rules out what the whole look would find."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.model.runbook import DocumentTable
from cockpit.runbooks.document import fences, ways
from cockpit.runbooks.document.prompts import PROMPT, may_hold_prompt
from cockpit.runbooks.document.read import remove_secrets_of_tables
from cockpit.runbooks.shell_syntax import placeholder_forms
from cockpit.runbooks.shell_syntax.literal_secrets import find_literal_secrets, find_suspects, hide_literal_secrets

PARTS = (
    *("psql", "-h", "-U", "HOST", "USER", "PORT", "DB_NAME", "@", "://", "PASS", ":", "/", "=", "kill", "PID", "ssh"),
    *("helm", "rollback", "RELEASE", "REVISION", "docker", "IMAGE", "TAG", "REPO", "-p", "CONTAINER", "POD", "cp"),
    *("X_FROM_ABOVE", "my-bucket", "MyCluster", "<pod>", "[name]", "{{ x }}", "xxx", "...", "YOUR_X", "example.com"),
    *("table_name", "TABLE", "--name", "APP", "POD_NAME", "A-HOST", "path/to/x", "10.0.x.x", "%X%", "__X__", "'$X'"),
)
SECRETS = (
    *("--password", "hunter22x", "-H", "'X-Token:", "Authorization:", "Bearer", "abcdef123456", "mysql", "-pSecret9"),
    *("token=", '"secret":', "https://u:pw12345@h/", "identified by", "'geheim99'", "create secret", "<<EOF", "curl"),
)
BLOCKS = (
    *("kubectl get pods", "NAME READY", "foo bar", "{", '"a": 1', "}", "# note", "", "X=1 ls", "if true; then", "fi"),
    *("f() {", "f () {", "./run.sh now", "<x> get", "YOUR_X get", "foo |", "sudo ls", "a: b", "SELECT 1;", "printf x"),
)
_LABELS = """
**For staging:**|Linux:|on|premises|bare metal|docker-compose|v2|before|1.4|eu-west-1|a)|(b)|Otherwise|If it is down:
With Helm|With Helm:|By hand:|westeurope|the|queue|is full|—|Restart it (production):|single node|single|node|rest|api
✅|[Helm](x.md)|`kubectl`|For all others:|For all others|In case it is down|**On the primary**|**When:**|Falls|Wenn es|,
"""
LABELS = _LABELS.strip().replace("\n", "|").split("|")
PROMPTED = (
    *(
        "$ ls",
        "PS C:\\> ls",
        "user@host:~$ ls",
        "[root@db ~]# ls",
        "(venv) $ ls",
        "❯ ls",
        "➜  ~ ls",
        "~/infra on main ❯ ls",
    ),
    *("me@host ~ % ls", "➜  infra git:(main) ✗ ls", "infra git:(main) ls", "λ ls", "» ls", "╰─# ls", "~/x λ ls"),
)


@pytest.mark.parametrize("line", PROMPTED)
def test_a_line_behind_a_prompt_has_a_sign_of_one(line: str) -> None:
    assert PROMPT.match(line)
    assert may_hold_prompt(line)


@given(st.lists(st.sampled_from(PARTS), max_size=7), st.sampled_from(("", " ")))
@settings(max_examples=300)
def test_a_word_that_stands_for_a_value_is_found_whatever_is_asked_first(parts: list[str], between: str) -> None:
    command = f"tool {between.join(parts)}"
    for expression, signs in (
        (placeholder_forms.OF_CONNECTIONS, placeholder_forms.SIGNS_OF_CONNECTIONS),
        (placeholder_forms.OF_IMAGES, placeholder_forms.SIGNS_OF_IMAGES),
    ):
        assert expression.search(command) is None or any(sign in command for sign in signs)
    if placeholder_forms.MAY_HOLD_A_HOLE.search(command):
        signs_in_it = [sign for sign in placeholder_forms.SIGNS_OF_A_HOLE if sign in command.lower()]
        assert signs_in_it or placeholder_forms.TWO_CAPITALS.search(command)


@given(st.lists(st.sampled_from(BLOCKS), max_size=6))
@settings(max_examples=200)
def test_a_block_is_taken_for_commands_whatever_is_asked_first(lines: list[str]) -> None:
    content = "\n".join(lines)
    quick = fences.begins_with_programs(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fences, "FIRST_WORD", re.compile("(?!)"))
        assert fences.begins_with_programs(content) is quick


@given(st.lists(st.lists(st.sampled_from(SECRETS), max_size=4).map(" ".join), max_size=5))
@settings(max_examples=200)
def test_cells_searched_together_hide_what_each_would_hide(cells: list[str]) -> None:
    suspects = find_suspects(cells)
    assert [cell for cell in cells if cell not in suspects and find_literal_secrets(cell)] == []
    table = DocumentTable("", ("a",), (tuple(cells),), 1)
    assert [row.rows for row in remove_secrets_of_tables([table])] == [(tuple(map(hide_literal_secrets, cells)),)]


@given(st.lists(st.sampled_from(LABELS), min_size=1, max_size=5).map(" ".join))
@settings(max_examples=300)
def test_a_label_is_read_as_a_way_whatever_is_asked_first(markdown: str) -> None:
    label = ways.WayLabel(1, markdown)
    quick = ways._read_label(label)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ways, "_may_be_read", lambda label: True)
        patch.setattr(ways, "_may_have_family", lambda small: True)
        assert ways._read_label(label) == quick
