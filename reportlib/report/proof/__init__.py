"""What the form's sums say of the figures that extraction found: derived, proved, suspect, contradicted."""
