/** `shardlab init`: a first scenario of one's own. Never overwrites anything. */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { starterScenario } from "../study/scenario/starter.ts";
import type { Given } from "./arguments.ts";
import { Exit, InputError } from "./exit.ts";
import { isCode } from "./files.ts";
import type { Terminal } from "./terminal.ts";

const DEFAULT_FILE = "scenario.yaml";

/** The command. Gives the exit status. */
export function init(given: Given, terminal: Terminal): number {
  const file = given.positionals[0] ?? DEFAULT_FILE;
  const name = basename(file).replace(/\.ya?ml$/u, "");
  if (name === basename(file)) throw new InputError([`${file}: a scenario's file ends in .yaml; write ${file}.yaml`]);
  if (!/^[\w][\w.-]*$/u.test(name))
    throw new InputError([`${file}: the scenario is named after its file, so use letters, digits, dots, dashes and underscores`]);
  mkdirSync(dirname(file), { recursive: true });
  try {
    // The flag makes the file or fails: nothing can come between looking and writing.
    writeFileSync(file, starterScenario(name), { flag: "wx" });
  } catch (error) {
    if (isCode(error, "EEXIST")) throw new InputError([`${file} is there already and stays as it is; name another file`]);
    throw error;
  }
  terminal.print(`${file}\n`);
  terminal.say(`Now: shardlab run ${file}`);
  return Exit.Held;
}
