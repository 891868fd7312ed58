/** Where commands print: results to standard output, all else to standard error. The only module that touches either. */
import { type Paint, PLAIN } from "../report/paint.ts";
import picocolors from "picocolors";

export interface Terminal {
  /** A result, on standard output. No end of line is added. */
  readonly print: (text: string) => void;
  /** A line about what goes on, on standard error; the end of line is added. */
  readonly say: (line: string) => void;
  /** Draws over the last line on standard error; only where `interactive`. An empty text clears it. */
  readonly redraw: (line: string) => void;
  /** Standard error is a terminal: a moving progress bar makes sense. */
  readonly interactive: boolean;
  /** Width for results. */
  readonly columns: number;
  readonly paint: Paint;
  /** The reader of standard output has gone (`| head`): printing more is pointless. */
  readonly closed: () => boolean;
}

/** What a stream that is no terminal is taken to be wide. */
const DEFAULT_COLUMNS = 80;
/** Narrower than this nothing lines up; wider lines are hard to follow. */
const MIN_COLUMNS = 40;
const MAX_COLUMNS = 140;

/** The terminal of this process. Colours only where standard output is one, and neither NO_COLOR nor TERM=dumb forbids them. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  let gone = false;
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // The reader left, as `head` does: what it wanted it has. Anything else is news.
      if (error.code !== "EPIPE") throw error;
      if (stream === stdout) gone = true;
    });
  }
  const colours = stdout.isTTY && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  // Whoever pipes output on knows best how wide its reader is.
  const asked = /^\d{1,5}$/u.test(env["COLUMNS"] ?? "") ? Number(env["COLUMNS"]) : undefined;
  const columns = stdout.isTTY ? stdout.columns : (asked ?? DEFAULT_COLUMNS);
  let drawn = false;
  const clear = (): void => {
    if (drawn) stderr.write("\r\u001b[2K");
    drawn = false;
  };
  return {
    print: (text) => {
      if (gone) return;
      clear();
      stdout.write(text);
    },
    say: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    redraw: (line) => {
      clear();
      if (line === "" || !stderr.isTTY) return;
      stderr.write(line.slice(0, Math.max(0, stderr.columns - 1)));
      drawn = true;
    },
    interactive: stderr.isTTY && env["TERM"] !== "dumb",
    columns: Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, columns)),
    paint: colours ? coloured() : PLAIN,
    closed: () => gone,
  };
}

function coloured(): Paint {
  const { bold, dim, green, red, yellow } = picocolors.createColors(true);
  return { bold, dim, good: green, bad: red, doubtful: yellow };
}
