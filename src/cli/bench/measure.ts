/** Fair ratios on a machine with other work: two programs take turns, each in a fresh process, and their CPU times are compared pair by pair. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import type { Timed } from "./models.ts";

/** Least, middle and greatest of the pairs. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** One line of `shardlab bench`. */
export interface BenchRow {
  readonly name: string;
  /** What it is compared with. */
  readonly against: string;
  /** Our cost over theirs ("cost", less is better), theirs over ours ("speed", more is better), or a figure held to nothing. */
  readonly kind: "cost" | "speed" | "figure";
  /** What the median is held to: at most for cost, at least for speed. */
  readonly target: number;
  /** Over the pairs; undefined where it could not be measured, which is no pass. */
  readonly ratio: Spread | undefined;
  readonly held: boolean;
  /** Medians for people, such as "30 ns an event, 19 ns theirs", or why it was not measured. */
  readonly detail: string;
}

/** A program that takes one measurement, or undefined where it is not to be had. */
export type Program = () => Promise<Timed | undefined>;

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./child.ts" : "./child.js", import.meta.url));

/** What child.ts prints in a fresh Node process, started the way this one was. */
export async function nodeJson(...given: readonly (string | number)[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [...process.execArgv, CHILD, ...given.map(String)]);
  return JSON.parse(stdout) as unknown;
}

/** One of our models in a fresh Node process, started the way this one was. */
export function nodeProgram(...given: readonly (string | number)[]): Program {
  return async () => {
    const answer = (await nodeJson(...given)) as Partial<Timed>;
    return answer.count === undefined ? undefined : (answer as Timed);
  };
}

/** Any program that prints count, nanoseconds and check. */
export function printingProgram(command: string, given: readonly (string | number)[]): Program {
  return async () => {
    const { stdout } = await run(command, given.map(String));
    const [count = NaN, nanoseconds = NaN, check = NaN] = stdout.trim().split(" ").map(Number);
    return { count, nanoseconds, check };
  };
}

export interface Comparison {
  readonly name: string;
  readonly against: string;
  readonly kind: "cost" | "speed";
  readonly target: number;
  readonly ours: Program;
  /** Undefined where it is not to be had, with the reason in `missing`. */
  readonly theirs: Program | undefined;
  readonly missing: string;
  /** What one count is called: "event", "customer". */
  readonly unit: string;
  /** Why two measurements are not of the same work; undefined if they are. */
  readonly mismatch: (ours: Timed, theirs: Timed) => string | undefined;
}

/** Measures a comparison `pairs` times, ours and theirs in turn. */
export async function compare(comparison: Comparison, pairs: number): Promise<BenchRow> {
  const { name, against, kind, target, unit } = comparison;
  const notMeasured = (why: string): BenchRow => ({
    name,
    against,
    kind,
    target,
    ratio: undefined,
    held: false,
    detail: `not measured: ${why}`,
  });
  if (comparison.theirs === undefined) return notMeasured(comparison.missing);
  const ratios: number[] = [];
  const costs: { readonly ours: number; readonly theirs: number }[] = [];
  for (let i = 0; i < pairs; i += 1) {
    const ours = await comparison.ours();
    const theirs = await comparison.theirs();
    if (ours === undefined || theirs === undefined) return notMeasured(comparison.missing);
    const mismatch = comparison.mismatch(ours, theirs);
    if (mismatch !== undefined) return notMeasured(mismatch);
    ratios.push(kind === "cost" ? ours.nanoseconds / theirs.nanoseconds : theirs.nanoseconds / ours.nanoseconds);
    costs.push({ ours: ours.nanoseconds, theirs: theirs.nanoseconds });
  }
  const ratio = spread(ratios);
  const detail = `${spread(costs.map((cost) => cost.ours)).median.toFixed(1)} ns ${unit}, theirs ${spread(costs.map((cost) => cost.theirs)).median.toFixed(1)} ns`;
  return { name, against, kind, target, ratio, held: kind === "cost" ? ratio.median <= target : ratio.median >= target, detail };
}

/** Of an odd number of values the middle is one of them; of an even number the lower of the two. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { min: sorted[0]!, median: sorted[(sorted.length - 1) >> 1]!, max: sorted.at(-1)! };
}
