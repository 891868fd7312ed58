import { describe, expect, it } from "vitest";
import { cassandra, cassandraToken, randomPartitionerToken, tokenText } from "../../../src/modules/sharding/cassandra.ts";
import { crc16, crc16Tagged } from "../../../src/modules/sharding/hash.ts";
import { jumpBucket } from "../../../src/modules/sharding/jump.ts";
import { ketama, ketamaHash } from "../../../src/modules/sharding/ketama.ts";
import { fillTable, maglev } from "../../../src/modules/sharding/maglev.ts";
import { md5, md5Hex } from "../../../src/modules/sharding/md5.ts";
import { bsonHash, CANONICAL_TYPE } from "../../../src/modules/sharding/mongodb.ts";
import { closestPoint } from "../../../src/modules/sharding/multi-probe.ts";
import { murmur128 } from "../../../src/modules/sharding/murmur.ts";
import { slots } from "../../../src/modules/sharding/slots.ts";
import { tokenRing } from "../../../src/modules/sharding/token-ring.ts";
import { keyspaceId, vitess } from "../../../src/modules/sharding/vitess.ts";
import type { Vindex } from "../../../src/modules/sharding/vitess.ts";
import { hex64 } from "../../../src/modules/sharding/word64.ts";
import { bytesOf, fromHex, made, published } from "./data.ts";

const w = new Uint32Array(4);
const half = (value: bigint): [number, number] => [Number((value >> 32n) & 0xffffffffn), Number(value & 0xffffffffn)];
const eightBytes = (n: bigint): Uint8Array => fromHex(BigInt.asUintN(64, n).toString(16).padStart(16, "0"));

describe("Redis Cluster", () => {
  const values = published<{ hashed_part: Record<string, string>; slots: Record<string, number> }>("routing-vectors", "redis-crc16-slots");
  const scheme = made(slots([{ name: "a" }, { name: "b" }, { name: "c" }]));
  it("CRC16 of 123456789 is 0x31C3", () => expect(crc16(bytesOf("123456789"), 0, 9)).toBe(0x31c3));
  it("puts every published key in its slot", () => {
    for (const [key, slot] of Object.entries(values.slots)) expect([key, scheme.slotOf(bytesOf(key))]).toEqual([key, slot]);
  });
  it("hashes only the hash tag", () => {
    for (const [key, part] of Object.entries(values.hashed_part)) {
      expect(crc16Tagged(bytesOf(key), key.length)).toBe(crc16(bytesOf(part), 0, part.length));
    }
  });
  it("splits 16384 slots over three masters as redis-cli does", () => {
    expect(scheme.ranges?.()).toEqual([
      { owner: 0, from: "0", to: "5460" },
      { owner: 1, from: "5461", to: "10922" },
      { owner: 2, from: "10923", to: "16383" },
    ]);
  });
});

describe("Cassandra", () => {
  const { vectors } = published<{ vectors: { key_hex: string; token: string; standard_differs?: boolean }[] }>(
    "routing-vectors",
    "cassandra-murmur3",
  );
  it("Murmur3 tokens are the drivers'", () => {
    expect(vectors).toHaveLength(24);
    for (const { key_hex, token } of vectors) {
      const key = fromHex(key_hex);
      cassandraToken(key, key.length, w);
      expect([key_hex, tokenText(w[0] as number, w[1] as number)]).toEqual([key_hex, token]);
    }
  });
  it("and standard Murmur3 differs exactly where the tail has a byte above 0x7f", () => {
    for (const { key_hex, token, standard_differs } of vectors) {
      const key = fromHex(key_hex);
      murmur128(key, key.length, 0, "standard", w);
      const differs = tokenText(w[0] as number, w[1] as number) !== token;
      expect(differs).toBe(key.subarray(key.length & ~15).some((byte) => byte > 0x7f));
      if (standard_differs !== undefined) expect(differs).toBe(standard_differs);
    }
  });
  it("RandomPartitioner tokens are the drivers'", () => {
    const { published: tokens } = published<{ published: Record<string, string> }>("routing-vectors", "cassandra-random-partitioner");
    for (const [key, token] of Object.entries(tokens)) {
      randomPartitionerToken(bytesOf(key), key.length, w);
      expect([...w].reduce((sum, word) => (sum << 32n) | BigInt(word), 0n).toString()).toBe(token);
    }
  });
  it("a given token owns the range that ends at it, and the first one what is after the last", () => {
    const tokens = new Map([
      ["a", ["-100"]],
      ["b", ["0"]],
      ["c", ["7162290910810015547"]],
    ]);
    const scheme = made(cassandra([{ name: "c" }, { name: "a" }, { name: "b" }], { tokens }));
    const owner = (key: string): string => scheme.members[scheme.ownerOf(fromHex(key))] as string;
    expect(owner("313233")).toBe("a"); // -7468325962851647638
    expect(owner("00ffffff")).toBe("c"); // 123573637386978882
    expect(owner(Buffer.from("9223372036854775807").toString("hex"))).toBe("c"); // Its token exactly: the end is included.
    expect(owner("07" + "08090a0b0c0d0e0f10111213141516")).toBe("a"); // 8228893370679682632, after the last.
    expect(scheme.ranges?.()[1]).toEqual({ owner: 2, from: "-99", to: "0" });
  });
});

describe("Vitess", () => {
  const id = (vindex: Vindex, key: Uint8Array): string => {
    keyspaceId(vindex, key, key.length, w);
    return hex64(w[0] as number, w[1] as number);
  };
  it("hash, xxhash, binary_md5 and reverse_bits give the published keyspace ids", () => {
    const hash = published<{ published: Record<string, string>; computed_extra: Record<string, string> }>(
      "routing-vectors",
      "vitess-hash-vindex",
    );
    for (const [n, out] of Object.entries({ ...hash.published, ...hash.computed_extra }))
      expect(id("hash", eightBytes(BigInt(n)))).toBe(out);
    for (const [text, out] of Object.entries(published<Record<string, string>>("routing-vectors", "vitess-xxhash-vindex"))) {
      expect([text, id("xxhash", bytesOf(text))]).toEqual([text, out]);
    }
    const other = published<{ binary_md5: Record<string, string>; reverse_bits: Record<string, string> }>(
      "routing-vectors",
      "vitess-other-vindexes",
    );
    for (const [text, out] of Object.entries(other.binary_md5)) {
      md5(bytesOf(text), text.length, w);
      expect(md5Hex(w)).toBe(out);
      expect(id("binary_md5", bytesOf(text))).toBe(out.slice(0, 16));
    }
    for (const [n, out] of Object.entries(other.reverse_bits)) expect(id("reverse_bits", eightBytes(BigInt(n)))).toBe(out);
  });
  it("short numbers are the same numbers", () => expect(id("hash", Uint8Array.of(5))).toBe("70bb023c810ca87a"));
  it("two shards -80 and 80- get the published users", () => {
    const scheme = made(vitess([{ name: "80-" }, { name: "-80" }], { vindex: "hash" }));
    for (const n of [1n, 3n, 5n]) expect(scheme.members[scheme.ownerOf(eightBytes(n))]).toBe("-80");
    expect(scheme.members[scheme.ownerOf(eightBytes(0n))]).toBe("80-"); // 8ca6...
  });
  it("refuses key ranges with a gap, an overlap or no end", () => {
    for (const names of [
      ["-40", "80-"],
      ["-80", "40-"],
      ["-80", "80-c0"],
    ]) {
      expect(
        vitess(
          names.map((name) => ({ name })),
          { vindex: "hash" },
        ).ok,
      ).toBe(false);
    }
  });
});

describe("MongoDB", () => {
  const values = published<Record<string, string> & { numbers: Record<string, string>; same_as: Record<string, string> }>(
    "routing-vectors",
    "mongodb-hashed-index",
  );
  const hash = bsonHash();
  const text = (): string => tokenText(w[0] as number, w[1] as number);
  const number = (value: number | bigint): string => {
    hash.ofNumber(value, w);
    return text();
  };
  const payload = (type: number, bytes: Uint8Array): string => {
    hash.ofPayload(type, bytes, bytes.length, w);
    return text();
  };
  it("hashes numbers as its test file has them", () => {
    for (const [n, out] of Object.entries(values.numbers)) expect(number(BigInt(n))).toBe(out);
    for (const [n, same] of Object.entries(values.same_as)) expect(number(Number(n))).toBe(number(Number(same)));
    expect(number(1e300)).toBe(values.numbers["9223372036854775807"]);
  });
  it("hashes strings, object ids, booleans, dates and the ends as its test file has them", () => {
    for (const string of ["abc", ""]) {
      hash.ofString(bytesOf(string), string.length, w);
      expect(text()).toBe(values[`string '${string}'`]);
    }
    const { objectId, boolean, date, minKey, maxKey } = CANONICAL_TYPE;
    expect(payload(objectId, fromHex("010203040506070809101112"))).toBe(values["ObjectId 010203040506070809101112"]);
    expect(payload(objectId, new Uint8Array(12))).toBe(values["ObjectId zero"]);
    expect(payload(boolean, Uint8Array.of(1))).toBe(values["true"]);
    expect(payload(boolean, Uint8Array.of(0))).toBe(values["false"]);
    expect(payload(date, new Uint8Array(8))).toBe(values["Date(0)"]);
    expect(payload(minKey, new Uint8Array(0))).toBe(values["MinKey"]);
    expect(payload(maxKey, new Uint8Array(0))).toBe(values["MaxKey"]);
  });
});

describe("ketama", () => {
  const values = published<Record<string, Record<string, number | string>>>("routing-vectors", "ketama-spymemcached");
  const nodes = (count: number): { name: string }[] => Array.from({ length: count }, (_, i) => ({ name: `127.0.0.1:${10000 + i}` }));
  for (const count of [4, 5]) {
    it(`finds spymemcached's nodes among ${count}`, () => {
      const scheme = made(ketama(nodes(count)));
      for (const [key, node] of Object.entries(values[`nodes 127.0.0.1:10000..${9999 + count}`] ?? {})) {
        if (key !== "max_point") expect([key, scheme.ownerOf(bytesOf(key))]).toEqual([key, node]);
      }
    });
  }
  it("has spymemcached's greatest point, and wraps after it", () => {
    const last = made(ketama(nodes(4))).ranges?.()[639];
    expect(Number.parseInt(last?.to.slice(0, 8) ?? "", 16)).toBe(4294887009);
    expect(ketamaHash(bytesOf("V5XS8C8N"), 8, w)).toBeGreaterThan(4294887009);
  });
  it("finds the servers of libketama's compatibility list", () => {
    const scheme = made(ketama(Array.from({ length: 8 }, (_, i) => ({ name: `10.0.1.${i + 1}:11211` }))));
    const list = Object.entries(values["nodes 10.0.1.1..8:11211 (sample of 40)"] ?? {});
    expect(list).toHaveLength(20);
    for (const [key, server] of list) expect(scheme.members[scheme.ownerOf(bytesOf(key))]).toBe(server);
  });
  it("gives members hashes by weight as libmemcached counts them", () => {
    const scheme = made(
      ketama([
        { name: "a", weight: 1 },
        { name: "b", weight: 3 },
      ]),
    );
    const points = [0, 0];
    for (const { owner } of scheme.ranges?.() ?? []) points[owner] = (points[owner] as number) + 1;
    expect(points).toEqual([80, 240]); // floor(1/4 · 40 · 2) and floor(3/4 · 40 · 2) hashes of four points.
  });
});

describe("Maglev", () => {
  const envoy = published<Record<string, number[]>>("routing-vectors", "envoy-maglev");
  const table = (names: string[], tableSize: number, weights: number[] = []): number[] => [
    ...made(
      maglev(
        names.map((name, i) => ({ name, weight: weights[i] ?? 1 })),
        { tableSize },
      ),
    ).table,
  ];
  const ports = (count: number, host = "127.0.0.1:"): string[] => Array.from({ length: count }, (_, i) => host + String(90 + i));
  it("builds Envoy's tables, with addresses, host names and weights", () => {
    expect(table(ports(6), 7)).toEqual(envoy["M=7 hosts 127.0.0.1:90..95"]);
    expect(table(ports(6, ""), 7)).toEqual(envoy["M=7 hostnames 90..95"]);
    expect(table(ports(2), 17, [1, 2])).toEqual(envoy["M=17 hosts :90 w1, :91 w2"]);
    expect(table(ports(2), 17)).toEqual(envoy["M=17 equal weights"]);
  });
  it("fills the table of the paper's example before and after a backend leaves", () => {
    const example = published<{ lookup_before: number[]; lookup_after_removing_backend_1: number[]; collateral_changes: number }>(
      "hashing-balance",
      "maglev-table1-example",
    );
    const turns = [
      { offset: 3, skip: 4, weight: 1 },
      { offset: 0, skip: 2, weight: 1 },
      { offset: 3, skip: 1, weight: 1 },
    ] as const;
    const before = [...fillTable(turns, 7)];
    expect(before).toEqual(example.lookup_before);
    const after = [...fillTable([turns[0], turns[2]], 7)].map((backend) => (backend === 1 ? 2 : backend));
    expect(after).toEqual(example.lookup_after_removing_backend_1);
    expect(before.filter((backend, i) => backend !== 1 && backend !== after[i])).toHaveLength(example.collateral_changes);
  });
  it("fills go-maglev's example", () => {
    const { "go-maglev_example": example } = published<{ "go-maglev_example": { lookup: number[]; lookup_with_backend_1_dead: number[] } }>(
      "hashing-balance",
      "maglev-table1-example",
    );
    const turns = [
      { offset: 2, skip: 4, weight: 1 },
      { offset: 0, skip: 5, weight: 1 },
      { offset: 1, skip: 2, weight: 1 },
    ] as const;
    expect([...fillTable(turns, 7)]).toEqual(example.lookup);
    expect([...fillTable([turns[0], turns[2]], 7)].map((backend) => (backend === 1 ? 2 : backend))).toEqual(
      example.lookup_with_backend_1_dead,
    );
  });
  it("keeps Katran's invariants: equal members differ by one entry, weights 2:1:1 by 16385, 2:1 has 5 and 2 of 7", () => {
    const entries = (weights: number[], size: number): number[] => {
      const scheme = made(
        maglev(
          weights.map((weight, i) => ({ name: `real-${i}`, weight })),
          { tableSize: size, firstTurn: "whenDue" },
        ),
      );
      const counts = weights.map(() => 0);
      for (const owner of scheme.table) counts[owner] = (counts[owner] as number) + 1;
      return counts;
    };
    const equal = entries(new Array<number>(400).fill(1), 65537);
    expect(Math.max(...equal) - Math.min(...equal)).toBe(1);
    const three = entries([2, 1, 1], 65537);
    expect(Math.max(...three) - Math.min(...three)).toBe(16385);
    expect(entries([2, 1], 7)).toEqual([5, 2]);
  });
});

describe("jump", () => {
  const values = published<{
    buckets_100_keys_0_to_19: number[];
    triples_key_buckets_result: [string, number, number][];
    sequences_buckets_1_up: Record<string, number[]>;
  }>("jump-hash", "jump-vectors");
  const bucket = (key: bigint, buckets: number): number => jumpBucket(...half(key), buckets);
  it("gives the reference code's and Guava's buckets", () => {
    expect(values.buckets_100_keys_0_to_19.map((_, key) => bucket(BigInt(key), 100))).toEqual(values.buckets_100_keys_0_to_19);
    for (const [key, buckets, out] of values.triples_key_buckets_result) expect(bucket(BigInt(key), buckets)).toBe(out);
    for (const [key, sequence] of Object.entries(values.sequences_buckets_1_up)) {
      expect(sequence.map((_, i) => bucket(BigInt(key), i + 1))).toEqual(sequence);
    }
  });
});

describe("multi-probe", () => {
  it("finds go-mpchash's members, with its hash and its 21 probes", () => {
    const members = Array.from({ length: 6000 }, (_, i) => `shard-${i + 1}`);
    const tokens = members.map((name) => half(sipHash(0n, 0n, bytesOf(name))));
    const points = tokenRing(
      Uint32Array.from(tokens, ([high]) => high),
      Uint32Array.from(tokens, ([, low]) => low),
      Int32Array.from(members.keys()),
      Int32Array.from(members.keys()),
    );
    const golden = published<number[]>("routing-vectors", "mpchash-go");
    expect(golden).toHaveLength(60);
    const found = golden.map((_, i) => {
      const key = bytesOf(members[i] as string);
      const [first, step] = [sipHash(1n, 0n, key), sipHash(2n, 0n, key)];
      const words = Uint32Array.from(
        Array.from({ length: 21 }, (__, probe) => half(BigInt.asUintN(64, first + BigInt(probe) * step))).flat(),
      );
      const at = closestPoint(points, words, 21);
      return (points.owners[at] as number) + 1;
    });
    expect(found).toEqual(golden);
  });
});

/** SipHash-2-4 (Aumasson, Bernstein 2012), needed only to repeat go-mpchash's look-ups. */
function sipHash(k0: bigint, k1: bigint, message: Uint8Array): bigint {
  const mask = (1n << 64n) - 1n;
  const rotl = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask;
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const round = (): void => {
    v0 = (v0 + v1) & mask;
    v1 = rotl(v1, 13n) ^ v0;
    v0 = rotl(v0, 32n);
    v2 = (v2 + v3) & mask;
    v3 = rotl(v3, 16n) ^ v2;
    v0 = (v0 + v3) & mask;
    v3 = rotl(v3, 21n) ^ v0;
    v2 = (v2 + v1) & mask;
    v1 = rotl(v1, 17n) ^ v2;
    v2 = rotl(v2, 32n);
  };
  const word = (at: number, count: number): bigint => {
    let value = 0n;
    for (let i = count - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(message[at + i] as number);
    return value;
  };
  const whole = message.length & ~7;
  for (let at = 0; at <= whole; at += 8) {
    const m = at < whole ? word(at, 8) : (BigInt(message.length & 255) << 56n) | word(at, message.length - whole);
    v3 ^= m;
    round();
    round();
    v0 ^= m;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < 4; i += 1) round();
  return v0 ^ v1 ^ v2 ^ v3;
}
