/** The project stands on its own: whatever its sources send a reader to is in it. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const sources = ["src", "test", "tools"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:ts|mjs)$/u.test(name))
    .map((name) => join(folder, name)),
);

it("every page that a source names in capitals is in the project", () => {
  expect(sources.length).toBeGreaterThan(200);
  const missing = sources.flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(/\b[A-Z]{2,}\.md\b/gu)].flatMap(([page]) =>
      existsSync(join(ROOT, page)) || existsSync(join(ROOT, "reports", page)) ? [] : [`${file} names ${page}`],
    ),
  );
  expect(missing).toEqual([]);
});
