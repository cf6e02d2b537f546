/*
 * Loaded into a process by the one that started it: when that one is gone without having ended this one, its end of this pipe is
 * closed, and this process goes too. At once, since its log has nowhere to go any more: at an orderly end the logger would try for
 * ever to write what it still holds. Nothing is lost by it: workers and senders can be killed at any moment.
 */
const end = (): void => { process.kill(process.pid, 'SIGKILL') }
process.stdin.once('end', end)
process.stdin.once('error', end)
process.stdin.resume()
// The pipe alone keeps nothing alive.
if ('unref' in process.stdin) process.stdin.unref()
