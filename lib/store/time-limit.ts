import { timeoutFault } from './faults.js'

/** Waits for `work` no longer than the limit, which rejects with a fault of the kind `timeout`. What comes later is let go. */
export function withinLimit<T> (work: Promise<T>, milliseconds: number, doing: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timeoutFault(doing, milliseconds)), milliseconds)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Waits until `work` is over, well or badly, or the time has passed. */
export function settledWithin (work: Promise<unknown>, milliseconds: number): Promise<void> {
  return withinLimit(work, milliseconds, '').then(() => undefined, () => undefined)
}
