/**
 * Names rows as nobody else does: by 96 bits of chance, drawn once, and a number. A UUID for every row would cost more time than all
 * the sums it goes into.
 */
export class RowIds {
  readonly #prefix = `${process.getBuiltinModule('node:crypto').randomBytes(12).toString('hex')}-`;
  #count = 0;

  next(): string {
    return this.#prefix + (this.#count += 1);
  }
}
