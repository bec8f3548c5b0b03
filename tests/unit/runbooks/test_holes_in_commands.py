"""What has to be filled in before a command may run, and what only looks like it. Our own corpus of both."""

import subprocess
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import Parameter
from cockpit.model.system import Environment
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.prepare.script import build_argument_list, build_script
from cockpit.runbooks.prepare.values import Live, resolve_values
from cockpit.runbooks.shell_syntax.placeholders import find_placeholders
from cockpit.runbooks.types import Resolved, RunRefused

HOLES = {
    "./report.sh --from YYYY-MM-DD --to YYYY-MM-DD": ["from YYYY-MM-DD", "to YYYY-MM-DD"],
    "rake data:load[YYYY-MM-DD,YYYY-MM-DD]": ["YYYY-MM-DD", "YYYY-MM-DD 2"],
    "psql -f dump_yyyymmdd.sql": ["yyyymmdd"],
    "curl 'https://shop.test/x?since=YYYY-MM-DDTHH:MM:SSZ'": ["YYYY-MM-DDTHH:MM:SSZ"],
    "./close.sh dd/mm/yyyy": ["dd/mm/yyyy"],
    "rake 'publish:again[CONTENT_ID]'": ["CONTENT_ID"],
    'rake "publish[BASE_PATH,LOCALE]"': ["BASE_PATH", "LOCALE"],
    "aws rds create-db-snapshot --db-instance-identifier ${db-instance-name}": ["db-instance-name"],
    "kubectl rollout restart deploy/x -n my-app-name": ["my-app-name"],
    "git push origin my-branch": ["my-branch"],
    "az vm show -g MyResourceGroup -n myVM": ["MyResourceGroup", "myVM"],
    "az aks get-credentials -g myResourceGroup -n myAKSCluster": ["myResourceGroup", "myAKSCluster"],
    "aws s3 rm s3://my-bucket/old --recursive": ["my-bucket"],
    "az storage blob list --account-name mystorageaccount": ["mystorageaccount"],
    "kubectl delete pod my-pod -n my-namespace": ["my-pod", "my-namespace"],
    "helm rollback my-release": ["my-release"],
    "az vm restart -g my-resource-group -n myvm2": ["my-resource-group", "myvm2"],
    "docker run -p HOST:CONTAINER nginx": ["HOST", "CONTAINER"],
    "docker run -p HOST_PORT:CONTAINER_PORT nginx": ["HOST_PORT", "CONTAINER_PORT"],
    "docker run -v HOST_PATH:/data nginx": ["HOST_PATH"],
    "docker cp CONTAINER:/var/log/app.log .": ["CONTAINER"],
    "docker pull IMAGE:TAG": ["IMAGE", "TAG"],
    "docker pull <IMAGE>:<TAG>": ["IMAGE", "TAG"],
    "kubectl set image deploy/web web=IMAGE:TAG": ["IMAGE", "TAG"],
    "docker push registry.test/web:TAG": ["TAG"],
    "docker build -t NAME:TAG .": ["NAME", "TAG"],
    "docker push USERNAME/IMAGE:TAG": ["USERNAME", "IMAGE", "TAG"],
    "kubectl delete pod <pod>": ["pod"],
    "kubectl delete pod <pod/name>": ["pod/name"],
    "kubectl delete pod <the customer's pod>": ["the customer's pod"],
    "kubectl logs <pod-name> -n <namespace>": ["pod-name", "namespace"],
    "az group show -n {group}": ["group"],
    "x --service shop-{client} --t shop-{client}:{PREVIOUS_REVISION}": ["client", "client", "PREVIOUS_REVISION"],
    "helm list --namespace {{NAMESPACE}}": ["NAMESPACE"],
    "helm list -n {{ namespace }}": ["namespace"],
    "echo ${{ env.NAME }}": ["env.NAME"],
    "psql -h HOST -U USER -d DBNAME": ["HOST", "USER", "DBNAME"],
    'pg_dump "postgresql://USER:PASSWORD@HOST:5432/DB"': ["USER", "PASSWORD", "HOST", "DB"],
    "psql postgresql://USER:PASS@HOST:PORT/DB": ["USER", "PASS", "HOST", "PORT", "DB"],
    "ssh deploy@HOST": ["HOST"],
    "ssh ec2-user@x.x.x.x": ["x.x.x.x"],
    "ping 10.0.x.x": ["10.0.x.x"],
    "kill -9 PID": ["PID"],
    "kill PID_FROM_ABOVE": ["PID_FROM_ABOVE"],
    "helm rollback RELEASE REVISION": ["RELEASE", "REVISION"],
    """curl -d '{"id": "$ORDER_ID"}' https://x""": ["ORDER_ID"],
    "curl https://{{vault name}}.acme.net/{{ secret-name }}": ["vault name", "secret-name"],
    "copy %SOURCE% x": ["SOURCE"],
    "az x -n app-__ENV__-rg": ["ENV"],
    "kubectl get pod [pod name]": ["pod name"],
    'psql -f "undo/[version]_down.sql"': ["version"],
    'kubectl apply -f "deploy/{stage}.yaml"': ["stage"],
    "aws s3 ls s3://YOUR_BUCKET/": ["YOUR_BUCKET"],
    "curl -s https://your-domain.com/health": ["your-domain"],
    "kubectl logs app-xxxxx-yyyyy": ["xxxxx", "yyyyy"],
    'psql -c "DELETE FROM sessions WHERE user_id IN (...)"': ["the rest"],
    "kubectl delete pod ...": ["the rest"],
    "x --id …": ["id"],
    "export TOKEN=REPLACE_ME": ["REPLACE_ME"],
    "aws guardduty get-findings --detector-id DETECTOR_ID --finding-ids FINDING_ID_1": ["DETECTOR_ID", "FINDING_ID_1"],
    "kubectl get pods --namespace NAMESPACE": ["NAMESPACE"],
    "kubectl port-forward POD_NAME DLV_PORT:DLV_PORT": ["POD_NAME", "DLV_PORT", "DLV_PORT"],
    "kubectl -n OLD_NAMESPACE cp OLD_HUB:/srv/x.sqlite ./": ["OLD_NAMESPACE", "OLD_HUB"],
    "kubectl create secret docker-registry x --docker-server=DOCKER_REGISTRY_SERVER": ["DOCKER_REGISTRY_SERVER"],
    "gcloud projects add-iam-policy-binding PROJECT_ID --role=ROLE": ["PROJECT_ID", "ROLE"],
    "docker run --name CONT_NAME -e MODE=A_B -e OTHER_VAR alpine": ["CONT_NAME"],
    'rm -rf "${DATA_DIR%/}"/old': ["DATA_DIR"],
    'aws s3 rm "s3://b/${PREFIX,,}"': ["PREFIX"],
    'rm -rf "$TMPDIR"/*': ["TMPDIR"],
    'for s in "${servers[@]}"; do echo $s; done': ["servers"],
    'echo "${X:?}"': ["X"],
    'kubectl set env d/api QUEUE_URL="$QUEUE_URL" BUCKET="$OTHER"': ["QUEUE_URL", "OTHER"],
    'X="$X" y': ["X"],
    "X=1 echo $X": ["X"],
    "(X=1); echo $X": ["X"],
    "echo $((N + 1))": ["N"],
    "rm -rf ${#Y}": ["Y"],
    "rm $1": ["1"],
    "cat <<EOF\n$NAME\nEOF": ["NAME"],
    "cat <<EOF | kubectl apply -f -\nspec:\n  $NAME: x\n\n  ${IMAGE}\nEOF": ["NAME", "IMAGE"],
    'rm -rf "$DIR $OLD"': ["DIR", "OLD"],
    'psql -h "$HOST" -c "drop table $A, $B"': ["HOST", "A", "B"],
    "cat <<EOF\nowner: `id -un $WHO`\nEOF": ["WHO"],
    "bash -c 'rm -rf $DIR/old'": ["DIR"],
    'if [ -n "$A" ]; then B=1; fi; rm "$B"': ["A", "B"],
    'rm "${X%$Y}"': ["X", "Y"],
    'rm -rf "$OLDPWD"': ["OLDPWD"],
    "curl https://<FQDN>/x": ["FQDN"],
    "az x --name=<name>": ["name"],
    "curl https://api.example.com/health": ["api.example.com"],
    "curl https://<service>.<env>.example.com/ready": ["service", "env", "example.com"],
    "pg_restore -d shop /path/to/backup.dump": ["path to backup.dump"],
    'curl -d \'{"q": "\\"id\\":\\"<your case id>\\""}\' http://db:9200/_count': ["your case id"],
    "curl 'http://prom/api/v1/query?query=rate(${SERVICE}_total[5m])'": ["SERVICE"],
    'echo "/Users/[YOUR_NAME]]/[PATH_TO]/x"': ["YOUR_NAME", "PATH_TO"],
    "git checkout <branch>": ["branch"],
    'curl -d \'{"id": "<id>"}\' http://x': ["id"],
    'curl -d \'{"id": "{id}"}\' http://x': ["id"],
    "scp x user@{host}:/tmp": ["host"],
    "redis-cli -h YOUR-HOST ping": ["YOUR-HOST"],
    "gcloud x --project your-project-id": ["your-project-id"],
    'curl -H "Authorization: Bearer xxxx" http://x': ["xxxx"],
    "GET /users/<id>/orders/{order}": ["id", "order"],
    "POST /users/:id/lock": ["id"],
}
NO_HOLES = [
    "awk -F',' '{sum += $2} END {print sum}' data.csv",
    "az webapp restart -g MyShop -n web",
    "kubectl logs deploy/myshop -n my-shop",
    "kubectl apply -f my-service.yaml",
    "mysql mydata -e 'select 1'",
    "./my-database.sh --all",
    "scp HOST.tar.gz backup:/srv",
    "docker run -e HOST=web -p 80:80 nginx",
    "git config user.email ada@example.com",
    "ssh deploy@web.example.com uptime",
    "curl https://example.company.io/x",
    'ssh-keygen -R "[localhost]:2022"',
    "kubectl get pods | awk '{print $1}'",
    "kubectl get pods -o jsonpath='{.items[*].metadata.name}'",
    "kubectl get pods -o jsonpath='{range .items[*]}{.metadata.name}{\"\\n\"}{end}'",
    "docker ps --format '{{.Names}}'",
    'docker ps --format "table {{.Names}}\t{{.Status}}"',
    "docker inspect -f '{{json .State}}' web",
    'az vm list --query "[].{name:name, rg:resourceGroup}" -o table',
    "az vm list --query \"[?name=='x'].id\" -o tsv",
    "[ -f /tmp/x ] && rm /tmp/x",
    'if [ -d "$HOME/x" ]; then ls; fi',
    '[[ -n "$HOME" ]] && echo yes',
    "ls *.log",
    "kill -s HUP 1",
    "git clone git@github.com:ORG/REPO",
    "redis-cli -h cache CLUSTER NODES",
    "npm install x@1.x",
    "ls [a-z]*",
    "rm /tmp/[abc].txt",
    "cp x.{txt,bak}",
    "echo {1..5}",
    "mv file{,.bak}",
    'curl -d \'{"name": "x", "n": 1}\' http://x',
    'curl -d "{\\"a\\": [1, 2]}" http://x',
    "jq '{name, id}' x.json",
    "jq '.items[] | {name}' x.json",
    "jq '.[] | select(.name == \"x\")' f",
    "find . -name '*.log' -exec rm {} \\;",
    "xargs -I{} kubectl delete {}",
    "xargs -I % echo %",
    "date +%Y%m%d",
    "date -u +%Y-%m-%dT%H:%M:%SZ",
    "date '+%H%M%S'",
    "curl -w '%{http_code}' http://x",
    "git show HEAD@{1}",
    "git diff main...feature",
    "go test ./...",
    'echo "Waiting..."',
    'echo "Waiting ... please"',
    "sort <in.txt >out.txt",
    "cat < in.txt > out.txt",
    "diff <(ls a) <(ls b)",
    "cat <<EOF > x\nhello\nEOF",
    'psql -c "SELECT * FROM x WHERE a < 5 AND b > 3"',
    "psql -c \"select x from y where name like '%abc%'\"",
    "psql -c \"select x from y where name like '%ABC%'\"",
    "kubectl get pods | grep '<none>'",
    'docker images -f "dangling=true" | grep "<none>"',
    "mktemp /tmp/x.XXXXXX",
    "python -c \"print(f'{x}')\"",
    "python3 -c 'import os; print(os.environ[\"X\"])'",
    "sed -i 's/{a}/b/' x",
    "sed -e 's/[xyz]/a/' f",
    "awk -F: '{print $NF}' /etc/passwd",
    "awk '$3 > 80 {print $1, $3}' x",
    'for f in *.log; do gzip "$f"; done',
    'while read -r ns; do kubectl get "$ns"; done < list',
    'X=$(date); echo "$X"',
    'export X=1; echo "$X"',
    'X=1; echo "${X%/}"',
    "NAME=a && echo $NAME",
    'echo "${X:-default}"',
    "echo ${PORT:-8080}",
    "echo ${X:+set}",
    'f() { echo "$1"; }; f a',
    'echo $? $$ $# "$@" $!',
    "echo $((1 + 2))",
    "i=1; i=$((i + 1))",
    "echo '$X is not set'",
    'echo "costs \\$X"',
    "ssh host 'echo $X'",
    "kubectl exec p -- sh -c 'echo $HOSTNAME'",
    "curl http://x/{a,b}/c",
    "curl -H 'Accept: application/json' http://x",
    'mail -s hi "Ops <ops@example.com>"',
    "kubectl delete pod api-0",
    "kubectl get pods -l 'app in (a, b)'",
    "tar czf x.tgz /srv",
    "chmod u+rwx x",
    "promtool query instant http://x 'sum(rate(http_requests_total{job=\"x\"}[5m])) by (code)'",
    "curl -G http://x --data-urlencode 'query=up{job=\"api\"} == 0'",
    "env | grep DATABASE_URL",
    "printenv API_KEY",
    "kubectl get secret DB_PASSWORD",
    "gh secret set API_KEY",
    "unset HTTP_PROXY",
    "curl -d '<key>value</key>' http://x",
    "az containerapp show -n a -g b --query properties.latestRevisionName -o tsv",
    "git log --format='%h %s'",
    'git log --pretty=format:"%H %an"',
    "printf '%s\\n' a",
    "ps aux | grep '[n]ginx'",
    "ps aux | grep [n]ginx",
    "cat x | tr '[a-z]' '[A-Z]'",
    "cat x | tr [:lower:] [:upper:]",
    "grep -E '[0-9]+' x",
    "sort -k2 x",
    "mongosh --eval 'db.x.find({name: \"a\"})'",
    'kubectl patch d x -p \'{"spec":{"replicas":1}}\'',
    "kubectl get po -o go-template='{{range .items}}{{.metadata.name}}{{end}}'",
    "helm template x --set a=b",
    "tail -n 5 x | cut -d, -f2",
    "kill -HUP 12",
    "kubectl get pods -o custom-columns=NAME:.metadata.name",
    "terraform plan -var 'x={a=\"b\"}'",
    "aws ec2 describe-instances --query 'Reservations[].Instances[].[InstanceId,State.Name]'",
    "aws ec2 describe-instances --filters Name=tag:Name,Values=x",
    'gcloud x --format="value(name)"',
    "gcloud x --format='table(name,zone)'",
    "redis-cli --eval x.lua",
    "echo $RANDOM",
    'cd /x && ls "$OLDPWD"',
    'mapfile -t A < x; echo "${A[0]}"',
    'A=(1 2); echo "${A[@]}"',
    'declare -A M=([a]=1); echo "${M[a]}"',
    "set -- a b; echo $1",
    'read -p "x" Y; echo $Y',
    'IFS=, read -r a b <<< "1,2"; echo $a',
    "trap 'rm -f \"$T\"' EXIT",
    "T=$(mktemp); trap 'rm -f \"$T\"' EXIT",
    'PGPASSWORD=x psql -c "select 1"',
    "curl -s http://x | jq -r '.data[] | \"\\(.a) \\(.b)\"'",
    'curl -s "http://x/?a=b&c=d"',
]


def language_of(command: str) -> str:
    return "http" if command.startswith(("GET ", "POST ")) else "bash"


@pytest.mark.parametrize("command", HOLES)
def test_every_hole_is_asked_for(command: str) -> None:
    assert [blank.name for blank in find_placeholders(command, language_of(command))] == HOLES[command]


def test_what_is_a_tools_own_is_hardly_ever_asked_for() -> None:
    asked = [command for command in NO_HOLES if find_placeholders(command)]
    assert len(asked) <= 0.02 * len(NO_HOLES), asked


@pytest.mark.parametrize("command", [each for each in HOLES if language_of(each) == "bash"])
def test_no_command_starts_with_a_hole_in_it(command: str) -> None:
    with pytest.raises(RunRefused):
        build_script(command, "bash", ())
    assert build_argument_list(command, ()) == ()


# Not what bash sets by itself, and no row of X: that is a hole wherever it stands.
# `YYYY` is asked for wherever it stands, as the year of a date.
NAMES = st.from_regex(r"(?!BASH|EPOCH|X+\Z|YYYY)[A-Z][A-Z_]{3,9}", fullmatch=True)
FORMS = [
    "$X",
    "${X}",
    '"$X"',
    '"${X%/}"',
    '"${X##*/}"',
    '"${X,,}"',
    '"${X[@]}"',
    "${#X}",
    '"${X:?}"',
    '"${X:0:3}"',
    '"${X/a/b}"',
]


@given(
    NAMES,
    st.sampled_from(FORMS),
    st.sampled_from(["rm -rf {}/old", "echo a {}", "X1=1; ls {}", "a | b {}", "( rm {} )"]),
)
def test_a_variable_that_nothing_sets_is_asked_for_in_every_form(name: str, form: str, command: str) -> None:
    text = command.replace("{}", form.replace("X", name, 1))
    assert [blank.name for blank in find_placeholders(text)] == [name]


@given(
    NAMES,
    st.sampled_from(FORMS),
    st.sampled_from(["X=a; ", "export X=a\n", "X=$(date) && ", "read -r X < f; ", "local X=a; "]),
)
def test_a_variable_that_the_same_command_sets_first_is_not(name: str, form: str, before: str) -> None:
    text = before.replace("X", name, 1) + "echo " + form.replace("X", name, 1)
    assert find_placeholders(text) == []


def test_a_word_in_brackets_of_a_request_is_asked_for_and_an_address_is_none() -> None:
    request = "PUT /v1/kv/service/[CLUSTER_NAME]/members/[HOST]?acquire=[ID]"
    assert [blank.name for blank in find_placeholders(request, "http")] == ["CLUSTER_NAME", "HOST", "ID"]
    assert find_placeholders("GET http://[::1]:8080/ready", "http") == []


PARTS = [" ", "\t", "\n", "  ", "é", "/x", "-", ": ", "{A}", "{B}", "${C:-d}", "$(date)", "$((1 + 2))"]


@given(
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=6),
    st.sampled_from(['rm -rf "{}"', 'X="{}"', '[ "{}" = x ]', "cat <<EOF\n{}\nEOF", 'cat <<< "{}"', 'y "$(z "{}")"']),
)
def test_every_variable_of_a_text_is_asked_for_whatever_stands_between_them(parts: list[str], command: str) -> None:
    text = command.replace("{}", "".join(parts).replace("{A}", "${FIRST}").replace("{B}", "${SECOND}"))
    names = [{"{A}": "FIRST", "{B}": "SECOND"}[part] for part in parts if part in ("{A}", "{B}")]
    assert [blank.name for blank in find_placeholders(text)] == names


def test_what_another_step_set_is_gone_by_now() -> None:
    text = '## Do\n\n```bash\n# One\nX=$(date)\n\n# Two\nL=(a b)\n\n# Three\nrm -rf "$X" "${L[@]}"\n```\n'
    (procedure,) = read_runbook("x.md", text.encode()).procedures
    assert procedure.steps[-1].parameters == ("X", "L")


def run(command: str, values: Mapping[str, str]) -> str:
    """What bash prints when it runs the script that a command becomes, as a step does."""
    resolved = tuple(Resolved(name, value, value, "operator") for name, value in values.items())
    ready = build_script(command, "bash", resolved)
    environment = {"PATH": "/usr/bin:/bin", **values, **ready.variables}
    argv = ["bash", "-e", "-o", "pipefail", "-c", ready.text]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("command", "values", "printed"),
    [
        ('printf %s "${DIR%/}"/old', {"DIR": "/srv/a b/"}, "/srv/a b/old"),
        ('printf %s "${PREFIX,,}"', {"PREFIX": "ABC"}, "abc"),
        ('printf "%s|" "${L[@]}"', {"L": "a b"}, "a b|"),
        ('printf %s "${X:?}" "$((N + 1))"', {"X": "a", "N": "2"}, "a3"),
        ('printf %s A="$A"', {"A": "x y"}, "A=x y"),
        ('A="$A"; printf %s "$A"', {"A": "x y"}, "x y"),
        ("bash -c 'printf %s \"$A\"'", {"A": "xy"}, "xy"),
        ('printf %s "${X%$Y}"', {"X": "a.log", "Y": ".log"}, "a"),
    ],
)
def test_a_value_arrives_in_every_form(command: str, values: Mapping[str, str], printed: str) -> None:
    assert run(command, values) == printed


HOSTILE = ["$(touch gone)", "`touch gone`", "a[$(touch gone)]", "; touch gone", "* ?", "a b"]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "command", ["echo $((N + 1))", 'echo "${!N}"', 'echo "${N@P}"', "rm ${N%/}", "bash -c 'echo $N'"]
)
def test_a_value_is_refused_where_the_shell_would_read_more_into_it(command: str, value: str) -> None:
    with pytest.raises(RunRefused):
        build_script(command, "bash", [Resolved("N", value, value, "operator")])


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_stays_one_word_where_it_is_only_trimmed(value: str) -> None:
    assert run('printf "%s|" "${N%/}"', {"N": value}) == f"{value}|"


@pytest.mark.parametrize("empty", ["", " ", "\t"])
def test_an_empty_value_is_none(empty: str) -> None:
    configured = Environment("prod", values={"DIR": empty})
    for typed in ({}, {"DIR": empty}):
        (found,) = resolve_values([Parameter("DIR")], configured, Live(), typed)
        assert found.value is None
        assert found.problem


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("docker restart CONT_NAME", ["CONT_NAME"]),
        ("docker run --name CONT_NAME -d IMAGE", ["CONT_NAME", "IMAGE"]),
        ("ssh ubuntu@EC2_IP", ["EC2_IP"]),
        ("gcloud organizations describe ORGANIZATION_ID", ["ORGANIZATION_ID"]),
        ("az containerapp update --name APP -g RG --min-replicas 1", ["APP", "RG"]),
        ("kubectl -n NAMESPACE get pods", ["NAMESPACE"]),
        ('onboard.sh --name "<Tenant Name>" --tier "<standard|gold>"', ["Tenant Name", "standard or gold"]),
        ("sort <in|uniq>out", []),
        ("watch -n 5 'aws get --id ${PRIMARY}'", ["PRIMARY"]),
        ("printenv APP_NAME", []),
        ("kubectl set env deploy/api APP_NAME-", []),
        ("gh secret set PROJECT_ID", []),
        ("grep POD_NAME values.yaml", []),
        ("docker run -e HOST_NAME app", []),
        ('echo "set CLUSTER_NAME first"', []),
        ("make deploy APP_NAME=shop", []),
        ("cat <<EOF\nvalue: PROJECT_ID\nEOF", []),
        ("curl -X DELETE http://127.0.0.1/x", []),
        ("kubectl exec svc/FOLLOWER-CLUSTER-rw -n NAMESPACE -- nc -zv LEADER-HOST 5432",
         ["FOLLOWER-CLUSTER", "NAMESPACE", "LEADER-HOST"]),
        ('curl -H "X-REQUEST-ID: 4" http://127.0.0.1/', []),
        ("openssl s_client -cipher ECDHE-RSA-AES128", []),
        ("grep TRACE-ID app.log", []),
        ("sar -n DEV 1 5", []),
        ('psql -c "TRUNCATE TABLE table_name CASCADE"', ["table_name"]),
        ('psql -c "ALTER SUBSCRIPTION subscription_name DISABLE"', ["subscription_name"]),
        ('psql -c "SELECT table_name FROM information_schema.tables"', []),
        ("aws logs filter-log-events --start-time $(($(date +%s) - 600))", []),
        ("head -n $(( $(nproc) * LINES_EACH )) log", ["LINES_EACH"]),
        ("python3 - <<EOF\nprint(f'{settings.name}')\nEOF", []),
    ],
)  # fmt: skip
def test_words_in_capitals_that_stand_for_a_value_are_asked_for(command: str, names: list[str]) -> None:
    assert [blank.name for blank in find_placeholders(command)] == names


@pytest.mark.parametrize(
    ("command", "names"),
    [("$u = 'https://{{vault name}}.acme.net/{{secret}}'", ["vault name", "secret"]),
     ("Copy-Item a \\\\{{host}}\\c$", ["host"]), ("Get-Process | ForEach-Object {{ Stop-It }}", [])],
)  # fmt: skip
def test_two_braces_in_powershell_are_a_hole_inside_a_word_and_a_block_outside(command: str, names: list[str]) -> None:
    assert [blank.name for blank in find_placeholders(command, "powershell") if not blank.variable] == names


def test_a_format_of_a_date_in_powershell_is_no_hole() -> None:
    assert find_placeholders("Get-Date -Format 'yyyy-MM-dd'", "powershell") == []
    assert [blank.form for blank in find_placeholders("tar xf backup-YYYY.tgz", "powershell")] == ["YYYY"]
