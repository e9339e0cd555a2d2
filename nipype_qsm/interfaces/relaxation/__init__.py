"""T2*, R2* and S0 from magnitudes."""
