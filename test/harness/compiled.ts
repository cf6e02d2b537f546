import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { transpiled as kept } from './typescript.js'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SOURCES = ['lib', 'plugins', 'example-app']

/**
 * The sources as JavaScript in a folder of their own, below the package so that its dependencies are found; gone after the test.
 *
 * @param others folders beside those of the package itself
 */
export async function compiled (t: { teardown (action: () => Promise<void>): void }, others: readonly string[] = []): Promise<string> {
  await mkdir(join(ROOT, '.tap'), { recursive: true })
  const folder = await mkdtemp(join(ROOT, '.tap', 'compiled-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await compileInto(folder, others)
  return folder
}

/**
 * Makes JavaScript of the sources, without a look at their types.
 *
 * @param others folders beside those of the package itself
 * @param change what a source is before it is compiled; its path is relative to the package
 */
export async function compileInto (folder: string, others: readonly string[] = [], change = (_path: string, text: string) => text): Promise<void> {
  for (const source of [...SOURCES, ...others]) {
    for (const name of await readdir(join(ROOT, source), { recursive: true })) {
      if (!name.endsWith('.ts') || name.endsWith('.d.ts')) continue
      const path = join(source, name)
      const target = join(folder, path.replace(/\.ts$/, '.js'))
      const text = await readFile(join(ROOT, path), 'utf8')
      const changed = change(path, text)
      await mkdir(dirname(target), { recursive: true })
      await writeFile(target, changed === text ? await kept(pathToFileURL(join(ROOT, path)).href) : await transpiled(changed))
    }
  }
}

/** Rejects where the text is no TypeScript. */
export async function transpiled (text: string): Promise<string> {
  // Most of those who import this need no compiler, which takes longer to load than all else.
  const { default: ts } = await import('typescript')
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }
  const { outputText, diagnostics = [] } = ts.transpileModule(text, { compilerOptions, reportDiagnostics: true })
  if (diagnostics.length > 0) throw new SyntaxError(ts.flattenDiagnosticMessageText(diagnostics[0]!.messageText, ' '))
  return outputText
}
