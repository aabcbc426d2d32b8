/** The networks whose trained weights come with the package, by name; the first is the default. */
export const shippedModels = ["lenet", "lenet5"] as const;

export type ShippedModel = (typeof shippedModels)[number];

export function isShippedModel(name: string): name is ShippedModel {
  return (shippedModels as readonly string[]).includes(name);
}

/** What messages call the file. */
export function shippedFile(name: ShippedModel): string {
  return `models/${name}.safetensors`;
}
