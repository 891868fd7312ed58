import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeFiles } from "../../src/cli/files.ts";
import { scratch } from "./harness.ts";

it("files are written whole, and nothing else is left in the folder", () => {
  const folder = join(scratch(), "deep", "er");
  const paths = writeFiles(folder, [
    { name: "a.json", content: "1" },
    { name: "b.csv", content: "2" },
  ]);
  expect(paths).toEqual([join(folder, "a.json"), join(folder, "b.csv")]);
  expect(readdirSync(folder).sort()).toEqual(["a.json", "b.csv"]);
  writeFiles(folder, [{ name: "a.json", content: "new" }]);
  expect(readFileSync(join(folder, "a.json"), "utf8")).toBe("new");
});

it("no folder is made for nothing", () => {
  const folder = join(scratch(), "none");
  expect(writeFiles(folder, [])).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});

it("when one file cannot be written the old ones stay as they are, and no part is left", () => {
  const folder = scratch();
  writeFiles(folder, [{ name: "a.json", content: "old" }]);
  expect(() =>
    writeFiles(folder, [
      { name: "a.json", content: "new" },
      { name: "no/such/folder", content: "x" },
    ]),
  ).toThrow(/ENOENT/u);
  expect(readFileSync(join(folder, "a.json"), "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["a.json"]);
});

it("a process killed while it writes leaves the old file whole, and the next one clears up after it", async () => {
  const folder = scratch();
  mkdirSync(folder, { recursive: true });
  const old = "o".repeat(5_000_000);
  writeFiles(folder, [{ name: "results.json", content: old }]);
  const code = `
    import { writeFiles } from ${JSON.stringify(new URL("../../src/cli/files.ts", import.meta.url).href)};
    process.stdout.write("ready\\n");
    const content = "n".repeat(50_000_000);
    for (;;) writeFiles(${JSON.stringify(folder)}, [{ name: "results.json", content }, { name: "big.csv", content }]);
  `;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  while (!readdirSync(folder).some((name) => name.endsWith(".part"))) await new Promise((resolve) => setTimeout(resolve, 1));
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  const left = readFileSync(join(folder, "results.json"), "utf8");
  expect([5_000_000, 50_000_000]).toContain(left.length);
  expect(new Set(left).size).toBe(1);
  writeFiles(folder, [{ name: "results.json", content: "fresh" }]);
  expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  expect(readFileSync(join(folder, "results.json"), "utf8")).toBe("fresh");
});

it("what is no leftover of ours is left alone", () => {
  const folder = scratch();
  writeFileSync(join(folder, ".hidden.part"), "mine");
  writeFileSync(join(folder, `.a.json.${process.ppid}.part`), "of a living process");
  writeFiles(folder, [{ name: "a.json", content: "1" }]);
  expect(readdirSync(folder).sort()).toEqual([`.a.json.${process.ppid}.part`, ".hidden.part", "a.json"]);
});

it("a full disk is said in words, and leaves what was there", () => {
  const folder = scratch();
  writeFiles(folder, [{ name: "a.txt", content: "old" }]);
  // Whatever is written to /dev/full finds no room: the temporary file is led there.
  symlinkSync("/dev/full", join(folder, `.a.txt.${process.pid}.part`));
  expect(() => writeFiles(folder, [{ name: "a.txt", content: "new" }])).toThrow(/there is no room left/u);
  expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["a.txt"]);
});
