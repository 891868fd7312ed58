/** The checker beside its plainest twin on 100,000 small histories; and checkers with a fault put in, which the same must find out. */
import { readFileSync } from "node:fs";
import { Script } from "node:vm";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import type { HistoryOperation, KeyHistory } from "../../src/simulator/record/history.ts";
import { checkLinearizable } from "../../src/study/checks/linearizability.ts";
import { dice, type Dice } from "../modules/raft/dice.ts";
import { atomicHistory, isLinearizableByForce, randomHistory } from "../study/checks/histories.ts";

type Check = (history: KeyHistory) => { readonly kind: string };

/** How many of so many random histories `check` judges otherwise than trying every order does. */
function wrong(check: Check, histories: number): number {
  let count = 0;
  for (let seed = 1; seed <= histories; seed += 1) {
    const random = dice(seed);
    const history = randomHistory(random, 1 + random.below(7));
    if (check(history).kind !== (isLinearizableByForce(history) ? "linearizable" : "violated")) count += 1;
  }
  return count;
}

it("the checker judges 100,000 histories as trying every order does", () => {
  expect(wrong(checkLinearizable, 100_000)).toBe(0);
});

const FAULTS: Readonly<Record<string, readonly [from: string, to: string]>> = {
  "forgets to look at the value of a read": ["items[number]!.value !== state", "false"],
  "takes a touch at one instant for an order": ["Number(a >= count) - Number(b >= count)", "Number(b >= count) - Number(a >= count)"],
  "takes a write without an answer for one that ended": ["until: isAmbiguous ? Infinity : until", "until"],
  "drops every write without an answer": ['kind === "read" || !returned.has(value)', "true"],
  "counts refused writes": ['ending === "refused" || ', ""],
  "lets the unknown initial value be several": [
    "state = value;\n    if (!isWanted())",
    "if (!isRead) state = value;\n    if (!isWanted())",
  ],
  "takes every wanted value for its last chance": ["writes[state] === 0", "writes[state]! >= 0"],
  "takes an unread write for placed without overwriting": ["        placeUnread();\n        return;", "        return;"],
};

const read = (file: string): string => readFileSync(new URL(`../../src/study/checks/${file}`, import.meta.url), "utf8");
/** Both files as one, to be compiled together. */
const SOURCE = `${read("call-list.ts")}\n${read("linearizability.ts").replace(/^import .* from "\.\/call-list\.ts";$/mu, "")}`;

describe("a checker is found out that", () => {
  for (const [name, [from, to]] of Object.entries(FAULTS)) {
    it(name, () => {
      expect(wrong(patched(from, to), 5_000)).toBeGreaterThan(0);
    });
  }

  it("and the same source without a fault is not", () => {
    expect(wrong(compiled(SOURCE), 5_000)).toBe(0);
  });
});

describe("what the checker remembers", () => {
  const forgetful = patched("if (seen.has(key)) return false;", "");
  /** Too many operations at once for trying every order: beside the same search without its memory. */
  const differing = (check: Check): number => {
    let count = 0;
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const random = dice(seed);
      const history = spoilt(atomicHistory(random, 16, 6, 3), random);
      if (check(history).kind !== forgetful(history).kind) count += 1;
    }
    return count;
  };

  it("changes no answer", () => {
    expect(differing(checkLinearizable)).toBe(0);
  });

  it("has to hold what was placed", () => {
    expect(differing(patched("word <= top >> 5", "false"))).toBeGreaterThan(0);
  });

  it("has to hold what was placed of the writes without an answer", () => {
    const before = Array.from({ length: 40 }, (_, i) => `w${100 + i} ${4 * i + 1}-${4 * i + 2}, r${100 + i} ${4 * i + 3}-${4 * i + 4}`);
    const history = historyOf(`w1 0-?, ${before.join(", ")}, w2 201-205, r2 206-207, r1 208-209, w1 220-221, r1 222-223`);
    expect(checkLinearizable(history).kind).toBe("linearizable");
    expect(patched('=== 0 ? "0" : "1"', '=== 0 ? "0" : "0"')(history).kind).toBe("violated");
  });
});

/** "w1 0-10, r1 11-12, w2 13-?": writes and reads of a value, from and until; "?" for no answer. */
function historyOf(text: string): KeyHistory {
  const operations = text.split(", ").map((word, process): HistoryOperation => {
    const [what = "", from = "", until = ""] = word.split(/[ -]/u);
    const ending = until === "?" ? "ambiguous" : "acknowledged";
    const kind = what.startsWith("w") ? "write" : "read";
    return { process, kind, value: Number(what.slice(1)), from: Number(from), until: until === "?" ? Number(from) : Number(until), ending };
  });
  return { key: "k", initial: 0, operations };
}

/** In half of the histories one read returns something else. */
function spoilt(history: KeyHistory, random: Dice): KeyHistory {
  const place = random.below(2 * history.operations.length);
  const operations = history.operations.map((operation, at) =>
    at === place && operation.kind === "read" ? { ...operation, value: 1 + random.below(3) } : operation,
  );
  return { ...history, operations };
}

function patched(from: string, to: string): Check {
  expect(SOURCE.split(from)).toHaveLength(2);
  return compiled(SOURCE.replace(from, () => to));
}

function compiled(source: string): Check {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
  const exports: { checkLinearizable?: Check } = {};
  const text = `(function (exports) {${ts.transpileModule(source, { compilerOptions }).outputText}\n})`;
  (new Script(text).runInThisContext() as (into: object) => void)(exports);
  return exports.checkLinearizable!;
}
