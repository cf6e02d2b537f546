import type { Message } from './orders.js'

/** Says something to the storm; what cannot be said to one that has gone is left. */
export function say (message: Message): void {
  process.send?.(message, undefined, undefined, () => {})
}

/** Hears the storm, and ends with it. The channel alone keeps nothing alive. */
export function obey<Order> (carryOut: (order: Order) => void): void {
  process.on('message', order => { carryOut(order as Order) })
  process.once('disconnect', () => { process.kill(process.pid, 'SIGKILL') })
  process.channel?.unref()
}
