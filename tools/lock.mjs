/** One at a time among processes: a file that names its holder. */
import { linkSync, readFileSync, rmSync, statSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** A holder on another machine that has not been heard of for this long is gone; it touches its file every two seconds. */
const SILENCE_MS = 60_000;
/** Breaking an abandoned lock takes microseconds; whoever began longer ago died while at it. */
const BREAKING_MS = 10_000;

/** @param {unknown} error */
const codeOf = (error) => (error instanceof Error && "code" in error ? error.code : undefined);

/**
 * Waits until `file` is ours, does `work`, and gives it back. A holder that was killed does not block: its process is looked for.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, work) {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, `${hostname()} ${process.pid}`);
  const start = Date.now();
  let told = false;
  try {
    while (!take(mine, file)) {
      if (!told && Date.now() - start > 1_000) {
        console.error("shardlab: another process is installing or building here; waiting for it");
        told = true;
      }
      await sleep(100);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimesSync(file, now, now);
  }, 2_000);
  const release = () => {
    rmSync(file, { force: true });
  };
  process.on("exit", release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off("exit", release);
    release();
  }
}

/**
 * Links a finished file into place: the name and its content appear in one step, or not at all.
 * @param {string} mine
 * @param {string} file
 */
function take(mine, file) {
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  if (isAbandoned(file)) breakLock(file);
  return false;
}

/** @param {string} file */
function isAbandoned(file) {
  try {
    const [host, process_] = readFileSync(file, "utf8").split(" ");
    if (host !== hostname()) return Date.now() - statSync(file).mtimeMs > SILENCE_MS;
    process.kill(Number(process_), 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

/**
 * Removes an abandoned lock. Only one may do so at a time, and looks again first: the lock may be a new one by now.
 * @param {string} file
 */
function breakLock(file) {
  const breaking = `${file}.breaking`;
  try {
    writeFileSync(breaking, "", { flag: "wx" });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    const age = Date.now() - (statSync(breaking, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > BREAKING_MS) rmSync(breaking, { force: true });
    return;
  }
  try {
    if (isAbandoned(file)) unlinkSync(file);
  } finally {
    rmSync(breaking, { force: true });
  }
}
