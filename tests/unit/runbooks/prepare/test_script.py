"""Whatever a value holds, a real bash gives it to the command as one argument, as it is, and runs nothing else."""

import itertools
import os
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.runbooks.command_kinds import databases
from cockpit.runbooks.command_kinds.judge import SPECIAL
from cockpit.runbooks.prepare.read_as_code import find_code_computed_with
from cockpit.runbooks.prepare.script import argument_list, build_argument_list, build_script
from cockpit.runbooks.types import KeptVariable, Resolved, RunRefused
from tests.examples import scale_examples
from tests.refusals import refuses

QUOTES = [
    "'", '"', "''", '""', '\'"\'', '"\'"', "a'b", 'a"b', '`', "'; x '", '"; x "', "$'x'", '$"x"', "\\'", '\\"',
    "'\\''",
]  # fmt: skip
RUNS = [
    '$(touch {0})', '`touch {0}`', ';touch {0}', '&& touch {0}', '|| touch {0}', '| touch {0}', '& touch {0}',
    '\ntouch {0}\n', '\rtouch {0}', 'x;touch {0};', '$(touch {0}', ')touch {0}(', '{touch,{0}}',
    '<(touch {0})', '>{0}', '>>{0}', '2>{0}', '&>{0}', "x'$(touch {0})'", 'x"$(touch {0})"',
    '\'"$(touch {0})"\'', '${x:-$(touch {0})}', '$((`touch {0}`))', 'a[$(touch {0})]', "';touch {0};'",
    '";touch {0};"', '\\$(touch {0})', '\\`touch {0}\\`', '$($(touch {0}))', '!touch {0}',
]  # fmt: skip
EXPANDS = [
    '$HOME', '${HOME}', '$$', '$?', '$!', '$@', '$*', '$#', '$0', '$1', '$P1', '${P1}', '$P2', '${!P1}',
    '${#P1}', '${P1@P}', '$((1+1))', '$[1+1]', '~', '~root', '~+', '*', '?', '/*', '[a-z]*', '**', '{a,b}',
    '{1..9}', 'a{b,c}d', '!!', '!$', '^a^b', '$IFS', '$PATH', '$BASH_ENV', '$RANDOM', '%s', '%n', '%d%d%d',
    '\\n', '\\x41', '\\0101', '\\', '\\\\', 'a\\', '$', 'a$', '${', '$(',
]  # fmt: skip
SHAPES = [
    '', ' ', '  ', '\t', '\n', '\n\n', ' a', 'a ', 'a b', 'a  b', 'a\tb', 'a\nb', 'a\n', '\na', '\r\n', 'a\r',
    'a\x0bb', 'a\x0cb', '#', '# a', 'a # b', 'a=b', '=', '==', 'a==b', '(', ')', '()', '((', '))', '{', '}',
    '{}', '[', ']', '[[', ']]', '<', '>', '<<EOF', '<<<x', '|', '||', '&', '&&', ';', ';;', ':', '!', 'do',
    'done', 'fi', 'esac', 'then', 'function x', 'time', 'coproc', 'in',
]  # fmt: skip
OPTIONS = [
    '-', '--', '-x', '--yes', '-n', '-e', '-rf', '--help', '--output=x', '-o/etc/x', '-v', '-1', '--no-wait',
    '-c', '-ex',
]  # fmt: skip
UNICODE = [
    '\u202e', 'a\u202eb', '\u2066x\u2069', '\u200f', '\u200b', '\ufeff', '\u2028', '\xa0', '\u3000', 'é', 'é',
    '\u65e5\u672c', '\U0001f525', '\u2019', '\u201c', '\u2013x', '\ufffd', '\x1b[31m', '\x1b]0;x\x07', '\x07',
    '\x01', '\x7f', '\x85', 'a\x1b', '\x08',
]  # fmt: skip
PATHS = [
    '../../etc/passwd', '/', './x', 'a/b', 'a//b', '~/x', 'file:///x', 'http://x/?a=b&c=d', 'a;b/c',
    'mi-prod--r2=100', 'a@b', 'x:y', '%2e',
]  # fmt: skip
LONG = ["a" * 10_000, "'" * 500, "$(" * 200, "\\" * 501, "\n" * 300, "x " * 1000]
MARKER = "/nonexistent-cockpit-marker"
HOSTILE = [
    text.replace("{0}", MARKER)
    for text in itertools.chain(QUOTES, RUNS, EXPANDS, SHAPES, OPTIONS, UNICODE, PATHS, LONG)
]

BASH = shutil.which("bash") or "/bin/bash"


def resolved(**values: str) -> list[Resolved]:
    return [Resolved(name, value, value, "operator") for name, value in values.items()]


def arguments(command: str, *values: Resolved) -> list[str]:
    """What a command gets, as bash passes it; `printf` only prints its arguments, a NUL behind each."""
    ready = build_script(command, "bash", values)
    done = subprocess.run(
        [BASH, *argument_list(ready, "bash")[1:]],
        env={"PATH": os.environ["PATH"], **ready.variables},
        capture_output=True,
        timeout=10,
        check=True,
    )
    assert done.stderr == b""
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


def test_there_are_at_least_200_hostile_values() -> None:
    assert len(set(HOSTILE)) >= 200


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_value_is_one_argument_in_every_kind_of_quotes(value: str) -> None:
    kinds = '<x> pre-<x>-post "<x>" "pre <x> post" \'<x>\' \'pre <x> post\' $X "$X" "${X}"'
    nested = '"$(printf \'%s\' "<x>"; echo .)"'
    command = f"printf '%s\\0' {kinds} {nested} end"
    got = arguments(command, *resolved(x=value, X=value))
    assert got == [
        value,
        f"pre-{value}-post",
        value,
        f"pre {value} post",
        value,
        f"pre {value} post",
        value,
        value,
        value,
        f"{value}.",
        "end",
    ]


@settings(max_examples=scale_examples(60), deadline=None)
@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=30))
def test_any_text_is_one_argument(value: str) -> None:
    assert arguments("printf '%s\\0' <x> \"<x>\" '<x>'", *resolved(x=value)) == [value] * 3


QUOTED_PIECES = [
    "<x>",
    '"<x>"',
    "'<x>'",
    '"a <x> b"',
    "'a <x> b'",
    "a<x>b",
    '"$(printf %s "<x>")"',
    "\\'<x>",
    "\"'<x>'\"",
    "'\"<x>\"'",
    '"\\"<x>"',
]
EXPECTED = ["{0}", "{0}", "{0}", "a {0} b", "a {0} b", "a{0}b", "{0}", "'{0}", "'{0}'", '"{0}"', '"{0}']


@settings(max_examples=scale_examples(60), deadline=None)
@given(st.lists(st.integers(0, len(QUOTED_PIECES) - 1), min_size=1, max_size=6), st.sampled_from(HOSTILE))
def test_quotes_before_a_value_do_not_change_what_it_is(pieces: list[int], value: str) -> None:
    if value.endswith("\n"):
        value += "."  # a command substitution drops line breaks at the end
    command = "printf '%s\\0' " + " ".join(QUOTED_PIECES[each] for each in pieces)
    assert arguments(command, *resolved(x=value)) == [EXPECTED[each].replace("{0}", value) for each in pieces]


@settings(max_examples=scale_examples(60), deadline=None)
@given(st.lists(st.sampled_from(QUOTED_PIECES), min_size=1, max_size=4), st.sampled_from(HOSTILE))
def test_what_is_shown_means_what_runs(pieces: list[str], value: str) -> None:
    command = "printf '%s\\0' " + " ".join(pieces)
    values = resolved(x=value)
    typed = build_script(command, "bash", values).shown
    done = subprocess.run([BASH, "-c", typed], capture_output=True, check=True, timeout=10)
    assert done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1] == arguments(command, *values)


@pytest.mark.parametrize(
    "command",
    [
        'echo $((<n> + 1))', '[[ <n> -eq 1 ]]', 'echo ${array[<n>]}', "echo $'<n>'", 'echo `echo <n>`',
        'cat <<EOF\n<n>\nEOF', '((x = <n>))', "bash -c 'echo <n>'", 'sh -ec "echo <n>"', 'ssh host rm <n>',
        'eval echo <n>', 'let x=<n>', 'declare <n>', 'unset <n>', "docker exec box sh -c 'rm <n>'",
        "python3 -c 'print(<n>)'", "awk '/<n>/' file", "sed 's/<n>//' file", 'xargs rm <n>', 'watch ls <n>',
        'sqlcmd -Q "DELETE FROM t WHERE name=\'<n>\'"', "psql -c 'select <n>'", "jq '.[<n>]' <n>",
        'az containerapp exec -n app --command "ls <n>"', 'az x list --query "[?name==\'<n>\']"',
        'test -v <n>', '[ -v <n> ]', 'x[<n>]=1', 'x=([<n>]=1)', 'for ((i = 0; i < <n>; i++)); do :; done',
        'bash <<< "rm <n>"', 'echo "rm <n>" | bash', 'echo <n> | tee log | sudo sh -x', 'bash <(echo "rm <n>")',
        'echo "rm <n>" | ssh host', 'psql <<< "select \'<n>\'"', 'printf <n> | xargs rm', 'ssh host 2>&1 rm <n>',
        'if true; then echo "rm <n>" | bash -o pipefail; fi', 'echo "$(cat <n>)" | python3 -',
        "echo '<n>", 'echo "<n>', 'n=<n>; [[ $n -gt 3 ]]', 'n="<n>"; echo $((n + 1))', 'n=<n>; m=$n; ((m > 1))',
        'list=(a b)\nn=<n>\necho ${list[n]}', 'text=abc; n=<n>; echo ${text:n:2}',
        'n=<n>; [[ -v n ]]', 'n=<n>; let m=n', 'n="<n>"; echo "${n@P}" ${!n}',
        'n=<n>; psql -c "select \'$n\'"', 'export n="<n>"; ssh host "ls $n"', 'n=<n>; echo "rm $n" | bash',
        'for n in "<n>"; do ssh host "$n"; done', 'env -S "ls <n>"', 'make deploy TAG="<n>"', 'flock /x -c "ls <n>"',
        'mongo --eval "db.t.find(\'<n>\')"', 'lua -e "print(\'<n>\')"', "php -r 'f(<n>);'", "node -p 'f(<n>)'",
        'bin/rails runner "User.find(\'<n>\')"', 'ansible all -a "ls <n>"', 'runuser x -c "ls <n>"', 'pdsh -w h "<n>"',
        'aws rds-data execute-statement --sql "select \'<n>\'"', 'aws ecs execute-command --command "ls <n>"',
        'az aks command invoke -n x --command "kubectl get <n>"', 'echo "* * * * * ls <n>" | crontab -',
        'echo "GET <n>" | nc redis 6379', 'echo "print(\'<n>\')" | lua', 'tmux send-keys "ls <n>" Enter',
    ],
)  # fmt: skip
def test_where_something_reads_it_again_only_harmless_letters_may_stand(command: str) -> None:
    for value in ("$(touch x)", "a[$(touch x)]", "1; DROP TABLE t", "x'y", 'x"y', "a b", "--yes", "`x`", "a\nb"):
        with refuses("value-not-for-shell", RunRefused):
            build_script(command, "bash", resolved(n=value))
    assert build_script(command, "bash", resolved(n="mi-prod--r1.2_a")).text


@pytest.mark.parametrize(
    "command",
    [
        'echo "<n>" | python3 -m json.tool', 'jq .name <<< "<n>"', 'echo "<n>" | grep x', 'ssh host; echo "<n>"',
        'echo "<n>" | bash count.sh', 'bash run.sh > "<n>"', '(ssh host) && echo "<n>"', '[ -f "<n>" ]',
        'cat "$(case x in x) echo y;; esac)" "<n>"', 'n="<n>"; echo "$n"; [[ $n == x ]]',
        'grep -e "about <n>" log', 'php artisan x "<n>"', 'make && echo "<n>"',
        'export n="<n>"; env; git log --grep="$n"', 'n="<n>"; i=1; [[ $i -gt 3 ]] && echo "$n"',
    ],
)  # fmt: skip
def test_where_it_is_only_data_any_value_may_stand(command: str) -> None:
    assert build_script(command, "bash", resolved(n='it\'s $(touch x) "y"')).text


@pytest.mark.parametrize(
    "client", sorted(name for name, judge in SPECIAL.items() if judge.__module__ == databases.__name__)
)
def test_a_client_whose_words_are_judged_as_its_language_takes_no_value_that_ends_a_text(client: str) -> None:
    for command in (f"{client} -e \"select '<n>'\"", f"echo \"select '<n>'\" | {client}"):
        with refuses("value-not-for-shell", RunRefused):
            build_script(command, "bash", resolved(n="x'; DROP TABLE t; --"))


@pytest.mark.parametrize(
    "command", ["[[ $N -gt 3 ]]", "echo $((N + 1))", "echo ${list[N]}", "for ((i=0; i<N; i++)); do :; done"]
)
def test_what_an_earlier_step_has_left_is_computed_with_only_where_nothing_in_it_runs(command: str) -> None:
    assert find_code_computed_with(command, {"N": KeptVariable("a[$(touch x)]")}) == "N"
    assert find_code_computed_with(command, {"N": KeptVariable("3")}) == ""
    assert find_code_computed_with(command, {"NN": KeptVariable("a[$(touch x)]")}) == ""


def test_in_a_program_a_harmless_value_still_arrives() -> None:
    assert arguments("bash -c 'printf \"%s\\0\" <n>'", *resolved(n="mi-prod--r1")) == ["mi-prod--r1"]
    assert arguments("printf '%s\\0' $((<n> + 1))", *resolved(n="41")) == ["42"]
    assert arguments("printf '%s\\0' \"$(cat <<EOF\n<n>\nEOF\n)\"", *resolved(n="x.y")) == ["x.y"]


def test_the_parenthesis_of_a_case_ends_no_substitution() -> None:
    command = "printf '%s\\0' \"$(case x in x) printf '%s' <x>;; esac)\""
    assert arguments(command, *resolved(x="it's $(touch x)")) == ["it's $(touch x)"]


def test_a_placeholder_without_a_value_is_refused_with_its_reason() -> None:
    with pytest.raises(RunRefused, match=r"<x> has no value: nobody was asked"):
        build_script("echo <x>", "bash", [Resolved("x", None, problem="nobody was asked")])
    with refuses("value-missing", RunRefused):
        build_script("echo <x>", "bash", [])


def test_a_nul_is_refused() -> None:
    with refuses("value-not-for-shell", RunRefused):
        build_script("echo <x>", "bash", resolved(x="a\0b"))


def test_a_value_is_never_in_the_text_of_the_script() -> None:
    ready = build_script(
        "curl -H \"Authorization: Bearer $TOKEN\" 'x<TOKEN>' <TOKEN>", "bash", resolved(TOKEN="hunter2secret")
    )
    assert "hunter2" not in ready.text
    assert set(ready.variables.values()) == {"hunter2secret"}


def test_a_secret_is_shown_as_dots() -> None:
    secret = Resolved("TOKEN", "hunter2secret", "•••", "environment", secret=True)
    assert build_script("login --token <TOKEN>", "bash", [secret]).shown == "login --token •••"


def test_a_failing_part_of_a_pipe_fails_the_step() -> None:
    ready = build_script("false | cat", "bash", [])
    assert subprocess.run(argument_list(ready, "bash"), check=False).returncode == 1


def test_what_follows_a_failure_does_not_run() -> None:
    ready = build_script("false\necho still here", "bash", [])
    assert subprocess.run(argument_list(ready, "bash"), capture_output=True, check=False).stdout == b""


@pytest.mark.parametrize("query", ["[?weight==`100`].name | [0]", "length([?a==`true`])", "``", "`$(touch x)`"])
def test_backticks_in_single_quotes_are_letters_as_bash_has_it(query: str) -> None:
    command = f"az x --query '{query}'"
    shown = subprocess.run(["bash", "-c", f"printf '%s' '{query}'"], capture_output=True, text=True, check=True).stdout
    assert build_argument_list(command, ()) == ("az", "x", "--query", shown)


@pytest.mark.parametrize("command", ["az x `touch y`", 'az x "`touch y`"', "az x 'a' `y` 'b'", "az x '`' `y` '`'"])
def test_backticks_anywhere_else_are_the_shells(command: str) -> None:
    assert build_argument_list(command, ()) == ()


def test_a_dollar_in_single_quotes_is_the_other_programs_own() -> None:
    assert build_script("awk '{print $NF}' file", "bash", []).text == "awk '{print $NF}' file"
    assert build_script('echo "\\$KEPT" $GIVEN', "bash", resolved(GIVEN="x")).text == 'echo "\\$KEPT" "$P1"'


def test_an_apostrophe_in_the_name_of_a_placeholder_opens_no_quote() -> None:
    assert arguments("printf '%s\\0' [client's name] <x>", *resolved(**{"client's name": "a b", "x": "c d"})) == [
        "a b",
        "c d",
    ]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_a_command_that_needs_no_shell_gets_the_same_arguments(value: str) -> None:
    command = "printf %s\\\\0 -n mi-<x> \\\n  --weight <x>=100 \"a <x>\" '<x>' plain"
    values = resolved(x=value)
    assert list(build_argument_list(command, values))[2:] == arguments(command, *values)


@pytest.mark.parametrize(
    "command",
    [
        'az x | jq', 'az x > f', 'az x; az y', 'az x && az y', 'az $(id)', 'az "$(id)"', 'az `id`', 'az x &',
        'az x\naz y', 'az *.json', 'az ~/x', 'az {a,b}', 'az x # why', 'az $HOME', 'az "open', '(az x)',
        '! az x', 'az <<EOF\nEOF', 'az [ab]',
    ],
)  # fmt: skip
def test_a_command_that_only_a_shell_can_read_has_no_argument_list(command: str) -> None:
    assert build_argument_list(command, []) == ()


def test_powershell_gets_its_values_as_variables_too() -> None:
    values = resolved(name="a b; rm x", env="prod")
    ready = build_script('Restart-App -Name <name> -Title "app <name>" -Group mi-<env>', "powershell", values)
    assert ready.text == 'Restart-App -Name "${env:P1}" -Title "app ${env:P2}" -Group mi-prod'
    assert argument_list(ready, "powershell")[:4] == ["pwsh", "-NoProfile", "-NonInteractive", "-Command"]


@pytest.mark.parametrize("command", ["x -Name mi-<n>", "x '<n>'", 'x "$(f <n>)"', 'x @"\n<n>\n"@', "x ‘<n>’"])
def test_powershell_refuses_what_it_could_read_again(command: str) -> None:
    with refuses("value-not-for-shell", RunRefused):
        build_script(command, "powershell", resolved(n="a'; rm x"))
