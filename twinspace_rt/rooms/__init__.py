"""A room: one project's live state, its connections and who may do what in it."""
