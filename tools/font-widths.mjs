/**
 * Makes src/cli/font-widths.ts: how wide DejaVu's characters are, from the fonts' own tables of advance widths. Drawing pictures then
 * needs neither a browser nor a font parser to know where a text ends. Run it again when the fonts change:
 *
 *     node tools/font-widths.mjs
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
// @ts-expect-error -- it comes without types
import opentype from "opentype.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FONTS = dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json"));

/** Latin, Greek, Cyrillic; punctuation, sub- and superscripts, currency, letter-like; arrows, operators; shapes and dingbats. */
const BLOCKS = [
  [0x20, 0x24f],
  [0x370, 0x4ff],
  [0x2000, 0x214f],
  [0x2190, 0x22ff],
  [0x2500, 0x27bf],
];

/** Two digits of base 64 a character hold every width of 2,048 units to the em up to 4,095. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** @param {string} file */
function widths(file) {
  const bytes = readFileSync(join(FONTS, "ttf", file));
  const font = opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  if (font.unitsPerEm !== 2048) throw new Error(`${file} has ${font.unitsPerEm} units to the em, not 2048`);
  return BLOCKS.map(([from = 0, to = 0]) => {
    let text = "";
    for (let code = from; code <= to; code += 1) {
      const width = Math.round(font.charToGlyph(String.fromCodePoint(code)).advanceWidth ?? 0);
      if (width > 4095) throw new Error(`${file}: U+${code.toString(16)} is ${width} wide`);
      text += `${DIGITS[Math.floor(width / 64)]}${DIGITS[width % 64]}`;
    }
    return ["    {", `      from: 0x${from.toString(16)},`, "      widths:", `        "${text}",`, "    },"].join("\n");
  });
}

const lines = [
  "/** Advance widths of DejaVu Sans 2.37, in units of 1/2048 em, two digits of base 64 a character. Made by tools/font-widths.mjs. */",
  "",
  `export const DIGITS = "${DIGITS}";`,
  "export const UNITS_PER_EM = 2048;",
  "",
  "export interface WidthBlock {",
  "  /** The first code point; the others follow without a gap. */",
  "  readonly from: number;",
  "  readonly widths: string;",
  "}",
  "",
  "export const FONT_WIDTHS: { readonly regular: readonly WidthBlock[]; readonly bold: readonly WidthBlock[] } = {",
  "  regular: [",
  ...widths("DejaVuSans.ttf"),
  "  ],",
  "  bold: [",
  ...widths("DejaVuSans-Bold.ttf"),
  "  ],",
  "};",
  "",
];
writeFileSync(join(ROOT, "src/cli/font-widths.ts"), lines.join("\n"));
