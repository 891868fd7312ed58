/**
 * Ketama-compatible ring: the points of libketama (Jones, Last.fm, 2007), as libmemcached, twemproxy and spymemcached
 * place them. Points of a member: MD5 of "name-0", "name-1", ..., four little-endian 32-bit words each; a key's hash is
 * the first such word of its MD5; the first point at or after it owns the key. Names are as the client writes them
 * ("10.0.1.1:11211"; libmemcached leaves out the default port). Where two points coincide the clients disagree among
 * themselves (the later entry wins in spymemcached's tree); here the lesser name wins.
 */
import { encodeKey } from "./hash.ts";
import { md5 } from "./md5.ts";
import { roster } from "./members.ts";
import { refuse } from "./sharding.ts";
import type { Made, Member, Sharding } from "./sharding.ts";
import { POINTS_MAX } from "./ring.ts";
import { tokenRing } from "./token-ring.ts";

/** Hashes a member of mean weight: 40, of four points each, 160 in all. */
const HASHES = 40;

/** The ketama hash of a key: first four bytes of its MD5, little-endian, unsigned. `digest` is scratch of four words. */
export function ketamaHash(key: Uint8Array, length: number, digest: Uint32Array): number {
  md5(key, length, digest);
  return digest[0] as number;
}

/**
 * Makes the ring. Equal weights: 40 hashes each (spymemcached; libmemcached without weights). Unequal weights:
 * floor(40 · n · weight / total) in 32-bit floats, as libmemcached and twemproxy count them: points follow the *mean*
 * weight, so a newcomer of another weight changes everybody's points and moves keys between the others.
 */
export function ketama(members: readonly Member[]): Made<Sharding> {
  const checked = roster("ketama", members, "any");
  if (!checked.ok) return checked;
  const { names, weights, indices } = checked;
  const hashes = hashCounts(weights);
  const size = 4 * hashes.reduce((sum, count) => sum + count, 0);
  if (size > POINTS_MAX) {
    return refuse(`ketama would have ${size} points`, `use fewer members: at most ${POINTS_MAX} points`);
  }
  const poor = hashes.indexOf(0);
  if (poor >= 0) {
    return refuse(
      `member "${names[poor] ?? ""}" has so small a weight that ketama gives it no point`,
      `give it at least 1/${HASHES} of the mean weight`,
    );
  }
  const highs = new Uint32Array(size);
  const ranks = new Int32Array(size);
  const digest = new Uint32Array(4);
  let at = 0;
  for (let rank = 0; rank < names.length; rank += 1) {
    const bytes = new Uint8Array(3 * (names[rank] as string).length + 16);
    for (let i = 0; i < (hashes[rank] as number); i += 1) {
      md5(bytes, encodeKey(`${names[rank] as string}-${i}`, bytes), digest);
      for (let word = 0; word < 4; word += 1, at += 1) {
        highs[at] = digest[word] as number;
        ranks[at] = rank;
      }
    }
  }
  // 32-bit tokens sit in the high half; a key's low half is 0 like theirs, so that equal means "at".
  const points = tokenRing(highs, new Uint32Array(size), ranks, indices);
  const { find, owners } = points;
  return {
    ok: true,
    value: {
      scheme: "ketama",
      members: checked.given,
      ownerOf: (key, length = key.length) => owners[find(ketamaHash(key, length, digest) | 0, 0)] as number,
      ownersOf: (key, length, into) => points.successors(find(ketamaHash(key, length, digest) | 0, 0), into),
      ranges: points.ranges,
      shares: () => points.shares(checked.given.length),
      memory: points.memory,
    },
  };
}

function hashCounts(weights: Float64Array): Int32Array {
  const counts = new Int32Array(weights.length).fill(HASHES);
  if (weights.every((weight) => weight === weights[0])) return counts;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const { fround } = Math;
  return counts.map((_, rank) => {
    const share = fround(fround(weights[rank] as number) / fround(total));
    return Math.floor(fround(fround(fround(share * 4 * HASHES) / 4) * weights.length + 1e-10));
  });
}
