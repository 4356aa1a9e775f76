import { checkNames, checkNumbers, checkWholeNumbers } from './check-options.ts';
import { formatCount, formatUsd } from './format.ts';
import { picodollarsOf, usdNumber } from './money.ts';

export interface BreakEvenQuestion {
  /** What the machine costs once; 0 if it is there already. */
  readonly hardwareUsd: number;
  /** What running it costs a month: power, and whatever else is paid monthly for it. */
  readonly powerUsdPerMonth: number;
  readonly requestsPerDay: number;
  /** What one request costs in the cloud, on average. */
  readonly usdPerRequest: number;
  /** @default 30 */
  readonly daysPerMonth?: number | undefined;
}

/** Whether a machine of one's own pays for itself, and when. */
export interface BreakEven {
  /** It does not, at this number of requests. */
  readonly never: boolean;
  /** Months until the hardware is paid for; `null` for never. */
  readonly months: number | null;
  readonly cloudUsdPerMonth: number;
  readonly localUsdPerMonth: number;
  /** Negative if the cloud is cheaper to run. */
  readonly savedUsdPerMonth: number;
  /** The fewest requests a day at which running locally costs no more than the cloud, before any hardware; `null` if none do. */
  readonly requestsPerDayToBreakEven: number | null;
  /** The answer in sentences. */
  toString(): string;
}

const names = ['hardwareUsd', 'powerUsdPerMonth', 'requestsPerDay', 'usdPerRequest', 'daysPerMonth'] as const;

/**
 * Local against cloud: power and hardware are not free, and "never" is an answer.
 *
 * @example
 * breakEven({ hardwareUsd: 0, powerUsdPerMonth: 50, requestsPerDay: 1_000, usdPerRequest: 0.001 }).requestsPerDayToBreakEven; // 1667
 *
 * @throws {TypeError} when a figure is missing or no number of at least 0.
 */
export function breakEven(question: BreakEvenQuestion): BreakEven {
  checkNames(question, names);
  const { hardwareUsd, powerUsdPerMonth, requestsPerDay, usdPerRequest, daysPerMonth = 30 } = question;
  checkNumbers({ hardwareUsd, powerUsdPerMonth, requestsPerDay, usdPerRequest });
  checkWholeNumbers({ daysPerMonth });

  const cloudUsdPerMonth = usdNumber(picodollarsOf(usdPerRequest * requestsPerDay * daysPerMonth));
  const savedUsdPerMonth = usdNumber(picodollarsOf(cloudUsdPerMonth) - picodollarsOf(powerUsdPerMonth));
  // Hardware that cost nothing is paid for at once, unless running it loses money.
  const months = savedUsdPerMonth > 0 ? hardwareUsd / savedUsdPerMonth : savedUsdPerMonth === 0 && hardwareUsd === 0 ? 0 : null;
  const requestsPerDayToBreakEven = fewest(powerUsdPerMonth, usdPerRequest, daysPerMonth);

  const answer: BreakEven = {
    never: months === null,
    months,
    cloudUsdPerMonth,
    localUsdPerMonth: powerUsdPerMonth,
    savedUsdPerMonth,
    requestsPerDayToBreakEven,
  };
  return Object.defineProperty(answer, 'toString', { value: () => sentences(answer) });
}

/** In whole picodollars: `50 / (0.001 * 30)` in floats can land on the wrong side of a whole number. */
function fewest(usdPerMonth: number, usdPerRequest: number, daysPerMonth: number): number | null {
  const perDailyRequest = picodollarsOf(usdPerRequest) * BigInt(daysPerMonth);
  if (perDailyRequest === 0n) return usdPerMonth === 0 ? 0 : null;
  const fixed = picodollarsOf(usdPerMonth);
  return Number((fixed + perDailyRequest - 1n) / perDailyRequest);
}

function sentences(answer: BreakEven): string {
  const { months, cloudUsdPerMonth, localUsdPerMonth, savedUsdPerMonth, requestsPerDayToBreakEven: fewestPerDay } = answer;
  const bills = `The cloud costs ${formatUsd(cloudUsdPerMonth)} USD a month, running locally ${formatUsd(localUsdPerMonth)}.`;
  const even =
    fewestPerDay === null
      ? 'No number of requests makes the cloud dearer.'
      : `Running costs are even at ${formatCount(fewestPerDay)} requests a day, before any hardware.`;
  if (months === null) return `${bills} At this rate it never pays for itself. ${even}`;
  const saved = `${formatUsd(savedUsdPerMonth)} USD saved a month`;
  return `${bills} ${months === 0 ? `It pays from the first day: ${saved}` : `It pays for itself after ${months.toFixed(1)} months: ${saved}`}. ${even}`;
}
