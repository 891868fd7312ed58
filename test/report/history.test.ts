import { expect, it } from "vitest";
import { historyLines } from "../../src/report/history.ts";
import type { KeyHistory } from "../../src/simulator/record/history.ts";

const HISTORY: KeyHistory = {
  key: 'key "7"',
  initial: 0,
  operations: [
    { process: 0, kind: "write", value: 3, from: -5, until: 10, ending: "acknowledged" },
    { process: 0, kind: "read", value: 0, from: 10, until: 12, ending: "acknowledged" },
    { process: 0, kind: "write", value: 4, from: 11, until: 30, ending: "ambiguous" },
    { process: 0, kind: "read", value: undefined, from: 13, until: 31, ending: "refused" },
    { process: 0, kind: "write", value: 5, from: 40, until: 41, ending: "acknowledged" },
  ],
};

it("EDN is what Jepsen writes: invoke and end of each operation, in order of time, calls first", () => {
  expect(historyLines([HISTORY], "edn").slice(0, 4)).toEqual([
    '{:type :invoke, :f :write, :value ["key \\"7\\"" 3], :process 0, :time -5000, :index 0}',
    '{:type :invoke, :f :read, :value ["key \\"7\\"" nil], :process 1, :time 10000, :index 1}',
    '{:type :ok, :f :write, :value ["key \\"7\\"" 3], :process 0, :time 10000, :index 2}',
    '{:type :invoke, :f :write, :value ["key \\"7\\"" 4], :process 0, :time 11000, :index 3}',
  ]);
});

it("JSON lines say the same, and a process has one operation at a time, none after one without an end", () => {
  const events = historyLines([HISTORY], "jsonl").map((line) => JSON.parse(line) as { type: string; process: number; value: unknown });
  expect(events.map(({ type, process }) => `${type} ${process}`)).toEqual([
    "invoke 0",
    "invoke 1",
    "ok 0",
    "invoke 0",
    "ok 1",
    "invoke 1",
    "info 0",
    "fail 1",
    "invoke 1",
    "ok 1",
  ]);
  expect(events[1]!.value).toEqual(['key "7"', null]);
});
