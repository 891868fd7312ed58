/**
 * Charts as pictures without a browser: Vega lays them out, an advance-width table measures their texts, resvg paints them with the
 * fonts of the installed package and no others. One chart gives the same bytes every time and everywhere. Load this lazily: the
 * drawing libraries take a quarter of a second.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Resvg } from "@resvg/resvg-js";
import * as vega from "vega";
import { compile } from "vega-lite";
import type { Chart } from "../report/charts/chart.ts";
import { PICTURE_FONT, pictureSpec } from "../report/charts/picture.ts";
import type { OutputFile } from "./files.ts";
import { textWidth } from "./text-width.ts";

/** Pixels of a PNG for one of the SVG: sharp on screens of today, and small. */
const PIXELS = 1.5;

export type PictureFormat = "svg" | "png";

/** For each chart its specification, and the pictures asked for. */
export async function pictureFiles(charts: readonly Chart[], formats: readonly PictureFormat[]): Promise<readonly OutputFile[]> {
  const files: OutputFile[] = [];
  for (const chart of charts) {
    const spec = pictureSpec(chart);
    files.push({ name: `${chart.id}.vl.json`, content: `${JSON.stringify(spec, undefined, 1)}\n` });
    const svg = await svgOf(spec);
    if (formats.includes("svg")) files.push({ name: `${chart.id}.svg`, content: `${svg}\n` });
    if (formats.includes("png")) files.push({ name: `${chart.id}.png`, content: pngOf(svg) });
  }
  return files;
}

/** The picture as SVG text. */
export async function svgOf(spec: Chart["spec"]): Promise<string> {
  measureByTable();
  // Its counter of definitions is the process's: the second picture would have other names in it than the first.
  vega.resetSVGDefIds();
  const { spec: compiled } = compile(spec as unknown as Parameters<typeof compile>[0], { logger: vega.logger(vega.Error) });
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** The same as PNG. A text in a font that is not there would vanish without a word, hence the font files by name. */
export function pngOf(svg: string, pixels = PIXELS): Uint8Array {
  const fonts = dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json"));
  const fontFiles = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((file) => join(fonts, "ttf", file));
  const drawn = new Resvg(svg, {
    fitTo: { mode: "zoom", value: pixels },
    font: { loadSystemFonts: false, fontFiles, defaultFontFamily: PICTURE_FONT, sansSerifFamily: PICTURE_FONT },
  });
  return drawn.render().asPng();
}

interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
  readonly limit?: number;
}

interface TextMetrics {
  width: (item: TextItem, text: string | number | undefined) => number;
}

/** Without a canvas Vega guesses widths a third too wide, drops labels and pushes titles away; with one it depends on the machine. */
function measureByTable(): void {
  const { textMetrics } = vega as unknown as { readonly textMetrics: TextMetrics };
  textMetrics.width = ({ fontSize = 11, fontWeight = "normal", limit = 0 }, text) => {
    const isBold = fontWeight === "bold" || Number(fontWeight) >= 600;
    const width = textWidth(String(text ?? ""), fontSize, isBold);
    return limit > 0 ? Math.min(limit, width) : width;
  };
}
