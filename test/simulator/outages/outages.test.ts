import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InternalError } from "../../../src/base/assert.ts";
import type { Fact } from "../../../src/base/fact.ts";
import { computeOutages, phasesFrom, stepsOf } from "../../../src/simulator/cluster/outages.ts";
import { inputOf, plainOutages, story, TICK, type Row, type Story } from "./twin.ts";

const good = (sentAt: number, epoch = 1): Row => ({ sentAt, took: 1, epoch, server: epoch - 1, fate: "kept" });
const bad = (sentAt: number): Row => ({ ...good(sentAt), took: undefined });
const every = (from: number, to: number, make: (at: number) => Row): Row[] => Array.from({ length: to - from }, (_, i) => make(from + i));
const told = (one: Partial<Story>) => computeOutages(inputOf({ rows: [], faults: [], from: 0, until: 80, ...one }));
const strike = (at: number) => ({ at, touches: true, strikes: true, isolates: false });
const touch = (at: number) => ({ at, touches: true, strikes: false, isolates: false });

describe("outages of one shard from one vantage", () => {
  it("open and close where a twin that walks through time sees them, with the same causes", () => {
    let outages = 0;
    let open = 0;
    fc.assert(
      fc.property(story, (one) => {
        const real = computeOutages(inputOf(one));
        expect(real.map(({ openedAt, closedAt, ended, causes }) => ({ openedAt, closedAt, isOpen: ended === "open", causes }))).toEqual(
          plainOutages(one),
        );
        outages += real.length;
        open += real.filter((outage) => outage.ended === "open").length;
      }),
      { numRuns: 1000 },
    );
    expect(outages).toBeGreaterThan(1000);
    expect(open).toBeGreaterThan(100);
  });

  it("do not overlap, lie in measured time, and cover every opening", () =>
    fc.assert(
      fc.property(story, (one) => {
        const input = inputOf(one);
        const real = computeOutages(input);
        real.forEach((outage, i) => {
          expect(outage.openedAt).toBeGreaterThanOrEqual(i === 0 ? 0 : real[i - 1]!.closedAt);
          expect(outage.closedAt).toBeLessThanOrEqual(input.until - input.from);
          expect(outage.closedAt).toBeGreaterThan(outage.openedAt);
        });
        for (const at of input.openings) {
          if (at < input.from || at >= input.until) continue;
          expect(real.some((outage) => outage.openedAt + input.from <= at && at <= outage.closedAt + input.from)).toBe(true);
        }
      }),
    ));

  it("have six phases that sum to them exactly, none below zero; all are zero while they are open", () =>
    fc.assert(
      fc.property(story, (one) => {
        for (const { openedAt, closedAt, ended, phases } of computeOutages(inputOf(one))) {
          const parts: number[] = Object.values(phases);
          expect(parts.reduce((a, b) => a + b, 0)).toBe(ended === "open" ? 0 : closedAt - openedAt);
          expect(parts.every((part) => part >= 0)).toBe(true);
        }
      }),
    ));

  it("do not open while every write is good, whatever faults touch the shard", () =>
    fc.assert(
      fc.property(story, (one) => {
        const rows = one.rows.map((sample) => ({ ...sample, took: 2, fate: "kept" as const }));
        expect(computeOutages(inputOf({ ...one, rows, faults: one.faults.map((fault) => ({ ...fault, strikes: false })) }))).toEqual([]);
      }),
    ));

  it("close at an acknowledgement only if at least half of the next second's writes are good", () => {
    const rows = (goodOnes: number) => [
      bad(10),
      good(12),
      ...every(13, 13 + goodOnes, good),
      ...every(13 + goodOnes, 23, bad),
      ...every(23, 80, good),
    ];
    // The next second's ten writes are those sent at 13 up to 22.
    expect(told({ rows: rows(5) })[0]).toMatchObject({ openedAt: 10 * TICK, closedAt: 13 * TICK });
    expect(told({ rows: rows(4) })[0]).toMatchObject({ openedAt: 10 * TICK, closedAt: 24 * TICK });
  });

  it("do not close at the answer to a write that was sent before they opened", () => {
    const late = { ...good(18), took: 4 };
    const [outage] = told({ rows: [...every(0, 18, good), late, ...every(30, 80, good)], faults: [strike(20)] });
    expect(outage).toMatchObject({ openedAt: 20 * TICK, closedAt: 31 * TICK });
  });

  it("open at the fault, not at the sending of what it met under way", () => {
    const rows = [...every(0, 20, good), bad(19), ...every(30, 80, (at) => good(at, 2))];
    expect(told({ rows, faults: [strike(21)] })).toMatchObject([
      { openedAt: 21 * TICK, closedAt: 31 * TICK, causes: ["fault 0"], ended: "failover" },
    ]);
    // The same fault elsewhere in the shard, met by a write under way: the outage is still the fault's.
    expect(told({ rows, faults: [touch(5), touch(21)] })).toMatchObject([{ openedAt: 21 * TICK, causes: ["fault 1"] }]);
    // Overdue already when the fault came: that outage is older than the fault, which joins it.
    const overdue = [...every(0, 17, good), ...every(17, 20, bad), ...every(30, 80, (at) => good(at, 2))];
    expect(told({ rows: overdue, faults: [strike(21)] })).toMatchObject([{ openedAt: 17 * TICK, causes: ["fault 0"] }]);
  });

  it("are not opened by a write that was answered in time and lost through a later fault, but by one sent after it", () => {
    const fated = (at: number, fate: Row["fate"]): Row => ({ ...good(at), fate });
    const rest = [...every(0, 15, good), ...every(40, 80, (at) => good(at, 2))];
    expect(told({ rows: [...rest, fated(18, "doomedLater"), fated(19, "doomedLater")], faults: [touch(20)] })).toEqual([]);
    expect(told({ rows: [...rest, fated(18, "doomedLater"), fated(25, "lost")], faults: [touch(20)] })).toMatchObject([
      { openedAt: 25 * TICK, closedAt: 41 * TICK },
    ]);
    // Answered late as well: it was not good when it was sent.
    expect(told({ rows: [...rest, { ...fated(18, "doomedLater"), took: 5 }] })).toMatchObject([{ openedAt: 18 * TICK }]);
  });

  it("say how they ended: newer epoch, another replica, the same one, or not at all", () => {
    const until20 = every(0, 20, good);
    const ending = (after: (at: number) => Row, faults = [strike(20)]) => told({ rows: [...until20, ...every(40, 80, after)], faults })[0];
    expect(ending((at) => good(at, 2))).toMatchObject({
      ended: "failover",
      phases: { detection: TICK, decision: TICK, promotion: TICK, publication: 0, reconnection: 18 * TICK, return: 0 },
    });
    expect(ending((at) => ({ ...good(at), server: 2 }))).toMatchObject({
      ended: "rerouted",
      phases: { reconnection: 21 * TICK, return: 0 },
    });
    expect(ending((at) => good(at))).toMatchObject({ ended: "returned", phases: { reconnection: 0, return: 21 * TICK } });
    expect(ending(bad)).toMatchObject({ ended: "open", closedAt: 80 * TICK });
  });

  it("of a primary that goes on alone are failovers, although the newer one was ready before they opened", () => {
    // Unfenced: this vantage's writes go to epoch 1 until 50 and are lost from 30 on; epoch 2 was ready at 25.
    const rows = [
      ...every(0, 30, good),
      ...every(30, 50, (at): Row => ({ ...good(at), fate: "lost" })),
      ...every(50, 80, (at) => good(at, 2)),
    ];
    const input = inputOf({ rows, faults: [touch(20)], from: 0, until: 80 });
    const [outage] = computeOutages({
      ...input,
      epochAt: () => ({ epoch: 2, server: 1 }),
      phasesOf: () => ({ planned: false, steps: { actionable: 23 * TICK, chosen: 24 * TICK, ready: 25 * TICK, visible: 26 * TICK } }),
    });
    expect(outage).toMatchObject({
      openedAt: 30 * TICK,
      closedAt: 51 * TICK,
      ended: "failover",
      phases: { detection: 0, decision: 0, promotion: 0, publication: 0, reconnection: 21 * TICK },
    });
  });

  it("without a fault have no causes; a fault that strikes while one is open joins it", () => {
    const rows = [...every(0, 20, good), ...every(20, 40, bad), ...every(40, 80, good)];
    expect(told({ rows })).toMatchObject([{ causes: [] }]);
    expect(told({ rows, faults: [touch(30)] })).toMatchObject([{ openedAt: 20 * TICK, closedAt: 41 * TICK, causes: ["fault 0"] }]);
    expect(told({ rows, faults: [touch(10), touch(30), touch(60)] })).toMatchObject([{ causes: ["fault 0", "fault 1"] }]);
  });

  it("are isolated if a fault among their causes kept this vantage from the shard's majority", () => {
    const rows = [...every(0, 20, good), ...every(20, 40, bad), ...every(40, 80, good)];
    expect(told({ rows, faults: [{ ...touch(19), isolates: true }] })).toMatchObject([{ isolated: true }]);
    expect(told({ rows, faults: [{ ...touch(19), touches: false, isolates: true }] })).toMatchObject([{ isolated: false, causes: [] }]);
  });
});

describe("phases", () => {
  it("are b_k = clamp(t_k, b_(k-1), b5): a missing step takes no time, news that comes later counts as the end", () => {
    expect(phasesFrom(100, { actionable: 110, chosen: 130, ready: 170, visible: 180 }, 200)).toEqual({
      detection: 10,
      decision: 20,
      promotion: 40,
      publication: 10,
      reconnection: 20,
      return: 0,
    });
    expect(phasesFrom(100, { actionable: 90, chosen: 130, ready: 120, visible: undefined }, 200)).toEqual({
      detection: 0,
      decision: 30,
      promotion: 0,
      publication: 0,
      reconnection: 70,
      return: 0,
    });
    expect(phasesFrom(100, { actionable: 110, chosen: 120, ready: 130, visible: Infinity }, 200)).toEqual({
      detection: 10,
      decision: 10,
      promotion: 10,
      publication: 70,
      reconnection: 0,
      return: 0,
    });
    const maybe = fc.option(fc.nat(500), { nil: undefined });
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), maybe, maybe, maybe, maybe, (b0, length, actionable, chosen, ready, visible) => {
        const parts: number[] = Object.values(phasesFrom(b0, { actionable, chosen, ready, visible }, b0 + length));
        expect(parts.reduce((a, b) => a + b, 0)).toBe(length);
        expect(parts.every((part) => part >= 0)).toBe(true);
      }),
    );
  });

  const ready = (at: number, epoch: number, server: number, planned = false): Fact => ({
    at,
    kind: "ready",
    shard: 0,
    epoch,
    server,
    deposed: 0,
    deposedReachable: false,
    planned,
  });
  const actionable = (at: number, by: string): Fact => ({ at, kind: "actionable", server: 0, shard: 0, by });
  const chosen = (at: number, epoch: number, by: string): Fact => ({ at, kind: "chosen", shard: 0, epoch, server: 1, by });
  const visible = (at: number, epoch: number): Fact => ({ at, kind: "visible", shard: 0, epoch, server: 1 });
  const first = ready(-1, 1, 0);

  it("come from the facts of the epoch that ended the outage, and of the observer whose claim it was", () => {
    const facts = [
      first,
      actionable(10, "monitor 1"),
      actionable(11, "monitor 2"),
      chosen(20, 2, "monitor 2"),
      ready(30, 2, 1),
      visible(40, 2),
      actionable(50, "monitor 1"),
      chosen(60, 3, "monitor 1"),
      ready(70, 3, 2),
      visible(80, 3),
    ];
    expect(stepsOf(facts, 0, 2, 5, { hasSteps: true, isPublished: true })).toEqual({
      planned: false,
      steps: { actionable: 11, chosen: 20, ready: 30, visible: 40 },
    });
    expect(stepsOf(facts, 0, 3, 5, { hasSteps: true, isPublished: true })).toEqual({
      planned: false,
      steps: { actionable: 50, chosen: 60, ready: 70, visible: 80 },
    });
  });

  it("of an outage that ended under a planned epoch are those of the failover before it, if there was one in the outage", () => {
    const facts = [
      first,
      actionable(10, "monitor 1"),
      chosen(20, 2, "monitor 1"),
      ready(30, 2, 1),
      chosen(40, 3, "monitor 1"),
      ready(50, 3, 1, true),
      visible(60, 3),
    ];
    expect(stepsOf(facts, 0, 3, 5, { hasSteps: true, isPublished: true })).toMatchObject({
      planned: false,
      steps: { ready: 30, visible: 60 },
    });
    expect(stepsOf(facts, 0, 3, 35, { hasSteps: true, isPublished: true })).toMatchObject({ planned: true, steps: { ready: 50 } });
  });

  it("whose news was never out take until the end, where the strategy publishes at all", () => {
    const facts = [first, actionable(10, "monitor 1"), chosen(20, 2, "monitor 1"), ready(30, 2, 1)];
    expect(stepsOf(facts, 0, 2, 5, { hasSteps: true, isPublished: true }).steps.visible).toBe(Infinity);
    expect(stepsOf(facts, 0, 2, 5, { hasSteps: false, isPublished: false }).steps.visible).toBeUndefined();
  });

  it("cannot be told of a part that has the steps and left a fact out: that is our fault", () => {
    const without = (kind: Fact["kind"]) =>
      [first, actionable(10, "monitor 1"), chosen(20, 2, "monitor 1"), ready(30, 2, 1)].filter((fact) => fact.kind !== kind || fact.at < 0);
    for (const kind of ["actionable", "chosen"] as const) {
      expect(() => stepsOf(without(kind), 0, 2, 5, { hasSteps: true, isPublished: true })).toThrow(InternalError);
      expect(() => stepsOf(without(kind), 0, 2, 5, { hasSteps: false, isPublished: false })).not.toThrow();
    }
    expect(() => stepsOf([], 0, 2, 5, { hasSteps: true, isPublished: true })).toThrow(/nobody stated as ready/u);
  });
});
