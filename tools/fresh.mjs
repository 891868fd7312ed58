/**
 * Is what is installed what the lock file names, and is what is built what the sources say? If not, it is made so.
 * Each has a stamp, taken away before the work begins and written after it has ended: whatever is killed half-way is done again.
 */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runNode } from "./child.mjs";
import { withLock } from "./lock.mjs";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** The program, once built. */
export const MAIN = join(ROOT, "dist/cli/main.js");

const MODULES = join(ROOT, "node_modules");
const DIST = join(ROOT, "dist");
const INSTALL_STAMP = join(MODULES, ".shardlab-installed");
const BUILD_STAMP = join(DIST, ".built");
const LOCK = join(ROOT, ".bootstrap.lock");

/** @param {string} file */
const textOf = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
/** @param {string} path */
const read = (path) => readFileSync(join(ROOT, path), "utf8");

/** Installs what the lock file names, unless that has been done. Resolves with the exit status of the attempt. */
export async function ensureInstalled() {
  if (isInstalled()) return 0;
  return withLock(LOCK, async () => {
    if (isInstalled()) return 0;
    if (adoptInstalled()) return 0;
    console.error("shardlab: installing dependencies (npm ci), about a minute the first time");
    rmSync(INSTALL_STAMP, { force: true });
    const fingerprint = installFingerprint();
    // Development tools too, whatever NODE_ENV or a user's settings say: the build and the tests need them.
    const status = await runNode([npmProgram(), "ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: ROOT,
      stdout: "stderr",
    });
    if (status === 0) writeFileSync(INSTALL_STAMP, fingerprint);
    else console.error(`shardlab: npm ci ended with status ${status}`);
    return status;
  });
}

/** Builds `dist` from `src`, unless that has been done. Resolves with the exit status of the attempt. */
export async function ensureBuilt() {
  if (isBuilt()) return 0;
  return withLock(LOCK, async () => {
    if (isBuilt()) return 0;
    console.error("shardlab: building dist from src (tsc)");
    rmSync(BUILD_STAMP, { force: true });
    // What tsc remembers is true only while the files it wrote are there.
    if (!existsSync(MAIN)) rmSync(DIST, { recursive: true, force: true });
    const fingerprint = buildFingerprint();
    const status = await runNode([join(MODULES, "typescript/bin/tsc"), "-p", "tsconfig.build.json"], { cwd: ROOT, stdout: "stderr" });
    if (status !== 0) {
      console.error("shardlab: the sources do not compile");
      return status;
    }
    removeOrphans();
    if (!existsSync(MAIN)) {
      console.error("shardlab: src/cli/main.ts is missing, so there is no program to run");
      return 3;
    }
    chmodSync(MAIN, 0o755);
    mkdirSync(DIST, { recursive: true });
    writeFileSync(BUILD_STAMP, fingerprint);
    return 0;
  });
}

const isInstalled = () => textOf(INSTALL_STAMP) === installFingerprint();
const isBuilt = () => existsSync(MAIN) && textOf(BUILD_STAMP) === buildFingerprint();

/** The lock file, what package.json asks for, and the platform, since some packages are made for one. */
function installFingerprint() {
  const { dependencies, devDependencies } = JSON.parse(read("package.json"));
  const wanted = JSON.stringify([dependencies, devDependencies, process.platform, process.arch]);
  return createHash("sha256").update(read("package-lock.json")).update(wanted).digest("hex");
}

/** Every file of src by name and content, the compiler's settings and, through the lock file, the compiler. */
function buildFingerprint() {
  const hash = createHash("sha256");
  const sources = filesUnder(join(ROOT, "src")).map((file) => join("src", file));
  for (const path of ["package-lock.json", "tsconfig.json", "tsconfig.build.json", ...sources]) hash.update(`${path}\0${read(path)}\0`);
  return hash.digest("hex");
}

/**
 * Accepts what somebody installed by hand with npm, if npm's own note of what it put there, written when it had finished,
 * names the versions of the lock file. Packages for other platforms may be missing.
 */
function adoptInstalled() {
  const note = textOf(join(MODULES, ".package-lock.json"));
  if (note === undefined) return false;
  const { packages: there } = JSON.parse(note);
  const { packages } = JSON.parse(read("package-lock.json"));
  const { dependencies = {}, devDependencies = {} } = JSON.parse(read("package.json"));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    if (packages[""].dependencies?.[name] !== version && packages[""].devDependencies?.[name] !== version) return false;
  }
  for (const [path, entry] of Object.entries(packages)) {
    if (path === "") continue;
    if (there[path] === undefined ? entry.optional !== true : there[path].version !== entry.version) return false;
  }
  writeFileSync(INSTALL_STAMP, installFingerprint());
  return true;
}

/** Removes from dist what a deleted or renamed source left behind: a file nobody can trace must not be shipped or run. */
function removeOrphans() {
  const sources = new Set(filesUnder(join(ROOT, "src")).map((file) => file.replace(/\.ts$/, "")));
  for (const file of filesUnder(DIST)) {
    const stem = file.replace(/\.(d\.ts|js)(\.map)?$/, "");
    if (stem !== file && !sources.has(stem)) rmSync(join(DIST, file));
  }
}

/** npm's own program: the npm that runs us, or the one that came with this Node. */
function npmProgram() {
  const running = process.env["npm_execpath"];
  if (running !== undefined && basename(running) === "npm-cli.js") return running;
  const beside = ["../lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js"].map((path) =>
    join(dirname(process.execPath), path),
  );
  return beside.find((path) => existsSync(path)) ?? "npm-cli.js";
}

/**
 * Every file under `folder`, as paths relative to it, in one order.
 * @param {string} folder
 */
function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
