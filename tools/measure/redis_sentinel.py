"""How long Redis Sentinel takes to replace a primary: real servers on the loopback, killed or frozen at a random moment.

To install: redis-server (Debian: apt install redis-server) and Python 3.9 or newer. Nothing else may listen on the ports.
    python3 redis_sentinel.py --down-after 5000 --trials 60 --fault kill --port 22000 --out redis-sentinel-5000-kill.json
Instants are those of the sentinels' own logs (milliseconds), and of a client that asks the replicas for a write every 5 ms.
"""
import argparse
import datetime
import signal
import sys
import tempfile
import time

from measuring import milliseconds, pause, wait_until, write
from redis_common import FAULTS, Server, first_write, info, versions, wake

SERVER = 'repl-diskless-sync-delay 0\nsave ""\n'
SENTINEL = """sentinel monitor it 127.0.0.1 {primary} {quorum}
sentinel down-after-milliseconds it {down}
"""


def make(root, args):
    servers = [Server(root, f"n{i}", args.port + i, SERVER) for i in range(1 + args.replicas)]
    config = SENTINEL.format(primary=args.port, quorum=args.quorum, down=args.down_after)
    sentinels = [Server(root, f"s{i}", args.port + 10 + i, config, sentinel=True) for i in range(args.sentinels)]
    for i, server in enumerate(servers):
        server.start(*([] if i == 0 else ["--replicaof", "127.0.0.1", str(args.port)]))
    wait_until(lambda: all(info(s, "replication").get("master_link_status", "up") == "up" for s in servers), "replicas follow")
    for sentinel in sentinels:
        sentinel.start()
        pause(0.0, 1.0)
    return servers, sentinels


def pairs(flat):
    return dict(zip(flat[::2], flat[1::2]))


def primary_of(servers, sentinels, args):
    """The port of the primary if all is well and all sentinels say so; else None."""
    ports = set()
    for sentinel in sentinels:
        known = sentinel.call("SENTINEL", "MASTERS")
        replicas = sentinel.call("SENTINEL", "REPLICAS", "it")
        if not isinstance(known, list) or len(known) != 1 or not isinstance(replicas, list):
            return None
        master = pairs(known[0])
        if master["flags"] != "master" or int(master["num-other-sentinels"]) != args.sentinels - 1 or len(replicas) != args.replicas:
            return None
        for one in map(pairs, replicas):
            if one["flags"] != "slave" or one["master-link-status"] != "ok" or one["master-port"] != master["port"]:
                return None
        others = sentinel.call("SENTINEL", "SENTINELS", "it")
        if any(pairs(one)["flags"] != "sentinel" for one in others):
            return None
        ports.add(int(master["port"]))
    for server in servers:
        role = info(server, "replication")
        ports.update([server.port] if role.get("role") == "master" else [int(role.get("master_port", 0))])
        if role.get("role") == "slave" and role.get("master_link_status") != "up":
            return None
    return ports.pop() if len(ports) == 1 else None


def trial(servers, sentinels, args):
    wait_until(lambda: primary_of(servers, sentinels, args) is not None, "all is well", 400)
    # Two INFO periods: what sentinels know of the replicas is of any age again.
    pause(args.settle, args.settle + 10)
    port = primary_of(servers, sentinels, args)
    if port is None:
        return None
    victim = next(server for server in servers if server.port == port)
    replicas = [server for server in servers if server is not victim]
    for server in sentinels:
        server.events()
    for server in replicas:
        server.call("PING")
    since = victim.fault(args.fault)
    wrote, winner = first_write(replicas, "key", since, args.down_after / 1000 * 0.8, args.down_after / 1000 + 60)
    wait_until(lambda: all(str(winner.port) == s.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "it")[1] for s in sentinels), "switched", 60)
    time.sleep(1.5)
    seen = [[(at, text) for at, text in s.events() if at >= since - 0.002] for s in sentinels]
    woken = {}
    if args.fault == "wake":
        time.sleep(2)
        for sentinel in sentinels:
            sentinel.events()
        at, refused, taken = wake(victim, "key", 60)
        time.sleep(0.2)
        converted = [when for sentinel in sentinels for when, text in sentinel.events() if text.startswith("+convert-to-slave")]
        woken = {"refused": refused, "taken": taken, "converted": milliseconds(min(converted, default=None), at)}
    else:
        victim.restore(args.fault, *(["--replicaof", "127.0.0.1", str(winner.port)] if args.fault == "kill" else []))

    def when(word, events):
        return next((at for at, text in events if text.startswith(word)), None)

    leader = next((events for events in seen if when("+promoted-slave", events)), [])

    def each(word):
        return sorted(milliseconds(when(word, events), since) for events in seen if when(word, events))

    return {
        "suspected": each("+sdown master"),
        "agreed": each("+odown master"),
        "tried": milliseconds(when("+try-failover", leader), since),
        "elected": milliseconds(when("+elected-leader", leader), since),
        "selected": milliseconds(when("+selected-slave", leader), since),
        "ordered": milliseconds(when("+failover-state-wait-promotion", leader), since),
        "promoted": milliseconds(when("+promoted-slave", leader), since),
        "switched": each("+switch-master"),
        "write": milliseconds(wrote and since + wrote / 1000, since),
        "elections": sum(1 for events in seen for _, text in events if text.startswith("+try-failover")),
        **woken,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--down-after", type=int, default=5000, help="milliseconds")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--sentinels", type=int, default=3)
    parser.add_argument("--quorum", type=int, default=2)
    parser.add_argument("--settle", type=float, default=2.0, help="seconds to wait once all is well")
    parser.add_argument("--fault", choices=["kill", "stop", "wake"], default="kill")
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--port", type=int, default=22000)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    conditions = {
        "system": "Redis Sentinel",
        "version": versions(),
        "date": datetime.date.today().isoformat(),
        "fault": FAULTS[args.fault],
        "settings": {
            "down-after-milliseconds": args.down_after,
            "quorum": args.quorum,
            "sentinels": args.sentinels,
            "replicas": args.replicas,
            "hz": 10,
        },
        "where": "all servers on one machine's loopback",
        "how": "log time stamps of the sentinels; write: a client asking each replica every 5 ms; milliseconds since the fault",
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    trials = []
    with tempfile.TemporaryDirectory(prefix="redis-sentinel-") as root:
        servers, sentinels = [], []
        try:
            servers, sentinels = make(root, args)
            while len(trials) < args.trials:
                found = trial(servers, sentinels, args)
                if found is not None:
                    trials.append(found)
                    write(args.out, conditions, trials)
        finally:
            for server in servers + sentinels:
                server.end()


if __name__ == "__main__":
    main()
