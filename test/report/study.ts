/** Small studies made by hand, for tests of tables, pages and files. */
import type { ExpectationVerdict } from "../../src/study/checks/verdict.ts";
import { type Report, makeReport } from "../../src/report/report.ts";
import type { Results } from "../../src/report/stored.ts";
import type { Windows } from "../../src/simulator/record/record.ts";
import { type RecordOverrides, histogram, makeOutage, makeRecords, neverRecovered } from "../study/records.ts";

const SECOND = 1_000_000;

export interface StrategyShape {
  readonly name: string;
  /** Seconds of the longest outage of each run; undefined never recovers. */
  readonly outages: readonly (number | undefined)[];
  /** Lost writes of each run. */
  readonly losses?: readonly number[];
}

/** Run r of a strategy: its outage, two thirds of it detection, and its losses; a fault at 20 s. */
function run({ outages, losses }: StrategyShape, repeat: number): RecordOverrides {
  const seconds = outages[repeat];
  const length = Math.round((seconds ?? 0) * SECOND);
  const detection = Math.round((length * 2) / 3);
  const phases = { detection, decision: length - detection, promotion: 0, publication: 0, reconnection: 0, return: 0 };
  const outage =
    seconds === undefined
      ? neverRecovered()
      : { touched: [{ shard: 0, vantage: "web/a", counts: true }], outages: length === 0 ? [] : [makeOutage(length, { phases })] };
  return {
    ...outage,
    facts: [
      { kind: "fault", phase: "start", at: 20 * SECOND, fault: "f", label: "death", type: "hostDeath", targets: ["a1"], touches: [0] },
    ],
    data: { lossWrites: losses?.[repeat] ?? 0 },
    windows: STRUCK,
  };
}

/** The first server and shard are asked twice as much as the others; in the third window answers take longer. */
const STRUCK: Partial<Windows> = {
  serverRequests: Array.from({ length: 18 }, (_, cell) => (cell % 3 === 0 ? 15 : 7.5)),
  shardRequests: Array.from({ length: 12 }, (_, cell) => (cell % 2 === 0 ? 20 : 10)),
  latency: [
    {
      operation: "read",
      windows: Array.from({ length: 6 }, (_, window) => histogram(new Array<number>(50).fill(window === 2 ? 9_000 : 1_000))),
    },
  ],
};

export function results(strategies: readonly StrategyShape[], more: Partial<Results> = {}): Results {
  const repeats = strategies[0]?.outages.length ?? 0;
  return {
    name: "by-hand",
    question: "Who is back first?",
    labels: {},
    seed: 100,
    version: "1.2.3",
    plannedRepeats: repeats,
    repeats,
    changes: [],
    strategies: strategies.map((one) => ({
      name: one.name,
      resolved: { parts: one.name },
      records: makeRecords(
        one.name,
        one.outages.map((_, repeat) => run(one, repeat)),
      ),
    })),
    verdicts: [],
    ...more,
  };
}

export const study = (strategies: readonly StrategyShape[], more: Partial<Results> = {}): Report => makeReport(results(strategies, more));

/** `count` numbers from `from`, `step` apart. */
export const series = (count: number, from: number, step: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => Number((from + index * step).toFixed(6)));

/** Thirty runs each: quick and slow differ surely, quick and twin alternate; only quick loses writes; slow never recovers in 3 runs. */
export const THREE: readonly StrategyShape[] = [
  { name: "quick", outages: series(30, 3, 0.01), losses: series(30, 1, 1) },
  { name: "twin", outages: series(30, 3, 0.01).map((one, index) => one + (index % 2 === 0 ? 0.02 : -0.02)) },
  { name: "slow", outages: series(30, 22, 0.1).map((one, index) => (index % 10 === 0 ? undefined : one)) },
];

export function verdict(
  kind: ExpectationVerdict["kind"],
  text: string,
  more: Partial<ExpectationVerdict["expectation"]> = {},
): ExpectationVerdict {
  const expectation = {
    kind: "invariant",
    invariant: "epochs-grow",
    path: "expect[0]",
    line: 1,
    column: 1,
    of: ["quick"],
    knownFailure: undefined,
    ...more,
  } as ExpectationVerdict["expectation"];
  const run = kind === "broken" ? { seed: 104, repeat: 4, key: "k" } : undefined;
  return {
    expectation,
    kind,
    text: `${text}: ${kind}`,
    parts: [{ strategy: "quick", kind, text: `${text}: ${kind}`, run, figures: { n: 30 } }],
  };
}

/** Names that would break out of whatever does not escape them. */
export const HOSTILE: readonly string[] = [
  "</script><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '" onmouseover="alert(1)',
  "'; drop table runs; --",
  "\u001b[31mred\u001b[0m",
  "a\nb\r\nc",
  "=1+1",
  "\u202eright to left",
  "&amp;<!--",
  "```",
  "__proto__",
  "漢字 🎉",
];
