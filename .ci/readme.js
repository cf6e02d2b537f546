/*
 * Runs the README's start command and, against it, the README's requests in their order; compares the answers with those that the
 * README shows; and ends it as Ctrl-C does. Writes TAP to the terminal and to the file that is named.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../test/harness/free-port.ts'

const START = 'npm start'
/** Seconds from the start command to the first answer. */
const START_LIMIT = 60
/** Seconds from Ctrl-C to the end: the drain time of the plugins, and what the processes need beside. */
const STOP_LIMIT = 40
/** What differs from one answer to the next. */
const VOLATILE = /^(date|connection|keep-alive):.*\r?\n/gim

const run = promisify(execFile)
const file = process.argv[2]
let count = 0
let failures = 0

function say (line) {
  console.log(line)
  if (file !== undefined) appendFileSync(file, `${line}\n`)
}

function check (ok, what, details) {
  count++
  if (!ok) failures++
  say(`${ok ? 'ok' : 'not ok'} ${count} - ${what}`)
  if (!ok && details !== undefined) say(details.replace(/^/gm, '# '))
}

/** The README's requests, each with the answer that follows it. */
function requestsOf (readme) {
  const blocks = [...readme.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language, text]) => ({ language, text }))
  return blocks.flatMap(({ language, text }, index) => {
    if (language !== 'sh' || !text.startsWith('curl ')) return []
    const answer = blocks[index + 1]
    return [{ request: text, answer: answer?.language === 'http' ? answer.text : undefined }]
  })
}

const comparable = (answer) => answer.replaceAll('\r\n', '\n').replace(VOLATILE, '').trim()

async function answers (url) {
  return await fetch(url).then(({ ok }) => ok, () => false)
}

async function until (condition, seconds) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await wait(100)) {
    if (await condition()) return true
  }
  return false
}

if (file !== undefined) writeFileSync(file, '')
say('TAP version 14')
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const requests = requestsOf(readme)
check(readme.includes(`npm ci && ${START}\n`), 'the README has the start command')
check(requests.length > 0, 'the README has requests')

const port = await freePort()
const base = `http://localhost:${port}`
const began = Date.now()
// In a group of its own, which gets SIGINT as the one of a terminal does by Ctrl-C.
const started = spawn('bash', ['-c', `exec ${START}`], {
  env: { ...process.env, PORT: String(port), KURRENT_HOST: '' }, detached: true, stdio: ['ignore', 'pipe', 'pipe']
})
const ended = once(started, 'exit')
let output = ''
for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk) => { output += chunk })
let code
ended.then(([exitCode, signal]) => { code = exitCode ?? signal })

try {
  const ready = await until(async () => code !== undefined || await answers(`${base}/ready`), START_LIMIT)
  check(ready && code === undefined, `${START} is ready within ${START_LIMIT} s (${((Date.now() - began) / 1000).toFixed(1)} s)`, output)
  for (const { request, answer } of requests) {
    const name = request.split('\n')[0]
    const { stdout } = await run('bash', ['-c', request.replaceAll('localhost:3000', `localhost:${port}`)])
      .catch((error) => ({ stdout: String(error) }))
    check(answer !== undefined && comparable(stdout) === comparable(answer), name, `answered:\n${stdout}\nexpected:\n${answer}`)
  }
  check((Date.now() - began) / 1000 < START_LIMIT, 'and all of that within that time')
  check(await answers(`${base}/documentation`), 'the page that it prints answers')
  check(await until(() => /Ready: open http:\S+\/documentation/.test(output), 5), 'it prints where to click', output)

  process.kill(-started.pid, 'SIGINT')
  check(await until(() => code !== undefined, STOP_LIMIT), `Ctrl-C ends it within ${STOP_LIMIT} s`, output)
  // The shell that npm runs the script in passes the signal on as its own end, whatever the code of the script.
  check(code === 0 || code === 130 || code === 'SIGINT', `in the way of npm (${code})`, output)
  check(/\| unistream-store stopped\s*$/.test(output), 'and in good order, the store at last', output)
  check(!await answers(`${base}/ready`), 'and nothing answers any more')
} finally {
  if (code === undefined) process.kill(-started.pid, 'SIGKILL')
}
say(`1..${count}`)
process.exitCode = failures === 0 ? 0 : 1
