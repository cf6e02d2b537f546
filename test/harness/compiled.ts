import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SOURCES = ['lib', 'plugins', 'example-app']

/** The sources as JavaScript in a folder of their own, below the package so that its dependencies are found; gone after the test. */
export async function compiled (t: { teardown (action: () => Promise<void>): void }): Promise<string> {
  await mkdir(join(ROOT, '.tap'), { recursive: true })
  const folder = await mkdtemp(join(ROOT, '.tap', 'compiled-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }
  for (const source of SOURCES) {
    for (const name of await readdir(join(ROOT, source), { recursive: true })) {
      if (!name.endsWith('.ts')) continue
      const target = join(folder, source, name.replace(/\.ts$/, '.js'))
      await mkdir(dirname(target), { recursive: true })
      const { outputText } = ts.transpileModule(await readFile(join(ROOT, source, name), 'utf8'), { compilerOptions })
      await writeFile(target, outputText)
    }
  }
  return folder
}
