/*
 * Loaded into a process by the one that started it: when that one is gone, however it ended, its end of this pipe is closed, and
 * this process goes as if it were asked to.
 */
process.stdin.once('end', () => process.kill(process.pid, 'SIGTERM'))
process.stdin.once('error', () => process.kill(process.pid, 'SIGTERM'))
process.stdin.resume()
// The pipe alone keeps nothing alive.
if ('unref' in process.stdin) process.stdin.unref()
