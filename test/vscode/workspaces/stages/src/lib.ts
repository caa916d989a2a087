export interface Order {
  readonly id: number;
  readonly customer: string;
  readonly total: number;
}

/** Names come in with spaces around them. */
export function clean(name: string): string {
  return name.trim();
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
