"""How long a Redis Cluster takes to replace a primary: real servers on the loopback, killed or frozen at a random moment.

To install: redis-server (Debian: apt install redis-server) and Python 3.9 or newer. Nothing else may listen on the ports.
    python3 redis_cluster.py --node-timeout 5000 --trials 60 --fault kill --port 21000 --out redis-cluster-5000-kill.json
Instants are those of the servers' own logs (milliseconds), and of a client that asks the successors for a write every 5 ms.
"""
import argparse
import binascii
import datetime
import random
import re
import signal
import sys
import tempfile
import time

from measuring import milliseconds, pause, wait_until, write
from redis_common import FAULTS, Server, first_write, info, versions, wake

CONFIG = """cluster-enabled yes
cluster-node-timeout {timeout}
cluster-allow-replica-migration no
repl-diskless-sync-delay 0
save ""
loglevel debug
"""


def nodes_of(server):
    """Each node as this one has it: id -> (port, flags, primary's id, is linked, slots)."""
    text = server.call("CLUSTER", "NODES")
    found = {}
    for line in (text if text and text[0] != "-" else "").splitlines():
        words = line.split()
        found[words[0]] = (int(words[1].split("@")[0].split(":")[1]), words[2].split(","), words[3], words[7] == "connected", words[8:])
    return found


def make(root, args):
    count = args.primaries * (1 + args.replicas)
    servers = [Server(root, f"n{i}", args.port + i, CONFIG.format(timeout=args.node_timeout)) for i in range(count)]
    for server in servers:
        server.start()
        pause(0.0, 0.2)
    wait_until(lambda: all(s.call("PING") == "PONG" for s in servers), "servers are up")
    for i, server in enumerate(servers):
        server.call("CLUSTER", "SET-CONFIG-EPOCH", i + 1)
        if i > 0:
            server.call("CLUSTER", "MEET", "127.0.0.1", args.port)
    for i in range(args.primaries):
        low, high = 16384 * i // args.primaries, 16384 * (i + 1) // args.primaries - 1
        servers[i].call("CLUSTER", "ADDSLOTSRANGE", low, high)
    wait_until(lambda: all(len(nodes_of(s)) == count for s in servers), "all have met")
    for i in range(args.primaries, count):
        id_of = servers[i % args.primaries].call("CLUSTER", "MYID")
        wait_until(lambda: servers[i].call("CLUSTER", "REPLICATE", id_of) == "OK", "replicas follow")
    return servers


def is_whole(servers, args):
    for server in servers:
        nodes = nodes_of(server).values()
        if len(nodes) != len(servers) or any("fail" in f or "fail?" in f or not linked for _, f, _, linked, _ in nodes):
            return False
        if sum(1 for _, f, _, _, slots in nodes if "master" in f and slots) != args.primaries:
            return False
        if sum(1 for _, f, _, _, _ in nodes if "slave" in f) != args.primaries * args.replicas:
            return False
        if "cluster_state:ok" not in (server.call("CLUSTER", "INFO") or ""):
            return False
        role = info(server, "replication")
        if role.get("role") == "slave" and role.get("master_link_status") != "up":
            return False
    return True


def key_of(slots):
    low, high = (int(x) for x in (slots[0].split("-") * 2)[:2])
    while True:
        key = f"key{random.randrange(1 << 30)}"
        if low <= binascii.crc_hqx(key.encode(), 0) % 16384 <= high:
            return key


def trial(servers, args):
    wait_until(lambda: is_whole(servers, args), "cluster is whole")
    pause(args.node_timeout / 2000 + 1, args.node_timeout / 2000 + 3)
    nodes = nodes_of(servers[0])
    by_port = {server.port: server for server in servers}
    dead = random.choice([i for i, (_, f, _, _, slots) in nodes.items() if "master" in f and slots])
    victim = by_port[nodes[dead][0]]
    replicas = [by_port[port] for port, _, primary, _, _ in nodes.values() if primary == dead]
    key = key_of(nodes[dead][4])
    for server in servers:
        server.events()
    for server in replicas:
        server.call("PING")
    since = victim.fault(args.fault)
    wrote, winner = first_write(replicas, key, since, args.node_timeout / 1000 * 0.8, args.node_timeout / 1000 * 4 + 30)
    time.sleep(0.3)
    seen = {s.name: [(at, text) for at, text in s.events() if at >= since - 0.002] for s in servers if s is not victim}
    woken = {}
    if args.fault == "wake":
        _, refused, taken = wake(victim, key, 60)
        woken = {"refused": refused, "taken": taken}
    else:
        victim.restore(args.fault)

    def when(pattern, events):
        return next(((at, m) for at, text in events if (m := re.search(pattern, text))), (None, None))

    everywhere = sorted(event for events in seen.values() for event in events)
    pfail = [when(rf"NODE {dead} possibly failing", seen[name])[0] for name in seen]
    marked = when(rf"Marking node {dead} as failing", everywhere)[0]
    mine = seen[winner.name] if winner else []
    known = when(rf"(Marking node {dead} as failing)|(FAIL message received from \w+ about {dead})", mine)[0]
    delayed, told = when(r"Start of election delayed for (\d+) milliseconds \(rank #(\d+)", mine)
    return {
        "suspected": sorted(milliseconds(at, since) for at in pfail if at is not None),
        "failed": milliseconds(marked, since),
        "failedAtWinner": milliseconds(known, since),
        "scheduled": milliseconds(delayed, since),
        "delay": int(told[1]) if told else None,
        "rank": int(told[2]) if told else None,
        "asked": milliseconds(when(r"Starting a failover election", mine)[0], since),
        "won": milliseconds(when(r"Failover election won", mine)[0], since),
        "write": milliseconds(wrote and since + wrote / 1000, since),
        "elections": sum(1 for _, text in everywhere if "Starting a failover election" in text),
        **woken,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--node-timeout", type=int, default=5000, help="milliseconds")
    parser.add_argument("--primaries", type=int, default=3)
    parser.add_argument("--replicas", type=int, default=1, help="of each primary")
    parser.add_argument("--fault", choices=["kill", "stop", "wake"], default="kill")
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--port", type=int, default=21000)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    conditions = {
        "system": "Redis Cluster",
        "version": versions(),
        "date": datetime.date.today().isoformat(),
        "fault": FAULTS[args.fault],
        "settings": {"cluster-node-timeout": args.node_timeout, "primaries": args.primaries, "replicasEach": args.replicas, "hz": 10},
        "where": "all servers on one machine's loopback",
        "how": "log time stamps of the servers; write: a client asking each replica every 5 ms; milliseconds since the fault",
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    trials = []
    with tempfile.TemporaryDirectory(prefix="redis-cluster-") as root:
        servers = []
        try:
            servers = make(root, args)
            for i in range(args.trials):
                trials.append(trial(servers, args))
                write(args.out, conditions, trials)
                if i % 10 == 9:
                    for server in servers:
                        server.log.empty()
        finally:
            for server in servers:
                server.end()


if __name__ == "__main__":
    main()
