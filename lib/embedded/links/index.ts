export { CategoryLinks, type LinksStatus } from './category-links.js'
export { categoryOf } from './category.js'
