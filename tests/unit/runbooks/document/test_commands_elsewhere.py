"""What stands below `ssh host` is typed at that host: it never runs on this machine."""

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import RemotePlace, Runbook
from cockpit.runbooks.document.read import read_runbook
from cockpit.runbooks.document.sessions import (
    ends_session,
    goes_through,
    leaves_commands_behind,
    opens_session,
    through_place,
)
from cockpit.runbooks.lint.steps import check_sessions

OPENERS = """
    ssh host
    ssh -i key.pem -p 22 ubuntu@10.0.0.1
    ssh -J bastion deploy@<HOST>
    ssh $USER@db-1
    ssh -t host sudo -i
    ssh -t host "sudo su -"
    ssh -L 8080:localhost:80 host
    sudo ssh host
    kubectl exec -it api-0 -- bash
    kubectl -n shop exec -it deploy/api -c web -- sh
    kubectl exec -it <pod> -- psql -U postgres
    kubectl exec -it pod/api
    kubectl run tmp -it --rm --image=busybox
    kubectl debug node/n1 -it --image=busybox
    oc debug node/worker-0
    oc rsh api-0
    docker exec -it -u root web sh
    docker compose exec db psql -U shop
    docker-compose exec web bash
    docker run -it --rm ubuntu
    docker attach web
    chroot /host
    chroot /mnt /bin/bash
    su -
    su - postgres
    sudo su - postgres
    sudo -i
    sudo -u postgres -i
    sudo bash
    exec bash -l
    psql
    psql -h db -U shop shop
    sudo -u postgres psql
    mysql -u root -p
    redis-cli -h cache -p 6379
    mongosh "mongodb://db"
    sqlite3 app.db
    sqlcmd -S server -d db
    python3
    node
    rails console
    python manage.py shell
    cd /opt && psql
    gcloud compute ssh vm-1 --zone a
    aws ssm start-session --target i-0
    az ssh vm -n x -g y
    vagrant ssh
    heroku run bash
    sudo -iu postgres
    sudo -Hu postgres psql
    iex -S mix
    mycli -u root
    cockroach sql --insecure
    nomad alloc exec -i -t 9f2 /bin/bash
    ctr -n k8s.io task exec -t --exec-id a web sh
    podman machine ssh
    eb ssh web-prod
    heroku run bash -a shop
    railway ssh
    sshpass -f /run/pass ssh ops@db
    boundary connect ssh -target-id t
    kubectl node-shell worker-2
    systemd-nspawn -D /srv/root
    nsenter -t 1 -m -u -i -n bash
    zookeeper-shell.sh zk:2181
    clickhouse client -h db
    mysqlsh root@db
    gcloud beta compute ssh vm-1
    wsl -d Ubuntu
    ipmitool -H bmc-1 -U ops sol activate
    rman target /
"""
ONE_COMMANDS = """
    ssh host uptime
    ssh host "sudo systemctl restart x"
    ssh host -- df -h
    ssh -N -L 8080:x:80 host
    ssh host 'bash -s' < script.sh
    ssh-keygen -t rsa
    kubectl exec api-0 -- ls /
    kubectl exec -it api-0 -- psql -U postgres -c "select 1"
    kubectl exec api-0 -- sh -c "ls"
    kubectl debug node/n1 -it --image=busybox -- ls
    kubectl run tmp --image=busybox
    docker exec -it web cat /etc/hosts
    docker run -d nginx
    docker run --rm image
    docker compose exec -T db psql -U x -c "select 1"
    chroot /mnt ls
    su - postgres -c "psql -l"
    sudo systemctl restart x
    sudo -u postgres psql -c "select 1"
    bash deploy.sh
    bash -c "echo hi"
    psql -f x.sql
    psql -l
    psql shop < dump.sql
    gunzip -c x.gz | psql shop
    cat x.sql | docker compose exec -T db psql shop
    mysql -e "show tables"
    redis-cli -h cache info
    redis-cli --scan --pattern x
    mongosh --eval "db.x()"
    sqlite3 app.db "select 1"
    sqlcmd -S x -Q "select 1"
    python -m http.server
    python3 -c "print(1)"
    python manage.py migrate
    bin/rails db:migrate
    nsenter -t 1 -m -u -i -n systemctl status x
    sshpass -p x ssh ops@db uptime
    clickhouse client -q "select 1"
    zookeeper-shell.sh zk:2181 ls /
    heroku run rake db:version -a shop
    node server.js
    gcloud compute ssh vm --command "ls"
    scp a b:c
    curl -s http://x | bash
    psql -Atqc "select 1"
    psql -h db -XtAc"select 1"
    mysql -u root -sNe "show databases"
    clickhouse-client -mnq "select 1"
    su -lc "systemctl --user status" app
    sudo -iu postgres psql -tc "select 1"
    sftp -b batch.txt host
    lftp -e "mirror -R site; bye" host
    gcloud compute ssh vm --zone a -- uptime
    machinectl shell web /bin/ls
    snowsql -a acme -q "select 1"
    echo "ssh host"
    for h in a b; do ssh $h uptime; done
"""


def lines_of(table: str) -> list[str]:
    return [line.strip() for line in table.strip().splitlines()]


def book(text: str) -> Runbook:
    return read_runbook("book.md", dedent(text).encode())


def places_of(text: str) -> list[tuple[str, str]]:
    """(command, opener) of every step; "" for those that run here."""
    steps = [step for procedure in book(text).procedures for step in procedure.commands]
    return [(step.command, step.place.opener if step.place else "") for step in steps]


@pytest.mark.parametrize("opener", lines_of(OPENERS))
def test_what_stands_below_an_opener_belongs_to_its_session(opener: str) -> None:
    assert places_of(f"## Restore\n\n```bash\n{opener}\nrm -rf /srv/data\n```\n") == [
        (opener, ""),
        ("rm -rf /srv/data", opener),
    ]


@pytest.mark.parametrize("command", lines_of(ONE_COMMANDS))
def test_a_command_that_says_what_to_do_opens_nothing(command: str) -> None:
    assert not opens_session(command)
    assert places_of(f"## Restore\n\n```bash\n{command}\ndf -h\n```\n")[-1] == ("df -h", "")


@given(
    st.sampled_from([("psql", "c", "AbeEHnqStwXz"), ("mysql", "e", "BCEHNXfnqrstv")]).flatmap(
        lambda client: st.tuples(st.just(client), st.text(client[2], max_size=5))
    )
)
def test_letters_before_the_one_with_the_command_hide_it_not(case: tuple[tuple[str, str, str], str]) -> None:
    (client, letter, _), before = case
    assert not opens_session(f"{client} -h db -{before}{letter} 'select 1'")
    assert opens_session(f"{client} -h db{f' -{before}' if before else ''}")


def test_a_document_fed_to_a_shell_is_no_session() -> None:
    assert places_of("## Do\n\n```bash\nssh host <<EOF\nls\nEOF\ndf -h\n```\n")[-1] == ("df -h", "")


@given(st.sampled_from(lines_of(OPENERS)), st.lists(st.sampled_from(["df -h", "cd /opt", "rm -rf x"]), min_size=1))
def test_nothing_below_an_opener_runs_here_until_it_is_left(opener: str, commands: list[str]) -> None:
    fences = "".join(f"```bash\n{command}\n```\n\nAnd then:\n\n" for command in [opener, *commands])
    below = places_of(f"## Restore\n\n{fences}")[1:]
    assert [place for _, place in below] == [opener] * len(commands)


@pytest.mark.parametrize("leave", ["exit", "logout", "exit 0", "\\q", "quit", "exit;"])
def test_exit_leads_back_and_a_session_in_a_session_into_the_outer_one(leave: str) -> None:
    assert ends_session(leave)
    text = "## Do\n\n```bash\nssh host\nsudo -i\nrm x\nexit\ndf -h\nexit\nuptime\n```\n"
    assert [place for _, place in places_of(text)] == ["", "ssh host", "sudo -i", "sudo -i", "ssh host", "ssh host", ""]


def test_a_heading_ends_a_session_but_the_next_step_of_a_row_does_not() -> None:
    assert places_of("## Do\n\n```bash\nssh host\n```\n\n## Look\n\n```bash\ndf -h\n```\n")[1][1] == ""
    text = "## Do\n\n### Step 1: Connect\n\n```bash\nssh host\n```\n\n### Step 2: Look\n\n```bash\ndf -h\n```\n"
    assert places_of(text)[1][1] == "ssh host"


def test_items_and_requests_below_belong_there_too() -> None:
    text = "## Do\n\n1. Run `kubectl exec -it api-0 -- bash`\n2. Run `psql -c 'drop table x'`\n"
    assert places_of(text)[1][1] == "kubectl exec -it api-0 -- bash"


@pytest.mark.parametrize(
    "sentence",
    [
        "SSH to the database server:",
        "SSH into the node.",
        "Log in to the jump host, then:",
        "First connect to the affected VM.",
        "If it hangs, ssh into the container:",
        "On the database host, run:",
        "Inside the pod, run:",
    ],
)
def test_a_sentence_that_leads_to_a_machine_leads_its_commands_there(sentence: str) -> None:
    fence = "```bash\nsystemctl stop api\n```\n"
    for text in (f"## Do\n\n{sentence}\n\n{fence}", f"## Do\n\n- {sentence}\n\nAnd:\n\n{fence}"):
        (found,) = book(text).procedures[0].commands
        assert found.place is not None
        assert found.place.by_prose


@pytest.mark.parametrize(
    ("sentence", "command"),
    [
        ("SSH to the database server:", "ssh db-1"),
        ("Connect to the pod:", "kubectl exec -it api-0 -- sh"),
        ("Get the logs from the pod:", "kubectl logs api-0"),
        ("Log in to the node and look at it:", "kubectl describe node n1"),
        ("Log in to the portal of the server:", "az login"),
        ("Restart the server:", "systemctl restart api"),
    ],
)
def test_a_sentence_does_not_lead_away_what_goes_there_by_itself(sentence: str, command: str) -> None:
    assert places_of(f"## Do\n\n{sentence}\n\n```bash\n{command}\n```\n") == [(command, "")]


@pytest.mark.parametrize(
    ("opener", "command", "whole"),
    [
        ("ssh -p 22 deploy@host", "cd /opt && ls", "ssh -p 22 deploy@host -- 'cd /opt && ls'"),
        ("kubectl exec -it api-0 -n shop -- bash", "rm x", "kubectl exec api-0 -n shop -- bash -c 'rm x'"),
        ("docker exec -it web sh", "ls", "docker exec web sh -c ls"),
        ("oc rsh -c web $(oc get pod -o name)", "id -u", "oc rsh -c web $(oc get pod -o name) sh -c 'id -u'"),
        ("psql -h db shop", "select 1", "psql -h db shop -c 'select 1'"),
        ("ssh host", "rm 'a b'", """ssh host -- 'rm '"'"'a b'"'"''"""),
        ("redis-cli", "info", ""),
        ("cd /opt && ssh host; ls", "info", ""),
    ],
)
def test_the_same_command_through_its_place(opener: str, command: str, whole: str) -> None:
    place = RemotePlace(opener, 1)
    assert through_place(place, command) == whole
    if whole:
        assert goes_through(place, whole)
        assert not goes_through(place, command)
        assert not goes_through(place, opener)


@pytest.mark.parametrize("command", ["ssh host; rm -rf x", "ssh host\nrm -rf x", "sudo -i && rm -rf x", "psql; rm x"])
def test_a_session_in_the_middle_leaves_commands_behind(command: str) -> None:
    assert leaves_commands_behind(command)


@pytest.mark.parametrize("command", ["cd x && ssh host", "ls; psql -c x; ls", "ssh host uptime; df -h"])
def test_a_session_at_the_end_leaves_nothing_behind(command: str) -> None:
    assert not leaves_commands_behind(command)


def test_lint_names_the_opener_and_counts_what_is_below_it() -> None:
    found = list(check_sessions(book("## Do\n\n```bash\nssh host\nrm x\ndf -h\n```\n")))
    assert [(finding.rule, finding.line) for finding in found] == [("elsewhere", 4)]
    assert "2 commands" in found[0].message


def test_no_example_of_ours_leads_elsewhere() -> None:
    for path in Path("examples").rglob("*.md"):
        steps = [step for each in read_runbook(str(path), path.read_bytes()).procedures for step in each.commands]
        assert [step.command for step in steps if step.place] == []


@pytest.mark.parametrize("first", ["Step 1: ", "1. ", "5.1 — "])
def test_counted_headings_go_on_where_the_one_before_them_was(first: str) -> None:
    second = first.replace("1: ", "2: ").replace("1. ", "2. ").replace("5.1", "5.2")
    text = (
        f"# X\n\n## Y\n\n### {first}Connect\n\n```bash\nssh bastion\n```\n\n### {second}Look\n\n```bash\nreboot\n```\n"
    )
    steps = [step for procedure in read_runbook("x.md", text.encode()).procedures for step in procedure.commands]
    assert [step.place is not None for step in steps] == [False, True]


@pytest.mark.parametrize(
    ("sentence", "is_elsewhere"),
    [
        ("Run the following command in all etcd pods.", True),
        ("Run the following command on every worker node:", True),
        ("Then run this on each broker node.", True),
        ("Run the commands below inside the postgres container", True),
        ("Run the following from the bastion host:", True),
        ("Perform the following steps on the standby:", True),
        ("Repeat the steps on the other node.", True),
        ("On the primary, run:", True),
        ("From the control plane node, run:", True),
        ("Run the following on your laptop:", False),
        ("Run the following on your local machine:", False),
        ("Run the following command to drain the node pool", False),
        ("Run the following command to list all pods:", False),
        ("Run the following query in the console", False),
    ],
)
def test_a_sentence_that_says_on_which_machines_leads_there(sentence: str, is_elsewhere: bool) -> None:
    text = f"# Etcd\n\n## Defrag\n\n{sentence}\n\n```console\n$ etcdctl defrag\n```\n"
    (step,) = read_runbook("etcd.md", text.encode()).procedures[0].commands
    assert (step.place is not None) is is_elsewhere


def test_what_the_opener_itself_asks_for_runs_before_it() -> None:
    opener = "oc rsh -n etcd $(oc get pod -l app=etcd -o name | head -1)"
    assert opens_session(opener)
    assert not leaves_commands_behind(opener)


@pytest.mark.parametrize(
    "item",
    [
        "On the replica node run: `sudo agent-off now`",
        "On each worker node, execute `sudo swapoff -a`",
        "On the standby run `pg_ctl status`",
        "Inside the container, restart the worker with `supervisorctl restart worker`",
    ],
)
def test_an_item_that_is_typed_at_a_machine_leads_those_below_it_there(item: str) -> None:
    steps = places_of(f"## A\n\n- {item}\n- sudo systemctl reload web\n\n## B\n\n- sudo systemctl reload api\n")
    assert [bool(place) for command, place in steps if command == "sudo systemctl reload web"] == [True]
    assert [bool(place) for command, place in steps if command == "sudo systemctl reload api"] == [False]
