import fc from "fast-check";
import { expect, it } from "vitest";
import { createStateView } from "../../../src/simulator/cluster/availability.ts";

const SHARDS = 2;
const SERVERS = 3;

type Change =
  | { readonly kind: "ready" | "demoted"; readonly shard: number; readonly server: number; readonly epoch: number }
  | { readonly kind: "gone" | "toggle"; readonly server: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("ready" as const, "demoted" as const),
    shard: fc.nat(SHARDS - 1),
    server: fc.nat(SERVERS - 1),
    epoch: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ kind: fc.constantFrom("gone" as const, "toggle" as const), server: fc.nat(SERVERS - 1) }),
);

it("availability.time is the share of shard x time in which some holder is writable, as counted tick by tick", () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(9), change), { maxLength: 40 }),
      fc.nat(60),
      fc.integer({ min: 1, max: 300 }),
      (script, start, length) => {
        const isUp = new Array<boolean>(SERVERS).fill(true);
        const held = Array.from({ length: SHARDS }, () => new Map<number, number>());
        const isWritable = (_shard: number, server: number, epoch: number): boolean => isUp[server]! && epoch >= 2;
        const view = createStateView(SHARDS, isWritable);
        const until = start + length;
        let now = 0;
        let good = 0;
        /** Each tick from now to `to`, as things stand. */
        const pass = (to: number): void => {
          for (; now < to; now += 1) {
            if (now === start) view.begin(now);
            if (now < start || now >= until) continue;
            for (const [shard, holders] of held.entries())
              if ([...holders].some(([server, epoch]) => isWritable(shard, server, epoch))) good += 1;
          }
        };
        for (const [wait, step] of script) {
          if (now + wait >= until) break;
          pass(now + wait);
          if (step.kind === "ready") {
            view.ready(step.shard, step.server, step.epoch);
            held[step.shard]!.set(step.server, step.epoch);
          } else if (step.kind === "demoted") {
            view.demoted(step.shard, step.server);
            held[step.shard]!.delete(step.server);
          } else if (step.kind === "gone") {
            view.serverGone(step.server);
            for (const holders of held) holders.delete(step.server);
          } else isUp[step.server] = !isUp[step.server];
          view.update(now);
          for (let shard = 0; shard < SHARDS; shard += 1) expect(view.isContested(shard)).toBe(held[shard]!.size > 1);
        }
        pass(until);
        expect(view.share(until)).toBeCloseTo(good / (length * SHARDS), 12);
      },
    ),
  ));
