/** A scenario that replays a trace, with the trace beside it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Loaded, loadScenarios } from "../../src/cli/load.ts";
import { scenarioFile, TINY } from "./harness.ts";

/** Two operations every 10 ms for 4 s, on 50 keys. */
const ROWS = Array.from({ length: 800 }, (_, i) => `${Math.floor(i / 2) * 10},k${(i * 7) % 50},${i % 4 === 0 ? "set" : "get"},${100 + i}`);
export const CSV = `at,key,op,size\n${ROWS.join("\n")}\n`;

export const TRACE = "trace: { file: t.csv, columns: { time: at, key: key, operation: op, size: size }, unit: ms, keys: dense }";

/** The scenario file: TINY with a trace, and the trace beside it. */
export function replaying({ trace = TRACE, csv = CSV, beside = "" } = {}): string {
  const file = scenarioFile(TINY.replace("arrivals: { poisson: 50/s }, mix: { read: 50%, update: 50% }", trace + beside));
  writeFileSync(join(file, "..", "t.csv"), csv);
  return file;
}

export const load = async (file: string): Promise<Loaded> => (await loadScenarios([file], { set: [], allowPlugins: false }))[0]!;
