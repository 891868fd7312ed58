import fc from "fast-check";
import { expect, it } from "vitest";
import { createOperations, Ending } from "../../../src/simulator/cluster/operations.ts";
import { createOverdue } from "../../../src/simulator/cluster/overdue.ts";
import { isRequest, look, replicas, stepping, WRITE } from "../../canary/broken.ts";
import { ms, s, smallSpec } from "../cluster/small-run.ts";

it("what is overdue is what was sent long enough ago and has not ended, each once, in any order of ends", () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("send" as const, "send" as const, "end" as const, "look" as const), fc.nat(30)), {
        maxLength: 3_000,
        size: "max",
      }),
      (script) => {
        const operations = createOperations(() => undefined);
        const overdue = createOverdue(operations.of);
        let now = 0;
        let waiting: { readonly operation: number; readonly dueAt: number }[] = [];
        let unseen = waiting;
        for (const [kind, n] of script) {
          now += n % 3;
          if (kind === "send") {
            const sent = { operation: operations.open(), dueAt: now + 40 };
            overdue.watch(sent.operation, sent.dueAt);
            waiting = [...waiting, sent];
            unseen = [...unseen, sent];
          } else if (kind === "end") {
            const ended = waiting[n % Math.max(1, waiting.length)];
            if (ended === undefined) continue;
            operations.of.ending[ended.operation] = Ending.Refused;
            operations.release(ended.operation);
            waiting = waiting.filter((one) => one !== ended);
            unseen = unseen.filter((one) => one !== ended);
          } else {
            const seen: number[] = [];
            overdue.expire(now, (operation) => seen.push(operation));
            expect(seen).toEqual(unseen.filter((one) => one.dueAt <= now).map((one) => one.operation));
            unseen = unseen.filter((one) => one.dueAt > now);
          }
        }
      },
    ),
    { numRuns: 60 },
  ));

it("holds more writes under way than it had room for at first", () => {
  const operations = createOperations(() => undefined);
  const overdue = createOverdue(operations.of);
  const sent: number[] = [];
  // The ring is half full and turned before it grows.
  for (let i = 0; i < 600; i += 1) overdue.watch(operations.open(), 0);
  overdue.expire(0, () => undefined);
  for (let i = 0; i < 3_000; i += 1) {
    const operation = operations.open();
    sent.push(operation);
    overdue.watch(operation, 1 + i);
  }
  const seen: number[] = [];
  overdue.expire(2_000, (operation) => seen.push(operation));
  expect(seen).toEqual(sent.slice(0, 2_000));
  expect(overdue.next()).toBe(2_001);
});

it("a prober wakes when a write is no longer good in time, not when its client gives up", () => {
  const base = smallSpec({ duration: s(8), settle: s(5), slow: ms(500) });
  const spec = {
    ...base,
    client: { ...base.client, deadline: s(3), timeout: s(3), retries: 0 },
    // One write in four seconds, which is never answered.
    workload: [{ ...base.workload[0]!, mix: { update: 1 }, arrivals: { kind: "constant" as const, rate: 0.25 } }],
  };
  const asked: number[] = [];
  const mute = replicas((machine) =>
    stepping(machine, (input, io) => {
      if (isRequest(input, WRITE)) {
        asked.push(io.now());
        if (io.messages.bytes[input.slot]! > 108) return;
      }
      machine.step(input, io);
    }),
  );
  const { record } = look(spec, mute);
  // Silence for half a second, then probes every 10 ms from each vantage.
  expect(asked[1]! - asked[0]!).toBeGreaterThan(490_000);
  expect(asked[1]! - asked[0]!).toBeLessThan(530_000);
  expect(asked.length).toBeGreaterThan(100);
  expect(record.outages[0]).toMatchObject({ openedAt: 3_000_000, ended: "returned" });
  expect(record.outages[0]!.closedAt).toBeLessThan(3_530_000);
});
