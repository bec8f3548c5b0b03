"""The word that is typed before a danger is the thing that goes: never a word of the title, never a free text."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.model.runbook import Procedure, Step, StepKind
from cockpit.runbooks.prepare.confirmation import find_confirmation_word
from cockpit.runbooks.prepare.destroyed import FREE_TEXT, find_argument_name, find_request_name
from cockpit.runbooks.types import Prepared, Resolved

THINGS = [
    # files and devices
    ("rm -rf victim/other", "victim/other"),
    ("/bin/rm -r a b", "a b"),
    ("sudo rm -rf /srv/data", "/srv/data"),
    ("sudo -u postgres rm -d old", "old"),
    ("env A=b rm x", "x"),
    ("rmdir empty", "empty"),
    ("shred -n 3 key.pem", "key.pem"),
    ("truncate -s 0 app.log", "app.log"),
    ("dd if=/dev/zero of=/dev/sdb bs=1M", "/dev/sdb"),
    ("mkfs.ext4 -L data /dev/sdb1", "/dev/sdb1"),
    ("find /srv/cache -name x -delete", "/srv/cache"),
    ("rsync -a --delete src/ host:/srv/dest", "host:/srv/dest"),
    # processes, services, people
    ("kill -9 4711", "4711"),
    ("kill -s TERM 4711", "4711"),
    ("pkill -u web gunicorn", "gunicorn"),
    ("systemctl stop web", "web"),
    ("systemctl disable web", "web"),
    ("userdel -r kim", "kim"),
    # containers and clusters
    ("docker volume rm --force data", "data"),
    ("docker rmi app:1", "app:1"),
    ("podman container rm web", "web"),
    ("helm uninstall shop -n prod", "shop"),
    ("helm -n prod uninstall shop", "shop"),
    ("kubectl delete ns prod", "prod"),
    ("kubectl -n shop delete pod web-1", "web-1"),
    ("kubectl delete -n shop deployment/web", "web"),
    ("kubectl delete pod web-1 web-2 --grace-period 0 --force", "web-1 web-2"),
    ("kubectl delete -f old.yaml", "old.yaml"),
    ("kubectl delete pods --all", "pods"),
    ("kubectl drain node-3 --ignore-daemonsets", "node-3"),
    ("oc delete project shop", "shop"),
    ("helm rollback web 3 -n shop", "web"),
    ("docker compose -p shop down -v", "shop"),
    # stores, queues and their clusters
    ("redis-cli -h cache-2 FLUSHALL", "cache-2"),
    ("redis-cli -u redis://cache-3:6379 -n 2 FLUSHDB", "cache-3"),
    ("redis-cli -h cache-2 -p 6380 DEL session:42", "session:42"),
    ("redis-cli FLUSHALL", "FLUSHALL"),
    ("rabbitmqctl delete_queue orders", "orders"),
    ("rabbitmqctl -p /shop purge_queue orders", "orders"),
    ("rabbitmqadmin -H mq-1 delete queue name=orders", "orders"),
    ("kafka-topics.sh --bootstrap-server k1:9092 --delete --topic orders", "orders"),
    ("kafka-consumer-groups --bootstrap-server k1:9092 --delete --group=billing", "billing"),
    ("patronictl -c /etc/patroni.yml failover shop --candidate pg-2 --force", "shop"),
    ("patronictl remove shop", "shop"),
    ("pg_restore --clean -d shop dump.bak", "shop"),
    ("mongosh shop --eval 'db.orders.drop()'", "orders"),
    ("mongosh shop --eval 'db.getCollection(\"orders\").deleteMany({})'", "orders"),
    # clouds
    ("az containerapp revision deactivate -n mi-prod -g rg --revision mi-prod--v2", "mi-prod--v2"),
    ("az sql db rename --server s -g rg --name mi-prod --new-name mi-prod-broken", "mi-prod"),
    ("az group delete --name shop-rg --yes", "shop-rg"),
    ("az group delete --name=shop-rg", "shop-rg"),
    ("az resource delete --ids /subscriptions/1/x", "/subscriptions/1/x"),
    ("az keyvault secret delete --vault-name v --secret-name token", "token"),
    ("aws s3 rb s3://bucket --force", "s3://bucket"),
    ("aws s3 rm s3://bucket/key --recursive", "s3://bucket/key"),
    ("aws rds delete-db-instance --db-instance-identifier shop-db --skip-final-snapshot", "shop-db"),
    ("aws ec2 terminate-instances --instance-ids i-1", "i-1"),
    ("gcloud sql instances delete shop-db --project p", "shop-db"),
    ("gh release delete v1 --yes", "v1"),
    ("gh repo delete shop/api", "shop/api"),
    ("terraform destroy -target=module.db", "module.db"),
    # code and data
    ("git branch -D feature/x", "feature/x"),
    ("git push origin --delete feature/x", "feature/x"),
    ("git push origin :feature/x", "feature/x"),
    ("git push -f origin main", "main"),
    ("git reset --hard v1", "v1"),
    ("git clean -fdx", "."),
    ("dropdb --if-exists app", "app"),
    ("dropdb -U postgres app", "app"),
    ("psql -d shop -c 'DROP TABLE IF EXISTS orders'", "orders"),
    ("psql -c 'delete from shop.orders where id > 3'", "shop.orders"),
    ("mysql -e 'TRUNCATE TABLE `orders`'", "orders"),
    ("sqlcmd -Q 'DROP DATABASE [shop]'", "shop"),
    ("redis-cli del session:1", "session:1"),
    ("redis-cli FLUSHALL", "FLUSHALL"),
    ("curl -X DELETE https://api.example.com/orders/17", "17"),
    # nothing goes
    ("docker ps", ""),
    ("ls victim", ""),
    ("", ""),
]


ELSEWHERE = [
    ("kubectl exec -it svc/db-rw -n shop -- psql -c 'TRUNCATE TABLE orders CASCADE; -- each'", "orders"),
    ("kubectl exec web-0 -n shop -- rm -rf /srv/cache", "/srv/cache"),
    ("docker exec -it -u postgres db psql -c 'DROP DATABASE shop'", "shop"),
    ("docker compose exec db dropdb shop", "shop"),
    ("ssh -p 22 db1 -- rm -rf /srv/old", "/srv/old"),
    ("ssh db1 'rm -rf /srv/old'", "/srv/old"),
    ("bash -c 'rm -rf /srv/old'", "/srv/old"),
    ("psql -c 'ALTER SUBSCRIPTION feed DISABLE'", "feed"),
    ("kubectl exec -it web-0 -n shop -- bash", ""),
]


@pytest.mark.parametrize(("command", "thing"), ELSEWHERE)
def test_what_goes_in_another_place_is_named_too(command: str, thing: str) -> None:
    assert find_argument_name(tuple(shlex.split(command))) == thing


@pytest.mark.parametrize(
    ("url", "thing"),
    [
        ("https://api.test/api/v1/cache/clear", "cache"),
        ("https://api.test/api/v1/cache/orders-7", "orders-7"),
        ("https://api.test/purge", "purge"),
        ("https://api.test/", ""),
        ("http://[broken", ""),
    ],
)
def test_a_request_is_about_what_its_address_names(url: str, thing: str) -> None:
    assert find_request_name(url) == thing


@pytest.mark.parametrize(("command", "thing"), THINGS)
def test_what_goes_is_named(command: str, thing: str) -> None:
    assert find_argument_name(tuple(shlex.split(command))) == thing


def word(command: list[str], values: tuple[Resolved, ...] = (), title: str = "Clean the orders") -> str:
    step = Step(1, "x", StepKind.DANGER, 1, "x", "bash", tags={})
    prepared = Prepared("r", step, "prod", StepKind.DANGER, "x", "x", values, argv=tuple(command))
    return find_confirmation_word(prepared, Procedure(title, "p", 2, 1, ()))


@given(
    st.sampled_from([command for command, thing in THINGS if thing]),
    st.sampled_from(sorted(FREE_TEXT - {"-m"})),
    st.from_regex(r"[a-z]{3,8}( [a-z]{3,8}){0,3}", fullmatch=True),
    st.booleans(),
)
def test_a_free_text_is_never_the_word_wherever_it_stands(command: str, flag: str, text: str, joined: bool) -> None:
    argv = shlex.split(command)
    said = [f"{flag}={text}"] if joined else [flag, text]
    values = (Resolved("reason", text, text),)
    assert word([*argv, *said], values) == word(argv, values) != text


@pytest.mark.parametrize("flag", sorted(FREE_TEXT))
def test_where_only_a_free_text_is_known_the_title_says_what_it_is_about(flag: str) -> None:
    values = (Resolved("reason", "stuck", "stuck"),)
    assert word(["tool", "wipe", flag, "stuck"], values) == "orders"


def test_a_sentence_is_no_name_wherever_it_comes_from() -> None:
    assert word(["tool", "wipe"], (Resolved("cause", "the disk is full", "the disk is full"),)) == "orders"
    assert word([], (Resolved("reason", "stuck", "stuck"),)) == "orders"
    assert word([], (Resolved("table", "orders_old", "orders_old"),)) == "orders_old"
