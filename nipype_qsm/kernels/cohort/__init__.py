"""Tables of many subjects: cleaning, deconfounding, association, reproducibility."""
