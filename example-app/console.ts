import pretty from 'pino-pretty'

const COLOURS: Readonly<Record<string, number>> = { store: 35, worker: 36, sender: 32 }
const WIDTH = 6

const readable = pretty.prettyFactory({
  colorize: process.stdout.isTTY,
  translateTime: 'HH:MM:ss.l',
  ignore: 'pid,hostname,plugin',
  singleLine: true
})

/** Writes what a process says on the common terminal: a log line as people read it, after the name of the process. */
export function writeLine (name: string, line: string): void {
  const text = line.startsWith('{') ? readable(line).trimEnd() : line
  const padded = name.padEnd(WIDTH)
  const label = process.stdout.isTTY ? `\u001b[${COLOURS[name] ?? 0}m${padded}\u001b[0m` : padded
  for (const part of text.split('\n')) process.stdout.write(`${label} | ${part}\n`)
}
