/*
 * Makes JavaScript of all sources at once, for the loader beside this to find: each test file is a process of its own, and would else load
 * a compiler for itself alone.
 */
import { readdirSync } from 'node:fs'
import { transpiled } from './typescript.js'

const ROOT = new URL('../../', import.meta.url)

for (const folder of ['lib', 'plugins', 'example-app', 'bench', 'test']) {
  const names = readdirSync(new URL(`${folder}/`, ROOT), { recursive: true })
  for (const name of names) if (/(?<!\.d)\.ts$/.test(name)) await transpiled(new URL(`${folder}/${name}`, ROOT).href)
}
