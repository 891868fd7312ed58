/** How wide a text is in the pictures' font, DejaVu Sans, without a browser: the sum of its characters' advance widths. */
import { DIGITS, FONT_WIDTHS, UNITS_PER_EM, type WidthBlock } from "./font-widths.ts";

/** Pixels that `text` takes at `size` pixels; kerning is left out (1.7 % at most). */
export function textWidth(text: string, size: number, isBold: boolean): number {
  const blocks = isBold ? FONT_WIDTHS.bold : FONT_WIDTHS.regular;
  let units = 0;
  for (const character of text) units += unitsOf(character.codePointAt(0) ?? 0, blocks);
  return (units * size) / UNITS_PER_EM;
}

function unitsOf(code: number, blocks: readonly WidthBlock[]): number {
  for (const { from, widths } of blocks) {
    const at = 2 * (code - from);
    if (at >= 0 && at < widths.length) return 64 * DIGITS.indexOf(widths[at] ?? "") + DIGITS.indexOf(widths[at + 1] ?? "");
  }
  // Mostly East Asian characters, which are as wide as high.
  return UNITS_PER_EM;
}
