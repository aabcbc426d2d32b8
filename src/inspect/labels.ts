/** How often each label occurs, by label, the smallest first. */
export type LabelCounts = readonly { readonly label: number; readonly count: number }[];

/** Counts labels, of which a damaged or foreign file may have any number. */
export interface LabelHistogram {
  add(label: number): void;
  result(): LabelCounts;
}

/** More different labels than a classification has; what has more is not told by label. */
const maxLabels = 1000;

/** An empty histogram; labels beyond the first thousand different ones are not counted. */
export function labelHistogram(): LabelHistogram {
  const counts = new Map<number, number>();
  return {
    add(label) {
      const count = counts.get(label);
      if (count !== undefined) counts.set(label, count + 1);
      else if (counts.size < maxLabels) counts.set(label, 1);
    },
    result: () => [...counts].map(([label, count]) => ({ label, count })).sort((a, b) => a.label - b.label),
  };
}
