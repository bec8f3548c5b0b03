"""A fence is cut where its grammar ends a statement: nothing is lost, nothing runs without what guards it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.runbooks.document.fence_pieces import split_fence, trailing_comment
from cockpit.runbooks.shell_syntax import parse_shell

WHOLE = [
    'if [ "$(hostname)" = staging ]; then\n  if [ -d /old ]; then\n    echo old\n  fi\n  rm -rf /data/pg\nfi',
    'kubectl get ns -o name | \\\n  while read -r ns; do\n    kubectl get "$ns"\n  done',
    "systemctl is-active db && # only then\n  systemctl restart api",
    'BODY=$(cat <<EOF\n{"a": 1}\nEOF\n)',
    "cat <<EOF > x.yaml\n# not a title\nkind: Pod\n\nEOF",
    "deploy() {\n  docker pull x\n\n  docker run x\n}",
    "(\n  cd /srv\n  ls\n)",
    "case $1 in\n  a) ls ;;\n  *) exit 1 ;;\nesac",
    "az vm list \\\n  -o table",
    'curl -X POST \\\n  -d "{\n}" http://127.0.0.1/',
    "for a in 1 2; do\n  if true; then\n    echo $a\n  fi\ndone",
    "names=(\n  a\n  b\n)",
]
LINES = ["echo it\\'s done", "cat <<<hello", "names=()", "kubectl delete pod a", "curl https://<FQDN>/x", "a; b",
         "az group show -n <rg> --query x", "echo done", "echo fi", "x=$(ls)"]  # fmt: skip


def commands(content: str, language: str = "bash") -> list[str]:
    return [piece.text for piece in split_fence(content, language) if piece.shape == "command"]


@pytest.mark.parametrize("statement", WHOLE)
def test_a_statement_stays_whole_and_its_neighbours_are_steps_of_their_own(statement: str) -> None:
    assert commands(f"echo before\n{statement}\necho after") == ["echo before", statement, "echo after"]


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_only_looks_unfinished_is_one_step(line: str) -> None:
    assert commands(f"{line}\nkubectl get pods") == [line, "kubectl get pods"]


@given(st.lists(st.sampled_from([*WHOLE, *LINES, "# a title", "", "  # another"]), max_size=8))
def test_the_pieces_joined_are_the_fence_and_each_parses(parts: list[str]) -> None:
    content = "\n".join(parts)
    pieces = split_fence(content, "bash")
    lines = content.split("\n")

    place = 0
    for piece in pieces:
        assert piece.line == place
        if piece.shape == "command":
            assert lines[place : place + piece.text.count("\n") + 1] == piece.text.split("\n")
            assert not piece.unparsed
        place += piece.text.count("\n") + 1 if piece.shape == "command" else 1
    assert place == len(lines)


@given(st.lists(st.sampled_from(WHOLE), min_size=1, max_size=5))
def test_every_piece_parses_if_the_whole_does(parts: list[str]) -> None:
    assert not parse_shell("\n".join(parts)).errors
    assert all(not parse_shell(text).errors for text in commands("\n".join(parts)))


@pytest.mark.parametrize("broken", ["echo 'open", "if true; then\n  rm -rf x", "cat <<EOF\nx", "rm -rf x )", "a &&"])
def test_a_fence_that_is_not_bash_is_one_block_to_look_at(broken: str) -> None:
    (piece,) = split_fence(f"echo before\n{broken}\n", "bash")
    assert piece.unparsed
    assert piece.text == f"echo before\n{broken}"


def test_powershell_is_cut_by_its_own_grammar() -> None:
    content = "# Look\nGet-Process |\n  Where-Object { $_.CPU -gt 5 }\nif ($x) {\n  Stop-Service web\n}\nGet-Date"
    assert commands(content, "powershell") == [
        "Get-Process |\n  Where-Object { $_.CPU -gt 5 }",
        "if ($x) {\n  Stop-Service web\n}",
        "Get-Date",
    ]


def test_a_command_below_a_prompt_goes_on_until_it_is_finished() -> None:
    content = "$ for a in 1 2; do\n>   echo $a\n> done\n1\n2\n$ echo 'x\n> y'\nx\ny"
    assert commands(content, "console") == ["for a in 1 2; do\n  echo $a\ndone", "echo 'x\ny'"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("open http://x  # Grafana", ("open http://x", "Grafana")),
        ("echo '# no' # yes", ("echo '# no'", "yes")),
        ("curl http://x/#frag", ("curl http://x/#frag", "")),
        ("echo ${#x}", ("echo ${#x}", "")),
        ("az x --name <a> # why", ("az x --name <a>", "why")),
    ],
)
def test_a_comment_behind_a_command_is_no_part_of_it(text: str, expected: tuple[str, str]) -> None:
    assert trailing_comment(text, "bash") == expected
