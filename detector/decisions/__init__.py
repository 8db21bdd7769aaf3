"""What people decided of conflicts: which question a review belongs to now, corrections, precision, agreement."""
