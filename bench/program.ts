import { UsageError } from './command-line.js'
import { Processes } from './processes.js'
import { Progress } from './progress.js'

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** What a benchmark works with. */
export interface Surroundings {
  readonly progress: Progress
  readonly processes: Processes
  /** Aborted when somebody asks to end. */
  readonly signal: AbortSignal
}

export interface Benchmark<Options> {
  readonly help: string
  /** @throws UsageError */
  readonly readOptions: (args: string[]) => Options | 'help'
  /** Resolves with the exit code. */
  readonly run: (options: Options, surroundings: Surroundings) => Promise<number>
}

/**
 * Runs a benchmark as the program of this process, and ends it: with what it started stopped, also when one of its processes fails,
 * and when a signal asks to end. Asked again, nothing is waited for.
 */
export async function runAsProgram<Options> ({ help, readOptions, run }: Benchmark<Options>): Promise<void> {
  let options: Options | 'help'
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\nTry --help`)
    process.exitCode = 2
    return
  }
  if (options === 'help') {
    console.log(help)
    return
  }
  const progress = new Progress()
  const processes = new Processes((line) => progress.note(line))
  const interruption = new AbortController()
  let code = 1
  try {
    code = await Promise.race([
      run(options, { progress, processes, signal: interruption.signal }),
      processes.failed,
      interrupted(processes, interruption)
    ])
  } catch (error) {
    progress.end()
    console.error(error instanceof Error ? error.message : error)
    code = Number(process.exitCode ?? 1)
  } finally {
    await processes.stop()
  }
  process.exit(code)
}

function interrupted (processes: Processes, interruption: AbortController): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const signal of Object.keys(SIGNALS) as Array<keyof typeof SIGNALS>) {
      process.on(signal, () => {
        if (interruption.signal.aborted) {
          processes.kill()
          process.exit(SIGNALS[signal])
        }
        process.exitCode = SIGNALS[signal]
        interruption.abort(new Error('Interrupted'))
        reject(interruption.signal.reason)
      })
    }
  })
}
