/**
 * MD5 (RFC 1321), for the systems that place keys by it: ketama, MongoDB, Cassandra's RandomPartitioner, Vitess
 * `binary_md5`. Broken as a cryptographic hash, and not used as one. Allocates nothing.
 */

/** Additive constants, RFC 1321 section 3.4: floor(2^32 · |sin(i + 1)|). */
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(4_294_967_296 * Math.abs(Math.sin(i + 1))) | 0);
const SHIFTS = Int32Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21);

/** The last one or two blocks of a call in progress, padded; written before they are read, so calls share nothing. */
const TAIL = new Uint8Array(128);

/**
 * The digest of the first `length` bytes as its four 32-bit words, unsigned; byte k of the digest is byte k mod 4,
 * counted from the least significant, of word k div 4.
 */
export function md5(bytes: Uint8Array, length: number, into: Uint32Array): void {
  into[0] = 0x67452301;
  into[1] = 0xefcdab89;
  into[2] = 0x98badcfe;
  into[3] = 0x10325476;
  const whole = length & ~63;
  for (let at = 0; at < whole; at += 64) block(bytes, at, into);
  const rest = length - whole;
  const padded = rest < 56 ? 64 : 128;
  for (let i = 0; i < rest; i += 1) TAIL[i] = bytes[whole + i] as number;
  TAIL[rest] = 0x80;
  for (let i = rest + 1; i < padded; i += 1) TAIL[i] = 0;
  // Length in bits, little-endian 64: a typed array's length keeps the upper part small.
  for (let i = 0, bits = length * 8; i < 8; i += 1, bits = Math.floor(bits / 256)) TAIL[padded - 8 + i] = bits & 255;
  for (let at = 0; at < padded; at += 64) block(TAIL, at, into);
}

/** 32 hexadecimal digits of a digest. */
export function md5Hex(digest: Uint32Array): string {
  let text = "";
  for (let i = 0; i < 16; i += 1) text += digestByte(digest, i).toString(16).padStart(2, "0");
  return text;
}

/** Byte `index` (0 to 15) of a digest. */
function digestByte(digest: Uint32Array, index: number): number {
  return ((digest[index >> 2] as number) >>> (8 * (index & 3))) & 255;
}

/** The digest's word `index` with its bytes read as a big-endian number, unsigned. */
export function bigEndianWord(digest: Uint32Array, index: number): number {
  const w = digest[index] as number;
  return ((w << 24) | ((w & 0xff00) << 8) | ((w >>> 8) & 0xff00) | (w >>> 24)) >>> 0;
}

const WORDS = new Int32Array(16);

function block(bytes: Uint8Array, at: number, state: Uint32Array): void {
  for (let i = 0; i < 16; i += 1) {
    const p = at + 4 * i;
    WORDS[i] = (bytes[p] as number) | ((bytes[p + 1] as number) << 8) | ((bytes[p + 2] as number) << 16) | ((bytes[p + 3] as number) << 24);
  }
  let a = (state[0] as number) | 0;
  let b = (state[1] as number) | 0;
  let c = (state[2] as number) | 0;
  let d = (state[3] as number) | 0;
  for (let step = 0; step < 64; step += 1) {
    const round = step >> 4;
    let mixed: number;
    let word: number;
    if (round === 0) {
      mixed = d ^ (b & (c ^ d));
      word = step;
    } else if (round === 1) {
      mixed = c ^ (d & (b ^ c));
      word = 5 * step + 1;
    } else if (round === 2) {
      mixed = b ^ c ^ d;
      word = 3 * step + 5;
    } else {
      mixed = c ^ (b | ~d);
      word = 7 * step;
    }
    const sum = (a + mixed + (SINES[step] as number) + (WORDS[word & 15] as number)) | 0;
    const by = SHIFTS[4 * round + (step & 3)] as number;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << by) | (sum >>> (32 - by)))) | 0;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
}
