/** Text that lines up: widths, padding, wrapping. Widths count code points; what would move a cursor is replaced. */

/** Control characters, separators and direction marks could forge what a reader sees: each becomes a replacement character. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** `text` on one line, without anything but printable characters. */
export const printable = (text: string): string => text.replace(/\s+/gu, " ").trim().replace(UNPRINTABLE, "\uFFFD");

/** Columns that `text` takes. East Asian wide characters and emoji take two. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : COMBINING.test(character) ? 0 : 1;
  return width;
}
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
const COMBINING = /\p{Mark}/u;

/** Pads to `width` columns; longer text is left as it is. */
export const padEnd = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)));
export const padStart = (text: string, width: number): string => " ".repeat(Math.max(0, width - widthOf(text))) + text;

/** At most `width` columns; what is cut off shows as an ellipsis. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const character of text) {
    if (widthOf(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Keeps two words on one line; `wrap` turns it into a blank. */
export const NO_BREAK = "\u00a0";

/** Lines of at most `width` columns; the second and later begin with `indent` spaces. A word longer than a line is broken. */
export function wrap(text: string, width: number, indent = 0): readonly string[] {
  const lines: string[] = [];
  const lead = " ".repeat(indent);
  let line = "";
  for (const word of text
    .replaceAll(" %", `${NO_BREAK}%`)
    .split(" ")
    .flatMap((one) => pieces(one, width - indent))) {
    const start = lines.length === 0 ? "" : lead;
    if (line === "") line = start + word;
    else if (widthOf(line) + 1 + widthOf(word) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = lead + word;
    }
  }
  return [...lines, line].map((one) => one.replaceAll(NO_BREAK, " "));
}

function pieces(word: string, width: number): readonly string[] {
  if (widthOf(word) <= width) return [word];
  const found: string[] = [];
  let piece = "";
  for (const character of word) {
    if (widthOf(piece + character) > width) {
      found.push(piece);
      piece = "";
    }
    piece += character;
  }
  return [...found, piece];
}
