/** Running one program in our place: its exit status and the signals that end it become ours. */
import { spawn } from "node:child_process";
import { isatty } from "node:tty";

/** How long to wait for the second copy of a signal that was sent to a whole group of processes. */
const GROUP_WINDOW_MS = 60;

/**
 * Runs `node args...` and resolves with its exit status; where a signal ended it, the same signal ends this process.
 *
 * A signal reaches the program once. Ctrl-C in a terminal goes to every process of the group, so the program has it already, and
 * npm sends us a copy besides. Without a terminal, one copy means that only we were told, so we pass it on; two mean that the whole
 * group was told, the program included, and one of them came through npm.
 * @param {readonly string[]} args
 * @param {{ readonly cwd?: string, readonly stdout?: "inherit" | "stderr" }} [options] `stderr`: what it prints must not mix with results
 * @returns {Promise<number>}
 */
export function runNode(args, { cwd = process.cwd(), stdout = "inherit" } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd, stdio: stdout === "stderr" ? ["ignore", 2, 2] : "inherit" });
    const onTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
    /** @type {Map<string, number>} */
    const copies = new Map();
    /** @param {NodeJS.Signals} signal */
    const handle = (signal) => {
      if (signal === "SIGINT" && onTerminal) return;
      copies.set(signal, (copies.get(signal) ?? 0) + 1);
      if (copies.get(signal) !== 1) return;
      setTimeout(() => {
        if (copies.get(signal) === 1) child.kill(signal);
        copies.delete(signal);
      }, GROUP_WINDOW_MS);
    };
    /** @type {readonly NodeJS.Signals[]} */
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    for (const signal of signals) process.on(signal, handle);
    const release = () => {
      for (const signal of signals) process.off(signal, handle);
    };
    child.on("error", (error) => {
      release();
      console.error(`shardlab: cannot start ${args.join(" ")}: ${error.message}`);
      resolve(3);
    });
    child.on("exit", (status, signal) => {
      release();
      if (signal !== null) process.kill(process.pid, signal);
      else resolve(status ?? 3);
    });
  });
}
