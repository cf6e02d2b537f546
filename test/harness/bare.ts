/**
 * The command that runs a program without what tap has Node load first into each process below a test. That takes longer than most
 * programs do; no variable that is given to the process keeps it away, since tap adds it to them.
 */
export function bare (program: string, ...args: string[]): [command: string, args: string[]] {
  return ['env', ['-u', 'NODE_OPTIONS', program, ...args]]
}
