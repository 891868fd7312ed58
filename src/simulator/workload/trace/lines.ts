/** Lines of a file, one after another, through one buffer: what is in memory is a piece of the file and never more than a line needs. */
import type { ByteSource } from "./bytes.ts";

export interface Lines {
  /** Moves on to the next line; false at the end. A line that is too long ends there too: `tooLong` says so. */
  readonly next: () => boolean;
  /** The line is bytes `start` up to `end` of `buffer`, until the next call; line ends (LF or CR LF) are left out. */
  readonly buffer: () => Uint8Array;
  readonly start: () => number;
  readonly end: () => number;
  /** Number of the line, from 1. */
  readonly number: () => number;
  readonly tooLong: () => boolean;
  /** Back before the first line. */
  readonly rewind: () => void;
}

const LINE_END = 10;
const RETURN = 13;
/** Bytes pulled at a time. */
const CHUNK = 65_536;
/** A longer line is no row of a trace. */
const LINE_MOST = 1_048_576;

/** `seen` hears of every byte, once and in order, since the last rewind. */
export function createLines(source: ByteSource, seen?: (bytes: Uint8Array, from: number, to: number) => void): Lines {
  let buffer = new Uint8Array(CHUNK + 1);
  let position = 0;
  let filled = 0;
  let start = 0;
  let end = 0;
  let next = 0;
  let number = 0;
  let tooLong = false;

  /** Pulls more behind what is there; false at the end of the file. */
  function pull(): boolean {
    if (next > 0) {
      buffer.copyWithin(0, next, filled);
      filled -= next;
      next = 0;
    }
    if (filled + 1 >= buffer.length) {
      const larger = new Uint8Array(buffer.length * 2);
      larger.set(buffer);
      buffer = larger;
    }
    const read = source.read(position, buffer.subarray(filled, Math.min(buffer.length - 1, filled + CHUNK)));
    seen?.(buffer, filled, filled + read);
    position += read;
    filled += read;
    // The search for the end of a line stops here, whatever an earlier piece has left behind.
    buffer[filled] = LINE_END;
    return read > 0;
  }

  return {
    next: () => {
      let at = next;
      for (;;) {
        const found = buffer.indexOf(LINE_END, at);
        if (found >= 0 && found < filled) {
          start = next;
          end = found;
          next = found + 1;
          break;
        }
        at = filled - next;
        if (at > LINE_MOST) {
          tooLong = true;
          number += 1;
          start = next;
          end = filled;
          return false;
        }
        if (pull()) continue;
        if (filled === 0) return false;
        start = 0;
        end = filled;
        next = filled;
        break;
      }
      number += 1;
      if (end > start && buffer[end - 1] === RETURN) end -= 1;
      // A byte-order mark is no part of the first line.
      if (number === 1 && end - start >= 3 && buffer[start] === 0xef && buffer[start + 1] === 0xbb && buffer[start + 2] === 0xbf)
        start += 3;
      return true;
    },
    buffer: () => buffer,
    start: () => start,
    end: () => end,
    number: () => number,
    tooLong: () => tooLong,
    rewind: () => {
      position = 0;
      filled = 0;
      next = 0;
      number = 0;
      tooLong = false;
    },
  };
}
