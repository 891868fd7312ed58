/** What small runs do, defended line by line. `UPDATE=1` rewrites the expected files; read the diff. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { simulate } from "../../src/simulator/cluster/cluster.ts";
import type { RunSpec } from "../../src/simulator/cluster/spec.ts";
import type { FaultAction } from "../../src/simulator/faults/fault.ts";
import type { OutageEnd, RunRecord } from "../../src/simulator/record/record.ts";
import { INVARIANTS } from "../../src/study/checks/invariants.ts";
import { partsOf } from "../simulator/cluster/build.ts";
import { fault, s, smallSpec } from "../simulator/cluster/small-run.ts";
import { tell } from "./tell.ts";

const AT = 4_000_000;
const PRIMARY = [{ kind: "primaryOf", shard: 0 }] as const;
const dies: FaultAction = { kind: "hostDeath", target: PRIMARY };
const manual = { name: "manual", options: { heartbeat: 1_000_000, misses: 3, gather: 500_000, operatorDelay: 3_000_000 } };

interface Golden {
  readonly name: string;
  readonly title: string;
  readonly action: FaultAction;
  readonly lasts: number | undefined;
  readonly parts?: Partial<RunSpec["parts"]>;
  /** The verdict: how every outage ends, and whether acknowledged writes may be lost. */
  readonly ended: readonly OutageEnd[];
  readonly mayLose: boolean;
}

const GOLDENS: readonly Golden[] = [
  { name: "asynchronous", title: "asynchronous replication: the primary's host dies at 4 s and is back at 12 s", action: dies, lasts: 8_000_000, ended: ["failover", "failover", "failover"], mayLose: true },
  { name: "synchronous", title: "synchronous replication: the same", action: dies, lasts: 8_000_000, parts: { replication: { name: "synchronous", options: {} } }, ended: ["failover", "failover", "failover"], mayLose: false },
  { name: "manual", title: "a person decides after 3 s: the same", action: dies, lasts: 8_000_000, parts: { failover: manual }, ended: ["failover", "failover", "failover"], mayLose: true },
  { name: "none", title: "nobody takes over: the same", action: dies, lasts: 8_000_000, parts: { failover: { name: "none", options: {} } }, ended: ["returned", "returned", "returned"], mayLose: false },
  { name: "process-crash", title: "the primary's process crashes at 4 s and restarts 1 s later", action: { kind: "processCrash", target: PRIMARY }, lasts: 1_000_000, ended: ["returned", "returned", "returned"], mayLose: false },
  { name: "host-death", title: "the primary's host dies at 4 s for good", action: dies, lasts: undefined, ended: ["failover", "failover", "failover"], mayLose: true },
  { name: "pause", title: "the primary is paused from 4 s to 9 s", action: { kind: "pause", target: PRIMARY }, lasts: 5_000_000, ended: ["failover", "failover", "failover"], mayLose: true },
  {
    name: "cut",
    title: "the primary is cut off from all but its own zone's clients, from 4 s to 9 s",
    action: { kind: "cut", from: [{ kind: "server", server: 0 }], to: [{ kind: "server", server: 1 }, { kind: "server", server: 2 }, { kind: "role", role: "monitor", which: "all" }, { kind: "role", role: "metadata", which: "all" }, { kind: "clients", group: "web", zone: "b" }, { kind: "clients", group: "web", zone: "c" }], oneWay: false },
    lasts: 5_000_000,
    ended: ["failover", "failover", "failover"],
    mayLose: true,
  },
];

const path = (name: string): URL => new URL(name, import.meta.url);
const isUpdating = process.env["UPDATE"] === "1";

/** Twelve measured seconds of three servers, one shard, one client host a zone, forty writes a second. */
function run({ action, lasts, parts }: Golden): RunRecord {
  const base = smallSpec({ seed: 7, duration: s(15), settle: s(10), faults: [fault(action, AT, lasts)] });
  return simulate({ ...base, client: { ...base.client, learn: [{ kind: "redirect" }] }, workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 80 } }], parts: { ...base.parts, ...parts } }, partsOf());
}

describe("golden traces", () => {
  const digests: Record<string, string> = {};
  for (const golden of GOLDENS) {
    const { name, title, ended, mayLose } = golden;
    const file = path(`${name}.txt`);

    it(`${name}: ${title}`, () => {
      const record = run(golden);
      const text = tell(title, record);
      digests[name] = record.digest;
      if (isUpdating) writeFileSync(file, text);
      expect(text).toBe(readFileSync(file, "utf8"));
      expect(text.split("\n").length).toBeLessThan(60);

      // The verdict stands here and not in the file: whatever the file says, this must hold.
      for (const invariant of INVARIANTS) expect([invariant.name, invariant.judge(record).kind]).not.toEqual([invariant.name, "broken"]);
      expect(record.outages.map((outage) => outage.ended)).toEqual(ended);
      expect(record.data.lossWrites > 0).toBe(mayLose);
      expect([record.data.phantomWrites, record.data.staleReads, record.quiescent]).toEqual([0, record.data.splitBrainWrites > 0 ? record.data.staleReads : 0, true]);
    });
  }

  it("have the digests that they always had, on every machine and Node version", () => {
    const file = path("digests.json");
    if (isUpdating) writeFileSync(file, `${JSON.stringify(digests, undefined, 2)}\n`);
    expect(digests).toEqual(JSON.parse(readFileSync(file, "utf8")));
  });
});
