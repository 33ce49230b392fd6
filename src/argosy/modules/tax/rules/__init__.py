"""What zones and rates are, tax ids, and what is not charged to whom: see the files."""
