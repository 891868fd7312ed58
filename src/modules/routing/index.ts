/** The package's door `shardlab/routing`: what outsiders import. Inside the project, import the file itself. */
export { emptyMap, epochMax, epochOf, merge, ownerOf, shardMap, withEntry } from "./shard-map.ts";
export type { ShardEntry, ShardMap } from "./shard-map.ts";
export { admit, follow, learn, REDIRECTS_MAX, route } from "./routing.ts";
export type { Admission, Next, Passage, Redirect } from "./routing.ts";
export { readChooser } from "./read-choice.ts";
export type { Consistency, ReadChoice, ReadChooser, ReplicaView } from "./read-choice.ts";
export { gather, shardsOfRange } from "./scatter.ts";
export type { Gather, GatherOptions, Gathered } from "./scatter.ts";
