/** How many of the latest times a histogram is made from. */
const SAMPLES = 1000

const QUANTILES: readonly (readonly [string, number])[] = [
  ['Fastest', 0],
  ['Quintile 1', 0.2],
  ['Quintile 2', 0.4],
  ['Quintile 3', 0.6],
  ['Quintile 4', 0.8],
  ['Quintile 5', 1],
  ['90%', 0.9],
  ['95%', 0.95],
  ['99%', 0.99],
  ['99.5%', 0.995],
  ['99.9%', 0.999],
  ['Highest', 1],
]

/** How long a consumer took from being sent a message to its ack, for groups with extra statistics. */
export class Latencies {
  #samples: number[] = []
  #next = 0

  /** Notes one time in milliseconds. */
  note (milliseconds: number): void {
    this.#samples[this.#next] = milliseconds
    this.#next = (this.#next + 1) % SAMPLES
  }

  /** Named measurements, in whole milliseconds. */
  measurements (): { key: string, value: bigint }[] {
    const sorted = Float64Array.from(this.#samples).sort()
    if (sorted.length === 0) return []
    const at = (share: number): bigint => BigInt(Math.round(sorted[Math.ceil(share * (sorted.length - 1))] ?? 0))
    const mean = sorted.reduce((sum, sample) => sum + sample, 0) / sorted.length
    return [
      { key: 'Mean', value: BigInt(Math.round(mean)) },
      { key: 'Median', value: at(0.5) },
      ...QUANTILES.map(([key, share]) => ({ key, value: at(share) })),
    ]
  }
}
