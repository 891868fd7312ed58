/** How clients come to know a new primary: told, asking again and again, by a name that is cached, by an address that moves. */
import { describe, expect, it } from "vitest";
import { simulate } from "../../../src/simulator/cluster/cluster.ts";
import type { LearnSpec } from "../../../src/simulator/cluster/spec.ts";
import { partsOf } from "../cluster/build.ts";
import { constant, fault, ms, s, smallSpec } from "../cluster/small-run.ts";

/** From the map naming the new primary to the end of each vantage's outage, milliseconds; the primary's host dies, or its way to all but the other servers is cut. */
function reconnections(learn: readonly LearnSpec[], { seed = 1, isCut = false, timeout = ms(500) } = {}): readonly number[] {
  const primary = [{ kind: "server" as const, server: 0 }];
  const death = isCut
    ? fault({ kind: "pause", target: primary }, ms(2_000), s(9))
    : fault({ kind: "hostDeath", target: primary }, ms(2_000), undefined);
  const base = smallSpec({ seed, duration: s(12), settle: s(3), faults: [death], prober: { every: ms(20), deadline: s(1) } });
  const record = simulate(
    {
      ...base,
      client: { ...base.client, learn, timeout },
      workload: [{ ...base.workload[0]!, arrivals: { kind: "poisson", rate: 60 }, value: constant(100) }],
    },
    partsOf(),
  );
  const visible = record.facts.find((fact) => fact.kind === "visible");
  expect(visible).toBeDefined();
  expect(record.outages.length).toBe(3);
  for (const { ended } of record.outages) expect(ended).toBe("failover");
  return record.outages.map(({ closedAt }) => (closedAt - visible!.at) / 1_000);
}

describe("a new primary is known", () => {
  it("at once where clients are told, and after as long as switches take where an address moves", () => {
    const told = reconnections([{ kind: "watch" }]);
    for (const one of told) expect(one).toBeLessThan(550);
    for (const after of [ms(300), s(2)])
      for (const one of reconnections([{ kind: "address", after }])) {
        expect(one).toBeGreaterThan(after / 1_000);
        // What was under way to the dead one ends with the move: nobody waits for a time-out of his own.
        expect(one).toBeLessThan(after / 1_000 + 100);
      }
  });

  it("when their copy of a name has grown too old, which is at any time up to its life", () => {
    const all = [1, 2, 3, 4].flatMap((seed) => reconnections([{ kind: "ttl", after: s(4) }], { seed }));
    for (const one of all) expect(one).toBeLessThan(4_000 + 600);
    expect(Math.max(...all)).toBeGreaterThan(1_500);
    expect(Math.min(...all)).toBeLessThan(1_500);
  });

  it("where an address moves away from a primary that stands still, before its clients' own time-outs", () => {
    const slow = { isCut: true, timeout: s(2) };
    for (const one of reconnections([{ kind: "address", after: ms(100) }], slow)) expect(one).toBeLessThan(250);
  });
});
