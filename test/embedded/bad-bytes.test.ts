import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { startEmbeddedStore } from '../../lib/embedded/index.js'
import { frame, headers, PREFACE, RST_STREAM, settings } from '../fuzz/frames.js'

const PROTOCOL_ERROR = 1
const CALL: ReadonlyArray<readonly [string, string]> = [
  [':method', 'POST'], [':scheme', 'http'], [':path', '/nothing/Here'], [':authority', 'x'], ['content-type', 'application/grpc']
]

t.test('a call that is reset in the packet that begins it harms nobody', async (t) => {
  const store = await startEmbeddedStore()
  t.teardown(() => store.stop())
  const code = Buffer.alloc(4)
  code.writeUInt32BE(PROTOCOL_ERROR)
  for (const fields of [CALL, CALL.slice(0, 4)]) {
    const socket = connect(store.port, '127.0.0.1')
    const calls = Array.from({ length: 20 }, (_, n) => [headers(fields, 2 * n + 1), frame(RST_STREAM, 0, 2 * n + 1, code)])
    socket.write(Buffer.concat([PREFACE, settings, ...calls.flat()]))
    await once(socket, 'data')
    socket.destroy()
    const { status } = await fetch(`http://127.0.0.1:${store.port}/health/live`)
    t.equal(status, 204)
  }
})
