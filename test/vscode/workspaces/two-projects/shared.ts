export const factor = 10;
