"""What people see before they sign, and what they have signed."""
