/**
 * Distributions contain no comma, because a comma ends a plain scalar inside `{}` and `[]`. Who writes one gets a text
 * torn into pieces, `lognormal(median 1ms` and `p99 6ms)`: found here, so that it is one problem with the right name.
 */

/** In the words of the notation itself, which meets the comma where no bracket of YAML's is open. */
export const COMMA = { fault: "a comma inside a distribution", mend: "separate with spaces" } as const;

/** Pieces `next` up to (not including) `end` belong to the text that begins in piece `first`. */
export interface Torn {
  readonly first: number;
  readonly next: number;
  readonly end: number;
}

/** What stands between two commas: its text, and whether it can be the continuation of the piece before it. */
export interface Piece {
  readonly text: string;
  readonly continues: boolean;
}

/** Every text whose open bracket is closed in pieces after it. */
export function tornPieces(pieces: readonly Piece[]): readonly Torn[] {
  const torn: Torn[] = [];
  for (let first = 0; first < pieces.length; first += 1) {
    let open = balance(pieces[first]?.text ?? "");
    if (open <= 0) continue;
    let end = first + 1;
    while (open > 0 && pieces[end]?.continues === true) {
      open += balance(pieces[end]?.text ?? "");
      end += 1;
    }
    if (open > 0) continue;
    torn.push({ first, next: first + 1, end });
    first = end - 1;
  }
  return torn;
}

/** Brackets opened less brackets closed. */
function balance(text: string): number {
  let open = 0;
  for (const character of text) open += character === "(" ? 1 : character === ")" ? -1 : 0;
  return open;
}
