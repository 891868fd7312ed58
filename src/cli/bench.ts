/** `shardlab bench`: how fast the simulator is, as ratios to a limit or a peer measured in the same minutes on the same machine. */
import { padEnd, wrap } from "../report/layout.ts";
import { type Given, suggestion } from "./arguments.ts";
import type { BenchRow } from "./bench/measure.ts";
import { Exit, InputError } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** Topic -> its rows, each given as soon as it is there. */
const TOPICS: Readonly<Record<string, (onRow: (row: BenchRow) => void) => Promise<void>>> = {
  kernel: async (onRow) => {
    const { benchKernel } = await import("./bench/kernel.ts");
    await benchKernel({ onRow });
  },
  sharding: async (onRow) => {
    const { benchSharding } = await import("./bench/sharding.ts");
    await benchSharding({ onRow });
  },
  raft: async (onRow) => {
    const { benchRaft } = await import("./bench/raft.ts");
    await benchRaft({ onRow });
  },
  request: async (onRow) => {
    const { benchRequest } = await import("./bench-request.ts");
    for (const row of await benchRequest()) onRow(row);
  },
};

/** Names that `bench` takes. */
export const BENCH_TOPICS: readonly string[] = Object.keys(TOPICS);

/** The command. Gives the exit status: 1 if a row misses its target or could not be measured. */
export async function bench(given: Given, terminal: Terminal): Promise<number> {
  const name = given.positionals[0];
  const topics = name === undefined ? Object.keys(TOPICS) : [name];
  const json = given.flag("json");
  const rows: BenchRow[] = [];
  for (const topic of topics) {
    const measure = TOPICS[topic];
    if (measure === undefined) throw unknownTopic(topic);
    terminal.say(`${topic}: measuring, about a minute`);
    await measure((row) => {
      rows.push(row);
      if (!json) terminal.print(`${rowLines(row, terminal).join("\n")}\n`);
    });
  }
  if (json) terminal.print(`${JSON.stringify(rows, undefined, 1)}\n`);
  return rows.length > 0 && rows.every((row) => row.held) ? Exit.Held : Exit.Broken;
}

function unknownTopic(topic: string): InputError {
  const names = Object.keys(TOPICS);
  const guess = suggestion(topic, names);
  return new InputError([
    `bench: there is no topic "${topic}"; ${guess === undefined ? `there are ${names.join(", ")}` : `did you mean "${guess}"?`}`,
  ]);
}

const VERDICT = 14;

/** The ratio with its least and greatest, what it is held to, and what was measured. */
export function rowLines(
  { name, against, kind, target, ratio, held, detail }: BenchRow,
  { columns, paint }: Pick<Terminal, "columns" | "paint">,
): readonly string[] {
  if (kind === "figure") {
    const lines = [...wrap(name, columns - VERDICT), ...wrap(detail, columns - VERDICT)];
    return lines.map((line, index) => (index === 0 ? padEnd("measured", VERDICT) + line : " ".repeat(VERDICT) + paint.dim(line)));
  }
  const verdict =
    ratio === undefined
      ? paint.doubtful(padEnd("not measured", VERDICT))
      : held
        ? paint.good(padEnd("reached", VERDICT))
        : paint.bad(padEnd("MISSED", VERDICT));
  const wanted = `${kind === "cost" ? "at most" : "at least"} ${target} ×`;
  const [first = "", ...rest] = [
    ...wrap(`${name}, against ${against}`, columns - VERDICT),
    ...wrap(
      ratio === undefined ? wanted : `${fixed(ratio.median)} × (${fixed(ratio.min)} to ${fixed(ratio.max)}), ${wanted}`,
      columns - VERDICT,
    ),
    ...wrap(detail, columns - VERDICT),
  ];
  return [verdict + first, ...rest.map((line) => " ".repeat(VERDICT) + paint.dim(line))];
}

/** Three digits that mean something. */
const fixed = (number: number): string => (number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2));
