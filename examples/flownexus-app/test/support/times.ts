/** 2026-01-01T00:00:00Z */
export const NEW_YEAR = Date.UTC(2026, 0, 1);
