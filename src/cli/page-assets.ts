/** The libraries that report.html carries, from the installed packages. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { PageAssets } from "../report/page.ts";

/** Reads about 0.8 MB. The bundled builds are not among the packages' exports, so they are found beside their entry. */
export function pageAssets(): PageAssets {
  const { resolve } = createRequire(import.meta.url);
  return {
    libraries: ["vega", "vega-lite", "vega-embed"].map((name) => readFileSync(join(dirname(resolve(name)), `${name}.min.js`), "utf8")),
  };
}
