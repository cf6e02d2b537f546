/*
 * Makes JavaScript of the tests' TypeScript, as the compiler does without a look at types, and keeps it on disk. Each test file is a
 * process of its own, and many start more; that each of them made it anew would be most of the time that they take.
 */
'use strict'
const { createHash } = require('node:crypto')
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')

const FOLDER = join(__dirname, '../../.tap/transpiled')

exports.create = ({ service }) => {
  const ts = require('typescript')
  const compilerOptions = {
    ...service.config.options,
    module: ts.ModuleKind.ESNext,
    moduleResolution: undefined,
    declaration: false
  }
  const variant = JSON.stringify([ts.version, compilerOptions])
  mkdirSync(FOLDER, { recursive: true })
  return {
    transpile (input, { fileName }) {
      const name = createHash('sha256').update(JSON.stringify([variant, fileName, input])).digest('hex')
      const place = join(FOLDER, `${name}.json`)
      try {
        return JSON.parse(readFileSync(place, 'utf8'))
      } catch {
        const { outputText, sourceMapText } = ts.transpileModule(input, { fileName, compilerOptions })
        // Others may do the same at this moment, and must never read a half of it.
        const own = join(FOLDER, `${name}.${process.pid}`)
        writeFileSync(own, JSON.stringify({ outputText, sourceMapText }))
        renameSync(own, place)
        return { outputText, sourceMapText }
      }
    }
  }
}
