/** How much a training writes for TensorBoard; docs/tensorboard.md says what each of them has. */
export const summaryLevels = ["none", "light", "full"] as const;

export type SummaryLevel = (typeof summaryLevels)[number];
