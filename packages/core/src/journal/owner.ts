/** Which process holds a lock, and whether it still lives. */

// Taken, not imported: the module of this name would load Node's streams for everybody.
const { readFileSync, readlinkSync } = process.getBuiltinModule('node:fs');

export interface Owner {
  readonly pid: number;
  /** In clock ticks since the system started: process ids are used again. Empty where the system does not tell. */
  readonly started: string;
  /** Process ids mean something only here: the machine, this start of it, and the container. */
  readonly where: string;
}

/** This process. */
export function self(): Owner {
  const boot = told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const container = told(() => readlinkSync('/proc/self/ns/pid'));
  return {
    pid: process.pid,
    started: statOf(process.pid)?.started ?? '',
    where: [process.getBuiltinModule('node:os').hostname(), boot, container].join(' '),
  };
}

/** Owners renew their locks so often. */
export const renewalMs = 10_000;
const leaseMs = 6 * renewalMs;

/** An owner that cannot be looked at counts as alive for as long as it renews its lock. */
export function isAlive(owner: Owner, renewedAt: number): boolean {
  const isFresh = Date.now() - renewedAt < leaseMs;
  const here = self();
  if (owner.where !== here.where) return isFresh;
  if (here.started === '') return answers(owner.pid) && isFresh;
  const stat = statOf(owner.pid);
  // A killed process that nobody has waited for still has an entry, as a zombie.
  return stat !== undefined && stat.started === owner.started && stat.state !== 'Z' && stat.state !== 'X';
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the name, in brackets, may hold spaces and brackets itself. */
function statOf(pid: number): { state: string; started: string } | undefined {
  const stat = told(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === '') return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}

/** Not every system has these files: nothing is told then. */
function told(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
