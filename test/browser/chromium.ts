/** Any Chromium will do; CHROMIUM names one that is installed elsewhere. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const CHROMIUM =
  process.env["CHROMIUM"] ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

export function launchChromium(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error("no Chromium found; install one, or name it in CHROMIUM");
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}
