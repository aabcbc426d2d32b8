/** The networks whose trained weights come with the package, by name; the first is the default. */
export const shippedModels = ["lenet", "lenet5", "best"] as const;

export type ShippedModel = (typeof shippedModels)[number];

export function isShippedModel(name: string): name is ShippedModel {
  return (shippedModels as readonly string[]).includes(name);
}

/** Weights that come with the package: the networks', and those that tell digits from parts of them. */
export type ShippedWeights = ShippedModel | "parts";

/** What messages call the file. */
export function shippedFile(name: ShippedWeights): string {
  return `models/${name}.safetensors`;
}
