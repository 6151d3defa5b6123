"""Who may do what: users with roles, sessions, passcodes for machines."""
