"""How long etcd takes to have another leader: real members on the loopback, the leader killed or frozen at a random moment.

To install: etcd 3.4 or newer (Debian: apt install etcd-server) and Python 3.9 or newer. Nothing else may listen on the ports.
    python3 etcd.py --members 3 --trials 100 --port 23000 --out etcd-3.json
Instants are those of the members' own logs (microseconds), and of a client that asks each survivor for a write in turn.
"""
import argparse
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from measuring import Log, milliseconds, pause, wait_until, write

UTC = datetime.timezone.utc
STAMP = re.compile(r'"ts":"([^"]+)".*"msg":"(.*?)"[,}]')


class Member:
    def __init__(self, root, i, args):
        self.name, self.dir = f"m{i}", os.path.join(root, f"m{i}")
        self.log = Log(os.path.join(root, f"m{i}.log"), STAMP, seconds)
        self.client, self.peer = f"http://127.0.0.1:{args.port + 2 * i}", f"http://127.0.0.1:{args.port + 2 * i + 1}"
        self.args, self.process = args, None

    def start(self, cluster, state="new"):
        command = ["etcd", "--name", self.name, "--data-dir", self.dir, "--listen-client-urls", self.client]
        command += ["--advertise-client-urls", self.client, "--listen-peer-urls", self.peer, "--initial-advertise-peer-urls", self.peer]
        command += ["--initial-cluster", cluster, "--initial-cluster-state", state, "--logger", "zap", "--log-outputs", self.log.path]
        command += ["--heartbeat-interval", str(self.args.heartbeat), "--election-timeout", str(self.args.election)]
        command += ["--pre-vote=true"] if self.args.pre_vote else []
        self.process = subprocess.Popen(command, env={**os.environ, "TZ": "UTC"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def post(self, path, body, timeout=1.0):
        request = urllib.request.Request(self.client + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return json.load(answer)
        except (OSError, ValueError):
            return None

    def put(self, timeout):
        return self.post("/v3/kv/put", {"key": "aw==", "value": "dg=="}, timeout) is not None

    def events(self):
        return self.log.events()


def seconds(stamp):
    return datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00").replace("+0000", "+00:00")).timestamp()


def leader_of(members):
    """The leader, if all are there and agree on it."""
    said = [member.post("/v3/maintenance/status", {}) for member in members]
    if any(one is None or "leader" not in one for one in said) or len({one["leader"] for one in said}) != 1:
        return None
    applied = {one.get("raftAppliedIndex") for one in said}
    ids = [one["header"]["member_id"] for one in said]
    return members[ids.index(said[0]["leader"])] if len(applied) == 1 and said[0]["leader"] in ids else None


def trial(members, cluster, args):
    wait_until(lambda: leader_of(members) is not None, "all have one leader")
    pause(args.election / 1000, args.election / 1000 + 2)
    victim = leader_of(members)
    if victim is None:
        return None
    survivors = [member for member in members if member is not victim]
    for member in survivors:
        member.events()
    os.kill(victim.process.pid, signal.SIGKILL if args.fault == "kill" else signal.SIGSTOP)
    if args.fault == "kill":
        victim.process.wait()
    since = time.time()
    wrote, limit = None, since + 30 + args.election / 100
    time.sleep(args.election / 1000 * 0.5)
    while wrote is None and time.time() < limit:
        for member in survivors:
            if member.put(0.1):
                wrote = time.time()
                break
        time.sleep(0.01)
    time.sleep(0.3)
    seen = sorted(event for member in survivors for event in member.events() if event[0] >= since - 0.002)
    if args.fault == "kill":
        victim.start(cluster)
    else:
        os.kill(victim.process.pid, signal.SIGCONT)

    def when(pattern):
        return next((at for at, text in seen if re.search(pattern, text)), None)

    return {
        "campaigned": milliseconds(when(r"starting a new election"), since),
        "candidate": milliseconds(when(r"became candidate"), since),
        "leader": milliseconds(when(r"became leader"), since),
        "write": milliseconds(wrote, since),
        "elections": sum(1 for _, text in seen if "starting a new election" in text and (wrote is None or _ <= wrote)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=3)
    parser.add_argument("--heartbeat", type=int, default=100, help="milliseconds")
    parser.add_argument("--election", type=int, default=1000, help="milliseconds")
    parser.add_argument("--pre-vote", action="store_true")
    parser.add_argument("--fault", choices=["kill", "stop"], default="kill")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--port", type=int, default=23000)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    version = subprocess.run(["etcd", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    conditions = {
        "system": "etcd",
        "version": version,
        "date": datetime.date.today().isoformat(),
        "fault": {"kill": "SIGKILL: its connections are closed", "stop": "SIGSTOP: silence, its kernel still takes connections"}[args.fault],
        "settings": {
            "heartbeat-interval": args.heartbeat,
            "election-timeout": args.election,
            "pre-vote": args.pre_vote,
            "members": args.members,
        },
        "where": "all members on one machine's loopback",
        "how": "log time stamps of the members; write: a client asking each survivor every 10 ms; milliseconds since the fault",
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    trials = []
    with tempfile.TemporaryDirectory(prefix="etcd-") as root:
        members = [Member(root, i, args) for i in range(args.members)]
        cluster = ",".join(f"{member.name}={member.peer}" for member in members)
        try:
            for member in members:
                member.start(cluster)
            while len(trials) < args.trials:
                found = trial(members, cluster, args)
                if found is not None:
                    trials.append(found)
                    write(args.out, conditions, trials)
        finally:
            for member in members:
                if member.process is not None:
                    member.process.kill()
                    member.process.wait()
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
