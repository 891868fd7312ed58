import fc from "fast-check";
import { expect, it } from "vitest";
import type { HistoryOperation, KeyHistory } from "../../../src/simulator/record/history.ts";
import { checkLinearizable } from "../../../src/study/checks/linearizability.ts";
import { atomicHistory, isLinearizableByForce, randomHistory } from "./histories.ts";
import { dice } from "../../modules/raft/dice.ts";

const key = (initial: number | undefined, ...operations: readonly Omit<HistoryOperation, "process">[]): KeyHistory => ({
  key: "k",
  initial,
  operations: operations.map((operation, process) => ({ process, ...operation })),
});
const write = (value: number, from: number, until: number, ending: HistoryOperation["ending"] = "acknowledged") =>
  ({ kind: "write", value, from, until, ending }) as const;
const read = (value: number, from: number, until: number) => ({ kind: "read", value, from, until, ending: "acknowledged" }) as const;
const kindOf = (history: KeyHistory): string => checkLinearizable(history).kind;

it("a read after a write's answer returns it; an older value is stale, and the stale read is named", () => {
  expect(kindOf(key(0, write(1, 0, 10), read(1, 11, 12)))).toBe("linearizable");
  expect(checkLinearizable(key(0, write(1, 0, 10), read(0, 11, 12)))).toEqual({ kind: "violated", by: 1 });
});

it("while a write is under way, reads may return either value, but never the old one after the new one", () => {
  expect(kindOf(key(0, write(1, 0, 10), read(0, 1, 2), read(1, 3, 4)))).toBe("linearizable");
  expect(kindOf(key(0, write(1, 0, 10), read(1, 1, 2), read(0, 3, 4)))).toBe("violated");
});

it("what touches at one instant may be in either order", () => {
  expect(kindOf(key(0, write(1, 0, 10), read(0, 10, 12)))).toBe("linearizable");
});

it("a write without an answer may take effect late, or never, but not before its call and not twice", () => {
  const late = write(1, 0, 5, "ambiguous");
  expect(kindOf(key(0, late, read(0, 6, 7), read(1, 100, 101)))).toBe("linearizable");
  expect(kindOf(key(0, late, read(0, 6, 7)))).toBe("linearizable");
  expect(kindOf(key(0, read(1, -2, -1), late))).toBe("violated");
  expect(kindOf(key(0, late, read(1, 6, 7), write(2, 8, 9), read(1, 10, 11)))).toBe("violated");
});

it("a refused write never takes effect", () => {
  expect(kindOf(key(0, write(1, 0, 5, "refused"), read(0, 6, 7)))).toBe("linearizable");
  expect(kindOf(key(0, write(1, 0, 5, "refused"), read(1, 6, 7)))).toBe("violated");
});

it("an unknown initial value is one value, and nobody has it after a write", () => {
  expect(kindOf(key(undefined, read(7, 0, 1), read(7, 2, 3), write(1, 4, 5), read(1, 6, 7)))).toBe("linearizable");
  expect(kindOf(key(undefined, read(7, 0, 1), read(8, 2, 3)))).toBe("violated");
  expect(kindOf(key(undefined, write(1, 0, 1), read(7, 2, 3)))).toBe("violated");
});

it("agrees with trying every order", () => {
  let held = 0;
  let broken = 0;
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 7 }), (seed, count) => {
      const history = randomHistory(dice(seed), count);
      const byForce = isLinearizableByForce(history);
      if (byForce) held += 1;
      else broken += 1;
      expect(kindOf(history)).toBe(byForce ? "linearizable" : "violated");
    }),
    { numRuns: 3_000 },
  );
  expect(Math.min(held, broken)).toBeGreaterThan(500);
});

it("long histories of many clients are judged, and one stale read among them is found", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const history = atomicHistory(dice(seed), 5_000, 20);
    expect(kindOf(history)).toBe("linearizable");
    const reads = history.operations.flatMap((operation, place) => (operation.kind === "read" && place > 1_000 ? [place] : []));
    const stale = reads[dice(seed).below(reads.length)]!;
    const { value } = history.operations.find(({ kind, ending }) => kind === "write" && ending === "acknowledged")!;
    const operations = history.operations.map((operation, place) => (place === stale ? { ...operation, value } : operation));
    expect(checkLinearizable({ ...history, operations })).toEqual({ kind: "violated", by: stale });
  }
});

it("a search that is too long ends unknown, never with a verdict", () => {
  const history = atomicHistory(dice(1), 2_000, 20);
  expect(checkLinearizable(history, 10)).toEqual({ kind: "unknown", looked: 11 });
});
