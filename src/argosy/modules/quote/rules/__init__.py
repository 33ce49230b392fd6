"""The engine, in the order of calculation of DOMAIN.md rule 5: discounts, shipping, taxes, totals.

Everything is exact: integers and integer ratios, rounded once where the policy says.
"""
