import { describe, expect, it } from "vitest";
import type { Fact } from "../../../src/simulator/record/fact.ts";
import { INVARIANTS, invariantByName } from "../../../src/study/checks/invariants.ts";
import type { Verdict } from "../../../src/study/checks/check.ts";
import { type RecordOverrides, makeRecord, mapFact, readyFact } from "../records.ts";

const S = 1_000_000;
const judge = (name: string, overrides: RecordOverrides): Verdict => invariantByName(name)!.judge(makeRecord(overrides));
const cover = (at: number, epoch: number, covered: number): Fact => ({ kind: "cover", at, epoch, parts: 16_384, covered });

describe("invariants", () => {
  it("are six, each with a definition that says what it does not judge", () => {
    expect(INVARIANTS.map((one) => one.name)).toEqual([
      "one-primary-per-epoch",
      "epochs-grow",
      "every-request-ends-once",
      "map-covers-key-space",
      "replicas-converge",
      "linearizable",
    ]);
    for (const { definition } of INVARIANTS) expect(definition).toMatch(/nknown/u);
  });
});

describe("one-primary-per-epoch", () => {
  const name = "one-primary-per-epoch";

  it("holds over a failover that takes a new epoch", () => {
    const facts = [
      mapFact(),
      readyFact({ epoch: 2, server: 1 }),
      mapFact({ at: 25 * S, epoch: 2, owner: 1 }),
      mapFact({ shard: 1, owner: 2 }),
    ];
    expect(judge(name, { facts })).toEqual({ kind: "held", what: "3 epochs of 2 shards had one primary each" });
  });

  it("is broken by a second server that becomes ready under the same epoch, with both facts", () => {
    const facts = [readyFact({ server: 1 }), readyFact({ server: 2, at: 26 * S })];
    expect(judge(name, { facts })).toEqual({
      kind: "broken",
      when: 26 * S,
      what: "shard 0 has two primaries under epoch 2: server 1 and server 2",
      facts,
    });
  });

  it("is broken by a standby promoted under the epoch that the map gave another", () => {
    expect(judge(name, { facts: [mapFact({ epoch: 1, owner: 0 }), readyFact({ epoch: 1, server: 1 })] })).toMatchObject({
      kind: "broken",
      when: 24 * S,
    });
  });

  it("is not broken by a primary that is ready twice, by two shards, or by two epochs (that is split-brain)", () => {
    expect(
      judge(name, {
        facts: [readyFact(), readyFact({ at: 30 * S }), readyFact({ shard: 1, server: 2 }), readyFact({ epoch: 3, server: 2 })],
      }).kind,
    ).toBe("held");
  });

  it("is unknown without a primary", () => {
    expect(judge(name, { facts: [mapFact({ owner: -1 })] })).toMatchObject({ kind: "unknown", cause: "unexercised" });
  });
});

describe("epochs-grow", () => {
  const name = "epochs-grow";

  it("holds where owners and members change under greater epochs, and counts primaries of a strategy without a map", () => {
    expect(
      judge(name, { facts: [mapFact(), mapFact({ at: 1, epoch: 2, owner: 1 }), mapFact({ at: 2, epoch: 5, owner: 1, members: [1, 2] })] }),
    ).toMatchObject({ kind: "held" });
    expect(judge(name, { facts: [readyFact({ epoch: 1, server: 0 }), readyFact({ epoch: 4 })] })).toEqual({
      kind: "held",
      what: "1 change of owner, members or primary, none under an older epoch",
    });
  });

  it("is broken by an epoch that falls", () => {
    const facts = [mapFact({ epoch: 3 }), mapFact({ at: 9 * S, epoch: 2, owner: 1 })];
    expect(judge(name, { facts })).toEqual({ kind: "broken", when: 9 * S, what: "the epoch of shard 0 fell from 3 to 2", facts });
  });

  it("is broken by an owner, or members, that change within an epoch", () => {
    expect(judge(name, { facts: [mapFact(), mapFact({ at: 1, owner: 1 })] })).toMatchObject({
      kind: "broken",
      when: 1,
      what: "shard 0 changed its owner or members within epoch 1",
    });
    expect(judge(name, { facts: [mapFact(), mapFact({ at: 1, members: [0, 1] })] })).toMatchObject({ kind: "broken" });
  });

  it("is broken by a server that becomes primary under an epoch older than its last, but not by two servers out of turn", () => {
    expect(judge(name, { facts: [readyFact({ epoch: 4 }), readyFact({ at: 30 * S, epoch: 3 })] })).toMatchObject({
      kind: "broken",
      when: 30 * S,
    });
    expect(judge(name, { facts: [readyFact({ epoch: 4 }), readyFact({ at: 30 * S, epoch: 3, server: 2 })] }).kind).toBe("held");
  });

  it("is broken by a published map whose version falls", () => {
    expect(judge(name, { facts: [cover(1, 7, 16_384), cover(2, 7, 16_384), mapFact(), mapFact({ at: 3, epoch: 2 })] }).kind).toBe("held");
    expect(judge(name, { facts: [cover(1, 7, 16_384), cover(2, 6, 16_384)] })).toMatchObject({
      kind: "broken",
      when: 2,
      what: "the published map fell from version 7 to 6",
    });
  });

  it("is unknown where nothing changed", () => {
    expect(judge(name, { facts: [mapFact(), mapFact({ shard: 1 }), readyFact({ epoch: 1, server: 0 })] })).toMatchObject({
      kind: "unknown",
      cause: "unexercised",
    });
  });
});

describe("every-request-ends-once", () => {
  const name = "every-request-ends-once";

  it("holds, is broken by one that ends twice, never, or is unaccounted for, and is unknown without any", () => {
    expect(judge(name, {})).toEqual({ kind: "held", what: "600 requests ended once each" });
    expect(judge(name, { requests: { endedOnce: 599, endedTwice: 1 } })).toMatchObject({
      kind: "broken",
      when: undefined,
      what: "of 600 requests 1 ended twice and 0 never",
    });
    expect(judge(name, { requests: { endedOnce: 599, neverEnded: 1 } })).toMatchObject({
      kind: "broken",
      what: "of 600 requests 0 ended twice and 1 never",
    });
    expect(judge(name, { requests: { endedOnce: 599 } })).toMatchObject({
      kind: "broken",
      what: "600 requests were issued and 599 ended once: the rest is unaccounted for",
    });
    expect(judge(name, { requests: { issued: 0, endedOnce: 0 } })).toMatchObject({ kind: "unknown", cause: "unexercised" });
  });
});

describe("map-covers-key-space", () => {
  const name = "map-covers-key-space";

  it("holds, is broken by the first version with a hole, and is unknown without a published map", () => {
    expect(judge(name, { facts: [cover(0, 1, 16_384), cover(5, 2, 16_384)] })).toEqual({
      kind: "held",
      what: "2 versions of the shard map covered the key space",
    });
    const hole = cover(5, 2, 16_383);
    expect(judge(name, { facts: [cover(0, 1, 16_384), hole, cover(6, 3, 0)] })).toEqual({
      kind: "broken",
      when: 5,
      what: "version 2 of the shard map has owners for 16383 of 16384 parts of the key space",
      facts: [hole],
    });
    expect(judge(name, {})).toMatchObject({ kind: "unknown", cause: "unexercised" });
  });
});

describe("replicas-converge", () => {
  const name = "replicas-converge";

  it("holds, is broken by one replica that differs, and is unknown before the run is quiescent or without a replica", () => {
    expect(judge(name, {})).toEqual({ kind: "held", what: "6 replicas held the authoritative state" });
    expect(judge(name, { data: { divergedReplicas: 1 } })).toMatchObject({
      kind: "broken",
      what: "1 of 6 replicas still differ after settling",
    });
    expect(judge(name, { data: { divergedReplicas: 1 }, quiescent: false })).toMatchObject({ kind: "unknown", cause: "audit" });
    expect(judge(name, { data: { comparedReplicas: 0 } })).toMatchObject({ kind: "unknown", cause: "unexercised" });
  });
});
