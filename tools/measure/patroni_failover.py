"""How long Patroni takes to replace a primary: real agents and databases on the loopback, killed or frozen at a random moment.

To install: Debian's patroni, postgresql-15, etcd-server, python3-psycopg2 (it comes with patroni). Run as root: PostgreSQL itself
runs as the user `postgres`. Nothing else may listen on the ports.
    python3 patroni_failover.py --ttl 30 --loop-wait 10 --retry-timeout 10 --trials 30 --port 24000 --out patroni-30.json
Instants: when the leader's key was gone from etcd, and who had it next (asked every 25 ms), the agents' own logs (milliseconds),
and the first write that a survivor took (asked every 20 ms).
"""
import argparse
import base64
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import psycopg2
from measuring import Log, milliseconds, pause, wait_until, write

UTC = datetime.timezone.utc
STAMP = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+) (\w+): (.*)$")
CONFIG = """scope: it
name: {name}
restapi: {{listen: "127.0.0.1:{rest}", connect_address: "127.0.0.1:{rest}"}}
etcd3: {{host: "127.0.0.1:{etcd}"}}
log: {{level: INFO, dir: "{dir}"}}
bootstrap:
  dcs:
    ttl: {ttl}
    loop_wait: {loop_wait}
    retry_timeout: {retry_timeout}
    postgresql: {{use_pg_rewind: true, use_slots: true}}
  initdb: [{{encoding: UTF8}}, {{wal-segsize: "1"}}, data-checksums]
  pg_hba: ["host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust", "local all all trust"]
postgresql:
  listen: "127.0.0.1:{port}"
  connect_address: "127.0.0.1:{port}"
  data_dir: "{dir}/data"
  bin_dir: /usr/lib/postgresql/15/bin
  authentication:
    replication: {{username: replicator, password: x}}
    superuser: {{username: postgres, password: x}}
    rewind: {{username: rewinder, password: x}}
  parameters: {{unix_socket_directories: "{dir}", shared_buffers: 16MB, max_connections: 30, min_wal_size: 4MB, logging_collector: "off"}}
"""


class Node:
    def __init__(self, root, i, args):
        self.name, self.dir, self.port = f"p{i}", os.path.join(root, f"p{i}"), args.port + 10 + i
        os.makedirs(self.dir)
        shutil.chown(self.dir, "postgres")
        values = {**vars(args), "name": self.name, "rest": args.port + 20 + i, "etcd": args.port, "dir": self.dir, "port": self.port}
        with open(os.path.join(self.dir, "conf.yml"), "w") as file:
            file.write(CONFIG.format(**values))
        self.log = Log(os.path.join(self.dir, "patroni.log"), STAMP, seconds)
        self.link, self.process = None, None

    def start(self):
        environment = {**os.environ, "TZ": "UTC", "HOME": self.dir}
        with open(os.path.join(self.dir, "out"), "a") as out:
            command = ["patroni", os.path.join(self.dir, "conf.yml")]
            self.process = subprocess.Popen(command, user="postgres", group="postgres", env=environment, stdout=out, stderr=out, cwd=self.dir)

    def pids(self):
        """The agent first, then the database with its children."""
        found = [self.process.pid]
        try:
            with open(os.path.join(self.dir, "data", "postmaster.pid")) as file:
                postmaster = int(file.readline())
            children = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True).stdout.split()
            found += [postmaster, *map(int, children)]
        except (OSError, ValueError):
            pass
        return found

    def signal(self, what):
        for pid in self.pids():
            try:
                os.kill(pid, what)
            except ProcessLookupError:
                pass

    def sql(self, text):
        """None if it was refused or nobody is there."""
        try:
            if self.link is None:
                self.link = psycopg2.connect(host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", connect_timeout=1)
                self.link.autocommit = True
            with self.link.cursor() as cursor:
                cursor.execute(text)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.errors.ReadOnlySqlTransaction:
            return None
        except psycopg2.Error:
            self.link = None
            return None

    def events(self):
        return self.log.events()


def seconds(stamp):
    return datetime.datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S,%f").replace(tzinfo=UTC).timestamp()


def leader_key(args):
    """Whose key it is; empty: there is none; None: etcd did not answer."""
    key = base64.b64encode(b"/service/it/leader").decode()
    request = urllib.request.Request(f"http://127.0.0.1:{args.port}/v3/kv/range", json.dumps({"key": key}).encode())
    try:
        with urllib.request.urlopen(request, timeout=1) as answer:
            found = json.load(answer).get("kvs", [])
            return base64.b64decode(found[0]["value"]).decode() if found else ""
    except OSError:
        return None


class Watch(threading.Thread):
    """Notes every change of the leader's key."""

    def __init__(self, args):
        super().__init__(daemon=True)
        self.args, self.seen, self.over = args, [], False

    def run(self):
        while not self.over:
            now = leader_key(self.args)
            if now is not None and (not self.seen or self.seen[-1][1] != now):
                self.seen.append((time.time(), now))
            time.sleep(0.025)


def primary_of(nodes, args):
    """The primary, if there is one whose standbys all follow."""
    name = leader_key(args)
    primary = next((node for node in nodes if node.name == name), None)
    if primary is None or primary.sql("select pg_is_in_recovery()") != [(False,)]:
        return None
    streaming = primary.sql("select count(*) from pg_stat_replication where state = 'streaming'")
    return primary if streaming == [(len(nodes) - 1,)] else None


def trial(nodes, args):
    wait_until(lambda: primary_of(nodes, args) is not None, "all follow a primary", 180)
    pause(args.loop_wait, args.loop_wait * 2)
    victim = primary_of(nodes, args)
    if victim is None:
        return None
    others = [node for node in nodes if node is not victim]
    for node in others:
        node.events()
    watch = Watch(args)
    watch.start()
    time.sleep(0.1)
    victim.signal(signal.SIGKILL if args.fault == "kill" else signal.SIGSTOP)
    if args.fault == "kill":
        victim.process.wait()
    since, wrote, winner = time.time(), None, None
    while wrote is None and time.time() < since + args.ttl + 60:
        for node in others:
            if node.sql("insert into t values (1)") is not None:
                wrote, winner = time.time(), node
                break
        time.sleep(0.02)
    time.sleep(1)
    watch.over = True
    victim.link = None
    if args.fault == "stop":
        # Woken, it would take minutes to find its way back; the next trial is none the wiser.
        victim.signal(signal.SIGKILL)
        victim.process.wait()
    victim.start()
    seen = {node.name: node.events() for node in others}
    gone = next((at for at, owner in watch.seen if owner == ""), None)
    taken = next((at for at, owner in watch.seen if at > since and owner not in ("", victim.name)), None)
    mine = seen[winner.name] if winner else []
    promoted = next((at for at, text in mine if "promoted self to leader" in text and at >= since), None)
    return {
        "gone": milliseconds(gone, since),
        "taken": milliseconds(taken, since),
        "promoted": milliseconds(promoted, since),
        "write": milliseconds(wrote, since),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ttl", type=int, default=30, help="seconds")
    parser.add_argument("--loop-wait", type=int, default=10)
    parser.add_argument("--retry-timeout", type=int, default=10)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--fault", choices=["kill", "stop"], default="kill")
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--port", type=int, default=24000)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    version = subprocess.run(["patroni", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    etcd_version = subprocess.run(["etcd", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    conditions = {
        "system": "Patroni",
        "version": f"{version}, PostgreSQL 15, etcd {etcd_version} (one member, etcd3 protocol)",
        "date": datetime.date.today().isoformat(),
        "fault": {
            "kill": "SIGKILL of the primary's agent and database",
            "stop": "SIGSTOP of the primary's agent and database: silence, the kernel still takes connections",
        }[args.fault],
        "settings": {"ttl": args.ttl, "loop_wait": args.loop_wait, "retry_timeout": args.retry_timeout, "nodes": args.nodes},
        "where": "all on one machine's loopback",
        "how": "the key asked of etcd every 25 ms, the agents' logs, a write asked of each survivor every 20 ms; milliseconds since the fault",
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    trials = []
    root = tempfile.mkdtemp(prefix="patroni-")
    os.chmod(root, 0o755)
    nodes, etcd = [], None
    try:
        url, peer = f"http://127.0.0.1:{args.port}", f"http://127.0.0.1:{args.port + 1}"
        command = ["etcd", "--data-dir", os.path.join(root, "etcd"), "--listen-client-urls", url, "--advertise-client-urls", url]
        command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"]
        etcd = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: leader_key(args) is not None, "etcd is up")
        nodes = [Node(root, i, args) for i in range(args.nodes)]
        for node in nodes:
            node.start()
            pause(0, args.loop_wait / 2)
        wait_until(lambda: primary_of(nodes, args) is not None, "all follow a primary", 300)
        primary_of(nodes, args).sql("create table if not exists t (x int)")
        while len(trials) < args.trials:
            found = trial(nodes, args)
            if found is not None:
                trials.append(found)
                write(args.out, conditions, trials)
    finally:
        for node in nodes:
            if node.process is not None:
                node.signal(signal.SIGKILL)
                node.process.wait()
        if etcd is not None:
            etcd.kill()
            etcd.wait()
        time.sleep(1)
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
