/** Facts are declared in base, since parts state them and records hold them. */
export type { Fact } from "../../base/fact.ts";
