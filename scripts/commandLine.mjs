import { parseArgs } from "node:util";

/**
 * What a script was called with, by parseArgs' `options`. `--help` ends the script with its `usage`, as does whatever is wrong
 * with what it was called with.
 */
export function commandLine(usage, options) {
  // Who reads the output may stop reading (`... | head`): no reason for a stack on the screen.
  process.stdout.on("error", () => process.exit());
  if (process.argv.slice(2).some((word) => word === "--help" || word === "-h")) {
    console.log(usage);
    process.exit();
  }
  const fail = (message) => {
    console.error(`${message}\n\n${usage}`);
    process.exit(1);
  };
  const parse = () => {
    try {
      return parseArgs({ allowPositionals: true, options });
    } catch (error) {
      return fail(error.message);
    }
  };
  const { values, positionals } = parse();
  return {
    values,
    positionals,
    fail,
    /** The option `name` as a whole number above 0. */
    wholeNumber(name) {
      const value = Number(values[name]);
      if (!Number.isSafeInteger(value) || value < 1)
        fail(`--${name}: expected a whole number above 0, found ${values[name]}`);
      return value;
    },
    /** The option `name`, which must be one of `choices`. */
    choice(name, choices) {
      if (!choices.includes(values[name]))
        fail(`--${name}: expected one of ${choices.join(", ")}, found ${values[name]}`);
      return values[name];
    },
    /** The one folder that is named. */
    oneFolder() {
      if (positionals.length !== 1) fail("expected one folder");
      return positionals[0];
    },
  };
}
