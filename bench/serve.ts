import fastify from 'fastify'
import bankSender from '../example-app/sender.js'
import bankWorker from '../example-app/worker.js'

/*
 * The bank's sender or its worker as a process, as the example has it. Its log holds warnings only: a line for each request would
 * be measured too.
 */

const ROLES = { sender: bankSender, worker: bankWorker }

const role = process.argv[2]
if (role !== 'sender' && role !== 'worker') throw new Error('Say sender or worker')
const app = fastify({ logger: { level: 'warn' } })
process.once('SIGTERM', () => {
  app.close().then(() => process.exit(0), () => process.exit(1))
})
await app.register(ROLES[role])
console.log(`listening at ${await app.listen({ host: '127.0.0.1', port: 0 })}`)
