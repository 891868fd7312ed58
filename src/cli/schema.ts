/** `shardlab schema`: the JSON schema of scenario files, for editors; `shardlab schema results`: that of results.json. */
import { resultsJsonSchema } from "../report/results-schema.ts";
import { scenarioJsonSchema } from "../study/scenario/json-schema.ts";
import { catalogue } from "./catalogue.ts";
import type { Given } from "./arguments.ts";
import { Exit, InputError } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** The command. Gives the exit status. */
export async function schema(given: Given, terminal: Terminal): Promise<number> {
  const [what = "scenario"] = given.positionals;
  if (what !== "scenario" && what !== "results") throw new InputError([`schema: there is none of "${what}"; there are scenario, results`]);
  terminal.print(what === "results" ? resultsSchemaText() : await schemaText());
  return Exit.Held;
}

/** The schema as it stands in schema/results.schema.json, with an end of line. */
export const resultsSchemaText = (): string => `${JSON.stringify(resultsJsonSchema(), undefined, 2)}\n`;

/** The schema as it stands in scenarios/scenario.schema.json, with an end of line. */
export async function schemaText(): Promise<string> {
  const { registry, metrics, invariants } = await catalogue();
  const names = Object.keys(metrics).filter((name) => metrics[name]?.notBuilt !== true);
  return `${JSON.stringify(scenarioJsonSchema(registry, names, invariants), undefined, 2)}\n`;
}
