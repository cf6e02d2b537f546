/** A JSON pointer (RFC 6901) one step further down. */
export function pointerTo (pointer: string, key: string | number): string {
  return typeof key === 'number' ? `${pointer}/${key}` : `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The steps of a JSON pointer. */
export function pointerSteps (pointer: string): string[] {
  return pointer.split('/').slice(1).map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A pointer, and those to all that its target is a part of. */
export function placesAround (pointer: string): string[] {
  const places = [pointer]
  for (let at = pointer; at !== ''; places.push(at)) at = at.slice(0, at.lastIndexOf('/'))
  return places
}
