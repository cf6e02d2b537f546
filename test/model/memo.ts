/** What is computed once for each thing, by its number, and for each of what may become of it. */
export class Memo<Key, Value extends object> {
  readonly #rows: Map<Key, Value>[] = []

  once (number: number, key: Key, compute: () => Value): Value {
    const row = this.#rows[number] ??= new Map<Key, Value>()
    let value = row.get(key)
    if (value === undefined) {
      value = compute()
      row.set(key, value)
    }
    return value
  }
}
