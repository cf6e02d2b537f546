export { accountCommands } from './account-commands.js'
export { transactionCommands } from './transaction-commands.js'
