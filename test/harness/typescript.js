/*
 * Lets Node run TypeScript: `node --import=./test/harness/typescript.js program.ts`. It makes JavaScript as the compiler does without
 * a look at types, and keeps it on disk: each test file is a process of its own, and many start more; to load a compiler in each of
 * them would be most of the time that they take.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isMainThread, threadId } from 'node:worker_threads'

const ROOT = new URL('../../', import.meta.url)
const KEPT = new URL('.tap/transpiled/', ROOT)
const IMPORTED = /^\.\.?\/.*\.js$/
/**
 * Packages of hundreds of modules. Each one that is imported goes to the thread of these hooks and back; none does that is required. They have
 * both forms, of the same sources; the form that users import is loaded by all programs that run without this.
 */
const REQUIRED = new Set(['tap', '@sinclair/typebox', '@sinclair/typebox/value'])
const require = createRequire(import.meta.url)

// What compiles may change with the compiler and its configuration.
const variant = [
  readFileSync(new URL('node_modules/typescript/package.json', ROOT), 'utf8'),
  readFileSync(new URL('tsconfig.json', ROOT), 'utf8'),
  readFileSync(new URL(import.meta.url), 'utf8')
].join()

// Node calls these hooks on a thread of their own, where this module is loaded once more.
if (isMainThread) {
  mkdirSync(KEPT, { recursive: true })
  register(import.meta.url)
}

export async function resolve (specifier, context, nextResolve) {
  if (REQUIRED.has(specifier)) return { url: pathToFileURL(require.resolve(specifier)).href, format: 'commonjs', shortCircuit: true }
  if (context.parentURL?.endsWith('.ts') && IMPORTED.test(specifier)) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL)
    if (existsSync(source)) return { url: source.href, format: 'module', shortCircuit: true }
  }
  return nextResolve(specifier, context)
}

export async function load (url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
  return { format: 'module', source: await transpiled(url), shortCircuit: true }
}

export async function transpiled (url) {
  const text = readFileSync(new URL(url), 'utf8')
  const place = new URL(`${createHash('sha256').update(JSON.stringify([variant, url, text])).digest('hex')}.js`, KEPT)
  try {
    return readFileSync(place, 'utf8')
  } catch {
    const { default: ts } = await import('typescript')
    const { outputText } = ts.transpileModule(text, {
      fileName: fileURLToPath(url),
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        inlineSourceMap: true,
        inlineSources: true
      }
    })
    // Others may do the same at this moment, and must never read a half of it.
    const own = new URL(`${place.href}.${process.pid}.${threadId}`)
    writeFileSync(own, outputText)
    renameSync(own, place)
    return outputText
  }
}
