import type { Aggregator } from '../aggregator/index.js'
import { streamNames } from '../outcome/index.js'
import type { Store } from '../store/index.js'

const PAGE = 200

/**
 * Loads the aggregates whose outcomes are youngest, so that the first commands after a start find them in memory.
 *
 * @param since milliseconds since 1970; older outcomes do not count
 * @param most aggregates at the most
 * @returns how many were loaded
 */
export async function warmUp (
  store: Store, type: string, aggregator: Aggregator, since: number, most: number, signal: AbortSignal
): Promise<number> {
  const streams = streamNames(type)
  const seen = new Set<string>()
  let from: bigint | 'end' = 'end'
  while (!signal.aborted && seen.size < most) {
    const page = await store.read(streams.category, { direction: 'backwards', from, count: PAGE, resolveLinks: true })
    if (page.kind !== 'page' || page.events.length === 0) break
    const young = page.events.filter(({ event, link }) => (event ?? link)!.created >= since)
    const fresh = new Set(young.flatMap(({ event }) => {
      const aggId = event && streams.aggIdOf(event.stream)
      return aggId === undefined || seen.has(aggId) ? [] : [aggId]
    }))
    const wanted = [...fresh].slice(0, most - seen.size)
    await Promise.all(wanted.map(aggId => aggregator.warmUp(aggId)))
    for (const aggId of wanted) seen.add(aggId)
    const last = page.events.at(-1)!
    const revision = (last.link ?? last.event)!.revision
    if (young.length < page.events.length || revision === 0n) break
    from = revision - 1n
  }
  return seen.size
}
