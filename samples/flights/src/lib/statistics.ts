export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return Number.isInteger(middle)
    ? mean(sorted.slice(middle - 1, middle + 1))
    : (sorted[Math.floor(middle)] ?? Number.NaN);
}

/** The share of values for which something holds, from 0 to 1. */
export function share<T>(values: readonly T[], holds: (value: T) => boolean): number {
  return values.filter(holds).length / values.length;
}

/** Pearson's correlation coefficient of two columns of equal length. */
export function correlation(xs: readonly number[], ys: readonly number[]): number {
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const pairs = xs.map((x, i) => [x - meanX, (ys[i] ?? Number.NaN) - meanY] as const);
  const sum = (of: (dx: number, dy: number) => number) => pairs.reduce((total, [dx, dy]) => total + of(dx, dy), 0);
  return sum((dx, dy) => dx * dy) / Math.sqrt(sum((dx) => dx * dx) * sum((_, dy) => dy * dy));
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
