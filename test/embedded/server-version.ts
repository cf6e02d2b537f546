import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { Test } from 'tap'

/** The version that the server says it is. */
export async function versionOf (client: KurrentDBClient): Promise<string> {
  return (await (client as unknown as { capabilities: Promise<{ serverVersion: string }> }).capabilities).serverVersion
}

/** Whether the server is older than a version of three numbers, which is then said: what is tested is not there yet. */
export async function isBefore (t: Test, client: KurrentDBClient, version: string): Promise<boolean> {
  const is = await versionOf(client)
  const before = isOlder(is, version)
  if (before) t.comment(`the server is ${is}, and this is there from ${version} on`)
  return before
}

/** Whether a version is older than another, by the first of three numbers that differs. */
export function isOlder (version: string, than: string): boolean {
  const [have, want] = [version, than].map((text) => text.split('.').map(Number))
  const differs = [0, 1, 2].find((i) => (have![i] ?? 0) !== (want![i] ?? 0))
  return differs !== undefined && (have![differs] ?? 0) < (want![differs] ?? 0)
}

/** Whether an append of nothing is judged by what it expects also where the stream is tombstoned: from 26.0.3 on. */
export async function nothingFitsTombstones (client: KurrentDBClient): Promise<boolean> {
  return !isOlder(await versionOf(client), '26.0.3')
}

/** Whether what a full consumer made its group skip goes to the retries: from 24.10.14, 26.0.3 and 26.1 on. Before, it stays in the buffer. */
export async function retriesSkipped (client: KurrentDBClient): Promise<boolean> {
  const version = await versionOf(client)
  return !isOlder(version, '26.0.3') || (version.startsWith('24.10.') && !isOlder(version, '24.10.14'))
}
