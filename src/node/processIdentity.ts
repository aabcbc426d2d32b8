import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";

/** A process, told apart from those that had its number before or will have it. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** What process numbers are counted in, where the system says: a boot of the machine, and a container. */
  readonly space?: string;
  /** When it was started, in the system's own ticks, where it says. */
  readonly started?: string;
}

/** This process. */
export async function thisProcess(): Promise<ProcessIdentity> {
  const [space, status] = await Promise.all([numberSpace(), statusOf(process.pid)]);
  return {
    host: hostname(),
    pid: process.pid,
    ...(space !== undefined && { space }),
    ...(status && { started: status.started }),
  };
}

/** Whether a process is there; `undefined` where this machine cannot know, since it is another machine's. */
export async function isRunning(one: ProcessIdentity): Promise<boolean | undefined> {
  if (one.host !== hostname()) return undefined;
  if (one.space !== undefined && one.space !== (await numberSpace())) return undefined;
  if (one.started === undefined) return hasNumber(one.pid);
  const status = await statusOf(one.pid);
  // Z and X: it has ended, and nobody has asked how yet.
  return status !== undefined && status.started === one.started && !"ZX".includes(status.state);
}

/** Linux tells both; elsewhere processes are told apart by host and number alone. */
async function numberSpace(): Promise<string | undefined> {
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    return `${boot.trim()} ${await readlink("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/** From proc(5): fields 3, the state, and 22, the start; the second is a name that may have any characters in it. */
async function statusOf(
  pid: number,
): Promise<{ readonly state: string; readonly started: string } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [state, started] = [fields[0], fields[19]];
    return state && started ? { state, started } : undefined;
  } catch {
    return undefined;
  }
}

function hasNumber(pid: number): boolean {
  try {
    process.kill(pid, 0); // Signal 0 only asks.
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
