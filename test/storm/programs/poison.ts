/** What a poison command kills its worker by: as sudden as a SIGKILL, and told from those of the storm and of the system. */
export const POISON_SIGNAL = 'SIGUSR2'
