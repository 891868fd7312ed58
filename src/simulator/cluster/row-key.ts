/** The key of a row as text, as sharding hashes it. */

/** Writes `table:row` as ASCII (other characters of the name by their low byte); gives the length. */
export function writeRowKey(into: Uint8Array, table: string, row: number): number {
  let at = 0;
  for (; at < table.length && at < 200; at += 1) into[at] = table.charCodeAt(at) & 0xff;
  into[at] = 58;
  at += 1;
  const start = at;
  let rest = row;
  do {
    into[at] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
    at += 1;
  } while (rest > 0);
  for (let left = start, right = at - 1; left < right; left += 1, right -= 1) {
    const held = into[left]!;
    into[left] = into[right]!;
    into[right] = held;
  }
  return at;
}
