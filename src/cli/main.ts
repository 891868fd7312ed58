#!/usr/bin/env node
/** The program `shardlab`. Everything is in cli.ts, loaded when it is needed. */
import { processTerminal } from "./terminal.ts";

const { main } = await import("./cli.ts");
process.exitCode = await main(process.argv.slice(2), processTerminal());
