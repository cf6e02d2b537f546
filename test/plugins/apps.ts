import { Writable } from 'node:stream'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'

/** A line of an application's log. */
export type LogLine = Record<string, unknown> & { level: number, msg: string }

/** An application that closes after the test, and what it has logged. */
export function newApp (t: Test): { app: FastifyInstance, lines: LogLine[] } {
  const lines: LogLine[] = []
  const stream = new Writable({
    write (chunk: Buffer, _encoding, done) {
      lines.push(...chunk.toString().trim().split('\n').map((line) => JSON.parse(line) as LogLine))
      done()
    }
  })
  const app = fastify({ logger: { level: 'debug', stream } })
  t.teardown(() => app.close())
  return { app, lines }
}

/** Sets variables of the environment for one test. */
export function setEnvironment (t: Test, variables: Record<string, string>): void {
  const before = { ...process.env }
  Object.assign(process.env, variables)
  t.teardown(() => {
    for (const name of Object.keys(variables)) delete process.env[name]
    Object.assign(process.env, before)
  })
}

/** A command of a counter, without types: a test's definitions are nobody's but its own. */
export type SendCounter = (request: { aggId: string, comId: string, command: unknown, deadline?: number }) => Promise<Record<string, unknown>>

export function sendersOf (app: FastifyInstance, type: string): Record<string, SendCounter> {
  return (app.unistream as unknown as Record<string, Record<string, SendCounter>>)[type]!
}
