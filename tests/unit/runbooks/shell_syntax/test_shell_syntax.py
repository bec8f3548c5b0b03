"""The face of the shell grammar: exact spans, every command wherever it hides, words as the shell takes them."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.runbooks.shell_syntax import ExpansionKind, ShellNesting, SimpleCommand, mask_spans, parse_shell

STATEMENTS = [
    "kubectl get pods",
    "echo it's\\ done'",
    "cat <<<hello",
    "names=()",
    'BODY=$(cat <<EOF\n{"a": 1}\nEOF\n)',
    "cat <<'EOF' > out.txt\n# no comment\nEOF",
    "systemctl is-active db && # only then\n  systemctl restart api",
    "if [ -d /data ]; then\n  if true; then\n    echo old\n  fi\n  rm -rf /data\nfi",
    'kubectl get ns -o name | \\\n  while read -r ns; do\n    kubectl get "$ns"\n  done',
    "deploy() {\n  docker pull x\n}",
    "(cd /srv; ls)",
    'echo "two\nlines"',
    "for pod in a b; do echo $pod; done",
    "az vm list \\\n  -o table",
    "sleep 1 & ",
    "case $1 in a) ls;; *) rm x;; esac",
    "echo äöü → ok",
]


def names(text: str, language: str = "bash") -> list[str]:
    """The programs of all commands in a text."""
    return [command.name.template for command in parse_shell(text, language).commands if command.name]


def only_command(text: str) -> SimpleCommand:
    (command,) = parse_shell(text).commands
    return command


@pytest.mark.parametrize(
    ("text", "words", "variables"),
    [
        ("--file='a b'", ["--file=a b"], []),
        ("A=1 2b=3 c", ["2b=3", "c"], ["A"]),
        ("A=1 b[0]=2 c", ["c"], ["A", "b"]),
    ],
)
def test_what_bash_takes_for_no_assignment_is_a_word(text: str, words: list[str], variables: list[str]) -> None:
    command = only_command(text)
    assert [word.text for word in command.words] == words
    assert [assignment.name for assignment in command.assignments] == variables


@given(st.lists(st.sampled_from(STATEMENTS), max_size=6), st.sampled_from(["\n", "\n\n", "\n# why\n"]))
def test_statements_and_what_is_between_them_are_the_text(parts: list[str], joint: str) -> None:
    text = joint.join(parts)
    document = parse_shell(text)

    place = 0
    for statement in document.statements:
        assert statement.text == text[statement.start : statement.end]
        between = text[place : statement.start]
        assert all(not line.strip() or line.lstrip().startswith("#") for line in between.splitlines())
        place = statement.end
    assert not text[place:].strip() or text[place:].strip().startswith("#")


@given(st.lists(st.sampled_from(STATEMENTS), max_size=6))
def test_every_statement_parses_if_the_whole_does(parts: list[str]) -> None:
    document = parse_shell("\n".join(parts))
    if not document.errors:
        assert all(not parse_shell(statement.text).errors for statement in document.statements)


@given(st.text(alphabet="ab -'\"\\`$(){}<>;&|#\n/é\U0001f600", max_size=60), st.sampled_from(["bash", "powershell"]))
def test_any_text_has_a_tree(text: str, language: str) -> None:
    document = parse_shell(text, language)
    for command in document.commands:
        assert 0 <= command.start <= command.end <= len(text)
        for word in command.words:
            assert word.raw == text[word.start : word.end]


@pytest.mark.parametrize(
    "text",
    [
        "echo $(rm x)", "echo `rm x`", 'echo "a $(rm x) b"', "cat <(rm x)", "(rm x)", "{ rm x; }", "a | rm x",
        "a && rm x", "! rm x", "if a; then rm x; fi", "while a; do rm x; done", "case $a in b) rm x;; esac",
        "f() { rm x; }", "A=$(rm x)", "A=$(rm x) b", "export A=$(rm x)", "[ -n \"$(rm x)\" ]", "[[ -n $(rm x) ]]",
        "echo ${A:-$(rm x)}", "echo $(( $(rm x) + 1 ))", "cat <<EOF\n$(rm x)\nEOF", "cat <<EOF && rm x\ny\nEOF",
        "cat <<< $(rm x)", "echo > $(rm x)", "for a in $(rm x); do b; done", "a=( $(rm x) )", "a & rm x", "a;rm x",
        "cat <<EOF | rm x\ny\nEOF", "if $(rm x); then b; fi", "for ((i=$(rm x); i<2; i++)); do b; done",
        "select a in b; do rm x; done", "until rm x; do b; done", "a[$(rm x)]=1", "a |& rm x", "time rm x",
    ],
)  # fmt: skip
def test_a_command_is_found_wherever_it_hides(text: str) -> None:
    document = parse_shell(text)
    assert document.errors or any("rm" in [word.text for word in command.words] for command in document.commands)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("r\\m -rf 'a'\"b\"c", ["rm", "-rf", "abc"]),
        ('echo \'a b\' "c \\" d"', ["echo", "a b", 'c " d']),
        ("echo $'a\\tb' \"\"", ["echo", "a\tb", ""]),
        ("curl '-XPOST' http://x/\\?y", ["curl", "-XPOST", "http://x/?y"]),
        ("az vm list \\\n  -o table", ["az", "vm", "list", "-o", "table"]),
        ('echo "  x  "', ["echo", "  x  "]),
    ],
)
def test_a_word_is_as_the_shell_takes_it(text: str, expected: list[str]) -> None:
    assert [word.text for word in only_command(text).words] == expected


def test_a_word_that_is_only_known_later_has_no_text_but_its_parts() -> None:
    word = only_command('echo "a-$X-${Y:-z}"').words[1]
    assert word.text is None
    assert word.parts[0] == "a-"
    assert [(each.name, each.operator, each.argument, each.quoted) for each in word.expansions] == [
        ("X", "", "", True),
        ("Y", ":-", "z", True),
    ]


@pytest.mark.parametrize(
    ("text", "name", "operator"),
    [
        ("echo ${X%/}", "X", "%"), ("echo ${X,,}", "X", ",,"), ("echo ${X[@]}", "X", "[@]"), ("echo ${X:?}", "X", ":?"),
        ("echo ${#X}", "X", "#"), ("echo ${X/a/b}", "X", "/"), ("echo ${X:1:2}", "X", ":"), ("echo $1", "1", ""),
    ],
)  # fmt: skip
def test_every_expansion_tells_its_variable(text: str, name: str, operator: str) -> None:
    (expansion,) = parse_shell(text).statements[0].expansions
    assert (expansion.kind, expansion.name, expansion.operator) == (ExpansionKind.VARIABLE, name, operator)


def test_redirections_tell_what_they_write() -> None:
    (command,) = parse_shell("a 1>/etc/x 2>&1 <in >|y &>>z >&w").commands
    assert [(each.operator, each.target.text if each.target else None, each.writes) for each in command.redirects] == [
        (">", "/etc/x", True),
        (">&", "1", False),
        ("<", "in", False),
        (">|", "y", True),
        ("&>>", "z", True),
        (">&", "w", True),
    ]


def test_a_here_document_is_read_by_its_command_and_its_pipe_by_the_next() -> None:
    (statement,) = parse_shell("cat <<EOF | psql -d shop\nselect 1\nEOF").statements
    cat, psql = statement.commands
    (redirect,) = cat.redirects
    assert redirect.inline_input is not None
    assert redirect.inline_input.text == "select 1\n"
    assert list(statement.pipeline_inputs(psql)) == [cat]


def test_nesting_is_listed_from_the_outermost() -> None:
    command = next(each for each in parse_shell("for a in b; do (x | y); done").commands if each.words[0].text == "y")
    assert command.nesting == (ShellNesting.LOOP, ShellNesting.LOOP, ShellNesting.SUBSHELL, ShellNesting.PIPE)


def test_a_placeholder_is_a_word_of_the_same_length() -> None:
    text = "curl https://<FQDN>/x -o <the file>"
    spans = [(13, 19), (25, 35)]
    assert len(mask_spans(text, spans)) == len(text)
    command = next(parse_shell(text, masked=spans).commands)
    assert [word.raw for word in command.words] == ["curl", "https://<FQDN>/x", "-o", "<the file>"]
    assert command.words[1].text is None
    assert not command.redirects


@pytest.mark.parametrize("text", ["echo 'open", "if true; then", "cat <<EOF\nx", "echo )", "a && ", "$(", "{ a"])
def test_what_is_not_finished_is_an_error_with_its_line(text: str) -> None:
    errors = parse_shell(f"echo first\n{text}").errors
    assert errors
    assert all(error.line >= 0 for error in errors)


def test_what_is_nested_without_end_is_an_error_and_no_crash() -> None:
    assert parse_shell("$(" * 5_000 + ")" * 5_000).errors
    assert parse_shell("(" * 5_000 + ")" * 5_000, "powershell").errors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Get-Process web | Stop-Process", ["Get-Process", "Stop-Process"]),
        ("Get-Item (Remove-Item x)", ["Remove-Item", "Get-Item"]),
        ("Get-Process | Where-Object { $_.Kill() }", ["Get-Process", ".Kill", "Where-Object"]),
        ("[IO.File]::Delete('x')", ["[IO.File]::Delete"]),
        ('Write-Host "$(Remove-Item x)"', ["Remove-Item", "Write-Host"]),
        ("if ($a) { Remove-Item b }", ["Remove-Item"]),
        ("function f { Remove-Item x }", ["Remove-Item"]),
    ],
)
def test_powershell_commands_are_found_wherever_they_hide(text: str, expected: list[str]) -> None:
    assert names(text, "powershell") == expected


def test_the_grammars_are_loaded_with_the_first_text() -> None:
    script = (
        "import sys, cockpit.runbooks.shell_syntax as shell; assert 'tree_sitter' not in sys.modules;"
        "shell.parse_shell('ls > x'); assert 'tree_sitter' in sys.modules;"
        "assert 'tree_sitter_powershell' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
