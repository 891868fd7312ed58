/**
 * Lint rules. What runs inside a simulation, and what judges and draws it, is a function of its inputs: the bans below keep the
 * clock, ambient randomness, the process and the locale out of it. test/slow/tidy/bans.test.ts shows that each ban bites.
 */
import { builtinModules } from "node:module";
import tseslint from "typescript-eslint";

/** Everything below `cli`. */
const PURE = ["base", "modules", "simulator", "study", "report"].map((folder) => `src/${folder}/**/*.ts`);

/** @param {string} why @param {readonly string[]} names */
const globals = (why, ...names) => names.map((name) => ({ name, message: why }));

const BANNED_GLOBALS = [
  ...globals("Time is virtual here; take it from the kernel or an argument.", "Date", "performance"),
  ...globals("Events are scheduled on the kernel.", "setTimeout", "setInterval", "setImmediate", "queueMicrotask"),
  ...globals("Randomness comes from a named stream.", "crypto"),
  ...globals(
    "Only cli touches the process and the outside.",
    "process",
    "console",
    "fetch",
    "Buffer",
    "require",
    "__dirname",
    "__filename",
  ),
  ...globals("A result must not depend on the locale.", "Intl"),
  ...globals("A result must not depend on when garbage is collected.", "WeakRef", "FinalizationRegistry"),
  ...globals("A way round the other bans.", "globalThis", "global", "self", "window"),
];

const LOCALE = "A result must not depend on the locale.";
const POWER = "Math.pow and ** give different bits on different versions of V8; write a product, or Math.exp(y * Math.log(x)).";
const BANNED_PROPERTIES = [
  { object: "Math", property: "random", message: "Randomness comes from a named stream." },
  { object: "Math", property: "pow", message: POWER },
  ...["localeCompare", "toLocaleString", "toLocaleDateString", "toLocaleTimeString", "toLocaleUpperCase", "toLocaleLowerCase"].map(
    (property) => ({ property, message: LOCALE }),
  ),
];

const EVERYWHERE = [
  { selector: "TSEnumDeclaration", message: "A closed set is a union." },
  { selector: "ExportDefaultDeclaration", message: "Exports have names." },
  { selector: "ExportSpecifier[exported.name='default']", message: "Exports have names." },
  { selector: "ExportAllDeclaration", message: "No barrel files: import from where it is written." },
];
const IN_PURE = [
  { selector: "BinaryExpression[operator='**']", message: POWER },
  { selector: "AssignmentExpression[operator='**=']", message: POWER },
  { selector: ":function[async=true]", message: "Nothing waits below cli." },
  { selector: "AwaitExpression", message: "Nothing waits below cli." },
  { selector: "ForOfStatement[await=true]", message: "Nothing waits below cli." },
  { selector: "ImportExpression", message: "Nothing is loaded below cli while it runs." },
  { selector: "Program > VariableDeclaration[kind!='const']", message: "State shared by two runs in one process; pass it in." },
  { selector: "Program > ExportNamedDeclaration > VariableDeclaration[kind!='const']", message: "State shared by two runs; pass it in." },
  { selector: "Literal[raw='null']", message: "Absent is undefined." },
  { selector: "TSNullKeyword", message: "Absent is undefined." },
];

const NODE_ONLY = "Only cli uses Node's own modules.";
const BUILTINS = {
  paths: builtinModules.map((name) => ({ name, message: NODE_ONLY })),
  patterns: [{ regex: "^node:", message: NODE_ONLY }],
};

/** Mistakes that neither the compiler nor typescript-eslint's sets look for. */
const OF_ESLINT = [
  "no-control-regex",
  "no-empty-character-class",
  "no-misleading-character-class",
  "no-useless-backreference",
  "no-self-compare",
  "no-sparse-arrays",
  "no-unsafe-finally",
  "no-fallthrough",
  "no-constant-binary-expression",
  "no-loss-of-precision",
  "no-cond-assign",
  "no-irregular-whitespace",
  "no-unmodified-loop-condition",
  "no-unreachable-loop",
  "for-direction",
  "use-isnan",
];

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "reports/", "coverage/", "test/sample/", "**/*.d.ts"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: "error",
      ...Object.fromEntries(OF_ESLINT.map((rule) => [rule, "error"])),
      "no-eval": "error",
      "no-new-func": "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-restricted-syntax": ["error", ...EVERYWHERE],
      // Numbers sort as text otherwise: 10 before 9.
      "@typescript-eslint/require-array-sort-compare": ["error", { ignoreStringArrays: true }],
      // Indexing a typed array or a table by a dense id is `!` by design: the kernel's loops would drown in checks.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      // A default spelled out says which it is.
      "@typescript-eslint/no-unnecessary-type-arguments": "off",
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: "only-allowed-literals" }],
      // Asks that a type parameter be used twice, which a typed builder of fields or brands rightly does not.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  {
    files: PURE,
    rules: {
      "no-restricted-globals": ["error", ...BANNED_GLOBALS],
      "no-restricted-properties": ["error", ...BANNED_PROPERTIES],
      "no-restricted-syntax": ["error", ...EVERYWHERE, ...IN_PURE],
      "no-restricted-imports": ["error", BUILTINS],
    },
  },
  {
    // Tests hand over what is wrong on purpose, and rely on the assertion before to narrow.
    files: ["test/**/*.ts"],
    rules: { "@typescript-eslint/no-unsafe-assignment": "off", "@typescript-eslint/no-unsafe-member-access": "off" },
  },
  {
    // Tools read JSON and settings whose shape tsc does not know; they are type-checked through their comments.
    files: ["**/*.mjs", "**/*.cjs", "**/*.js"],
    ...tseslint.configs.disableTypeChecked,
  },
  { files: ["*.config.{js,ts}", "*.cjs"], rules: { "no-restricted-syntax": "off" } },
  { files: ["*.cjs", ".*.cjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
);
