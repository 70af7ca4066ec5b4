/**
 * A course is known by one name. It is a collection's until something is restored; from then on an
 * alias says which collection holds it, and another keeps the one before from being cleared away.
 * An alias cannot have the name of a collection, and renaming one leaves a moment with neither: so
 * the aliases have names of their own, and a store from before there were any is simply used.
 */
export const currentAlias = (course: string): string => `${course}_current`;
export const previousAlias = (course: string): string => `${course}_previous`;
/** While going back is under way: what answered until then. */
export const leavingAlias = (course: string): string => `${course}_leaving`;

/** Collections that a restore makes. `token`: letters and digits. */
export const restoredCollection = (course: string, token: string): string => `${course}_restored_${token}`;
export const isRestored = (course: string, collection: string): boolean => collection.startsWith(`${course}_restored_`);
