"""What all scripts here need: logs read from where they were last read, waiting, and trials on file."""
import json
import os
import random
import time


class Log:
    """A log file. `stamp` finds a time stamp in a line and, as its last group, the text; `seconds` reads the stamp."""

    def __init__(self, path, stamp, seconds):
        self.path, self.stamp, self.seconds, self.read_to = path, stamp, seconds, 0

    def events(self):
        """What it has that was not read before: (seconds, text)."""
        if not os.path.exists(self.path):
            return []
        with open(self.path, errors="replace") as file:
            file.seek(self.read_to)
            lines = file.readlines()
            self.read_to = file.tell()
        found = (self.stamp.search(line) for line in lines)
        return [(self.seconds(one[1]), one[one.re.groups]) for one in found if one]

    def empty(self):
        os.truncate(self.path, 0)
        self.read_to = 0


def wait_until(is_so, what, limit=120.0, every=0.5):
    end = time.time() + limit
    while not is_so():
        if time.time() > end:
            raise TimeoutError(what)
        time.sleep(every)


def pause(low, high):
    time.sleep(random.uniform(low, high))


def milliseconds(at, since):
    return None if at is None else round((at - since) * 1000, 1)


def write(path, conditions, trials):
    with open(path, "w") as file:
        lines = ",\n".join("    " + json.dumps(one) for one in trials)
        file.write(json.dumps(conditions, indent=2)[:-2] + ',\n  "trials": [\n' + lines + "\n  ]\n}\n")
