import { classified, type Shape } from "./candidate.ts";
import type { Classify } from "./prediction.ts";

/** What `parts` thinks of a shape. */
export interface Kind {
  /** How probable it is that it is one digit: no part of one, not several, and no letter. */
  readonly one: number;
  /** How probable it is that it is a letter, or a sign such as `+`. */
  readonly letter: number;
}

/**
 * The kind of each shape; where nobody can tell, all are digits.
 *
 * @param classifyPart [n, 28, 28] bytes to [n, classes + 2] probabilities, the last two that it is a part of a digit or several, and a letter.
 */
export function kindsOf(shapes: readonly Shape[], classifyPart: Classify | undefined): Kind[] {
  if (classifyPart === undefined) return shapes.map(() => ({ one: 1, letter: 0 }));
  return classified(shapes, classifyPart).map(({ probabilities }) => {
    const letter = probabilities.at(-1)!;
    return { one: 1 - probabilities.at(-2)! - letter, letter };
  });
}
