import type { HparamValue } from "../formats/hparams.ts";
import type { ModelDefinition } from "../nn/definition.ts";
import type { TrainingConfig } from "../trainingConfig.ts";

/** A way to do something with its settings, in one word as the command line has it: `adam:beta1=0.9,beta2=0.98`. */
function described(value: object): string {
  const { name, ...settings } = value as Readonly<Record<string, unknown>>;
  const given = Object.entries(settings).filter(([, one]) => one !== 0 && one !== false);
  // Whatever is called none has settings that say nothing.
  if (name === "none" || given.length === 0) return String(name);
  return `${String(name)}:${given.map(([key, one]) => `${key}=${String(one)}`).join(",")}`;
}

/** A training's settings by the names that TensorFlow gives such: `learning_rate`; and the model's name. */
export function settingsOf(
  config: TrainingConfig,
  { name }: ModelDefinition,
): ReadonlyMap<string, HparamValue> {
  const settings = Object.entries(config).map(([key, value]: [string, HparamValue | object]) => {
    const snake = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [snake, typeof value === "object" ? described(value) : value] as const;
  });
  return new Map([["model", name], ...settings]);
}
