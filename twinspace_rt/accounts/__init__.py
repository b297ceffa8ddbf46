"""Who people are: schools, staff accounts, sign-in, sessions, join cards, invitations."""
