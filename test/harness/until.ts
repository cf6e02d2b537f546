import { setTimeout as wait } from 'node:timers/promises'

/** Asks again and again until there is an answer; the test's own time limit ends what never comes. */
export async function until<T> (ask: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    await wait(10)
  }
}
