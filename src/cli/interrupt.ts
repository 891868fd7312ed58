/** Ctrl-C: the first asks for a tidy end, the second ends at once. */
import { Exit } from "./exit.ts";

export interface Interrupt {
  readonly signal: AbortSignal;
  /** The exit status that the signal asks for; undefined while there was none. */
  readonly status: () => number | undefined;
  readonly release: () => void;
}

/** 128 + 15, as shells report it. */
const TERMINATED = 143;

/** Listens for SIGINT and SIGTERM until released. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  let status: number | undefined;
  const handler = (name: NodeJS.Signals): void => {
    if (status !== undefined) process.exit(status);
    status = name === "SIGTERM" ? TERMINATED : Exit.Interrupted;
    controller.abort();
  };
  process.on("SIGINT", handler).on("SIGTERM", handler);
  return {
    signal: controller.signal,
    status: () => status,
    release: () => {
      process.off("SIGINT", handler).off("SIGTERM", handler);
    },
  };
}
