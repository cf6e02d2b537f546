import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { EncodedBodyError, UnreadableBodyError } from './faults.js'
import { jsonFault } from './json-fault.js'

/**
 * Reads bodies of this scope as JSON in UTF-8 and as nothing else: anything of another media type is answered with 415.
 * Fastify's own parser says neither what is wrong nor where, and takes broken UTF-8 for text.
 */
export function readBodiesAsJson (scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, ({ headers }, body, done) => {
    try {
      done(null, parse(body))
    } catch (error) {
      // What a hook has decoded may have kept its header, and can be read.
      done(isEncoded(headers['content-encoding']) ? new EncodedBodyError() : error as Error)
    }
  })
}

function isEncoded (contentEncoding = 'identity'): boolean {
  return contentEncoding.toLowerCase() !== 'identity'
}

function parse (body: Buffer): unknown {
  if (body.length === 0) throw new UnreadableBodyError('is empty')
  if (!isUtf8(body)) throw new UnreadableBodyError('must be UTF-8')
  const text = body.toString('utf8')
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new UnreadableBodyError(jsonFault(text))
  }
}
