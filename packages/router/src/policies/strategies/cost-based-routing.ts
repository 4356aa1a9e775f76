import { anyOf, lowest, type Seat, type Strategy } from './strategy.ts';

/** Whoever is cheapest by the sum of both prices. Where a price is not known it is not taken for 0: those come last. */
export function costBasedRouting(seats: readonly Seat[]): Strategy {
  const unpriced = seats.filter((seat) => priceOf(seat) === Infinity).map(({ member }) => member.id);
  if (unpriced.length > 0 && seats.length > 1) {
    process.emitWarning(
      `cost-based-routing: no price is known for ${unpriced.join(', ')}; asked last. Set inputUsdPerMillion and outputUsdPerMillion.`,
      { type: 'RolecallWarning' },
    );
  }
  return {
    pick: (among) => anyOf(lowest(among, priceOf)),
    cost: priceOf,
    why: (seat) => (priceOf(seat) === Infinity ? 'its price is not known' : `$${priceOf(seat)} per million tokens, in plus out`),
  };
}

function priceOf({ member: { inputUsdPerMillion = Infinity, outputUsdPerMillion = Infinity } }: Seat): number {
  return inputUsdPerMillion + outputUsdPerMillion;
}
