/** `shardlab check`: for CI. Runs scenarios and says only whether what they expect holds. */
import { changesText, expectations } from "../report/table.ts";
import { printable, wrap } from "../report/layout.ts";
import type { Given } from "./arguments.ts";
import { Exit, InputError } from "./exit.ts";
import { listenForInterrupt } from "./interrupt.ts";
import type { StartPool } from "./pool.ts";
import { perform, plan, repeatCommand, studyOptions } from "./studies.ts";
import type { Terminal } from "./terminal.ts";

/** Options that a later issue builds. */
export const CHECK_LATER = ["junit", "github", "baseline", "budget"] as const;

/** The command. Gives the exit status: a scenario that expects nothing is not held. */
export async function check(given: Given, terminal: Terminal, startPool: StartPool): Promise<number> {
  const later = CHECK_LATER.filter((name) => given.flag(name) || given.text(name) !== undefined);
  if (later.length > 0) throw new InputError(later.map((name) => `--${name} is not built yet`));
  const options = studyOptions(given);
  const planned = await plan(options);
  const interrupt = listenForInterrupt();
  const { paint, columns } = terminal;
  let status: number = Exit.Held;
  try {
    for await (const { file, scenario, verdicts, repeats, asked, changes } of perform(planned, options, {
      terminal,
      startPool,
      signal: interrupt.signal,
    })) {
      if (interrupt.signal.aborted) {
        terminal.say(`${scenario.name}: stopped after ${repeats} of ${asked} repeats; not judged`);
        break;
      }
      const held = verdicts.length > 0 && verdicts.every((one) => one.kind === "held");
      if (!held) status = Exit.Broken;
      const lines =
        verdicts.length === 0
          ? [paint.doubtful("UNKNOWN  nothing is expected, so nothing was checked; write expect:")]
          : expectations(verdicts, columns, paint);
      const runs = verdicts.flatMap(({ kind, parts }) =>
        kind === "broken"
          ? parts.flatMap((part) =>
              part.run === undefined ? [] : [repeatCommand(file, { strategy: part.strategy, seed: part.run.seed }, options)],
            )
          : [],
      );
      const repeatLines = [...new Set(runs)].map((command) => `again:   ${command}`);
      const changed = changes.length === 0 ? [] : wrap(changesText(changes), columns, 2).map(paint.doubtful);
      terminal.print(`${[paint.bold(printable(scenario.name)), ...changed, ...lines, ...repeatLines].join("\n")}\n\n`);
    }
  } finally {
    interrupt.release();
  }
  return interrupt.status() ?? (given.flag("no-fail") ? Exit.Held : status);
}
