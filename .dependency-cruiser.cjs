/**
 * The arrows: base <- modules <- simulator <- study <- report <- cli. A folder imports only what its row lists.
 * A new folder gets a row here first; test/tidy/arrows.test.ts holds the same table in another form, pair by pair.
 */

/** What any row may import; kernel alone has less. */
const BASE = "^src/base/";
const folder = (name) => `^src/${name}/`;
const ZOD = ["zod"];

/**
 * of: the folder (or file) under src. may: what it imports of src, as patterns, besides base and itself.
 * packages: what it imports from npm; left out: any dependency of package.json.
 */
const ROWS = [
  { of: "base", may: [], packages: [], why: "what everybody uses knows nobody" },
  { of: "modules/sharding", may: [BASE], packages: [], why: "a REAL library runs without the simulator" },
  { of: "modules/routing", may: [BASE, folder("modules/sharding")], packages: [], why: "a REAL library; it asks sharding who owns a key" },
  { of: "modules/raft", may: [BASE], packages: [], why: "a REAL library runs without the simulator" },
  { of: "modules/commit", may: [BASE], packages: [], why: "a REAL library runs without the simulator" },
  {
    of: "simulator/kernel",
    may: ["^src/base/(?!ids\\.ts$)"],
    packages: ["seedrandom", "@types/seedrandom"],
    why: "the kernel moves time and has never heard of a shard, so it may not import base/ids.ts",
  },
  { of: "simulator/record", may: [BASE], why: "a record is data; whoever reads it needs no simulator" },
  {
    of: "simulator/notation",
    may: [BASE, "^src/simulator/kernel/(distribution-spec|moments)\\.ts$"],
    packages: ZOD,
    why: "how units and distributions are written; knows nothing that is written with them, but for the plain data they become",
  },
  {
    of: "simulator/workload",
    may: [BASE, folder("simulator/kernel"), folder("simulator/notation")],
    why: "load is drawn before any strategy sees it",
  },
  {
    of: "simulator/faults",
    may: [BASE, folder("simulator/kernel"), folder("simulator/notation")],
    why: "faults come from outside; they know no strategy",
  },
  {
    of: "simulator/strategies",
    may: [BASE, folder("modules"), folder("simulator/notation")],
    why: "a part is handed inputs and gives effects; it cannot schedule, send or draw by itself",
  },
  {
    of: "simulator/cluster",
    may: [
      BASE,
      folder("modules"),
      ...["kernel", "record", "workload", "faults"].map((name) => folder(`simulator/${name}`)),
      "^src/simulator/strategies/(contracts|messages|letters)\\.ts$",
    ],
    why: "the cluster knows parts by their contracts and the messages they exchange alone",
  },
  {
    of: "study/scenario",
    // The schemas: they stand beside what they describe. Not the parts themselves, nor what they promise the cluster; of the cluster
    // only spec.ts, the plain data that a file becomes.
    may: [
      BASE,
      folder("simulator/notation"),
      "^src/simulator/kernel/(distribution-spec|moments)\\.ts$",
      folder("simulator/workload"),
      folder("simulator/faults"),
      "^src/simulator/cluster/spec\\.ts$",
      "^src/simulator/strategies/(?!contracts\\.ts$)[^/]+\\.ts$",
    ],
    why: "reading a file needs the schemas, not the machinery",
  },
  {
    of: "study/experiment",
    may: [BASE, folder("modules"), folder("simulator"), folder("study/scenario")],
    why: "the one place where parts are wired together",
  },
  { of: "study/stats", may: [BASE, folder("simulator/record")], why: "statistics are functions of records" },
  {
    of: "study/checks",
    may: [BASE, folder("simulator/record"), folder("study/stats"), "^src/study/scenario/scenario\\.ts$"],
    why: "checks are functions of records and of what a scenario expects",
  },
  {
    of: "study/verify",
    may: [
      BASE,
      folder("modules"),
      folder("simulator/record"),
      folder("simulator/notation"),
      "^src/simulator/(strategies/registry|cluster/run)\\.ts$",
      // What a small experiment of its own draws with.
      "^src/simulator/kernel/(random|distributions|distribution-spec)\\.ts$",
      folder("study/scenario"),
      folder("study/experiment"),
      folder("study/stats"),
      folder("study/checks"),
    ],
    why: "an oracle goes through the front door: an experiment, then statistics",
  },
  {
    of: "report",
    may: [BASE, folder("simulator/record"), folder("study/stats"), folder("study/checks")],
    why: "a stored run can be charted again without running it",
  },
  {
    of: "cli",
    may: [
      BASE,
      "^src/simulator/(strategies/(registry|part|contracts)|record/[^/]+|cluster/run)\\.ts$",
      folder("simulator/kernel"),
      // `bench` times the REAL modules.
      folder("modules/sharding"),
      folder("modules/raft"),
      folder("study"),
      folder("report"),
    ],
    why: "the command line asks studies and reports; it simulates nothing itself",
  },
  {
    of: "library.ts",
    may: [BASE, folder("modules"), folder("simulator"), folder("study"), folder("report")],
    why: "the library's surface names what it offers; it is no way round cli",
  },
];

const within = ({ of }) => (of.endsWith(".ts") ? `^src/${of.replace(".", "\\.")}$` : folder(of));
const spoken = ({ of, may }) =>
  may.length === 0 ? `src/${of} imports nothing of src` : `src/${of} imports of src only itself and ${may.join(", ")}`;
const FROM_NPM = ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-bundled", "npm-no-pkg", "npm-unknown"];

const arrows = ROWS.map((row) => ({
  name: `arrows: ${row.of}`,
  severity: "error",
  comment: `${spoken(row)}: ${row.why}.`,
  from: { path: within(row) },
  to: { path: "^src/", pathNot: [within(row), ...row.may] },
}));

const packages = ROWS.filter((row) => row.packages !== undefined).map((row) => ({
  name: `packages: ${row.of}`,
  severity: "error",
  comment: `src/${row.of} uses ${row.packages.length === 0 ? "no package" : `no package but ${row.packages.join(", ")}`}: ${row.why}.`,
  from: { path: within(row) },
  to: {
    dependencyTypes: FROM_NPM,
    ...(row.packages.length === 0 ? {} : { pathNot: row.packages.map((name) => `(^|/)node_modules/${name}/`) }),
  },
}));

module.exports = {
  forbidden: [
    ...arrows,
    ...packages,
    {
      name: "every folder has a row",
      severity: "error",
      comment: "A folder of src that the table does not name may import nothing; give it a row.",
      from: { path: "^src/", pathNot: ROWS.map(within) },
      to: {},
    },
    {
      name: "no Node below cli",
      severity: "error",
      comment: "Only cli uses Node's own modules: the simulator, studies and reports also run in a browser's worker.",
      from: { path: "^src/", pathNot: "^src/cli/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no cycles",
      severity: "error",
      comment: "Two files that need each other are one file, or need a third below them. Types count.",
      from: {},
      to: { circular: true },
    },
    {
      name: "sources import sources",
      severity: "error",
      comment: "What is shipped does not reach into tests, tools, scenarios or what was built.",
      from: { path: "^src/" },
      to: { path: "^(test|tools|scenarios|reports|dist)/" },
    },
    {
      name: "no development package in what is shipped",
      severity: "error",
      comment: "It is not there when shardlab is installed. The benchmark's peer is loaded by cli only where it happens to be installed.",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev"], pathNot: "(^|/)node_modules/(simjs|@types/[^/]+)/" },
    },
    {
      name: "every import leads somewhere",
      severity: "error",
      comment: "A rule cannot judge what it cannot find.",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      mainFields: ["module", "main", "types"],
    },
  },
};
