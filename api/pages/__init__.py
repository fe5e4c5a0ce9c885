"""Pages for people: rendered here, by the same verbs, views and refusals as HTTP."""
