/** How far the runs are: a bar on a terminal, a plain line now and then elsewhere, nothing when quiet. All on standard error. */
import type { Terminal } from "./terminal.ts";

export interface Progress {
  /** One more run is done; `events` is how many the kernel handled for it. */
  readonly step: (events: number) => void;
  /** Clears the bar; says the total where that is of use. */
  readonly end: () => void;
}

export interface ProgressOptions {
  readonly terminal: Terminal;
  readonly quiet: boolean;
  readonly label: string;
  readonly total: number;
  /** Milliseconds from any fixed instant; a test hands in its own. */
  readonly clock?: () => number;
}

/** A bar is redrawn so often at most, in milliseconds. */
const REDRAW_EVERY = 100;
/** A plain line is written so often at most: short runs write none but the last. */
const LINE_EVERY = 10_000;
const BAR = 20;

export function startProgress({ terminal, quiet, label, total, clock = () => performance.now() }: ProgressOptions): Progress {
  if (quiet) return { step: () => undefined, end: () => undefined };
  const start = clock();
  let done = 0;
  let events = 0;
  let shown = start;
  const line = (): string => {
    const elapsed = Math.max(clock() - start, 1);
    const left = done === 0 ? "" : `, ${spoken(((total - done) * elapsed) / done)} left`;
    const speed = events === 0 ? "" : `, ${short((events * 1_000) / elapsed)} events/s`;
    return `${done} of ${total} runs${speed}${done < total ? left : `, ${spoken(elapsed)}`}`;
  };
  const draw = (): void => {
    const filled = Math.round((BAR * done) / Math.max(total, 1));
    terminal.redraw(`${label} [${"#".repeat(filled)}${".".repeat(BAR - filled)}] ${line()}`);
  };
  if (terminal.interactive) draw();
  return {
    step: (more) => {
      done += 1;
      events += more;
      const now = clock();
      if (now - shown < (terminal.interactive ? REDRAW_EVERY : LINE_EVERY)) return;
      shown = now;
      if (terminal.interactive) draw();
      else if (done < total) terminal.say(`${label}: ${line()}`);
    },
    end: () => {
      if (terminal.interactive) terminal.redraw("");
      terminal.say(`${label}: ${line()}`);
    },
  };
}

/** "40 s", "3 min 20 s". */
function spoken(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3_600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

/** "812", "45 k", "1.3 M". */
function short(number: number): string {
  if (number < 1_000) return String(Math.round(number));
  return number < 1_000_000 ? `${Math.round(number / 1_000)} k` : `${(number / 1_000_000).toFixed(1)} M`;
}
