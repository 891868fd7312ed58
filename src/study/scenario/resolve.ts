/** A strategy's run as plain JSON: what results show and a run's key hashes. The same whatever the order of the file. */
import type { StrategyRun } from "./scenario.ts";
import { isMap, without } from "./text/data.ts";

/** `run` with the keys of every map in the order of code units and nothing undefined in it. Numbers are microseconds, bytes, shares. */
export function resolvedJson(run: StrategyRun): unknown {
  // A fault's place in the file is for messages, and moves when the list is reordered.
  return canonicalJson({ ...run, faults: run.faults.map((fault) => without({ ...fault }, "path")) });
}

function canonicalJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonicalJson);
  if (!isMap(value)) return value;
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, inner]) => [key, canonicalJson(inner)]));
}

/** `resolved` without what is for people only: names of scenario and strategy, labels of faults. */
export function withoutLabels(resolved: unknown): unknown {
  if (!isMap(resolved)) return resolved;
  const { faults } = resolved;
  const nameless = Array.isArray(faults) ? faults.map((fault: unknown) => (isMap(fault) ? without(fault, "label") : fault)) : faults;
  return { ...without(resolved, "scenario", "strategy"), faults: nameless };
}
