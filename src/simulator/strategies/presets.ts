/** Strategies named after real systems and versions: the parts that each has, and where each value was read. */
import type { StrategyPreset } from "./part.ts";
import { presetFields, RAFT_PRESETS } from "./replication/raft-presets.ts";

/** By name, in the order in which `list` shows them. */
export const STRATEGY_PRESETS: Readonly<Record<string, StrategyPreset>> = Object.fromEntries(
  RAFT_PRESETS.map((preset): readonly [string, StrategyPreset] => {
    const { name, tick, election, heartbeat, preVote, checkQuorum, reads } = preset;
    const fields = presetFields(preset);
    const told = { tick, election, heartbeat, preVote, checkQuorum, reads };
    return [
      name,
      {
        summary: `Raft as ${name === "raft-paper" ? "the paper recommends it" : `${name.slice(0, name.lastIndexOf("-"))} ${preset.version} sets it`}`,
        parts: { replication: { raft: fields } },
        facts: Object.entries(told).map(([option, { source }]) => ({ what: `${option} ${String(fields[option] ?? "exact")}`, source })),
      },
    ];
  }),
);
