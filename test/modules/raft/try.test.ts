import { expect, it } from "vitest";
import * as raft from "../../../src/modules/raft/index.ts";
import { NO_COVERAGE, runSchedule } from "./schedule.ts";
it("try", () => {
  const total: Record<string, number> = { ...NO_COVERAGE };
  const broken = new Map<string, string[]>();
  const t0 = performance.now();
  const from = Number(process.env["FROM"] ?? 1), n = Number(process.env["N"] ?? 200);
  for (let seed = from; seed < from + n; seed += 1) {
    try {
      const c: Record<string, number> = { ...runSchedule(raft, seed, 500) };
      for (const k of Object.keys(c)) total[k]! += c[k]!;
    } catch (e) {
      const m = `${seed}: ${(e as Error).message}`;
      const key = (e as Error).message.split(":")[0]!;
      broken.set(key, [...(broken.get(key) ?? []), m]);
    }
  }
  console.log((performance.now() - t0).toFixed(0), "ms", total);
  for (const [k, v] of broken) console.log(k, v.length, v.slice(0, 4).join("\n"));
  expect(1).toBe(1);
});
