/** Look-ups on rings and jump: ours and those of npm packages (development dependencies), each measured in a process of its own. */
import { jumpBucket } from "../../modules/sharding/jump.ts";
import { textHash } from "../../modules/sharding/hash.ts";
import { ring } from "../../modules/sharding/ring.ts";
import { twice, type Timed } from "./models.ts";

/** Points of a member, about: each package has its own grain. */
const POINTS = 128;
const KEYS = 65_536;
/** Of consistent-hash, whose hash of a key has 24 bits; its default of 100,003 has no room for so many points. */
const CONSISTENT_HASH_RANGE = 16_777_216;

/** The member of a key, by name or number. */
type Lookup<Key> = (key: Key) => string | number;
type Class<Made> = new (...given: never[]) => Made;

/** Packages by name; what they export is used through the few words of their documentation. */
const RINGS: Readonly<Record<string, (members: readonly string[]) => Promise<Lookup<string> | undefined>>> = {
  shardlab: (members) => {
    const made = ring(
      members.map((name) => ({ name })),
      { virtualNodes: POINTS },
    );
    if (!made.ok) throw new Error(made.fault);
    const ownerOf = made.value.ownerOfHash!;
    const hash = textHash();
    const halves = new Uint32Array(2);
    return Promise.resolve((key) => {
      hash(key, halves);
      return ownerOf(halves[0]! | 0, halves[1]! | 0);
    });
  },
  "consistent-hash": async (members) => {
    const Ring = (await defaultOf("consistent-hash")) as
      Class<{ add: (name: string, weight: number, points: number) => void; get: Lookup<string> }> | undefined;
    if (Ring === undefined) return undefined;
    const made = new Ring({ weight: POINTS, range: CONSISTENT_HASH_RANGE } as never);
    for (const name of members) made.add(name, POINTS, POINTS);
    return (key) => made.get(key);
  },
  hashring: async (members) => {
    const Ring = (await defaultOf("hashring")) as Class<{ get: Lookup<string> }> | undefined;
    if (Ring === undefined) return undefined;
    // 32 hashes of 4 points; a cache of one, as every key is another.
    const made = new Ring(
      Object.fromEntries(members.map((name) => [name, { vnodes: POINTS / 4 }])) as never,
      "md5" as never,
      { "max cache size": 1 } as never,
    );
    return (key) => made.get(key);
  },
  "node-hashring": async (members) => {
    const Ring = (await defaultOf("node-hashring")) as Class<{ findNode: Lookup<string> }> | undefined;
    if (Ring === undefined) return undefined;
    const made = new Ring([...members] as never, POINTS as never);
    return (key) => made.findNode(key);
  },
};

/** Jump on whole numbers as keys, without a hash before it. */
const JUMPS: Readonly<Record<string, (members: number) => Promise<Lookup<number> | undefined>>> = {
  shardlab: (members) => Promise.resolve((key) => jumpBucket(0, key, members)),
  jumphash: async (members) => {
    const jumphash = (await defaultOf("jumphash")) as ((key: number, members: number) => number) | undefined;
    return jumphash === undefined ? undefined : (key) => jumphash(key, members);
  },
  "jump-gouache": async (members) => {
    const { jump } = ((await defaultOf("jump-gouache")) ?? {}) as { readonly jump?: (key: number, members: number) => number };
    return jump === undefined ? undefined : (key) => jump(key, members);
  },
};

export const RING_PEERS = Object.keys(RINGS).filter((name) => name !== "shardlab");
export const JUMP_PEERS = Object.keys(JUMPS).filter((name) => name !== "shardlab");

/** Looks up so many keys. `check` is the share of members that own any of them. Undefined where the package is not installed. */
export async function ringLookups(name: string, members: number, lookups: number): Promise<Timed | undefined> {
  const names = Array.from({ length: members }, (_, member) => `10.0.${member >> 8}.${member & 255}:6379`);
  const lookup = await RINGS[name]?.(names);
  if (lookup === undefined) return undefined;
  const keys = Array.from({ length: KEYS }, (_, key) => `user:${key * 7919}`);
  const share = new Set(keys.map(lookup)).size / members;
  return { ...timed(lookup, keys, lookups), check: share };
}

/** Looks up so many keys. `check` is the sum of the first buckets, the same for whoever has the paper's algorithm. */
export async function jumpLookups(name: string, members: number, lookups: number): Promise<Timed | undefined> {
  const lookup = await JUMPS[name]?.(members);
  if (lookup === undefined) return undefined;
  const keys = Array.from({ length: KEYS }, (_, key) => key * 7919);
  const sum = keys.slice(0, 1000).reduce((total, key) => total + Number(lookup(key)), 0);
  return { ...timed(lookup, keys, lookups), check: sum };
}

function timed<Key>(lookup: Lookup<Key>, keys: readonly Key[], lookups: number): Timed {
  return twice(lookups, (count) => {
    let sum = 0;
    for (let i = 0; i < count; i += 1) {
      const found = lookup(keys[i & (KEYS - 1)]!);
      sum += typeof found === "number" ? found : found.length;
    }
    return sum;
  });
}

/** What a package exports by default; undefined where it is not installed. Named by a variable, so that this is no fault of the build. */
async function defaultOf(name: string): Promise<unknown> {
  const module = (await import(name).catch(() => undefined)) as { readonly default?: unknown } | undefined;
  return module?.default;
}
