/** Servers that stay away are given up after the time that the scenario says; servers that answer never are. */
import { expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { RunRecord } from "../../../src/simulator/record/record.ts";
import { partsOf } from "./build.ts";
import { fault, ms, s, smallSpec } from "./small-run.ts";

function run(after: number, dies: boolean): RunRecord {
  const spec = smallSpec({
    warmup: ms(100),
    duration: s(5),
    settle: s(5),
    cluster: { replicas: 2 },
    faults: dies ? [fault({ kind: "hostDeath", target: [{ kind: "server", server: 1 }] }, s(1), undefined)] : [],
  });
  return simulate(
    {
      ...spec,
      workload: [{ ...spec.workload[0]!, arrivals: { kind: "poisson", rate: 20 } }],
      hosts: { ...spec.hosts, rebalancer: [{ kind: "zone", name: "c" }] },
      rebalancing: { after, throttle: 0, cutover: "forwarding" },
    },
    partsOf(),
  );
}
const changes = (record: RunRecord): readonly string[] => record.facts.flatMap((fact) => (fact.kind === "membership" ? [fact.change] : []));

it.each([300, 900, 4_000])("nobody is given up who answers, after %i ms without one", (after) => {
  expect(changes(run(ms(after), false))).toEqual([]);
});

it.each([300, 900])("who died is given up once, soon after %i ms", (after) => {
  const record = run(ms(after), true);
  expect(changes(record)).toEqual(["lost"]);
  const [lost] = record.facts.filter(({ kind }) => kind === "membership");
  expect(lost!.at - ms(1_100)).toBeGreaterThan(ms(after * 0.6));
  expect(lost!.at - ms(1_100)).toBeLessThan(ms(after + 400));
});
