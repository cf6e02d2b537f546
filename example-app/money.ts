import { Type } from '@sinclair/typebox'

declare const unit: unique symbol

/**
 * An amount of money in whole cents, so that sums are exact. Outside, in commands, events and answers, amounts are JSON
 * numbers with at most two decimals.
 */
export type Cents = number & { readonly [unit]: 'cents' }

/** The largest amount, in JSON: beyond it a JSON number no longer tells neighbouring cents apart. */
export const LARGEST = 70_000_000_000_000

export const NOTHING = 0 as Cents

/**
 * The cents of an amount as JSON has it. By its decimal text, since a product with 100 may be a cent off. Throws a RangeError
 * for what is not an exact amount of cents, or is too large.
 */
export function toCents (amount: number): Cents {
  const text = amount.toFixed(2)
  if (Number(text) !== amount || Math.abs(amount) > LARGEST) throw new RangeError(`${amount} is no amount of money that can be kept exactly`)
  return Number(text.replace('.', '')) as Cents
}

/** The amount as JSON has it: the number that is nearest to the decimal, which JSON writes as that decimal. */
export function fromCents (cents: Cents): number {
  return cents / 100
}

export function plus (a: Cents, b: Cents): Cents {
  return a + b as Cents
}

export function minus (a: Cents, b: Cents): Cents {
  return a - b as Cents
}

export function smaller (a: Cents, b: Cents): Cents {
  return a < b ? a : b
}

/** Whether JSON can carry the amount exactly. */
export function isTooLarge (cents: Cents): boolean {
  return cents > LARGEST * 100
}

/** For people: `1000.50`. */
export function inWords (cents: Cents): string {
  return fromCents(cents).toFixed(2)
}

/** The schema of an amount. */
export function money (description: string, minimum: number, maximum = LARGEST) {
  return Type.Number({ minimum, maximum, multipleOf: 0.01, description: `${description}, in at most two decimals` })
}

/** The schema of a limit, of an account, a period or a transaction. */
export function limitOf (description: string) {
  return money(description, 100, 100_000)
}
