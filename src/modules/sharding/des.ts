/**
 * DES (FIPS 46-3) under the all-zero key, which is all that Vitess' `hash` vindex uses it for: a fixed, reversible scramble
 * of 64-bit numbers. A zero key has zero subkeys, so there is no key schedule, and a round is expand, substitute, permute.
 */

/** Substitution boxes S1 to S8 as printed in the standard: a hexadecimal digit an entry, row by row of 16. */
const BOXES = [
  "e4d12fb83a6c5907" + "0f74e2d1a6cb9538" + "41e8d62bfc973a50" + "fc8249175b3ea06d",
  "f18e6b34972dc05a" + "3d47f28ec01a69b5" + "0e7ba4d158c6932f" + "d8a13f42b67c05e9",
  "a09e63f51dc7b428" + "d709346a285ecbf1" + "d6498f30b12c5ae7" + "1ad069874fe3b52c",
  "7de3069a1285bc4f" + "d8b56f03472c1ae9" + "a690cb7df13e5284" + "3f06a1d8945bc72e",
  "2c417ab6853fd0e9" + "eb2c47d150fa3986" + "421bad78f9c5630e" + "b8c71e2d6f09a453",
  "c1af92680d34e75b" + "af427c9561de0b38" + "9ef528c3704a1db6" + "432c95fabe17608d",
  "4b2ef08d3c975a61" + "d0b7491ae35c2f86" + "14bdc37eaf680592" + "6bd814a7950fe23c",
  "d2846fb1a93e50c7" + "1fd8a374c56b0e92" + "7b419ce206adf358" + "21e74a8dfc90356b",
];
/** Permutation P: output bit i (from 1, the most significant) is input bit P[i]. */
const P = [16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25];

/** Box and permutation in one: per box and 6-bit input the 32 bits it adds to the round's output. */
const SUBSTITUTED = Int32Array.from({ length: 512 }, (_, at) => {
  const box = at >> 6;
  const input = at & 63;
  const row = ((input >> 4) & 2) | (input & 1);
  const value = Number.parseInt((BOXES[box] as string)[16 * row + ((input >> 1) & 15)] as string, 16) << (28 - 4 * box);
  return P.reduce((out, from, i) => out | (((value >>> (32 - from)) & 1) << (31 - i)), 0);
});

/**
 * DES-ECB of one block with the zero key: `into[0]` the high half, `into[1]` the low. Deciphering with a zero key is the
 * same function, as the sixteen subkeys are alike: it is its own inverse.
 */
export function desZeroKey(high: number, low: number, into: Uint32Array): void {
  let l = high;
  let r = low;
  let t = 0;
  // Initial permutation, by exchanging ever smaller blocks of bits.
  t = ((l >>> 4) ^ r) & 0x0f0f0f0f;
  r ^= t;
  l ^= t << 4;
  t = ((l >>> 16) ^ r) & 0x0000ffff;
  r ^= t;
  l ^= t << 16;
  t = ((r >>> 2) ^ l) & 0x33333333;
  l ^= t;
  r ^= t << 2;
  t = ((r >>> 8) ^ l) & 0x00ff00ff;
  l ^= t;
  r ^= t << 8;
  t = ((l >>> 1) ^ r) & 0x55555555;
  r ^= t;
  l ^= t << 1;
  for (let round = 0; round < 16; round += 1) {
    t = l ^ substitute(r);
    l = r;
    r = t;
  }
  // The halves are exchanged once more, then the initial permutation is undone.
  t = l;
  l = r;
  r = t;
  t = ((l >>> 1) ^ r) & 0x55555555;
  r ^= t;
  l ^= t << 1;
  t = ((r >>> 8) ^ l) & 0x00ff00ff;
  l ^= t;
  r ^= t << 8;
  t = ((r >>> 2) ^ l) & 0x33333333;
  l ^= t;
  r ^= t << 2;
  t = ((l >>> 16) ^ r) & 0x0000ffff;
  r ^= t;
  l ^= t << 16;
  t = ((l >>> 4) ^ r) & 0x0f0f0f0f;
  r ^= t;
  l ^= t << 4;
  into[0] = l;
  into[1] = r;
}

/** Expansion E, the boxes and P: box k reads bits 4k to 4k + 5 of the half, counted from the most significant and round. */
function substitute(half: number): number {
  let out = 0;
  for (let box = 0; box < 8; box += 1) {
    const by = (4 * box + 5) & 31;
    out |= SUBSTITUTED[64 * box + (((half << by) | (half >>> (32 - by))) & 63)] as number;
  }
  return out;
}
