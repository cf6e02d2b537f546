import { parseArgs } from 'node:util'
import { EMULATED_VERSIONS, type EmulatedVersion } from './emulation.js'

const DEFAULT_PORT = 2113
const DEFAULT_VERSION: EmulatedVersion = '26.1'

export const HELP = `unistream-store: a small server that speaks KurrentDB's gRPC protocol

  For development, tests and small single-machine use. A cluster is KurrentDB's job.

Usage: unistream-store (--data FOLDER | --memory) [--port ${DEFAULT_PORT}] [--host 127.0.0.1] [--emulate ${DEFAULT_VERSION}]

  --data FOLDER  keep everything in this folder; what was confirmed is there after any end
  --memory       keep everything in memory; it is gone when the process ends
  --port NUMBER  where to listen, ${DEFAULT_PORT} unless told otherwise; 0 takes any free port
  --host HOST    the address to listen on, loopback unless told otherwise.
                 There is no authentication: who reaches the port may read and write everything
  --emulate VERSION  the server to be like, with its limits and its known faults:
                 ${EMULATED_VERSIONS.join(', ')}; ${DEFAULT_VERSION} unless told otherwise
  --version      print the version
  --help         print this
`

/** What the command line asks for. */
export interface Wishes {
  /** Missing: in memory. */
  data?: string
  port: number
  host: string
  emulate: EmulatedVersion
}

/** A command line that cannot be followed; the message is for people. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readCommandLine (args: string[]): Wishes | 'help' | 'version' {
  const { values } = parse(args)
  if (values.help === true) return 'help'
  if (values.version === true) return 'version'
  if ((values.memory === true) === (values.data !== undefined)) {
    throw new UsageError('Say either --data and a folder, or --memory: then what is written is gone when the process ends')
  }
  const text = values.port ?? String(DEFAULT_PORT)
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`--port must be a number from 0 to 65535, not '${text}'`)
  const emulate = EMULATED_VERSIONS.find((version) => version === (values.emulate ?? DEFAULT_VERSION))
  if (emulate === undefined) throw new UsageError(`--emulate must be one of ${EMULATED_VERSIONS.join(', ')}, not '${values.emulate}'`)
  return { port, host: values.host ?? '127.0.0.1', emulate, ...(values.data !== undefined && { data: values.data }) }
}

function parse (args: string[]) {
  try {
    return parseArgs({
      args,
      strict: true,
      options: {
        data: { type: 'string' },
        memory: { type: 'boolean' },
        port: { type: 'string' },
        host: { type: 'string' },
        emulate: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' }
      }
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
