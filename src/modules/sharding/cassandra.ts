/**
 * Cassandra-compatible ring: Murmur3Partitioner tokens, signed 64-bit, from MurmurHash3_x64_128 with Cassandra's signed
 * tail (murmur.ts). A member's token owns the range that ends at it: (token before, token]. Tokens are given, as in
 * `initial_token`, or derived from names.
 */
import { bigEndianWord, md5 } from "./md5.ts";
import { textKey } from "./hash.ts";
import { roster } from "./members.ts";
import { murmur128 } from "./murmur.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, Sharding } from "./sharding.ts";
import { POINTS_MAX } from "./ring.ts";
import { tokenRing } from "./token-ring.ts";

export interface CassandraOptions {
  /** Per member name its tokens, decimal, -2^63 + 1 to 2^63 - 1, distinct over all. Weights must then be equal. */
  readonly tokens?: ReadonlyMap<string, readonly string[]>;
  /**
   * Tokens of a member of weight 1 if none are given (`num_tokens`). Default 16, as in Cassandra 4. Cassandra draws them
   * at random or by its allocator; here they come from the member's name, so that they are the same in every run.
   */
  readonly virtualNodes?: number;
}

/** The token of a partition key's bytes: `into[0]` high half, `into[1]` low half of the signed 64-bit number. */
export function cassandraToken(key: Uint8Array, length: number, into: Uint32Array): void {
  murmur128(key, length, 0, "signed", into);
  // The least token means "before everything" and is no key's: Cassandra turns it into the greatest.
  if (into[0] === 0x80000000 && into[1] === 0) {
    into[0] = 0x7fffffff;
    into[1] = 0xffffffff;
  }
}

/** The older RandomPartitioner's token, |MD5 as a signed big-endian number|: four 32-bit words, most significant first. */
export function randomPartitionerToken(key: Uint8Array, length: number, into: Uint32Array): void {
  md5(key, length, into);
  for (let word = 0; word < 4; word += 1) into[word] = bigEndianWord(into, word);
  if ((into[0] as number) < 0x80000000) return;
  let carry = 1;
  for (let word = 3; word >= 0; word -= 1) {
    const sum = (~(into[word] as number) >>> 0) + carry;
    into[word] = sum;
    carry = sum > 0xffffffff ? 1 : 0;
  }
}

/** Decimal text of a token's halves. For people and tests; it allocates. */
export function tokenText(high: number, low: number): string {
  return BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString();
}

/** Makes the ring. */
export function cassandra(members: readonly Member[], options: CassandraOptions = {}): Made<Sharding> {
  const checked = roster("cassandra", members, options.tokens === undefined ? "any" : "equal");
  if (!checked.ok) return checked;
  const { names, weights, indices } = checked;
  const virtualNodes = options.virtualNodes ?? 16;
  if (!Number.isInteger(virtualNodes) || virtualNodes < 1) {
    return refuse(`virtualNodes: ${virtualNodes} is not a number of tokens`, "write a whole number of at least 1");
  }
  const highs: number[] = [];
  const lows: number[] = [];
  const ranks: number[] = [];
  const taken = new Map<string, string>();
  const token = new Uint32Array(4);
  for (let rank = 0; rank < names.length; rank += 1) {
    const name = names[rank] as string;
    const bytes = textKey(name);
    const given = options.tokens === undefined ? undefined : (options.tokens.get(name) ?? []);
    const count = given?.length ?? Math.max(1, Math.round((weights[rank] as number) * virtualNodes));
    if (count === 0) return refuse(`member "${name}" has no token`, "give it at least one, or leave tokens out");
    if (ranks.length + count > POINTS_MAX) return refuse("cassandra would have too many tokens", `use at most ${POINTS_MAX}`);
    for (let i = 0; i < count; i += 1) {
      const text = given?.[i];
      if (text === undefined) {
        murmur128(bytes, bytes.length, 1 + i, "standard", token);
      } else {
        if (!readToken(text, token)) {
          return refuse(`"${text}" of member "${name}" is not a token`, "write a whole number from -2^63 + 1 to 2^63 - 1");
        }
        const other = taken.get(tokenText(token[0] as number, token[1] as number));
        if (other !== undefined) return refuse(`"${other}" and "${name}" both have the token ${text}`, "make tokens distinct");
        taken.set(tokenText(token[0] as number, token[1] as number), name);
      }
      highs.push(unsigned(token[0] as number));
      lows.push(token[1] as number);
      ranks.push(rank);
    }
  }
  const points = tokenRing(Uint32Array.from(highs), Uint32Array.from(lows), Int32Array.from(ranks), indices);
  const { find, owners } = points;
  const pointOf = (key: Uint8Array, length: number): number => {
    cassandraToken(key, length, token);
    return find(unsigned(token[0] as number) | 0, (token[1] as number) | 0);
  };
  return {
    ok: true,
    value: {
      scheme: "cassandra",
      members: checked.given,
      ownerOf: (key, length = key.length) => owners[pointOf(key, length)] as number,
      ownersOf: (key, length, into) => points.successors(pointOf(key, length), into),
      // Tokens as Cassandra writes them; `from` is the token after the one before, so both ends are included.
      ranges: () => points.ranges().map(({ owner, from, to }) => ({ owner, from: signedText(from), to: signedText(to) })),
      shares: () => points.shares(checked.given.length),
      memory: points.memory,
    },
  };
}

/** Signed order as unsigned order: the sign bit turned round. */
function unsigned(high: number): number {
  return (high ^ 0x80000000) >>> 0;
}

function signedText(hex: string): string {
  return tokenText(unsigned(Number.parseInt(hex.slice(0, 8), 16)), Number.parseInt(hex.slice(8), 16));
}

function readToken(text: string, into: Uint32Array): boolean {
  if (!/^-?\d{1,19}$/.test(text)) return false;
  const value = BigInt(text);
  if (value >= 9_223_372_036_854_775_808n || value <= -9_223_372_036_854_775_808n) return false;
  const word = BigInt.asUintN(64, value);
  into[0] = Number(word >> 32n);
  into[1] = Number(word & 0xffffffffn);
  return true;
}
