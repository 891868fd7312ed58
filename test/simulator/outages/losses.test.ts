import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fact } from "../../../src/base/fact.ts";
import type { LostWrite } from "../../../src/simulator/cluster/ledger.ts";
import { lossesOf, spanOf } from "../../../src/simulator/cluster/losses.ts";
import type { FaultSpan } from "../../../src/simulator/cluster/outages.ts";

const ready = (at: number, epoch: number, server: number): Fact => ({
  at,
  kind: "ready",
  shard: 0,
  epoch,
  server,
  deposed: -1,
  deposedReachable: false,
  planned: false,
});
const strike = (startAt: number, shard = 0): FaultSpan => ({
  label: `at ${startAt}`,
  startAt,
  touches: new Set([shard]),
  isolates: new Set(),
  silences: new Set(),
});
let serial = 0;
const lost = (sentAt: number, epoch: number, change: Partial<LostWrite> = {}): LostWrite => ({
  serial: (serial += 1),
  shard: 0,
  key: sentAt,
  kind: 1,
  probe: false,
  sentAt,
  ackAt: sentAt + 2,
  bytes: 1,
  epoch,
  vantage: 0,
  visible: true,
  ...change,
});

describe("what cost a lost write", () => {
  it("is the change of primary that superseded its epoch, not a new epoch of the same primary", () => {
    const facts = [ready(0, 1, 0), ready(30, 2, 0), ready(60, 3, 1), ready(90, 4, 1), ready(120, 5, 2)];
    const { all } = lossesOf(0, [lost(10, 1), lost(50, 2), lost(70, 3), lost(110, 4)], facts, [strike(55), strike(115)], 0);
    expect(all.map((loss) => [loss.epoch, loss.endedAt, loss.faultAt, loss.writes.length])).toEqual([
      [3, 60, 55, 2],
      [5, 120, 115, 2],
    ]);
  });

  it("is, without a new primary, the next fault that touched the shard; and nothing without one", () => {
    const { all, isDoomedLater } = lossesOf(0, [lost(10, 1), lost(70, 1)], [ready(0, 1, 0)], [strike(40), strike(80, 1)], 0);
    expect(all.map((loss) => [loss.epoch, loss.faultAt, loss.writes.length])).toEqual([
      [0, 40, 1],
      [0, undefined, 1],
    ]);
    expect(all.map((loss) => isDoomedLater(loss.writes[0]!))).toEqual([true, false]);
  });

  it("spans from the oldest lost acknowledgement to the last, or to the fault if that is later", () => {
    const [died] = lossesOf(0, [lost(10, 1), lost(20, 1)], [ready(0, 1, 0), ready(90, 2, 1)], [strike(50)], 0).all;
    expect(spanOf(died!)).toBe(50 - 12);
    const [went] = lossesOf(0, [lost(40, 1), lost(300, 1)], [ready(0, 1, 0), ready(90, 2, 1)], [strike(50)], 0).all;
    expect(spanOf(went!)).toBe(302 - 42);
  });

  it("keeps two losses apart: a run's span is the larger, not from the first to the last", () => {
    const facts = [ready(0, 1, 0), ready(60, 2, 1), ready(9_060, 3, 2)];
    const { all } = lossesOf(0, [lost(40, 1), lost(9_000, 2)], facts, [strike(50), strike(9_050)], 0);
    expect(all.map(spanOf)).toEqual([50 - 42, 9_050 - 9_002]);
  });

  it("dooms what was sent before its fault began, and nothing that was sent after", () => {
    const { all, isDoomedLater } = lossesOf(0, [lost(49, 1), lost(50, 1), lost(70, 1)], [ready(0, 1, 0), ready(60, 2, 1)], [strike(50)], 0);
    expect(all[0]!.writes.map(isDoomedLater)).toEqual([true, false, false]);
  });

  it("gives every lost client write to at most one outage of its vantage: where it was sent, or where its lineage ended", () =>
    fc.assert(
      fc.property(
        fc.array(fc.record({ sentAt: fc.nat(99), epoch: fc.integer({ min: 1, max: 3 }), vantage: fc.nat(1), probe: fc.boolean() }), {
          maxLength: 30,
        }),
        fc.array(fc.nat(99), { maxLength: 8 }),
        fc.tuple(fc.nat(50), fc.nat(49)),
        fc.array(fc.nat(99), { maxLength: 3 }),
        (drawn, bounds, [second, third], faults) => {
          const writes = drawn.map(({ sentAt, epoch, vantage, probe }) => lost(sentAt, epoch, { vantage, probe }));
          const forks = [
            { epoch: 2, at: second },
            { epoch: 3, at: second + third },
          ];
          const losses = lossesOf(
            0,
            writes,
            [ready(-1, 1, 0), ready(second, 2, 1), ready(second + third, 3, 2)],
            faults.sort((a, b) => a - b).map((at) => strike(at)),
            0,
          );
          const sorted = [...new Set(bounds)].sort((a, b) => a - b);
          const outages = sorted.flatMap((openedAt, i) =>
            i % 2 === 0 && sorted[i + 1] !== undefined ? [{ openedAt, closedAt: sorted[i + 1]! }] : [],
          );
          const given = new Set<LostWrite>();
          for (const { openedAt, closedAt } of outages) {
            const plain = writes.filter((write) => {
              if (write.probe || write.vantage !== 0 || given.has(write)) return false;
              const ended = forks.find((fork) => fork.epoch > write.epoch)?.at ?? faults.find((at) => at > write.sentAt) ?? -Infinity;
              const isSentInside = write.sentAt >= openedAt && write.sentAt < closedAt;
              return isSentInside || (write.sentAt < openedAt && ended >= openedAt && ended <= closedAt);
            });
            for (const write of plain) given.add(write);
            expect(losses.during(0, openedAt, closedAt).writes).toBe(plain.length);
          }
        },
      ),
    ));
});
