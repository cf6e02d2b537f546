/** How many taken places a queue keeps before it moves what is left to the front. */
const COMPACT_AFTER = 1024

/** First in, first out, at a cost that does not grow with its length. */
export class Queue<Item> {
  #items: (Item | undefined)[] = []
  #head = 0

  get length (): number {
    return this.#items.length - this.#head
  }

  push (item: Item): void {
    this.#items.push(item)
  }

  peek (): Item | undefined {
    return this.#items[this.#head]
  }

  /** The one that was pushed last. */
  last (): Item | undefined {
    return this.length === 0 ? undefined : this.#items.at(-1)
  }

  shift (): Item | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#items[this.#head++] = undefined
    if (this.#head === this.#items.length) {
      this.clear()
    } else if (this.#head > COMPACT_AFTER && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** What waits, first to last. */
  waiting (): Item[] {
    return this.#items.slice(this.#head) as Item[]
  }

  /** Puts these in the place of what waits. */
  replace (items: Item[]): void {
    this.#items = items
    this.#head = 0
  }

  clear (): void {
    this.replace([])
  }
}
