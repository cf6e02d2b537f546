import { _ } from 'ajv/dist/2019.js'
import type { CodeKeywordDefinition, KeywordCxt } from 'ajv/dist/2019.js'

/**
 * `anyOf` and `oneOf` with one error of their own instead of the errors of every form, most of which are about forms that
 * nobody meant. What the forms say is asked for when there is an error to explain.
 */
export function unionKeyword (keyword: 'anyOf' | 'oneOf'): CodeKeywordDefinition {
  return {
    keyword,
    schemaType: 'array',
    trackErrors: true,
    code (cxt: KeywordCxt) {
      const { gen, schema } = cxt
      const fitting = gen.let('fitting', 0)
      const fits = gen.name('fits')
      gen.block(() => {
        for (const schemaProp of (schema as unknown[]).keys()) {
          const form = cxt.subschema({ keyword, schemaProp, compositeRule: true, createErrors: false, allErrors: false }, fits)
          gen.if(fits, () => gen.code(_`${fitting}++`))
          cxt.mergeValidEvaluated(form, fits)
        }
      })
      cxt.setParams({ fitting })
      cxt.result(keyword === 'anyOf' ? _`${fitting} > 0` : _`${fitting} === 1`, () => cxt.reset(), () => {
        cxt.reset()
        cxt.error()
      })
    },
    error: { message: 'must fit one of the forms', params: ({ params }) => _`{fitting: ${params.fitting}}` }
  }
}
