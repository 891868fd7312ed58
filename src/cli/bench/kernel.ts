/**
 * The kernel's speed: the hold model and the full step against the same algorithm in C++ and
 * std::priority_queue, and an M/M/1 queue against simjs and SimPy.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { LIMIT_SOURCE } from "./limit-cpp.ts";
import { compare, nodeProgram, printingProgram, type BenchRow, type Comparison } from "./measure.ts";
import type { Timed } from "./models.ts";
import { SIMPY_SOURCE } from "./peers.ts";

export interface KernelBenchOptions {
  /** Interleaved pairs for each row; at least 5 for a judgement. */
  readonly pairs?: number;
  /** Share of the usual amount of work, for a quick look. */
  readonly scale?: number;
  /** Called with each row as soon as it is there. */
  readonly onRow?: (row: BenchRow) => void;
}

const PAIRS = 5;
const EVENTS = 6_000_000;
const STEPS_PENDING = [100, 1_000, 10_000, 100_000];
/** Mean time in the system of an M/M/1 queue at 80 % load, in mean services: 1 / (1 - 0.8). */
const RESPONSE = 5;

const run = promisify(execFile);

/** Measures every row of the kernel, in order. Needs a while: about 90 s with five pairs. */
export async function benchKernel({ pairs = PAIRS, scale = 1, onRow }: KernelBenchOptions = {}): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), "shardlab-bench-"));
  try {
    const limit = await compileLimit(folder);
    const simpy = await findSimpy(folder);
    const rows: BenchRow[] = [];
    for (const comparison of comparisons(limit, simpy, scale)) {
      const row = await compare(comparison, pairs);
      rows.push(row);
      onRow?.(row);
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function comparisons(limit: string | undefined, simpy: string | undefined, scale: number): readonly Comparison[] {
  const events = Math.round(EVENTS * scale);
  const inCpp = (model: string, queue: string, pending: number) =>
    limit === undefined ? undefined : printingProgram(limit, [model, queue, pending, events]);
  const base = { unit: "an event", missing: "no g++", mismatch: sameEvents };
  const hold = { ...base, name: "kernel, hold model, 10000 pending", kind: "cost" as const, ours: nodeProgram("hold", 10_000, events) };
  const queue = {
    name: "kernel, M/M/1 queue",
    kind: "speed" as const,
    unit: "a customer",
    mismatch: sameQueue,
    ours: nodeProgram("queue", Math.round(2_000_000 * scale)),
  };
  return [
    { ...hold, against: "the same algorithm in C++", target: 2, theirs: inCpp("hold", "ring", 10_000) },
    { ...hold, against: "C++ std::priority_queue", target: 0.5, theirs: inCpp("hold", "plain", 10_000) },
    ...STEPS_PENDING.map((pending) => ({
      ...base,
      name: `kernel, full step, ${pending} pending`,
      against: "the same algorithm in C++",
      kind: "cost" as const,
      target: 2.5,
      ours: nodeProgram("step", pending, events),
      theirs: inCpp("step", "ring", pending),
    })),
    { ...queue, against: "simjs", target: 6, theirs: nodeProgram("simjs", Math.round(400_000 * scale)), missing: "simjs is not installed" },
    {
      ...queue,
      against: "SimPy",
      target: 30,
      theirs: simpy === undefined ? undefined : printingProgram("python3", [simpy, Math.round(100_000 * scale)]),
      missing: "no python3 with simpy",
    },
  ];
}

/** Both programs handled the same events, but for what the last bit of a logarithm may change. */
function sameEvents(ours: Timed, theirs: Timed): string | undefined {
  const apart = Math.abs(ours.count / theirs.count - 1);
  return apart < 0.01 && Math.abs(ours.check / theirs.check - 1) < 0.01
    ? undefined
    : `they did not do the same work (${ours.count} and ${theirs.count} events)`;
}

/** Both are the queue they should be; so long runs at 80 % load are within a few per cent of the closed form. */
function sameQueue(ours: Timed, theirs: Timed): string | undefined {
  const wrong = [ours.check, theirs.check].find((mean) => Math.abs(mean / RESPONSE - 1) > 0.15);
  return wrong === undefined ? undefined : `a mean time in the system of ${wrong.toFixed(2)} services instead of ${RESPONSE}`;
}

async function compileLimit(folder: string): Promise<string | undefined> {
  const source = join(folder, "limit.cpp");
  const program = join(folder, "limit");
  await writeFile(source, LIMIT_SOURCE);
  try {
    await run("g++", ["-O2", "-std=c++17", "-o", program, source]);
    return program;
  } catch {
    return undefined;
  }
}

async function findSimpy(folder: string): Promise<string | undefined> {
  const source = join(folder, "queue.py");
  await writeFile(source, SIMPY_SOURCE);
  try {
    await run("python3", ["-c", "import simpy"]);
    return source;
  } catch {
    return undefined;
  }
}
