/** "Did you mean": the mend for a name nobody knows. */
import { distance } from "fastest-levenshtein";

/** More names than this are a wall, not a help. */
const LISTED_MAX = 24;

/** The known name nearest to `word`, if near enough to be meant; ties go to the earlier. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  // A third of the letters may be wrong, and two (such as a pair exchanged) in any word of three or more, but never all.
  const limit = Math.min(word.length - 1, Math.max(word.length < 3 ? 1 : 2, Math.floor(word.length / 3)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of known) {
    const apart = distance(lower, name.toLowerCase());
    if (apart < bestDistance) [best, bestDistance] = [name, apart];
  }
  return best;
}

/** `did you mean "x"?`, else all that is known, else `otherwise`. */
export function suggestion(word: string, known: readonly string[], otherwise = "remove it"): string {
  const near = nearest(word, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (known.length === 0) return otherwise;
  const shown = known.slice(0, LISTED_MAX).join(", ");
  return `known here: ${shown}${known.length > LISTED_MAX ? ", …" : ""}`;
}
