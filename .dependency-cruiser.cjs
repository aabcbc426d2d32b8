/**
 * The house rules for imports: they point downward only (docs/architecture.md shows the rooms), never in a
 * circle, and `node:` modules appear only in the rooms that talk to the machine.
 */
const verbs = "(?!index\\.|node\\.|lenet\\.)[a-zA-Z]+";

/** Each room and what it may import besides itself. */
const rooms = {
  "src/core/": "^$",
  "src/engine/kernels/": "^$",
  "src/engine/": "^src/(core|engine)/",
  "src/nn/": "^src/(core|engine|nn)/",
  "src/formats/": "^src/(core|formats)/",
  "src/image/kernels/": "^$",
  "src/image/": "^src/(core|image)/",
  "src/recognition/": "^src/((core|image|recognition)/|nn/argMax\\.ts$)",
  "src/input/": "^src/((core|formats|image|input)/|input\\.ts$)",
  "src/metrics/": "^src/(core|nn)/",
  "src/perturb/": "^src/(core|formats)/",
  "src/lenet.ts": "^src/(core|nn)/",
  "src/draw/": "^$",
  "src/summaries/": `^src/((core|engine|nn|formats|metrics|draw)/|(metrics|validate|train|trainingConfig)\\.ts$)`,
  "src/inspect/": `^src/((core|nn|formats|image|draw|inspect)/|checkpoint\\.ts$)`,
  "src/report/":
    "^src/((core|nn|formats|metrics|report)/|(checkpoint|evaluationFile|metrics|trainingRun)\\.ts$)",
  [`src/${verbs}\\.ts$`]: `^src/((core|engine|nn|formats|image|input|inspect|metrics|perturb|recognition|summaries)/|${verbs}\\.ts$|lenet\\.ts$)`,
  "src/browser/": "^src/((core|formats|image|engine|input|browser)/|input\\.ts$)",
  "src/node/": "^src/((core|formats|image|engine|input|node)/|input\\.ts$)",
};

module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "no-dev-dependencies",
      comment: "what ships may only import what is installed with it",
      severity: "error",
      from: { path: "^src" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "node-modules-in-their-rooms",
      comment: "only src/node, src/cli and src/node.ts talk to the machine; all else runs in a browser too",
      severity: "error",
      from: { pathNot: "^src/(node/|cli/|node\\.ts)" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "browser-entry-is-browser-safe",
      severity: "error",
      from: { path: "^src/index\\.ts" },
      to: { reachable: true, path: "^src/(node/|cli/|node\\.ts)" },
    },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `layers: ${room}`,
      severity: "error",
      from: { path: `^${room}` },
      to: { path: "^src/", pathNot: [`^${room}`, allowed] },
    })),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "default"] },
  },
};
