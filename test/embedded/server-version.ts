import type { KurrentDBClient } from '@kurrent/kurrentdb-client'
import type { Test } from 'tap'

/** The version that the server says it is. */
export async function versionOf (client: KurrentDBClient): Promise<string> {
  return (await (client as unknown as { capabilities: Promise<{ serverVersion: string }> }).capabilities).serverVersion
}

/** Whether the server is older than a version, which is then said: what is tested is not there yet. */
export async function isBefore (t: Test, client: KurrentDBClient, version: string): Promise<boolean> {
  const is = await versionOf(client)
  const [have, want] = [is, version].map((text) => text.split('.').map(Number))
  const before = have![0]! < want![0]! || (have![0] === want![0] && have![1]! < want![1]!)
  if (before) t.comment(`skipped: the server is ${is}, and this is there from ${version} on`)
  return before
}
