import { MnistError } from "../core/errors.ts";

/** One thing that is wrong with a file. */
export interface Damage {
  /** Which record of the file, from 0. */
  readonly record?: number;
  /** Where it begins, in bytes; after decompression where the file is compressed. */
  readonly offset?: number;
  /** What was found and what was expected. */
  readonly fault: string;
}

/** All that is wrong with a file. */
export interface DamageReport {
  readonly count: number;
  /** The first of them, at most {@link listedDamage}. */
  readonly first: readonly Damage[];
  /** Bytes at the end that could not be made sense of, where there are some. */
  readonly unreadBytes?: number;
}

/** How many are listed of what may be millions. */
export const listedDamage = 100;

/** Collects damage as a file is read. */
export interface DamageLog {
  add(damage: Damage): void;
  /** Adds what `check` throws, if it throws an {@link MnistError}, without the file's name; gives what it returns. */
  attempt<T>(check: () => T, place?: Omit<Damage, "fault">): T | undefined;
  report(unreadBytes?: number): DamageReport;
}

/** @param name of the file, which the messages of errors begin with. */
export function createDamageLog(name: string): DamageLog {
  const first: Damage[] = [];
  let count = 0;
  const add = (damage: Damage): void => {
    if (count++ < listedDamage) first.push(damage);
  };
  return {
    add,
    attempt(check, place) {
      try {
        return check();
      } catch (error) {
        if (!(error instanceof MnistError)) throw error;
        const { message } = error;
        add({ ...place, fault: message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message });
        return undefined;
      }
    },
    report: (unreadBytes) => ({ count, first, ...(unreadBytes !== undefined && { unreadBytes }) }),
  };
}
