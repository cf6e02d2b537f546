/** A decimal number: digits times ten to the power of -scale. */
interface Decimal {
  readonly digits: bigint
  readonly scale: number
}

/**
 * Whether a number is a multiple of another one, compared as the decimals that people and JSON write, not as the binary
 * fractions that come near them: 1.13 is a multiple of 0.01, though 1.13 / 0.01 is 112.99999999999999 in binary.
 */
export function isMultipleOf (value: number, step: number): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(step)) return value % step === 0
  const a = decimal(value)
  const b = decimal(step)
  const scale = Math.max(a.scale, b.scale)
  return scaled(a, scale) % scaled(b, scale) === 0n
}

/** The places after the point of a power of ten below 1, as 2 for 0.01; else undefined. */
export function decimalPlaces (step: number): number | undefined {
  const { digits, scale } = decimal(step)
  return digits === 1n && scale > 0 ? scale : undefined
}

/** The shortest decimal that is this number, which is what JSON.stringify writes, and what was read from such a text. */
function decimal (value: number): Decimal {
  const [mantissa, exponent] = String(value).split('e') as [string, string | undefined]
  const [whole, fraction = ''] = mantissa.split('.') as [string, string | undefined]
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(exponent ?? 0) }
}

function scaled ({ digits, scale }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - scale)
}
