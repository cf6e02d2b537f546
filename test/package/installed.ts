import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { bare } from '../harness/bare.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))

export interface Installed {
  readonly version: string
  /** The packed package. */
  readonly tarball: string
  /** Runs a program in the folder of the one who uses the package; resolves with what it wrote. Rejects with it where it fails. */
  run (program: string, ...args: string[]): Promise<string>
  /** Puts a file into that folder. */
  write (name: string, text: string): Promise<void>
}

/** The package as somebody gets it: packed, and installed into an empty folder. It must be built. */
export async function installPackage (t: Test): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'fastify-unistream-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const { version, devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as
    { version: string, devDependencies: { fastify: string } }

  const packed = join(folder, 'packed')
  const consumer = join(folder, 'consumer')
  await mkdir(packed)
  await mkdir(consumer)
  const tarball = join(packed, `fastify-unistream-${version}.tgz`)
  await npm(root, 'pack', '--ignore-scripts', '--pack-destination', packed)
  await writeFile(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true }))
  await npm(consumer, 'install', '--prefer-offline', '--no-audit', '--no-fund', tarball, `fastify@${devDependencies.fastify}`)
  return {
    version,
    tarball,
    run: (program, ...args) => inFolder(consumer, program, args),
    write: (name, text) => writeFile(join(consumer, name), text)
  }
}

async function npm (folder: string, ...args: string[]): Promise<void> {
  await inFolder(folder, 'npm', args)
}

async function inFolder (folder: string, program: string, args: string[]): Promise<string> {
  const { npm_config_local_prefix: _prefix, ...env } = process.env
  const { stdout } = await run(...bare(program, ...args), { cwd: folder, env, maxBuffer: 16 * 1024 * 1024 })
  return stdout
}
