/** A task that is due at some tick. */
export interface Ticket {
  readonly tick: number
  readonly task: () => void
}

/**
 * Many deadlines by one coarse timer: a task runs at the first tick at or after its time, so up to one tick late, and never
 * early. Setting and cancelling cost the same however many there are, and nothing runs while there are none.
 */
export class Schedule {
  readonly #tickMs: number
  readonly #due = new Map<number, Set<Ticket>>()
  #timer: NodeJS.Timeout | undefined
  #next = 0

  constructor (tickMs = 25) {
    this.#tickMs = tickMs
  }

  get size (): number {
    let size = 0
    for (const tickets of this.#due.values()) size += tickets.size
    return size
  }

  after (ms: number, task: () => void): Ticket {
    const now = this.#now()
    if (this.#timer === undefined) {
      this.#next = Math.floor(now / this.#tickMs) + 1
      this.#timer = setInterval(() => this.#run(), this.#tickMs)
    }
    const ticket = { tick: Math.max(Math.ceil((now + ms) / this.#tickMs), this.#next), task }
    const tickets = this.#due.get(ticket.tick)
    if (tickets === undefined) this.#due.set(ticket.tick, new Set([ticket]))
    else tickets.add(ticket)
    return ticket
  }

  cancel (ticket: Ticket | undefined): void {
    if (ticket === undefined) return
    const tickets = this.#due.get(ticket.tick)
    if (tickets === undefined || !tickets.delete(ticket)) return
    if (tickets.size === 0) this.#due.delete(ticket.tick)
    this.#rest()
  }

  /** Drops every task. */
  clear (): void {
    this.#due.clear()
    this.#rest()
  }

  #run (): void {
    const reached = Math.floor(this.#now() / this.#tickMs)
    while (this.#next <= reached) {
      const tick = this.#next++
      const tickets = this.#due.get(tick)
      if (tickets === undefined) continue
      for (const ticket of tickets) {
        tickets.delete(ticket)
        ticket.task()
      }
      this.#due.delete(tick)
    }
    this.#rest()
  }

  #rest (): void {
    if (this.#due.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** A clock that nobody sets. */
  #now (): number {
    return performance.now()
  }
}
