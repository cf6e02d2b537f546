import t from 'tap'
import { parseId, parseUuid, uuidV5 } from '../../lib/definition/uuid.js'

const id = '5f9e65ec-dd5b-4141-93cd-6763b6763f4a'
const nil = '00000000-0000-0000-0000-000000000000'

t.test('a UUID is read in either case, and spelled in lower case', async t => {
  t.equal(parseUuid(id), id)
  t.equal(parseUuid(id.toUpperCase()), id)
  t.equal(parseUuid(nil), nil)
})

t.test('what is no UUID is not read', async t => {
  for (const text of ['', `${id} `, `{${id}}`, `urn:uuid:${id}`, id.replaceAll('-', ''), id.replace('5', 'g'), 5, null, undefined]) {
    t.equal(parseUuid(text), undefined, String(text))
  }
})

t.test('an id is no nil UUID', async t => {
  t.equal(parseId(id.toUpperCase()), id)
  t.equal(parseId(nil), undefined)
  t.equal(parseId('x'), undefined)
})

t.test('a name-based UUID is that of RFC 9562, appendix A.4', async t => {
  t.equal(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com'), '2ed6657d-e927-568b-95e1-2665a8aea6a2')
})
