import { anyOf, type Seat, type Strategy } from './strategy.ts';

const measures = ['weight', 'rpm', 'tpm'] as const;

/** Draws lots: by `weight`, or else by `rpm`, or else by `tpm`, or else evenly. Who lacks what others have counts as 0. */
export function simpleShuffle(seats: readonly Seat[]): Strategy {
  const measure = measures.find((name) => seats.some(({ member }) => (member[name] ?? 0) > 0));
  const weight = ({ member }: Seat): number => (measure === undefined ? 1 : (member[measure] ?? 0));

  return {
    weight,
    pick(among) {
      let total = 0;
      for (const seat of among) total += weight(seat);
      if (total === 0) return anyOf(among);
      let lot = Math.random() * total;
      for (const seat of among) {
        lot -= weight(seat);
        if (lot < 0) return seat;
      }
      return anyOf(among.filter((seat) => weight(seat) > 0)); // what rounding left over
    },
    cost: (seat) => -weight(seat),
    why: (seat) => (measure === undefined ? 'lots are drawn, all alike' : `lots are drawn, ${measure} ${weight(seat)}`),
  };
}
