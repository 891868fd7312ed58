/** report.html as a reader's browser shows it: headless Chromium, from a file, without a network. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type Page, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pageAssets } from "../../src/cli/page-assets.ts";
import { page } from "../../src/report/page.ts";
import { HOSTILE, THREE, study, verdict } from "../report/study.ts";

/** Any Chromium will do; CHROMIUM names one that is installed elsewhere. */
const CHROMIUM =
  process.env["CHROMIUM"] ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

const folder = mkdtempSync(join(tmpdir(), "shardlab-page-"));
let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM === undefined) throw new Error("no Chromium found; install one, or name it in CHROMIUM");
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  /** What the page printed or threw, and what it asked for besides itself. */
  readonly noise: readonly string[];
  readonly requests: readonly string[];
}

async function open(html: string, look: { readonly width?: number; readonly dark?: boolean } = {}): Promise<Opened> {
  const file = join(folder, "report.html");
  writeFileSync(file, html);
  const opened = await browser.newPage({
    viewport: { width: look.width ?? 1_100, height: 900 },
    colorScheme: look.dark === true ? "dark" : "light",
    offline: true,
  });
  const [noise, requests]: [string[], string[]] = [[], []];
  opened.on("console", (message) => noise.push(message.text()));
  opened.on("pageerror", (error) => noise.push(error.message));
  opened.on("request", (request) => requests.push(request.url()));
  await opened.goto(pathToFileURL(file).href);
  await opened.waitForFunction('document.documentElement.dataset.drawn === "yes"', undefined, { timeout: 30_000 });
  return {
    page: opened,
    noise,
    requests: requests.filter((address) => !address.startsWith("data:") && address !== pathToFileURL(file).href),
  };
}

const html = page(study(THREE, { verdicts: [verdict("held", "a"), verdict("broken", "b"), verdict("unknown", "c")] }), pageAssets());

/** Shapes with an area in each chart, and the width of its picture. */
const DRAWN = `[...document.querySelectorAll(".plot")].map((plot) => ({
  id: plot.id,
  shapes: [...plot.querySelectorAll("svg path, svg rect, svg text")].filter((mark) => { const box = mark.getBoundingClientRect(); return box.width > 0 || box.height > 0; }).length,
  texts: [...plot.querySelectorAll("svg text")].map((text) => text.textContent).join(" "),
  width: plot.querySelector("svg")?.getBoundingClientRect().width ?? 0,
}))`;
type Drawn = readonly { readonly id: string; readonly shapes: number; readonly texts: string; readonly width: number }[];

it("every chart is drawn, nothing is printed to the console, and nothing is asked of a network", async () => {
  const { page: shown, noise, requests } = await open(html);
  const drawn = await shown.evaluate<Drawn>(DRAWN);
  expect(drawn.map((one) => one.id)).toEqual(["recovery", "phases", "load-1", "load-2", "load-3"]);
  for (const one of drawn) {
    expect(one.shapes, one.id).toBeGreaterThan(15);
    expect(one.width, one.id).toBeGreaterThan(500);
  }
  expect(drawn[0]?.texts).toContain("3 of 30 never back");
  expect(drawn[2]?.texts).toContain("requests/s");
  expect(noise).toEqual([]);
  expect(requests).toEqual([]);
  await shown.close();
});

it("the page's own font is used, so that it looks alike everywhere", async () => {
  const { page: shown } = await open(html);
  const fonts = await shown.evaluate(
    '[...document.fonts].filter((font) => font.status === "loaded").map((font) => font.family + " " + font.weight)',
  );
  expect(fonts).toEqual(expect.arrayContaining(["DejaVu Sans 400", "DejaVu Sans 700"]));
  // By the font's own table of advance widths: 20,654 units of 2,048 to the em. What a browser falls back to is narrower.
  const width = await shown.evaluate(
    '(() => { const line = document.createElement("canvas").getContext("2d"); line.font = "100px \\"DejaVu Sans\\""; return line.measureText("HHHH mmmm 0000").width; })()',
  );
  expect(width).toBeCloseTo((20_654 / 2_048) * 100, 0);
  await shown.close();
});

it("on a screen of 320 pixels nothing but the table's own place scrolls sideways", async () => {
  const { page: shown, noise } = await open(html, { width: 320 });
  expect(await shown.evaluate("document.documentElement.scrollWidth")).toBe(320);
  const drawn = await shown.evaluate<Drawn>(DRAWN);
  for (const one of drawn) expect(one.width, one.id).toBeLessThanOrEqual(320);
  expect(await shown.evaluate('document.querySelector(".wide").scrollWidth > document.querySelector(".wide").clientWidth')).toBe(true);
  expect(noise).toEqual([]);
  await shown.close();
});

it("text stands out from its ground in light and in dark, in the charts too", async () => {
  for (const dark of [false, true]) {
    const { page: shown, noise } = await open(html, { dark });
    const contrasts = await shown.evaluate<readonly number[]>(`(() => {
      const light = (colour) => { const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((x) => { const s = x / 255; return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const ground = light(getComputedStyle(document.body).backgroundColor);
      const ratio = (colour) => { const [a, b] = [light(colour), ground].sort((x, y) => y - x); return (a + 0.05) / (b + 0.05); };
      const texts = [...document.querySelectorAll("h1, h2, p, td, th, small, li b, .plot svg .role-axis text, .plot svg .role-legend text")];
      return texts.map((one) => ratio(one instanceof SVGElement ? getComputedStyle(one).fill : getComputedStyle(one).color));
    })()`);
    expect(contrasts.length).toBeGreaterThan(60);
    expect(Math.min(...contrasts)).toBeGreaterThan(4.5);
    expect(noise).toEqual([]);
    await shown.close();
  }
});

it("charts follow when the reader's system turns dark", async () => {
  const { page: shown } = await open(html);
  const colour = `getComputedStyle(document.querySelector("#recovery svg .role-axis text")).fill`;
  const before = await shown.evaluate(colour);
  await shown.emulateMedia({ colorScheme: "dark" });
  await shown.waitForFunction(`${colour} !== ${JSON.stringify(before)}`, undefined, { timeout: 20_000 });
  await shown.close();
});

it("hostile names do nothing but stand there", async () => {
  const report = study(
    HOSTILE.map((name, index) => ({ name, outages: [3 + index, undefined] })),
    { name: HOSTILE[0] ?? "", question: HOSTILE.join(" "), verdicts: [verdict("broken", HOSTILE.join(" "))] },
  );
  const { page: shown, noise, requests } = await open(page(report, pageAssets()));
  const dialogs: string[] = [];
  shown.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  expect(await shown.title()).toBe("</script><script>alert(1)</script> – shardlab");
  expect(await shown.evaluate('document.querySelectorAll("img, main script").length')).toBe(0);
  expect((await shown.evaluate<Drawn>(DRAWN)).every((one) => one.shapes > 5)).toBe(true);
  expect([noise, requests, dialogs]).toEqual([[], [], []]);
  await shown.close();
});

it("a study without faults, and one run of one strategy, are drawn with what there is", async () => {
  const { page: shown, noise } = await open(page(study([{ name: "only", outages: [0] }]), pageAssets()));
  expect((await shown.evaluate<Drawn>(DRAWN)).map((one) => one.id)).toEqual(["recovery", "load-1"]);
  expect(noise).toEqual([]);
  await shown.close();
});
