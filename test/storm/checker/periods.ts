/** Pieces of time, in milliseconds. */
export class Periods {
  readonly #periods: [number, number][] = []

  add (start: number, end: number): void {
    this.#periods.push([start, end])
  }

  get all (): readonly (readonly [start: number, end: number])[] {
    return this.#periods
  }

  /** Whether any of them has a moment in common with this one. */
  touch (start: number, end: number): boolean {
    return this.#periods.some(([from, to]) => from <= end && to >= start)
  }

  /** How much of this one they cover, where they may lie over each other. */
  cover (start: number, end: number): number {
    let covered = 0
    let reached = start
    for (const [from, to] of [...this.#periods].sort(([a], [b]) => a - b)) {
      const begin = Math.max(from, reached)
      const stop = Math.min(to, end)
      if (stop <= begin) continue
      covered += stop - begin
      reached = stop
    }
    return covered
  }
}
