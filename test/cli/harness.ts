/** The command line run inside this process, and a scenario that takes a moment. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { main } from "../../src/cli/cli.ts";
import { type Perform, type StartPool, batchRunner } from "../../src/cli/pool.ts";
import { createPerformer } from "../../src/cli/task.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { PLAIN } from "../../src/report/paint.ts";

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A terminal that remembers. `columns` is 80 unless told. */
export function fakeTerminal(more: Partial<Terminal> = {}): {
  readonly terminal: Terminal;
  readonly out: () => string;
  readonly err: () => string;
  readonly drawn: readonly string[];
} {
  const [out, err, drawn]: [string[], string[], string[]] = [[], [], []];
  const terminal: Terminal = {
    print: (text) => void out.push(text),
    say: (line) => void err.push(`${line}\n`),
    redraw: (line) => void drawn.push(line),
    interactive: false,
    columns: 80,
    paint: PLAIN,
    closed: () => false,
    ...more,
  };
  return { terminal, out: () => out.join(""), err: () => err.join(""), drawn };
}

/** A pool without threads, one run after another: the same code a worker runs, without the wait for a worker. */
export const inThisThread: StartPool = (sources) => {
  const perform = createPerformer(sources);
  const unlessFired: Perform = (task, signal) => (signal.aborted ? Promise.resolve(undefined) : perform(task));
  return { run: batchRunner(unlessFired, 1), close: () => Promise.resolve() };
};

/** Runs `shardlab ...argv` without threads. */
export async function shardlab(...argv: readonly string[]): Promise<Ran> {
  const { terminal, out, err } = fakeTerminal();
  const status = await main(argv, terminal, () => Promise.resolve(inThisThread));
  return { status, out: out(), err: err() };
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own, gone after the file's tests. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "shardlab-cli-"));
  folders.push(folder);
  return folder;
}

/** Three servers, two strategies, 3 s, 50 operations a second: some hundredths of a second a run. */
export const TINY = `name: tiny
question: Does it run?
seed: 3
repeats: 3
warmup: 100ms
duration: 3s
settle: 10s
cluster: { regions: { eu: { zones: { a: 1, b: 1, c: 1 } } }, shards: 2, replicas: 3, clients: [ { name: web, zones: [a], hosts: 1 } ] }
data: { tables: { t: { rows: 1000, row: 100B, key: id } } }
workload: [ { name: app, from: clients web, arrivals: { poisson: 50/s }, mix: { read: 50%, update: 50% } } ]
faults: [ { at: 1s, hostDeath: primary of shard 0, for: ever } ]
common: { failover: { monitor: { heartbeat: 100ms, misses: 3 } }, fencing: epoch }
strategies:
  async: { replication: { asynchronous: { ship: { every: 50ms } } } }
  sync: { replication: { synchronous: {} } }
expect:
  - { invariant: every-request-ends-once, of: all }
`;

/** The text in a file of its own, in a folder of its own. */
export function scenarioFile(text: string = TINY, name = "tiny.yaml"): string {
  const file = join(scratch(), name);
  writeFileSync(file, text);
  return file;
}
