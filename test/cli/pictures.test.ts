import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
// @ts-expect-error -- it comes without types
import opentype from "opentype.js";
import { Resvg } from "@resvg/resvg-js";
import { expect, it } from "vitest";
import { pictureFiles, pngOf, svgOf } from "../../src/cli/pictures.ts";
import { textWidth } from "../../src/cli/text-width.ts";
import { charts } from "../../src/report/charts/all.ts";
import type { Chart } from "../../src/report/charts/chart.ts";
import { pictureSpec } from "../../src/report/charts/picture.ts";
import { THREE, study } from "../report/study.ts";
import { decodePng, darkPixels } from "./png.ts";

interface Font {
  readonly unitsPerEm: number;
  readonly charToGlyph: (character: string) => { readonly advanceWidth: number };
}

function fontOf(file: string): Font {
  const bytes = readFileSync(join(dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json")), "ttf", file));
  const { parse } = opentype as { readonly parse: (buffer: ArrayBuffer) => Font };
  return parse(new Uint8Array(bytes).buffer);
}

const chart: Chart = charts(study(THREE))[0]!;

it("a text is as wide as the font file says, regular and bold, ASCII or not", () => {
  for (const [file, isBold] of [
    ["DejaVuSans.ttf", false],
    ["DejaVuSans-Bold.ttf", true],
  ] as const) {
    const font = fontOf(file);
    for (const text of ["HHHH mmmm 0000", "back after 2.55 s (≥ 41 s) – µ → ×", "Ωмега ★ ✓ łß"]) {
      const units = Array.from(text).reduce((sum, character) => sum + font.charToGlyph(character).advanceWidth, 0);
      expect(textWidth(text, 20, isBold)).toBeCloseTo((units * 20) / font.unitsPerEm, 6);
    }
  }
});

it("the title of a PNG is there to be seen, and would not be without the fonts", async () => {
  const svg = await svgOf(pictureSpec(chart));
  const titleBox = { left: 0.02, top: 0, right: 0.8, bottom: 0.1 };
  const seen = darkPixels(decodePng(pngOf(svg, 1)), titleBox);
  expect(seen).toBeGreaterThan(800);
  // The canary: with no font at hand nothing is drawn, and nobody is told.
  const silent = darkPixels(decodePng(new Resvg(svg, { font: { loadSystemFonts: false } }).render().asPng()), titleBox);
  expect(silent).toBe(0);
});

it("pictures are the same bytes every time, each with the specification it was drawn from", async () => {
  const once = await pictureFiles([chart, chart], ["svg", "png"]);
  const again = await pictureFiles([chart], ["svg", "png"]);
  expect(again.map(({ name }) => name)).toEqual(["recovery.vl.json", "recovery.svg", "recovery.png"]);
  // The second of one process too, whose names of definitions would count on.
  expect(again).toEqual(once.slice(0, 3));
  expect(again).toEqual(once.slice(3));
  expect(JSON.parse(String(again[0]?.content))).toMatchObject({ $schema: expect.stringContaining("vega-lite/v6") });
});
