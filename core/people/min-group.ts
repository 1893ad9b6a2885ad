/** "No count of fewer people than this leaves the brand": below it they are people rather than a number. */
export const MIN_GROUP = 20;
