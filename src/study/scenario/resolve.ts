/** A strategy's run as plain JSON: what results show and a run's key hashes. The same whatever the order of the file. */
import type { StrategyRun } from "./scenario.ts";

/** `run` with the keys of every map in the order of code units and nothing undefined in it. Numbers are microseconds, bytes, shares. */
export function resolvedJson(run: StrategyRun): unknown {
  // A fault's place in the file is for messages, and moves when the list is reordered.
  const faults = run.faults.map(({ path: _path, ...fault }) => fault);
  return canonicalJson({ ...run, faults });
}

function canonicalJson(value: unknown): unknown {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as ArrayLike<unknown>, canonicalJson);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, inner]) => [key, canonicalJson(inner)]));
}

/** `resolved` without what is for people only: names of scenario and strategy, labels of faults. */
export function withoutLabels(resolved: unknown): unknown {
  if (typeof resolved !== "object" || resolved === null) return resolved;
  const { scenario: _scenario, strategy: _strategy, faults, ...rest } = resolved as Readonly<Record<string, unknown>>;
  return { ...rest, faults: Array.isArray(faults) ? faults.map(anonymous) : faults };
}

function anonymous(fault: unknown): unknown {
  const { label: _label, ...rest } = fault as Readonly<Record<string, unknown>>;
  return rest;
}
