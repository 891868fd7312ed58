"""What both Redis scripts need: servers as child processes, and a client that speaks RESP."""
import datetime
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from measuring import Log

UTC = datetime.timezone.utc
STAMP = re.compile(r"^\d+:\w (\d+ \w+ \d{4} [\d:]+\.\d+) . (.*)$")
FAULTS = {
    "kill": "SIGKILL: its connections are closed; dated from when the process was gone",
    "stop": "SIGSTOP: silence, its kernel still takes connections",
    "wake": "SIGSTOP, and SIGCONT once it has a successor: refused and taken count from then",
}


class Server:
    """A redis-server in a directory of its own."""

    def __init__(self, root, name, port, config, sentinel=False):
        self.dir, self.name, self.port, self.sentinel = os.path.join(root, name), name, port, sentinel
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        self.log = Log(os.path.join(self.dir, "log"), STAMP, seconds)
        with open(os.path.join(self.dir, "conf"), "w") as file:
            file.write(f"port {port}\nbind 127.0.0.1\ndir {self.dir}\nlogfile {self.log.path}\nprotected-mode no\n" + config)
        self.link, self.process = None, None

    def start(self, *more):
        command = ["redis-server", os.path.join(self.dir, "conf"), *(["--sentinel"] if self.sentinel else []), *more]
        self.process = subprocess.Popen(command, env={**os.environ, "TZ": "UTC"}, stdout=subprocess.DEVNULL)

    def fault(self, kind):
        """Kills or freezes it; gives the instant, of a kill that at which it was gone: on a busy machine it takes its time."""
        os.kill(self.process.pid, signal.SIGKILL if kind == "kill" else signal.SIGSTOP)
        if kind == "kill":
            self.process.wait()
        return time.time()

    def restore(self, kind, *more):
        if kind == "kill":
            self.start(*more)
        else:
            os.kill(self.process.pid, signal.SIGCONT)
        self.link = None

    def end(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def call(self, *words, timeout=1.0):
        """One command. Errors that the server answers are given back as text with a dash before it."""
        try:
            if self.link is None:
                sock = socket.create_connection(("127.0.0.1", self.port), timeout)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.link = (sock, sock.makefile("rb"))
            sock, file = self.link
            sock.settimeout(timeout)
            sock.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in (str(w).encode() for w in words)))
            return reply(file)
        except OSError as error:
            self.link = None
            return f"-{error}"

    def events(self):
        return self.log.events()


def seconds(stamp):
    return datetime.datetime.strptime(stamp, "%d %b %Y %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()


def reply(file):
    line = file.readline()
    if not line:
        raise OSError("closed")
    kind, rest = line[:1], line[1:-2].decode()
    if kind in b"+:":
        return rest
    if kind == b"-":
        return "-" + rest
    if kind == b"$":
        return file.read(int(rest) + 2)[:-2].decode() if int(rest) >= 0 else None
    return [reply(file) for _ in range(int(rest))]


def info(server, section):
    text = server.call("INFO", section)
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line) if text and text[0] != "-" else {}



def first_write(servers, key, since, expected, limit):
    """Asks each in turn, every 50 ms and from `expected` seconds on every 5 ms, until one has taken a write: (milliseconds, server)."""
    while time.time() < since + limit:
        for server in servers:
            if server.call("SET", key, since, timeout=0.25) == "OK":
                return (time.time() - since) * 1000, server
        time.sleep(0.005 if time.time() > since + expected else 0.05)
    return None, None


def wake(server, key, limit):
    """Lets a frozen server go on: (instant, milliseconds until it refused a write, writes that it took until then)."""
    server.link, taken = None, 0
    since = time.time()
    os.kill(server.process.pid, signal.SIGCONT)
    while time.time() < since + limit:
        answer = server.call("SET", key, since, timeout=0.25)
        if answer == "OK":
            taken += 1
        elif answer and answer.split()[0] in ("-READONLY", "-MOVED", "-CLUSTERDOWN"):
            return since, (time.time() - since) * 1000, taken
        time.sleep(0.005)
    return since, None, taken



def versions():
    return subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout.split()[2][2:]
