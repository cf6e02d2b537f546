import type { Consumer } from '../consumer.js'
import type { Message } from '../message.js'

/**
 * Who shall have a message: a consumer; `skipped` when the only one it may go to is full; `full` when no consumer has a
 * free slot; `stuck` when the message cannot be looked at, so that nothing behind it moves either.
 */
export type Choice = Consumer | 'skipped' | 'full' | 'stuck'

/** A rule by which a group chooses the consumer of each message. */
export interface Strategy {
  join (consumer: Consumer): void
  leave (consumer: Consumer): void
  choose (message: Message): Choice
  /**
   * The consumer that a message has to wait for, where the rule binds it to one. Changes only with a join or a leave,
   * or while it was nobody.
   */
  boundTo (message: Message): Consumer | undefined
  sent (message: Message): void
  /** It is no longer in flight. */
  released (message: Message): void
}
