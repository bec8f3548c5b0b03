"""Commands by what they do. A change shown as a look is an accident; the other way round teaches to press Enter."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cockpit.model.runbook import StepKind
from cockpit.runbooks.command_kinds.sql import PLAIN_LOOK, SQL_DIALECTS, _reads_by_tree
from cockpit.runbooks.document.step_kind import ORDER, kind_of

READS = """
ceph -s
ceph osd tree
ceph health detail
gluster volume heal gv0 info
nodetool status
nodetool -h db-1 tpstats
lvs -o +devices
smartctl -a /dev/sda
kubeadm certs check-expiration
linkerd check --proxy
tcpdump -i any port 53 -c 20
certbot certificates
pt-query-digest slow.log
ansible-playbook -i prod site.yml --list-hosts
kubectl -n shop get pods -o wide
kubectl --context prod -n shop describe pod api-0
kubectl config current-context
kubectl get events -A --sort-by=.lastTimestamp
kubectl logs -n shop deploy/api --since=1h -c api | grep -i error | tail -20
kubectl -nshop get deploy api -o jsonpath='{.spec.template.spec.containers[0].image}'
kubectl rollout status deployment/api --timeout=120s
kubectl exec -n shop api-0 -- curl -s localhost:9090/metrics
kubectl exec -it api-0 -c api -- cat /etc/hosts
kubectl exec api-0 -- sh -c 'df -h && ls /data'
kubectl auth can-i delete pods
kubectl wait --for=condition=Ready pod/api-0 --timeout=60s
kubectl diff -f deploy/
kubectl get --raw /healthz
oc --token=$TOKEN -n shop get routes
oc adm top nodes
helm -n shop list
helm --kube-context prod history api -n shop
helm get values api -n shop -a
helm template api ./chart -f values.yaml
stern -n shop api
crictl ps -a
etcdctl --endpoints=$E endpoint health --cluster
argocd app get shop --refresh
docker compose -f compose.prod.yaml ps
docker-compose -p shop logs --tail=100 -f api
docker compose logs -f
docker ps -a --filter status=exited --format '{{.Names}}'
docker container ls
docker network inspect shop_default
docker exec db psql -U shop -c 'select count(*) from orders'
docker exec -it db pg_isready
docker logs -f --tail 50 api 2>&1 | grep -v health
docker inspect -f '{{.State.Health}}' api
az containerapp revision list -n mi -g rg --query "[?properties.active]" -o table
az --subscription prod account show
az rest --method get --url https://management.azure.com/subscriptions
az group exists -n shop
az deployment group what-if -g rg -f main.bicep
az monitor log-analytics query -w $W --analytics-query "Logs | take 10"
az --version
az sql failover-group show -n fog -g rg -s server
az webapp log tail -n shop -g rg
az containerapp exec -n mi -g rg --command "cat /proc/meminfo"
aws --profile prod --region eu-west-1 ec2 describe-instances --filters Name=tag:app,Values=shop
aws s3 ls s3://backups/ --recursive
aws logs tail /ecs/shop --since 1h
aws sts get-caller-identity
aws ecs wait services-stable --cluster c --services s
aws iam list-users --query 'Users[?contains(UserName, `x`) == `true`]'
aws cloudwatch get-metric-statistics --namespace AWS/ELB --metric-name Latency
gcloud --project shop compute instances list
gcloud container clusters describe prod --zone z
gcloud logging read 'severity>=ERROR' --limit 20
gsutil ls -l gs://backups
gh -R org/shop run list --limit 5
gh api repos/org/shop/deployments
gh api graphql -f query='query { viewer { login } }'
gh pr view 12 --json state
git -C /srv/app log -5 --oneline
git --no-pager diff HEAD~1 --stat
git rev-parse HEAD
git branch -a
git branch --show-current
git tag -l 'v*'
git remote -v
git stash list
git ls-remote --heads origin
terraform -chdir=infra/prod plan -no-color
terraform state list
terraform output -raw endpoint
pulumi preview --diff
systemctl --failed
systemctl --user status cockpit
sudo -n systemctl status nginx
sudo systemctl cat nginx.service
journalctl -u nginx --since "10 min ago" --no-pager | tail -50
journalctl -fu nginx
journalctl -b -1 -p err
dmesg -T | tail
psql -l
psql -h db -U app -d shop -Atc "SELECT count(*) FROM orders"
psql -c '\\dt+' -c 'select 1'
psql -c "EXPLAIN ANALYZE SELECT * FROM orders WHERE id = 1"
psql -c "SELECT pid, now() - query_start FROM pg_stat_activity WHERE state <> 'idle' ORDER BY 2 DESC LIMIT 5"
psql -c "SELECT pg_size_pretty(pg_database_size(current_database()))"
psql -c "SHOW max_connections"
echo "select 1" | psql -d shop
mysql -h db -e 'SHOW FULL PROCESSLIST'
mysql -e "SHOW SLAVE STATUS\\G"
mysql -N -e "select table_name, table_rows from information_schema.tables where table_schema = 'shop'"
sqlcmd -S db -d shop -G -Q "SELECT 'Meetings', COUNT(*) FROM Meeting UNION ALL SELECT 'Actions', COUNT(*) FROM Action"
sqlcmd -S db -Q "EXEC sp_who2"
sqlite3 -readonly app.db 'select * from jobs limit 5'
sqlite3 app.db .tables
redis-cli -h cache -p 6380 --tls INFO memory
redis-cli -a "$PASS" dbsize
redis-cli --bigkeys
redis-cli CONFIG GET maxmemory
mongosh --quiet --eval 'rs.status()'
mongosh "$URI" --eval 'db.orders.find({state: "new"}).limit(5)'
alembic current
alembic -c db/alembic.ini history --verbose
flyway info
liquibase --changelog-file=c.xml status
python manage.py showmigrations
rabbitmqctl -n rabbit@mq list_queues name messages
rabbitmqctl list_queues -p shop
kafka-consumer-groups.sh --bootstrap-server b:9092 --describe --group shop
kafka-topics --list --bootstrap-server b:9092
vault status
consul members
curl -sf https://shop.example/health | jq .
curl -XGET localhost:9200/_cluster/health?pretty
curl -G -s localhost:9090/api/v1/query --data-urlencode 'query=up'
curl -sS -o /dev/null -w '%{http_code}\\n' -H "Authorization: Bearer $TOKEN" https://x
curl -I https://shop.example
curl -s -X POST localhost:9200/orders/_search -H 'Content-Type: application/json' -d '{"query":{}}'
wget -qO- http://localhost/health
find /var/log -name '*.log' -mtime +7 -size +100M
find . -type f -exec grep -l TODO {} +
find /srv -name core -exec ls -l {} \\;
awk -F: '{print $1}' /etc/passwd
awk '$9 >= 500 {n++} END {print n}' access.log
sed -n '/ERROR/,/END/p' app.log
sed 's/foo/bar/g' file.txt
sort -k2 -n -r sizes.txt | uniq -c
env | grep -i proxy
printenv PATH
which kubectl
hostname -f
pwd
lsof -i :8080
ss -tlnp
ip addr show eth0
ip a
ip route get 1.1.1.1
lsblk -f
iptables -L INPUT -n -v --line-numbers
sudo iptables -t nat -S
crontab -l
sudo crontab -u app -l
openssl x509 -in cert.pem -noout -enddate
echo | openssl s_client -connect shop.example:443 -servername shop.example 2>/dev/null | openssl x509 -noout -dates
nc -zv db 5432
watch -n 5 kubectl get pods
timeout 5 curl -s https://x
time kubectl get ns
ssh db-01 uptime
ssh -o BatchMode=yes -p 2222 ops@db-01 'df -h | grep data'
ssh db-01 -- sudo systemctl status postgresql
echo "$(date) pods: $(kubectl get pods | wc -l)"
[ -f /etc/app.conf ] && cat /etc/app.conf
[[ $(hostname) == prod* ]] || exit 1
for ns in a b; do kubectl -n "$ns" get pods; done
kubectl get ns -o name | while read -r ns; do kubectl get "$ns"; done
if curl -sf http://localhost/health; then echo up; else echo down; fi
X=$(kubectl get pods -o name | head -1); echo "$X"
bash -c 'kubectl get pods | wc -l'
kubectl get pods -o name | xargs -n1 kubectl describe
pg_dump --schema-only shop | head
tar -tzf backup.tar.gz | head
python3 -c 'import json,sys; print(json.load(sys.stdin)["status"])'
curl -s http://x/status | python3 -m json.tool
date -u +%Y-%m-%dT%H:%M:%SZ
date -d '1 hour ago' +%s
chronyc tracking
rsync --list-only host::backups
zcat /var/log/syslog.2.gz | grep oom
nginx -t
ufw status verbose
ansible all -m ping
ansible web -i inv -a 'uptime'
terraform fmt -check -recursive
az keyvault secret show --vault-name v -n s --query value -o tsv
cat <<EOF
kubectl delete pod a
EOF
GET /api/v1/cache/stats
""".replace("\\\\", "\\")

LOCALS = """
az login
az account set --subscription prod
kubectl port-forward svc/api 8080:80
aws eks update-kubeconfig --name prod
gcloud auth login
git fetch --all
git checkout main
git pull --ff-only
helm repo add x https://charts
docker pull shop:1.2
terraform init
export KUBECONFIG=prod.yaml
cd infra/prod
kubectl get pods -o yaml > pods.yaml
kubectl logs api-0 > /tmp/api.log
curl -sLo /tmp/x.tgz https://x/y.tgz
wget https://x/y.tgz
psql -c 'select 1' -o /tmp/out.txt
aws s3 cp s3://backups/db.dump ./db.dump
mkdir -p /tmp/work
journalctl -u api | tee /tmp/api.log
ssh -N -L 5432:db:5432 bastion
"""

CHANGES = """
git stash
git stash push -u
git stash pop
ceph osd set noout
nodetool repair -pr
smartctl -s off /dev/sda
kubeadm certs renew all
certbot renew
tcpdump -i any -z /tmp/run -w /tmp/x
npx prisma migrate deploy
npx some-reader status
gcloud sql instances restart list
terraform plan -out=/etc/x
jq . f > f
npm audit fix
make -n deploy
kubectl apply -f deploy/
kubectl config use-context prod
kubectl rollout restart deploy/api
kubectl scale deploy/api --replicas=3
kubectl exec api-0 -- touch /tmp/x
kubectl exec -it api-0 -- bash
kubectl get pods --frobnicate
kubectl cp health.sh api-0:/tmp
helm upgrade api ./chart
docker compose up -d
docker restart api
az webapp restart -n shop -g rg
az sql failover-group set-primary -n fog -g rg -s server
az account clear
aws lambda invoke --function-name f out.json
aws ecs update-service --cluster c --service s --force-new-deployment
gcloud run deploy shop --image x
gh workflow run verify.py
git push origin main
terraform import a b
systemctl restart nginx
sudo systemctl reload nginx ./status.sh
psql -c "INSERT INTO flags VALUES (1)"
psql -c "SELECT * FROM orders FOR UPDATE"
psql -c "select pg_wal_replay_pause()"
psql -c "select frobnicate(1)"
mysql -e "SET GLOBAL max_connections = 500"
redis-cli SET a b
rabbitmqctl add_user a b
curl -X POST https://x/reload
curl -d a=b https://x
curl "-d" a=b https://x
curl '-XPOST' https://x
curl -K file
curl --req PUT https://x
curl -X "$METHOD" https://x
curl -o /etc/cron.d/x https://x
curl -Lo /usr/local/bin/runner https://x/runner
curl gopher://x:6379/_FLUSH
wget -O /usr/local/bin/kubectl https://x
wget --post-data=a https://x
echo x >> /etc/hosts
echo x 1>/etc/hosts
echo b >| f
cat <a >b
grep -v x <u.txt >u.txt
sort -o /etc/passwd /etc/passwd
kubectl logs api > /etc/x
cat new.conf > /etc/nginx/nginx.conf
echo key >> ~/.ssh/authorized_keys
sed -i s/a/b/ file
sed 's/a/b/w /etc/x' file
sed '1e reboot' file
awk '{print > "/etc/x"}' file
awk 'BEGIN {system("x")}'
find . -name x -fprint /etc/x
find . -name x -exec touch {} +
hostname newname
date -s '2026-01-01'
sysctl net.ipv4.ip_forward=1
ip link set eth0 mtu 1400
iptables -A INPUT -s 1.2.3.4 -j DROP
crontab /etc/check.sh
crontab -e
nc host 80
ssh db-01
ssh db-01 'mkdir /srv/x'
scp check.sh host:/tmp
docker cp check.sh api:/tmp/
chmod +x health-check.sh
sudo install health-check.sh /etc/cron.hourly/
sudo mkdir -p /etc/systemd/system/web.service.d
source ./env.sh
. ./env.sh
./check.sh
./verify.sh --apply
./smoke-deploy.sh
scripts/status.py --all
bash check.sh
python health.py
python -c 'import os; os.system("ls")'
python3 -c 'open("/etc/x", "w").write("y")'
perl -e 'print 1'
make deploy
something-nobody-knows --now
$TOOL get pods
"$(which kubectl)" get pods
eval "$CMD"
bash -c "$CMD"
PATH=/tmp:$PATH kubectl get pods
ansible-playbook site.yml
ansible web -m copy -a 'src=a dest=b'
crontab check.sh
coproc kubectl get pods
docker run --rm busybox true
alembic upgrade head
flyway migrate
git apply x.patch
git -c core.pager='rm -x' log
git fetch origin +refs/heads/*:refs/remotes/x/*
helm repo remove x
POST /api/v1/reload
"""

DANGERS = """
ceph osd purge 3 --yes-i-really-mean-it
ceph osd pool delete logs logs --yes-i-really-really-mean-it
gluster volume remove-brick gv0 h:/b force
nodetool decommission
nodetool removenode 1234
kubeadm reset -f
certbot delete --cert-name shop.example
npx prisma migrate reset --force
alias ls=rm; ls x
rm -rf .../health-check.sh
rm status.py
r\\m -rf /data
sudo rm -rf /data
\\rm -rf /data
/bin/rm -rf /data
kubectl delete -f ./list.py
kubectl delete pods --all
kubectl -n shop --context prod delete pod api-0
kubectl drain node-1
kubectl apply --prune -f .
kubectl replace --raw /api/v1/namespaces/x/finalize -f x.json
kubectl exec p -- rm -rf /cache /app/check.sh
kubectl exec p -- sh -c "rm -rf /cache && /app/check.sh now"
kubectl exec deploy/db -- bash -c "rm -rf /data/pg && psql -c 'select 1'"
kubectl exec -i db-0 -- psql -c 'drop table x'
kubectl scale deploy/api --replicas=0
helm -n shop uninstall api
oc delete project x
docker compose down -v
docker-compose -f x.yaml down --volumes
docker system prune -af --volumes
docker rmi x
docker exec db dropdb shop
az vm deallocate -n x -g rg
az group delete -n shop --yes ./check.sh
az sql db delete show -y
az aks nodepool delete list
az sql db rename -n a --new-name b
az containerapp secret remove -n x --secret-names y
az vm run-command invoke -n x -g rg --command-id RunShellScript --scripts 'rm -rf /data'
az rest --method delete --url https://x
aws ec2 terminate-instances --instance-ids i-0
aws kms schedule-key-deletion --key-id x
aws s3 rm s3://prod/status.py
aws s3 sync . s3://x --delete
aws --profile p rds delete-db-instance --db-instance-identifier x
gcloud compute instances delete list
gsutil rsync -d a gs://b
gh repo delete org/x
gh api -X DELETE repos/org/x
git push --force origin main ./check.sh
git push origin :main
git push origin +main
git push --mirror
git clean -fdx
git branch -D x
git stash clear
git reset --hard
git checkout -- .
git checkout -f main
git switch --discard-changes main
terraform destroy -var-file ./show.sh
terraform apply -auto-approve
terraform state rm x
systemctl stop nginx
systemctl poweroff
halt
kill -9 1234
crontab -r
iptables -F
mkfs.ext4 /dev/sdb
dd if=/dev/zero of=/dev/sda
echo c > /proc/sysrq-trigger
cat image.iso > /dev/sda
psql -f ./check.sql
psql -f wipe.sql -c "select 1"
psql -c "select 1" -f wipe.sql
psql -c "DROP TABLE users" -c "SELECT count(*) FROM orders"
psql -c "UPDATE users SET x = 1" -c "SELECT 1"
psql -c "SELECT drop_chunks('metrics', INTERVAL '1 day')"
psql -c "SELECT 1; VACUUM FULL; REINDEX DATABASE shop"
psql -c "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x"
psql -c "select * into y from x"
psql <wipe.sql >log
cat x | psql
echo 'drop table x' | psql
psql <<< "truncate orders"
psql <<EOF
delete from orders;
EOF
cat <<EOF | sudo -u postgres psql
drop table x;
EOF
mysql -e "SHOW PROCESSLIST; KILL 42;"
mysql -e 'show master status; reset master'
mysql shop < dump.sql
sqlcmd -Q "DROP DATABASE x" -q "select 1"
sqlcmd -i wipe.sql -Q "select 1"
sqlite3 app.db 'delete from jobs'
redis-cli FLUSHALL
redis-cli -h x del a
echo flushall | redis-cli
redis-cli keys 'x*' | xargs redis-cli del
mongosh --eval 'db.dropDatabase()'
mongosh --eval 'db.x.deleteMany({})'
dropdb shop
pg_restore --clean -d shop x.dump
pg_ctl stop -m immediate
flyway clean
liquibase dropAll
alembic downgrade -1
python manage.py migrate app zero
manage.py flush
rake db:reset
rabbitmqctl purge_queue x
etcdctl del --prefix /x
curl -X DELETE https://x
curl -X \\DELETE https://x
curl -s https://x/install.sh | sudo bash
curl -s https://x | sh
bash <(curl -s https://x)
curl -X POST http://127.0.0.1/tasks/delete-backup
rsync -a --delete a/ b/
find /srv -name '*.log' -delete
find /srv -type f -exec rm {} +
ls | xargs rm
ssh prod 'systemctl stop api && ./check.sh --quick'
ssh db-01 "sudo systemctl stop postgresql; rm -rf /var/lib/pg; psql -c 'SELECT 1'"
ssh db-01 <<EOF
rm -rf /data
EOF
bash -c 'rm -rf /data; ./status.sh x'
sudo bash -c "rm -rf /data"
sudo su - postgres -c 'dropdb shop'
timeout 5 nohup nice -n 10 rm -rf x
watch -n 1 'rm -rf x'
parallel rm -rf ::: a b
env A=1 rm -rf x
bash <<'EOF'
rm -rf /data
EOF
echo 'rm -rf /data' | bash
f() { rm -rf /data; }; f
ls () { rm -rf /x; }; ls
python -c 'import shutil; shutil.rmtree("/x")'
./scripts/cleanup.sh
./list-and-delete.sh
purge.py list
drop_tenant.py list
curator_cli delete_indices --filter_list x
journalctl --vacuum-time=1d
ss -K dst 1.2.3.4
ping -f host
userdel -r x
lvremove -f vg/lv
DELETE /api/v1/x
POST /api/v1/cache/clear
""".replace("\\\\", "\\")

POWERSHELL = {
    "Get-Process web": "read",
    "Get-AzVM | Where-Object { $_.Name -like 'web*' } | Format-Table": "read",
    "Get-Content app.log -Tail 50 | Select-String error": "read",
    "docker ps -a": "read",
    "kubectl -n shop get pods": "read",
    "Invoke-RestMethod https://x/health": "read",
    "Test-NetConnection db -Port 5432": "read",
    "(Get-Date).AddHours(-1)": "read",
    "$x = Get-Item y; Write-Host $x": "read",
    "Set-AzContext -Subscription prod": "local",
    "Get-Process > out.txt": "local",
    "Restart-Service web": "change",
    "./check.ps1": "change",
    "& $command": "change",
    "Invoke-RestMethod https://x -Method Post -Body $b": "change",
    "Get-Process | Where-Object { $_.Frobnicate() }": "change",
    "Set-Content C:/x.conf 'a'": "change",
    "Get-Item (Remove-Item x)": "danger",
    "Get-Process web | Stop-Process": "danger",
    "Get-Process | Where-Object { $_.Kill() }": "danger",
    "Remove-AzResourceGroup -Name shop": "danger",
    'Write-Host "$(Remove-Item x)"': "danger",
    "[IO.File]::Delete('x')": "danger",
    "if ($true) { rm -Recurse x }": "danger",
    "az group delete -n shop": "danger",
    "Invoke-Command -ComputerName x -ScriptBlock { Stop-Service web }": "danger",
}


def split(table: str) -> list[str]:
    """One command a line; one that opens a here-document goes on to its end."""
    commands: list[str] = []
    for line in table.strip().splitlines():
        if commands and commands[-1].count("EOF") == 1 and "<<" in commands[-1]:
            commands[-1] += "\n" + line
        else:
            commands.append(line)
    return commands


ALL = [
    *((command, StepKind.READ) for command in split(READS)),
    *((command, StepKind.LOCAL) for command in split(LOCALS)),
    *((command, StepKind.CHANGE) for command in split(CHANGES)),
    *((command, StepKind.DANGER) for command in split(DANGERS)),
]


@pytest.mark.parametrize(("command", "kind"), ALL)
def test_a_command_is_of_the_kind_of_what_it_does(command: str, kind: StepKind) -> None:
    assert kind_of(command) is kind


@pytest.mark.parametrize(("command", "kind"), POWERSHELL.items())
def test_a_powershell_command_is_of_the_kind_of_what_it_does(command: str, kind: str) -> None:
    assert kind_of(command, language="powershell").value == kind


SIMPLE = [(command, kind) for command, kind in ALL if not set("'\n|;<>&()$`\\") & set(command) and "{" not in command]
WRAPS = [
    "sudo {}", "timeout 5 {}", "nohup {} &", "time {}", "nice -n 5 {}", "env A=1 {}", "bash -c '{}'", "sh -ec '{}'",
    "ssh host '{}'", "ssh -p 22 a@b {}", "kubectl -n x exec p -c c -- sh -c '{}'", "docker exec -i c sh -c '{}'",
    "if true; then {}; fi", "echo $({})", 'echo "`{}`"', "true && {}", "false || {}", "true; {}",
    "for a in b; do {}; done",
    "bash <<'EOF'\n{}\nEOF", "echo '{}' | sh", "watch -n 2 '{}'", "( {} )", "{{ {}; }}", "! {}", "cat <({})",
    "docker compose -f x exec api sh -c '{}'", "su - app -c '{}'", "while true; do {}; done", "A=$({})",
    "case x in x) {};; esac", "f() {{ {}; }}; f", "cat <<EOF\n$({})\nEOF",
    "cat <<EOF\n  $({})\nEOF", "cat <<EOF\nsee: $A\n\t$({}) b\nEOF", "cat <<EOF\na `{}`\nEOF",
    "cat <<-EOF\n\t`{}`\n\tEOF",
    'echo "${{X:-`{}`}}"', "cat <<EOF\n b $(cat <<IN\n  $({})\nIN\n)\nEOF", "uv run {}", "xargs -n1 {}",
]  # fmt: skip
PROGRAMS = [pair for pair in SIMPLE if not pair[0].startswith(("GET ", "POST ", "DELETE "))]


@given(st.sampled_from(PROGRAMS), st.sampled_from(WRAPS))
def test_what_wraps_a_command_never_makes_it_less(pair: tuple[str, StepKind], wrap: str) -> None:
    command, kind = pair
    wrapped = kind_of(wrap.format(command))
    if not command.startswith(("cd ", "export ")):  # in a child they do nothing
        assert ORDER.index(wrapped) >= ORDER.index(kind)


@given(st.sampled_from(PROGRAMS), st.sampled_from([*WRAPS[:-2], "sudo -n timeout 5 {}"]))
def test_what_wraps_a_look_leaves_it_a_look(pair: tuple[str, StepKind], wrap: str) -> None:
    command, kind = pair
    if kind is StepKind.READ:
        assert kind_of(wrap.format(command)) is StepKind.READ


@example(("ssh db-01", StepKind.CHANGE), " --file=health-check.sh")
@given(
    st.sampled_from([pair for pair in PROGRAMS if pair[1] in (StepKind.CHANGE, StepKind.DANGER)]),
    st.sampled_from([" ./check.sh", " status.py", " --file=health-check.sh", " list.sql", " # verify", " show"]),
)
def test_no_name_makes_a_kind_lower(pair: tuple[str, StepKind], name: str) -> None:
    command, _ = pair
    assume((command, name) != ("git stash", " show"))  # which is a command of its own, and a look
    assert kind_of(command + name) in (StepKind.CHANGE, StepKind.DANGER)


@given(st.sampled_from(ALL), st.sampled_from(ALL), st.sampled_from(["; ", " && ", " || ", "\n"]))
def test_the_worst_part_counts(one: tuple[str, StepKind], other: tuple[str, StepKind], joint: str) -> None:
    if "\n" not in one[0] and not {one[0].split()[0], other[0].split()[0]} & {"GET", "POST", "DELETE", "ls", "f()"}:
        worst = max(one[1], other[1], key=ORDER.index)
        assert ORDER.index(kind_of(one[0] + joint + other[0])) >= ORDER.index(worst) or "cd infra" in one[0] + other[0]


@given(st.text(alphabet="abz -'\"\\`$(){}<>;&|#\n/.*=", max_size=60), st.sampled_from(["bash", "powershell"]))
def test_any_text_has_a_kind(text: str, language: str) -> None:
    assert kind_of(text, language=language) in ORDER


PLAIN_LOOKS = (
    "SELECT count(*) FROM orders",
    "select * from public.orders limit 5",
    "SELECT id, shutdown FROM orders WHERE id = 7",
    "select state from jobs where state != 'done' limit 10",
)
NO_PLAIN_LOOKS = (
    "select * into backup from orders",
    "select pg_terminate_backend(pid) from pg_stat_activity",
    "select a from b; drop table b",
    "select nextval('s') from b",
    "select a from b where c = 'it''s' or shutdown()",
    "select a from b for update",
    "select a from url('http://x')",
)


@pytest.mark.parametrize("dialect", ["", *sorted(set(SQL_DIALECTS.values()))])
def test_what_is_taken_for_a_look_without_a_tree_is_one_by_its_tree(dialect: str) -> None:
    assert all(PLAIN_LOOK.fullmatch(text) and _reads_by_tree(text, dialect) for text in PLAIN_LOOKS)
    assert not any(PLAIN_LOOK.fullmatch(text) for text in NO_PLAIN_LOOKS)
