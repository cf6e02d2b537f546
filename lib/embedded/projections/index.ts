export type { Projection } from './projection.js'
export { Projections } from './projections.js'
