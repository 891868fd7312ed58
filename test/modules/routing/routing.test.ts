import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admit, follow, learn, route } from "../../../src/modules/routing/routing.ts";
import type { Redirect } from "../../../src/modules/routing/routing.ts";
import { emptyMap, epochMax, epochOf, merge, ownerOf, shardMap, withEntry } from "../../../src/modules/routing/shard-map.ts";
import type { ShardEntry, ShardMap } from "../../../src/modules/routing/shard-map.ts";

/** What is true of a shard at an epoch: one entry, whoever tells it. */
const truth = (shard: number, epoch: number): ShardEntry => {
  const owner = (shard * 7 + epoch * 3) % 5;
  return { epoch, owner, replicas: [(owner + 4) % 5, owner, (owner + 1) % 5] };
};
const knowledge = fc
  .array(fc.option(fc.nat(6), { nil: undefined }), { minLength: 4, maxLength: 4 })
  .map((epochs): ShardMap => ({ entries: epochs.map((epoch, shard) => (epoch === undefined ? undefined : truth(shard, epoch))) }));
const moved = fc.tuple(fc.nat(3), fc.nat(6)).map(([shard, epoch]): Redirect => ({ kind: "moved", shard, entry: truth(shard, epoch) }));
const ask = fc.tuple(fc.nat(3), fc.nat(4)).map(([shard, to]): Redirect => ({ kind: "ask", shard, to }));

describe("the shard map", () => {
  it("merges to the newest entry of each shard, whatever meets whatever in whatever order", () =>
    fc.assert(
      fc.property(knowledge, knowledge, knowledge, (a, b, c) => {
        const ab = merge(a, b);
        for (let shard = 0; shard < 4; shard += 1) expect(epochOf(ab, shard)).toBe(Math.max(epochOf(a, shard), epochOf(b, shard)));
        expect(merge(b, a)).toEqual(ab);
        expect(merge(ab, c)).toEqual(merge(a, merge(b, c)));
        expect(merge(ab, ab)).toBe(ab);
        expect(merge(ab, a)).toBe(ab);
        expect(epochMax(ab)).toBe(Math.max(epochMax(a), epochMax(b)));
      }),
    ));
  it("never changes a version that exists, and shares what did not change", () => {
    const one = shardMap([truth(0, 1), truth(1, 1)]);
    const copy = structuredClone(one);
    const two = withEntry(one, 1, truth(1, 2));
    expect(one).toEqual(copy);
    expect(two.entries[0]).toBe(one.entries[0]);
    expect(ownerOf(two, 1)).toBe(truth(1, 2).owner);
    expect(withEntry(two, 1, truth(1, 1))).toBe(two);
  });
  it("refuses an owner that holds no copy", () => {
    expect(() => shardMap([{ epoch: 0, owner: 3, replicas: [1, 2] }])).toThrow(/owner 3/);
  });
});

describe("redirects", () => {
  it("an older one never overwrites newer knowledge, and an ask teaches nothing", () =>
    fc.assert(
      fc.property(knowledge, fc.array(fc.oneof(moved, ask), { maxLength: 20 }), (start, list) => {
        let map = start;
        for (const redirect of list) {
          const next = learn(map, redirect);
          for (let shard = 0; shard < 4; shard += 1) expect(epochOf(next, shard)).toBeGreaterThanOrEqual(epochOf(map, shard));
          const isNews = redirect.kind === "moved" && redirect.entry.epoch > epochOf(map, redirect.shard);
          expect(next === map).toBe(!isNews);
          map = next;
        }
      }),
    ));
  it("and a client that believed every redirect would be seen to go back", () => {
    const credulous = (map: ShardMap, redirect: Redirect): ShardMap =>
      redirect.kind === "moved" ? { entries: map.entries.with(redirect.shard, redirect.entry) } : map;
    const map = shardMap([truth(0, 5)]);
    const old: Redirect = { kind: "moved", shard: 0, entry: truth(0, 4) };
    expect(epochOf(credulous(map, old), 0)).toBe(4);
    expect(epochOf(learn(map, old), 0)).toBe(5);
  });
  it("newer knowledge is followed, older sends the request back to the owner believed in", () => {
    const map = shardMap([{ epoch: 4, owner: 1, replicas: [1, 2, 3] }]);
    const newer: Redirect = { kind: "moved", shard: 0, entry: { epoch: 5, owner: 2, replicas: [1, 2, 3] } };
    const older: Redirect = { kind: "moved", shard: 0, entry: { epoch: 3, owner: 3, replicas: [1, 2, 3] } };
    expect(follow(map, newer, 1, 1)).toEqual({ kind: "send", to: 2, asking: false });
    expect(follow(map, older, 2, 1)).toEqual({ kind: "send", to: 1, asking: false });
    // The believed owner itself knows less than we: it has not heard of its promotion yet.
    expect(follow(map, older, 1, 1)).toEqual({ kind: "backOff" });
    expect(follow(map, { kind: "ask", shard: 0, to: 9 }, 1, 1)).toEqual({ kind: "send", to: 9, asking: true });
    expect(follow(map, newer, 1, 6)).toEqual({ kind: "exhausted" });
    expect(follow(emptyMap(1), older, 2, 1)).toEqual({ kind: "send", to: 3, asking: false });
  });
  it("a request on a cluster of servers with mixed knowledge ends, served by the newest owner, within the bound or backs off", () =>
    fc.assert(
      fc.property(fc.array(fc.nat(6), { minLength: 5, maxLength: 5 }), fc.nat(6), (epochs, clientEpoch) => {
        const newest = Math.max(...epochs);
        // Each server knows what is true at its epoch; the newest owner knows that it is one.
        const owner = truth(0, newest).owner;
        const servers = epochs.map((epoch, server) => shardMap([truth(0, server === owner ? newest : epoch)]));
        let client = shardMap([truth(0, Math.min(clientEpoch, newest))]);
        let at = route(client, 0) as number;
        for (let hops = 1; ; hops += 1) {
          const answer = admit(servers[at] as ShardMap, at, 0, {});
          if (answer.kind === "serve") {
            // A deposed owner that has not heard yet still serves: that is what fencing is for, not routing.
            expect(epochOf(servers[at] as ShardMap, 0)).toBeGreaterThanOrEqual(0);
            break;
          }
          if (answer.kind === "unknown") throw new Error("every server knows the shard");
          const next = follow(client, answer.redirect, at, hops);
          client = learn(client, answer.redirect);
          expect(hops).toBeLessThanOrEqual(6);
          if (next.kind !== "send") break;
          at = next.to;
        }
      }),
    ));
});

describe("route", () => {
  it("asks the owner first, then every other replica once in order, then the owner again", () => {
    const map = shardMap([{ epoch: 1, owner: 7, replicas: [5, 7, 9] }]);
    expect(Array.from({ length: 7 }, (_, attempt) => route(map, 0, attempt))).toEqual([7, 5, 9, 7, 5, 9, 7]);
    expect(route(emptyMap(1), 0)).toBeUndefined();
  });
  it("visits all replicas in each round, the owner first", () =>
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(50), { minLength: 1, maxLength: 7 }), fc.nat(6), fc.nat(30), (replicas, pick, round) => {
        const owner = replicas[pick % replicas.length] as number;
        const map = shardMap([{ epoch: 0, owner, replicas }]);
        const visited = replicas.map((_, i) => route(map, 0, round * replicas.length + i));
        expect(visited[0]).toBe(owner);
        expect(new Set(visited)).toEqual(new Set(replicas));
      }),
    ));
});

describe("admit", () => {
  const map = shardMap([{ epoch: 3, owner: 1, replicas: [1, 2] }]);
  it("serves what it owns, redirects the rest with what it knows, and admits to knowing nothing", () => {
    expect(admit(map, 1, 0, {})).toEqual({ kind: "serve" });
    expect(admit(map, 2, 0, {})).toEqual({ kind: "redirect", redirect: { kind: "moved", shard: 0, entry: map.entries[0] } });
    expect(admit(map, 2, 0, { standbyAllowed: true })).toEqual({ kind: "serve" });
    expect(admit(map, 3, 0, { standbyAllowed: true }).kind).toBe("redirect");
    expect(admit(emptyMap(1), 1, 0, {})).toEqual({ kind: "unknown" });
  });
  it("while a shard moves, sends those whose key is gone to ask, and serves who asks at the other end only", () => {
    expect(admit(map, 1, 0, {}, { kind: "leaving", to: 9, gone: false })).toEqual({ kind: "serve" });
    expect(admit(map, 1, 0, {}, { kind: "leaving", to: 9, gone: true })).toEqual({
      kind: "redirect",
      redirect: { kind: "ask", shard: 0, to: 9 },
    });
    expect(admit(map, 9, 0, { asking: true }, { kind: "coming" })).toEqual({ kind: "serve" });
    expect(admit(map, 9, 0, {}, { kind: "coming" }).kind).toBe("redirect");
  });
});
