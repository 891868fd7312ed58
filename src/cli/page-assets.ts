/** The libraries and fonts that report.html carries, from the installed packages. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { PageAssets } from "../report/page.ts";

/** Reads about 2.3 MB. The bundled builds are not among the packages' exports, so they are found beside their entry. */
export function pageAssets(): PageAssets {
  const { resolve } = createRequire(import.meta.url);
  const beside = (entry: string, file: string): string => join(dirname(resolve(entry)), file);
  const font = (file: string): string => readFileSync(beside("dejavu-fonts-ttf/package.json", `ttf/${file}`)).toString("base64");
  return {
    libraries: ["vega", "vega-lite", "vega-embed"].map((name) => readFileSync(beside(name, `${name}.min.js`), "utf8")),
    fonts: { regular: font("DejaVuSans.ttf"), bold: font("DejaVuSans-Bold.ttf") },
  };
}
