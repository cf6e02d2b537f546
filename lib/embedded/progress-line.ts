/** Milliseconds before anything is shown. */
const SHORT = 1_000

/** What the line is written to. */
export interface Terminal {
  readonly isTTY?: boolean
  write (text: string): unknown
}

/** Shows how far the data folder is read, when that takes longer than a second. */
export function progressLine (terminal: Terminal, now: () => number): (done: number, total: number) => void {
  const begun = now()
  return (done, total) => {
    if (now() - begun < SHORT) return
    const line = `reading the data: ${Math.floor(100 * done / total)} % of ${Math.ceil(total / 1024 / 1024)} MiB`
    terminal.write(terminal.isTTY === true ? `\r${line}${done === total ? '\n' : ''}` : `${line}\n`)
  }
}
