import type { OwnKeys } from '@rolecall/router/config';
import { z } from 'zod';

/** A configuration as it was written: its sections. What is wrong in them is told all at once, when the reading ends. */
export class ConfigText {
  readonly own: OwnKeys;

  constructor(own: OwnKeys) {
    this.own = own;
  }

  /** What is the gateway's own in a section; a key with a mistake counts as not there. */
  section<Shape>(name: string, shape: z.ZodType<Shape>): Shape {
    const section = this.own.file[name] ?? {};
    const isMap = typeof section === 'object' && !Array.isArray(section);
    if (!isMap && name === 'general_settings') this.own.wrong([name], 'a map'); // of the others, the router says so
    const known = shape instanceof z.ZodObject ? Object.keys(shape.shape) : [];
    const given = Object.entries(section).filter(([key]) => known.includes(key));
    const read = shape.safeParse(Object.fromEntries(given));
    if (read.success) return read.data;
    for (const { path, message } of read.error.issues) this.own.wrong([name, ...pathOf(path)], message);
    const mistaken = new Set(read.error.issues.map(({ path }) => path[0]));
    return shape.parse(Object.fromEntries(given.filter(([key]) => !mistaken.has(key))));
  }

  /** It stands there, and has no value: that of a variable that is not set, or none at all. */
  isEmpty(name: string, key: string): boolean {
    return this.own.writtenAt([name, key]) !== undefined && !Object.hasOwn(this.own.file[name] ?? {}, key);
  }
}

function pathOf(path: readonly PropertyKey[]): readonly (string | number)[] {
  return path.filter((step) => typeof step !== 'symbol');
}
