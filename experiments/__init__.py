"""Long experiments whose results are kept: ``python -m experiments.case_study``."""
