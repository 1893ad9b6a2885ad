/** What was bought in one region, by channel: money in minor units by currency. */
export type ChannelSales = { count: number; totals: Record<string, number> };

/**
 * A region's sales. `buyers` are people the brand knows, each counted with their first purchase there; who is known
 * under two profiles that were linked only later counts twice.
 */
export type RegionSales = { region: string; online: ChannelSales; offline: ChannelSales; buyers: number };
