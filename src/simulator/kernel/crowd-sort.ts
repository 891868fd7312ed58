/** Sorting a crowded bucket: a merge sort over slots by (time, sequence number), latest first, that is linear on what is in order already. */

/** Up to this many events a bucket is sorted by insertion while it is read. */
export const CROWD = 48;

/**
 * Sorts slots[0 .. count) so that the latest event comes first. `floats` holds each slot's time and sequence number at
 * 4 × slot. `spare` is as long as `slots`. Gives the number of places that events moved by, roughly: 0 when the order
 * was right or exactly reversed (many events of one instant arrive so), since a narrower bucket would not help there.
 */
export function sortCrowd(slots: Int32Array, spare: Int32Array, count: number, floats: Float64Array): number {
  if (isLatestFirst(slots, count, floats)) return 0;
  slots.subarray(0, count).reverse();
  if (isLatestFirst(slots, count, floats)) return 0;
  let from = slots;
  let to = spare;
  let passes = 0;
  for (let width = 1; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      merge(from, to, floats, { start, middle: Math.min(start + width, count), end: Math.min(start + 2 * width, count) });
    }
    [from, to] = [to, from];
    passes += 1;
  }
  if (from !== slots) slots.set(from.subarray(0, count));
  return (count * passes) / 4;
}

function isLater(a: number, b: number, floats: Float64Array): boolean {
  const timeA = floats[a << 2]!;
  const timeB = floats[b << 2]!;
  return timeA > timeB || (timeA === timeB && floats[(a << 2) | 1]! > floats[(b << 2) | 1]!);
}

function isLatestFirst(slots: Int32Array, count: number, floats: Float64Array): boolean {
  for (let i = 1; i < count; i += 1) if (isLater(slots[i]!, slots[i - 1]!, floats)) return false;
  return true;
}

function merge(from: Int32Array, to: Int32Array, floats: Float64Array, at: { start: number; middle: number; end: number }): void {
  let left = at.start;
  let right = at.middle;
  for (let next = at.start; next < at.end; next += 1) {
    if (left < at.middle && (right >= at.end || isLater(from[left]!, from[right]!, floats))) {
      to[next] = from[left]!;
      left += 1;
    } else {
      to[next] = from[right]!;
      right += 1;
    }
  }
}
